/** What each chart shows, and how its lines are put together. */

import { ABSENT, DERIVED, type Loaded, type Series } from "./data";
import type { Region } from "./view";

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

export interface Bound {
  value: number;
  since: number;
  label: string;
}

export interface Panel {
  name: string;
  title: string;
  areas(region: Region): string[];
  lines(loaded: Map<string, Loaded>, region: Region): Picked[];
  unit: string;
  right?: string;
  bounds?: Bound[];
  /** The least range of the vertical axis. */
  least?: [number, number];
  note?(region: Region): string;
  stacked?: boolean;
}

interface Picked {
  line: Line;
  area: string;
  series: Series | undefined;
  values?: (number | null)[];
  /** A line with fewer slots than the others of its block. */
  cadence?: number;
}

const NET: Record<Region, string> = { ALL: "INTER_NET", ROI: "INTER_NET_ROI", NI: "INTER_NET_NI" };
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000;

function find(loaded: Map<string, Loaded>, area: string, field: string, role?: Series["role"]): Series | undefined {
  return loaded
    .get(area)
    ?.series.find(
      (one) => (one.field === field || (role === "forecast" && one.role === role)) && (!role || one.role === role),
    );
}

function withForecast(area: string, title: string, field: string, cadence?: number): Panel {
  return {
    name: area,
    title,
    unit: "MW",
    areas: () => [area],
    lines: (loaded) => [
      {
        line: { key: "forecast", label: "Forecast", unit: "MW", colour: area, kind: "forecast" },
        area,
        series: find(loaded, area, field, "forecast"),
        ...(cadence && { cadence }),
      },
      {
        line: { key: "actual", label: title, unit: "MW", colour: area, kind: "line" },
        area,
        series: find(loaded, area, field, "actual"),
      },
    ],
  };
}

const LINKS: Record<string, [string, string, Region[]]> = {
  ewic: ["EWIC", "INTER_EWIC", ["ALL", "ROI"]],
  greenlink: ["Greenlink", "INTER_GRNLK", ["ALL", "ROI"]],
  moyle: ["Moyle", "INTER_MOYLE", ["ALL", "NI"]],
};

const interconnection: Panel = {
  name: "interconnection",
  title: "Interconnectors",
  unit: "MW",
  areas: () => ["interconnection"],
  least: [-100, 100],
  note: () => "Import above the line, export below.",
  lines: (loaded, region) => [
    ...Object.entries(LINKS)
      .filter(([, [, , regions]]) => regions.includes(region))
      .map(([key, [label, field]]) => ({
        line: { key, label, unit: "MW", colour: key, kind: "line" as const },
        area: "interconnection",
        series: find(loaded, "interconnection", field),
      })),
    {
      line: { key: "net", label: "Net import", unit: "MW", colour: "demand", kind: "net" },
      area: "interconnection",
      series: find(loaded, "interconnection", NET[region]),
    },
  ],
};

/** Demand by where it comes from: wind, solar, net import, the North-South tie of a jurisdiction, and what is left. */
const met: Panel = {
  name: "met",
  title: "How demand is met",
  unit: "MW",
  stacked: true,
  areas: (region) => ["demand", "wind", "solar", "interconnection", ...(region === "ALL" ? [] : ["system_generation"])],
  note: (region) =>
    `Remainder, derived: what is neither wind, solar nor import. Exports are below the line.${
      region === "ALL"
        ? ""
        : " North-South, derived: demand − generation − net import from Great Britain, with losses in it."
    }`,
  lines: (loaded, region) => {
    const demand = find(loaded, "demand", "SYSTEM_DEMAND", "actual");
    const parts: [string, string, string, string, Series | undefined][] = [
      ["wind", "Wind", "wind", "wind", find(loaded, "wind", "WIND_ACTUAL", "actual")],
      ["solar", "Solar", "solar", "solar", find(loaded, "solar", "SOLAR_ACTUAL", "actual")],
      ["import", "Net import", "import", "interconnection", find(loaded, "interconnection", NET[region])],
    ];
    const picked: Picked[] = parts.map(([key, label, colour, area, series]) => ({
      line: { key, label, unit: "MW", colour, kind: "stack" },
      area,
      series,
    }));
    let taken = parts.map(([, , , , series]) => series);
    if (region !== "ALL") {
      const generation = find(loaded, "system_generation", "GEN_EXP");
      const tie = combined(demand, [generation, parts[2]![4]]);
      const line: Line = {
        key: "tie",
        label: "North-South",
        unit: "MW",
        colour: "tie",
        kind: "stack",
        derived: "in +, derived",
      };
      picked.push({ line, area: "", series: tie });
      taken = [...taken, tie];
    }
    const rest: Line = {
      key: "rest",
      label: "Remainder",
      unit: "MW",
      colour: "rest",
      kind: "stack",
      derived: "derived",
    };
    picked.push({ line: rest, area: "", series: combined(demand, taken) });
    const line: Line = { key: "demand", label: "Demand", unit: "MW", colour: "demand", kind: "net" };
    return [...picked, { line, area: "demand", series: demand }];
  },
};

