/** The lines of a chart on common times: what its picture, legend, table and files are made from. */

import { ABSENT, DERIVED, type Loaded, type Series } from "./data";
import { DAY, HOUR } from "./time";

export type Value = number | null | undefined;

export interface Line {
  key: string;
  label: string;
  unit: string;
  /** Name of a colour of the style sheet. */
  colour: string;
  kind: "line" | "forecast" | "area" | "stack" | "edge" | "net";
  axis?: "right";
  derived?: string;
  /** Whether a plus stands before what comes in. */
  signed?: boolean;
}

/** One line on the chart's own times: a number, null (a slot without a value) or undefined (no slot of this line). */
export interface Drawn extends Line {
  values: Value[];
  marks: Uint8Array;
  counts?: [Value[], Value[]];
  area: string;
  field: string;
}

export interface Sheet {
  times: number[];
  lines: Drawn[];
  /** The line that the chart is about. */
  main: Drawn | null;
  /** The line whose holes are shown as gaps: of a stack what is left, which lacks a value where any part does. */
  holed: Drawn | null;
  /** Actual less forecast, where there is a forecast. */
  error: Value[] | null;
  nothing: string[];
  feed: string;
}

/** A line, and where its values are. */
export interface Picked {
  line: Line;
  area: string;
  series: Series | undefined;
  values?: (number | null)[];
  /** A line with fewer slots than the others of its block. */
  cadence?: number;
}

/** Put the lines of a chart on common times. */
export function sheetOf(given: Picked[], answers: Loaded[], native: boolean): Sheet {
  const picked = given.filter((one) => one.series);
  const slots = picked.map((one) => onGrid(one, native));
  const times = [...new Set(slots.flatMap((one) => one.times))].sort((a, b) => a - b);
  const index = new Map(times.map((time, at) => [time, at]));
  const lines = picked.map((one, at) => placed(one, slots[at]!, index));
  const main = lines.findLast((line) => line.kind !== "forecast" && line.kind !== "edge") ?? null;
  const holed = lines.find((line) => line.key === "rest") ?? main;
  const forecast = lines.find((line) => line.kind === "forecast");
  const error =
    main && forecast
      ? main.values.map((value, at) =>
          isWhole(main, at) && isWhole(forecast, at) ? less(value, forecast.values[at]) : undefined,
        )
      : null;
  const nothing = [...new Set(answers.flatMap((one) => (one.nothing ? [one.nothing] : [])))];
  return { times, lines, main, holed, error, nothing, feed: answers.find((one) => one.feed)?.feed ?? "" };
}

/** Whether a bucket is of all its slots: two that are not would be of different times. */
function isWhole(line: Drawn, at: number): boolean {
  return !line.counts || line.counts[0][at] === line.counts[1][at];
}

/** Null where one of the two has no value, undefined where one has no slot. */
function less(value: Value, other: Value): Value {
  if (value === null || other === null) return null;
  return value === undefined || other === undefined ? undefined : value - other;
}

interface Slots {
  times: number[];
  at: number[];
}

function onGrid(one: Picked, native: boolean): Slots {
  const series = one.series!;
  const at = [...series.times.keys()].filter(
    (index) => !native || !one.cadence || series.times[index]! % one.cadence === 0,
  );
  return { times: at.map((index) => series.times[index]!), at };
}

function placed(one: Picked, slots: Slots, index: Map<number, number>): Drawn {
  const series = one.series!;
  const given = one.values ?? series.values;
  const values: Value[] = new Array(index.size).fill(undefined);
  const marks = new Uint8Array(index.size);
  const counts: [Value[], Value[]] | undefined = series.counts && [new Array(index.size), new Array(index.size)];
  for (const [n, time] of slots.times.entries()) {
    const [to, from] = [index.get(time)!, slots.at[n]!];
    values[to] = given[from] ?? null;
    marks[to] = series.marks[from]!;
    if (counts) [counts[0][to], counts[1][to]] = [series.counts![0][from], series.counts![1][from]];
  }
  return { ...one.line, values, marks, area: one.area, field: series.field, ...(counts && { counts }) };
}

export function isAbsent(line: Drawn, at: number): boolean {
  return ((line.marks[at] ?? 0) & ABSENT) !== 0;
}

/** The index of the slot of a line that holds a time; null when none does. A day may have 25 hours. */
export function indexAt(sheet: Sheet, line: Drawn, time: number, step: number): number | null {
  const longest = step >= DAY ? step + HOUR : step;
  let [low, high] = [0, sheet.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sheet.times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  for (let at = low - 1; at >= 0 && sheet.times[at]! > time - longest; at--)
    if (line.values[at] !== undefined) return at;
  return null;
}

/** The first series less the others, slot by slot; null where one of them has no value. */
export function combined(first: Series | undefined, others: (Series | undefined)[]): Series | undefined {
  if (!first || others.some((one) => !one)) return undefined;
  const maps = others.map((one) => new Map(one!.times.map((time, index) => [time, one!.values[index]])));
  const values = first.times.map((time, index) => {
    let value = first.values[index] ?? null;
    for (const map of maps) {
      const other = map.get(time) ?? null;
      value = value === null || other === null ? null : value - other;
    }
    return value;
  });
  const marks = new Uint8Array(values.length).fill(DERIVED);
  const counts = leastOf([first, ...others.map((one) => one!)]);
  return {
    region: first.region,
    field: "",
    role: "value",
    times: first.times,
    values,
    marks,
    ...(counts && { counts }),
  };
}

/** How many slots of each bucket have a value: of the part that has the fewest. */
function leastOf(parts: Series[]): Series["counts"] {
  const [first] = parts;
  if (!first?.counts || parts.some((one) => !one.counts)) return undefined;
  const at = parts.map((one) => new Map(one.times.map((time, index) => [time, index])));
  const worst = first.times.map((time) => {
    const known = parts.map(
      (one, n) => [one.counts![0][at[n]!.get(time)!] ?? 0, one.counts![1][at[n]!.get(time)!] ?? 0] as const,
    );
    return known.reduce((a, b) => (b[0] * a[1] < a[0] * b[1] ? b : a));
  });
  return [worst.map((one) => one[0]), worst.map((one) => one[1])];
}
