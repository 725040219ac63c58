import { describe, expect, it } from "vitest";
import {
  age,
  clock,
  DAY,
  earlier,
  HOUR,
  instantOf,
  irishOffset,
  isSecondPass,
  midnight,
  moment,
  parse,
  utc,
  wall,
} from "../src/time";

const at = (text: string): number => Date.parse(text) / 1000;
const intl = new Intl.DateTimeFormat("en-IE", {
  timeZone: "Europe/Dublin",
  hour12: false,
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
});

describe("Irish time", () => {
  it("is what the browser's own time zone data say, from 2014 to 2035", () => {
    for (let instant = at("2014-01-01T00:30:00Z"); instant < at("2036-01-01T00:00:00Z"); instant += 5.5 * HOUR) {
      const parts = Object.fromEntries(
        intl.formatToParts(instant * 1000).map((part) => [part.type, Number(part.value)]),
      );
      const { year, month, day, hour, minute } = wall(instant, "Irish");
      expect([year, month, day, hour, minute]).toEqual([
        parts.year,
        parts.month,
        parts.day,
        parts.hour! % 24,
        parts.minute,
      ]);
    }
  });

  it("changes to the second at 01:00 UTC", () => {
    for (const [change, before, after] of [
      ["2026-03-29T01:00:00Z", 0, HOUR],
      ["2026-10-25T01:00:00Z", HOUR, 0],
    ] as const) {
      expect(irishOffset(at(change) - 1)).toBe(before);
      expect(irishOffset(at(change))).toBe(after);
    }
  });

  it("tells the two passes of October's doubled hour apart", () => {
    expect(clock(at("2026-10-25T00:30:00Z"), "Irish")).toBe("01:30 IST");
    expect(clock(at("2026-10-25T01:30:00Z"), "Irish")).toBe("01:30 GMT");
    expect(isSecondPass(at("2026-10-25T00:59:59Z"))).toBe(false);
    expect(isSecondPass(at("2026-10-25T01:00:00Z"))).toBe(true);
    expect(isSecondPass(at("2026-10-25T02:00:00Z"))).toBe(false);
    expect(isSecondPass(at("2026-03-29T01:00:00Z"))).toBe(false);
  });

  it("has days of 23, 24 and 25 hours", () => {
    const length = (day: string): number => {
      const start = parse(day, "Irish")!;
      return (midnight(start + 12 * HOUR, "Irish", 1) - start) / HOUR;
    };
    expect(["2026-03-29", "2026-03-30", "2026-10-25"].map(length)).toEqual([23, 24, 25]);
  });

  it("puts a wall-clock reading back to its instant; the doubled hour to its first pass", () => {
    for (const text of ["2026-07-01T12:00:00Z", "2026-12-01T12:00:00Z", "2026-10-25T00:30:00Z", "2026-03-28T23:45:00Z"])
      expect(instantOf(wall(at(text), "Irish"), "Irish")).toBe(at(text));
    expect(instantOf(wall(at("2026-10-25T01:30:00Z"), "Irish"), "Irish")).toBe(at("2026-10-25T00:30:00Z"));
  });
});

describe("the same time earlier", () => {
  it("goes by the wall clock over a change", () => {
    expect(utc(earlier(at("2026-10-26T09:00:00Z"), "Irish", { days: 2 }))).toBe("2026-10-24T08:00:00Z");
    expect(utc(earlier(at("2026-03-30T08:00:00Z"), "Irish", { days: 1 }))).toBe("2026-03-29T08:00:00Z");
    expect(utc(earlier(at("2026-03-29T08:00:00Z"), "Irish", { days: 1 }))).toBe("2026-03-28T09:00:00Z");
    expect(utc(earlier(at("2026-10-26T09:00:00Z"), "UTC", { days: 2 }))).toBe("2026-10-24T09:00:00Z");
  });

  it("knows that 29 February is not in every year", () => {
    expect(utc(earlier(at("2024-02-29T12:00:00Z"), "Irish", { years: 1 }))).toBe("2023-02-28T12:00:00Z");
    expect(utc(earlier(at("2026-10-25T12:00:00Z"), "Irish", { years: 1 }))).toBe("2025-10-25T11:00:00Z");
  });
});

describe("what people type and read", () => {
  it.each([
    ["2026-10-25", "2026-10-24T23:00:00Z"],
    ["2026-10-26", "2026-10-26T00:00:00Z"],
    ["2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"],
    ["2026-10-25T01:30+01:00", "2026-10-25T00:30:00Z"],
  ])("%s is %s", (text, instant) => expect(utc(parse(text, "Irish")!)).toBe(instant));

  it.each(["", "yesterday", "2026-13-01", "2026-02-30", "2026-10-25T10:00", "2026-10-25T25:00Z", "25/10/2026"])(
    "%s is no time",
    (text) => expect(parse(text, "Irish")).toBeNull(),
  );

  it("names days, times and ages", () => {
    expect(moment(at("2026-10-31T20:45:00Z"), "Irish", 900)).toBe("31 Oct 2026, 20:45 GMT");
    expect(moment(at("2026-07-01T20:45:05Z"), "Irish", 5)).toBe("1 Jul 2026, 21:45:05 IST");
    expect(moment(at("2026-07-01T20:45:00Z"), "UTC", 900)).toBe("1 Jul 2026, 20:45 UTC");
    expect(moment(at("2026-06-30T23:00:00Z"), "Irish", DAY)).toBe("1 Jul 2026");
    const ages = [0, 59, 60, 3599, 3600, 7800, 2 * DAY, -5].map(age);
    expect(ages).toEqual(["0 min", "0 min", "1 min", "59 min", "1 h 0 min", "2 h 10 min", "2 days", "0 min"]);
  });
});
