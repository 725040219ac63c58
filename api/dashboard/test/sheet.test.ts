import { describe, expect, it } from "vitest";
import { ABSENT, DERIVED, type Loaded, type Series, WITHHELD } from "../src/data";
import { union } from "../src/download";
import { shiftOf } from "../src/load";
import { PANELS } from "../src/panels";
import { painted, stack } from "../src/plot";
import { sheetOf as put, type Value } from "../src/sheet";
import { utc } from "../src/time";
import { newestOf, type Shown } from "../src/values";
import type { Region } from "../src/view";
import { DEFAULT } from "../src/view";
import { extremes, holes, marksOf, meanError, number, reason, summary } from "../src/words";

const START = Date.parse("2026-10-24T12:00:00Z") / 1000;
const panel = (name: string) => PANELS.find((one) => one.name === name)!;

function series(field: string, role: Series["role"], values: (number | null)[], marks: number[] = []): Series {
  const times = values.map((_, at) => START + at * 900);
  return { region: "ALL", field, role, times, values, marks: Uint8Array.from(values, (_, at) => marks[at] ?? 0) };
}
const answers = (all: Record<string, Series[]>): Map<string, Loaded> =>
  new Map(Object.entries(all).map(([area, list]) => [area, { area, series: list, feed: "simulated" }]));

const sheetOf = (of: ReturnType<typeof panel>, loaded: Map<string, Loaded>, region: Region, native: boolean) =>
  put(of.lines(loaded, region), [...loaded.values()], native);

describe("a sheet", () => {
  it("leaves out the slots that a half-hourly forecast does not have, and keeps its holes", () => {
    const demand = [
      series("SYSTEM_DEMAND", "actual", [5, 6, null, 8]),
      series("SYSTEM_DEMAND", "forecast", [4, null, null, null], [0, ABSENT, 0, ABSENT]),
    ];
    const sheet = sheetOf(panel("demand"), answers({ demand }), "ALL", true);
    const byKey = Object.fromEntries(sheet.lines.map((line) => [line.key, line.values]));
    expect(byKey).toEqual({ actual: [5, 6, null, 8], forecast: [4, undefined, null, undefined] });
    expect(sheet.error).toEqual([1, undefined, null, undefined]);
    expect(meanError(sheet, { start: START, end: START + 3600 })).toBe(1);
  });

  it("of how demand is met works out the North-South tie and the remainder", () => {
    const loaded = answers({
      demand: [series("SYSTEM_DEMAND", "actual", [4000, 4000])],
      wind: [series("WIND_ACTUAL", "actual", [1000, null])],
      solar: [series("SOLAR_ACTUAL", "actual", [100, 100])],
      interconnection: [series("INTER_NET_ROI", "value", [300, 300])],
      system_generation: [series("GEN_EXP", "value", [3500, 3500])],
    });
    const sheet = sheetOf(panel("met"), loaded, "ROI", true);
    const byKey = Object.fromEntries(sheet.lines.map((line) => [line.key, line.values]));
    expect(byKey.tie).toEqual([200, 200]);
    expect(byKey.rest).toEqual([2400, null]);
  });

  it("piles up what comes in and down what goes out; a slot that lacks a part is not drawn", () => {
    const values: Record<string, Value[]> = { wind: [100, 100, null], import: [-50, 20, 20], rest: [30, 30, 30] };
    const lines = Object.entries(values).map(([key, list]) => ({
      ...{ key, label: key, unit: "MW", colour: key, kind: "stack" as const, values: list },
      ...{ marks: new Uint8Array(3), area: "", field: "" },
    }));
    const piled = Object.fromEntries(stack(lines));
    expect(piled).toEqual({ wind: [100, 100, null], import: [-50, 120, null], rest: [130, 150, null] });
    expect(painted(lines).map((line) => line.key)).toEqual(["rest", "import", "wind"]);
  });
});

