import { describe, expect, it } from "vitest";
import { PANELS } from "../src/panels";
import { DAY, HOUR, utc } from "../src/time";
import { DEFAULT, FIRST, read, resolutionOf, shownSpan, type View, within, write } from "../src/view";

const NAMES = PANELS.map((panel) => panel.name);
const of = (query: string): ReturnType<typeof read> => read(new URLSearchParams(query), NAMES);
const at = (text: string): number => Date.parse(text) / 1000;

describe("the address", () => {
  const views: View[] = [
    DEFAULT,
    { ...DEFAULT, region: "NI", unit: "GW", tz: "UTC", range: "7d", compare: "year" },
    { ...DEFAULT, range: { start: at("2026-10-24T23:00:00Z"), end: at("2026-10-26T00:00:00Z") } },
    { ...DEFAULT, range: { start: at("2026-03-29T00:15:00Z"), end: at("2026-03-29T03:07:00Z") } },
    { ...DEFAULT, tz: "UTC", range: { start: at("2026-10-25T00:00:00Z"), end: at("2026-10-26T00:00:00Z") } },
    { ...DEFAULT, panels: ["wind", "snsp"], hidden: ["wind.forecast"], compare: "previous" },
    { ...DEFAULT, embed: "wind", range: "1y" },
  ];
  it.each(views)("says all of a view: %j", (view) => expect(of(write(view))).toEqual({ view, refused: [] }));

  it("is short where a view is as it always is", () => {
    expect(write(DEFAULT)).toBe("");
    expect(write(views[2]!)).toBe("?start=2026-10-25&end=2026-10-26");
    expect(write(views[5]!)).toBe("?compare=previous&series=wind,snsp&hide=wind.forecast");
  });

  it.each([
    ["range=2w", "range: got '2w'; allowed: 24h, 7d, 30d, 1y, all"],
    ["compare=tomorrow", "compare: got 'tomorrow'; allowed: none, previous, year"],
    ["series=wind,gas", `series: got 'gas'; allowed: ${NAMES.join(", ")}`],
    ["start=2026-10-25", "start, end: got '2026-10-25', ''"],
    ["start=2026-10-25&end=2026-10-25", "start, end: got '2026-10-25', '2026-10-25'"],
  ])("%s is refused in one line", (query, line) => {
    const { view, refused } = of(query);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain(line);
    expect(view.range).toBe("24h");
  });

  it("does not mind how a name is written", () =>
    expect(of("region=roi&unit=gw").view).toMatchObject({ region: "ROI", unit: "GW" }));
});

describe("a range", () => {
  const now = at("2026-10-31T20:05:00Z");
  it("of a preset ends now, and reaches into the forecasts where it is short", () => {
    expect(shownSpan("24h", now, FIRST)).toEqual({
      start: at("2026-10-30T20:15:00Z"),
      end: at("2026-11-01T08:15:00Z"),
    });
    expect(utc(shownSpan("30d", now, FIRST).start)).toBe("2026-10-01T23:00:00Z");
    expect(shownSpan("all", now, at("2016-11-01T00:00:00Z")).start).toBe(at("2016-11-01T00:00:00Z"));
  });

  it("is drawn in what its length asks for", () => {
    expect([HOUR, 31 * DAY, 60 * DAY, 366 * DAY, 3650 * DAY].map(resolutionOf)).toEqual([
      "native",
      "native",
      "1h",
      "1d",
      "1d",
    ]);
  });

  it("stays inside of what there is, and no shorter than can be read", () => {
    const [first, last] = [0, 100 * DAY];
    expect(within({ start: -DAY, end: DAY }, first, last)).toEqual({ start: 0, end: 2 * DAY });
    expect(within({ start: 99 * DAY, end: 101 * DAY }, first, last)).toEqual({ start: 98 * DAY, end: 100 * DAY });
    expect(within({ start: DAY, end: DAY + 60 }, first, last)).toEqual({ start: DAY, end: DAY + 1800 });
    expect(within({ start: -DAY, end: 200 * DAY }, first, last)).toEqual({ start: 0, end: 100 * DAY });
  });
});