/** The first series less the others, slot by slot; null where one of them has no value. */
function combined(first: Series | undefined, others: (Series | undefined)[]): Series | undefined {
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

const co2: Panel = {
  name: "co2",
  title: "CO2",
  unit: "g/kWh",
  right: "t/h",
  areas: () => ["co2"],
  least: [0, 100],
  note: () => "EirGrid withholds low emissions; such a value is derived as intensity × demand ÷ 1000 and dotted.",
  lines: (loaded) => [
    {
      line: {
        key: "emissions",
        label: "Emissions (right)",
        unit: "t/h",
        colour: "emissions",
        kind: "line",
        axis: "right",
      },
      area: "co2",
      series: find(loaded, "co2", "CO2_EMISSIONS"),
    },
    {
      line: { key: "intensity", label: "Intensity (left)", unit: "g/kWh", colour: "co2", kind: "line" },
      area: "co2",
      series: find(loaded, "co2", "CO2_INTENSITY"),
    },
  ],
};

const snsp: Panel = {
  name: "snsp",
  title: "SNSP",
  unit: "%",
  areas: () => ["snsp"],
  least: [0, 80],
  bounds: [{ value: 75, since: day("2022-04-01"), label: "limit 75 %" }],
  note: (region) =>
    `System non-synchronous penetration${region === "ALL" ? "" : ", of the whole island"}; limit 75 % since 1 April 2022.`,
  lines: (loaded) => [
    {
      line: { key: "snsp", label: "SNSP", unit: "%", colour: "snsp", kind: "line" },
      area: "snsp",
      series: find(loaded, "snsp", "SNSP_ALL"),
    },
  ],
};

const frequency: Panel = {
  name: "frequency",
  title: "Frequency",
  unit: "Hz",
  areas: () => ["frequency"],
  least: [49.75, 50.25],
  bounds: [
    { value: 49.8, since: day("2014-01-01"), label: "normal from 49.8 Hz" },
    { value: 50.2, since: day("2014-01-01"), label: "normal to 50.2 Hz" },
  ],
  note: () => "Mean, least and most of each slot; 5-second values in a range of three hours or less.",
  lines: (loaded) => {
    const series = find(loaded, "frequency", "SYS_FREQUENCY");
    const edge = (key: "min" | "max", label: string): Picked[] =>
      series?.[key]
        ? [
            {
              line: { key, label, unit: "Hz", colour: "frequency", kind: "edge" },
              area: "frequency",
              series,
              values: series[key],
            },
          ]
        : [];
    const line: Line = { key: "frequency", label: "Frequency", unit: "Hz", colour: "frequency", kind: "line" };
    return [...edge("max", "Most"), ...edge("min", "Least"), { line, area: "frequency", series }];
  },
};

export const PANELS: Panel[] = [
  withForecast("demand", "Demand", "SYSTEM_DEMAND", 1800),
  withForecast("wind", "Wind", "WIND_ACTUAL"),
  withForecast("solar", "Solar", "SOLAR_ACTUAL"),
  met,
  interconnection,
  co2,
  snsp,
  frequency,
];

/** The region that an area has for the one that is chosen. */
export function regionOf(area: string, region: Region): Region {
  return area === "snsp" ? "ALL" : area === "frequency" ? "ROI" : region;
}

/** Put the lines of a chart on common times. */
export function sheetOf(panel: Panel, loaded: Map<string, Loaded>, region: Region, native: boolean): Sheet {
  const picked = panel.lines(loaded, region).filter((one) => one.series);
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
  const answers = [...loaded.values()];
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