describe("words", () => {
  const line = (values: Value[], marks: number[] = []) => ({
    ...{ key: "a", label: "Wind", unit: "MW", colour: "wind", kind: "line" as const, values },
    ...{ area: "wind", field: "WIND_ACTUAL", marks: Uint8Array.from(values, (_, at) => marks[at] ?? 0) },
  });

  it("find the holes up to the newest value", () => {
    const of = (values: Value[], hours = 0) => {
      const times = values.map((_, at) => START + at * 900);
      return holes(line(values), times, START + hours * 3600);
    };
    expect(of([1, null, null, 2, undefined, 3, null])).toEqual([{ first: 1, last: 2 }]);
    expect(of([null, null])).toEqual([]);
    expect(of([null, undefined, null, 1])).toEqual([{ first: 0, last: 2 }]);
    // What has had no value for hours is no longer on its way.
    expect(of([1, null, null], 24)).toEqual([{ first: 1, last: 2 }]);
  });

  it("say why there is nothing", () => {
    const empty = line([null, null], [ABSENT, 0]);
    expect(reason(empty, 0, START, 900, [], "ALL")).toBe("never fetched");
    expect(reason(empty, 1, START, 900, [], "ALL")).toBe("EirGrid sent no value");
    const second = Date.parse("2026-10-25T01:15:00Z") / 1000;
    expect(reason(empty, 0, second, 900, [], "ALL")).toBe("lost at the clock change");
    const named = { area: "wind", region: "ALL", field: "WIND_ACTUAL", state: "permanent", reason: "" };
    const gap = { ...named, first: utc(START), last: utc(START) };
    expect(reason(empty, 0, START, 900, [gap], "ALL")).toBe("given up");
    expect(reason(empty, 0, START + 900, 900, [gap], "ALL")).toBe("never fetched");
    expect(reason(empty, 0, START, 900, [gap], "ROI")).toBe("never fetched");
  });

  it("mark what was worked out here and what covers a part only", () => {
    expect(marksOf(line([1], [DERIVED | WITHHELD]), 0)).toBe("derived, withheld by EirGrid");
    expect(marksOf({ ...line([1]), counts: [[90], [96]] }, 0)).toBe("90 of 96 slots");
    expect(marksOf({ ...line([1]), counts: [[96], [96]] }, 0)).toBe("");
  });

  it("read numbers in the unit that is shown", () => {
    expect(number(4842.4, "MW", { unit: "MW" })).toBe("4,842");
    expect(number(4842.4, "MW", { unit: "GW" })).toBe("4.84");
    expect(number(512, "MW", { unit: "MW" }, true)).toBe("+512");
    expect(number(-512, "MW", { unit: "MW" })).toBe("−512");
    expect(number(-0.3, "MW", { unit: "MW" }, true)).toBe("0");
    expect(number(49.9812, "Hz", { unit: "GW" })).toBe("49.981");
  });

  it("sum a chart up", () => {
    const loaded = answers({ wind: [series("WIND_ACTUAL", "actual", [10, null, 30, 20])] });
    const sheet = sheetOf(panel("wind"), loaded, "ALL", true);
    const span = { start: START, end: START + 3600 };
    const expected = { low: [10, START], high: [30, START + 1800], mean: 20, empty: 1 };
    expect(extremes(sheet, sheet.main!, span, START)).toEqual(expected);
    const text = summary(sheet, span, DEFAULT, "All-island", 900, "Wind", START);
    expect(text).toContain(
      "lowest 10 MW (24 Oct 2026, 13:00 IST), highest 30 MW (24 Oct 2026, 13:30 IST), mean 20 MW.",
    );
    expect(text).toContain("1 slot has no value.");
  });
});

describe("without a cursor", () => {
  it("the newest value is told, with its forecast where any value has one", () => {
    const at = (forecast: (number | null)[]): number => {
      const demand = [
        series("SYSTEM_DEMAND", "actual", [5, 6, 7, null]),
        series("SYSTEM_DEMAND", "forecast", forecast),
      ];
      const sheet = sheetOf(panel("demand"), answers({ demand }), "ALL", false);
      const shown = { sheet, span: { start: START, end: START + 3600 } } as Shown;
      return (newestOf(shown)! - START) / 900;
    };
    expect(at([5, 5, 5, 5])).toBe(2);
    expect(at([5, 5, null, 5])).toBe(1);
    // Of a new store there are forecasts of what is to come only.
    expect(at([null, null, null, 5])).toBe(2);
  });
});

describe("a comparison", () => {
  const day = { start: Date.parse("2026-10-24T23:00:00Z") / 1000, end: Date.parse("2026-10-26T00:00:00Z") / 1000 };
  it("is with the same wall-clock time, also over the clock change", () => {
    const noon = Date.parse("2026-10-25T12:00:00Z") / 1000;
    const then = (view: object): string => utc(shiftOf({ ...DEFAULT, range: day, ...view }, day)(noon));
    expect(then({ compare: "previous" })).toBe("2026-10-24T11:00:00Z");
    expect(then({ compare: "year" })).toBe("2025-10-25T11:00:00Z");
    expect(then({ compare: "previous", range: "7d" })).toBe("2026-10-18T11:00:00Z");
  });
});

describe("CSV of several areas", () => {
  it("has one head, and every row under its own names", () => {
    expect(union(["a,b\n1,2\n", 'a,c,b\n3,"x, ""y""",4\n'])).toBe('a,b,c\n1,2,\n3,4,"x, ""y"""\n');
    expect(union(["a,b\n1,2\n", "a,b\n3,4\n"])).toBe("a,b\n1,2\n3,4\n");
  });
});
