/** uPlot's options and data for a sheet. */

import type uPlot from "uplot";
import { DERIVED } from "./data";
import { colour } from "./draw";
import type { Panel } from "./panels";
import type { Drawn, Sheet, Value } from "./sheet";
import { wallDate } from "./time";
import type { View } from "./view";
import { decimals } from "./words";

const LEFT = 52;
const RIGHT = 44;

/** The arrays of a sheet as uPlot takes them; `lines` as `painted` gives them. */
export function dataOf(sheet: Sheet, lines: Drawn[], compared: Value[] | null): uPlot.AlignedData {
  const stacked = stack(sheet.lines.filter((line) => line.kind === "stack" && lines.includes(line)));
  const columns = lines.flatMap((line) => (isMixed(line) ? apart(line) : [stacked.get(line.key) ?? line.values]));
  return [sheet.times, ...columns, ...(compared ? [compared] : [])] as uPlot.AlignedData;
}

/** Whether some of the values of a measured line were worked out here: they are drawn dotted. */
export function isMixed(line: Drawn): boolean {
  return line.kind === "line" && line.marks.some((mark) => mark & DERIVED);
}

/** A line's measured values, and its derived ones with a neighbour on either side, so that the two meet. */
function apart(line: Drawn): [Value[], Value[]] {
  const isDerived = (at: number): boolean => ((line.marks[at] ?? 0) & DERIVED) !== 0;
  const measured = line.values.map((value, at) => (isDerived(at) ? null : value));
  const derived = line.values.map((value, at) =>
    isDerived(at - 1) || isDerived(at) || isDerived(at + 1) ? value : null,
  );
  return [measured, derived];
}

/** What is above zero is piled up in the lines' order, and what is below zero down. */
export function stack(lines: Drawn[]): Map<string, Value[]> {
  const up: number[] = [];
  const down: number[] = [];
  const broken = (at: number): boolean => lines.some((line) => line.values[at] === null);
  return new Map(
    lines.map((line) => [
      line.key,
      line.values.map((value, at) => {
        if (broken(at)) return null;
        if (value == null) return value;
        const pile = value >= 0 ? up : down;
        pile[at] = (pile[at] ?? 0) + value;
        return pile[at];
      }),
    ]),
  );
}

/** Lines in the order in which they are painted: of a stack the top one first, so that the lower ones cover it. */
export function painted(lines: Drawn[]): Drawn[] {
  const piled = lines.filter((line) => line.kind === "stack").reverse();
  return [...piled, ...lines.filter((line) => line.kind !== "stack")];
}

function seriesOf(line: Drawn): uPlot.Series[] {
  const drawn = one(line);
  return isMixed(line) ? [drawn, { ...drawn, dash: [2, 3] }] : [drawn];
}

function one(line: Drawn): uPlot.Series {
  const own = (): string => colour(line.colour);
  const base: uPlot.Series = {
    scale: line.axis === "right" ? "right" : "y",
    stroke: own,
    width: line.kind === "net" ? 2 : 1.5,
    points: { show: false },
  };
  if (line.kind === "forecast") return { ...base, dash: [5, 4], width: 1.25 };
  if (line.kind === "edge") return { ...base, stroke: "transparent", width: 0 };
  if (line.kind === "stack") return { ...base, width: 0, fill: own, fillTo: 0 } as uPlot.Series;
  return base;
}

function comparedSeries(): uPlot.Series {
  return { scale: "y", stroke: () => colour("compared"), width: 1.5, points: { show: false } };
}

export function optionsOf(panel: Panel, lines: Drawn[], view: View, size: Size, compared: boolean): uPlot.Options {
  const edges = ["max", "min"].map((key) => 1 + lines.findIndex((line) => line.key === key));
  return {
    ...shared(size),
    padding: [8, panel.right ? 0 : margin(size), 0, 0],
    tzDate: (time) => wallDate(time, view.tz),
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => rangeOf(panel, low, high) },
      right: { range: (_, low, high) => rangeOf({ least: [0, 100] }, low, high) },
    },
    axes: [
      axis({ space: 70, values: times() }),
      axis({ size: LEFT, values: (_, ticks) => ticks.map((tick) => label(tick, panel.unit, view)), space: 36 }),
      ...(panel.right
        ? [
            axis({
              scale: "right",
              side: 1,
              size: RIGHT,
              grid: { show: false },
              space: 36,
              values: (_, ticks) => ticks.map((tick) => decimals(tick, 0)),
            }),
          ]
        : []),
    ],
    series: [{}, ...lines.flatMap(seriesOf), ...(compared ? [comparedSeries()] : [])],
    ...(edges.every(Boolean) && {
      bands: [{ series: edges as [number, number], fill: () => colour("frequency-band") }] as unknown as uPlot.Band[],
    }),
  };
}

/** The strip of forecast errors below a chart, on the same times. */
export function errorOptions(view: View, size: Size): uPlot.Options {
  return {
    ...shared(size),
    padding: [4, margin(size), 4, 0],
    scales: { x: { time: true }, y: { range: (_, low, high) => symmetric(low, high) } },
    axes: [
      { show: false },
      axis({
        size: LEFT,
        space: 18,
        values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "" : label(tick, "MW", view))),
      }),
    ],
    series: [
      {},
      { stroke: () => colour("error"), fill: () => colour("error-fill"), width: 1, points: { show: false } },
    ],
  };
}

interface Size {
  width: number;
  height: number;
}

function shared(size: Size): Size & Pick<uPlot.Options, "class" | "legend" | "cursor"> {
  return {
    ...size,
    class: "chart",
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
  };
}

/** As wide as the axis on the right of other charts, so that times stand below each other; on a phone there is no room for that. */
function margin(size: Size): number {
  return size.width > 600 ? RIGHT : 8;
}

function symmetric(low: number | null, high: number | null): [number, number] {
  const most = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), 10) * 1.1;
  return [-most, most];
}

function rangeOf(panel: Pick<Panel, "least">, low: number | null, high: number | null): [number, number] {
  const [least, most] = panel.least ?? [0, 10];
  let [from, to] = [Math.min(low ?? least, least), Math.max(high ?? most, most)];
  const room = (to - from) * 0.06;
  if (from !== least || least < 0) from -= room;
  if (to !== most || most < 1) to += room;
  return [from, to];
}

function label(tick: number, unit: string, view: View): string {
  const giga = unit === "MW" && view.unit === "GW";
  const text = giga ? decimals(tick / 1000, 1) : decimals(tick, unit === "Hz" ? 1 : 0);
  return text.replace("-", "−");
}

function axis(more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: () => colour("quiet"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
    ...more,
  };
}

/** Labels of the time axis, on a 24-hour clock: [least step, form, form at a new year, …] as uPlot has them. */
function times(): (number | string | null)[][] {
  const day = "\n{D} {MMM}";
  const year = "\n{D} {MMM} {YYYY}";
  return [
    [31_536_000, "{YYYY}", null, null, null, null, null, null, 1],
    [2_419_200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [3600, "{HH}:{mm}", year, null, day, null, null, null, 1],
    [60, "{HH}:{mm}", year, null, day, null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", year, null, day, null, "\n{HH}:{mm}", null, 1],
  ];
}
