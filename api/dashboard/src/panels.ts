/** What each chart shows. */

import type { Loaded, Series } from "./data";
import { combined, type Line, type Picked } from "./sheet";
import { date } from "./time";
import type { Region } from "./view";

/** A limit of system operation, of the catalogue. */
export interface Bound {
  value: number;
  /** The day from which it has held. */
  since: string;
}

export interface Panel {
  name: string;
  title: string;
  areas(region: Region): string[];
  lines(loaded: Map<string, Loaded>, region: Region): Picked[];
  unit: string;
  right?: string;
  /** The least range of the vertical axis. */
  least?: [number, number];
  note?(region: Region, bounds: Bound[]): string;
  stacked?: boolean;
}

const NET: Record<Region, string> = { ALL: "INTER_NET", ROI: "INTER_NET_ROI", NI: "INTER_NET_NI" };

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
      line: { key: "net", label: "Net import", unit: "MW", colour: "demand", kind: "net", signed: true },
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
  note: (region, bounds) => {
    const limits = bounds.map(
      ({ value, since }) => `; limit ${value} % since ${date(Date.parse(since) / 1000, "UTC")}`,
    );
    return `System non-synchronous penetration${region === "ALL" ? "" : ", of the whole island"}${limits.join("")}.`;
  },
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
