/** What is shown, as the address says it. */

import { DAY, HOUR, isoDate, midnight, parse, utc, type Zone } from "./time";

export type Region = "ALL" | "ROI" | "NI";
export type Compare = "none" | "previous" | "year";
export type Preset = "24h" | "7d" | "30d" | "1y" | "all";

export interface Span {
  start: number;
  end: number;
}

export interface View {
  region: Region;
  unit: "MW" | "GW";
  tz: Zone;
  range: Preset | Span;
  /** Charts that are shown; null: all. */
  panels: string[] | null;
  /** Lines that are hidden, as `panel.line`. */
  hidden: string[];
  compare: Compare;
  embed: string | null;
}

export const PRESETS: Record<Preset, string> = { "24h": "24 h", "7d": "7 d", "30d": "30 d", "1y": "1 y", all: "All" };
/** How many days a preset reaches back; those of `all` are not known. The snapshot has as many as `30d`. */
export const PRESET_DAYS: Record<Preset, number> = { "24h": 1, "7d": 7, "30d": 30, "1y": 365, all: 0 };
export const REGIONS: Record<Region, string> = {
  ALL: "All-island",
  ROI: "Republic of Ireland",
  NI: "Northern Ireland",
};
/** What people call the place that a chart is of. */
export function placeOf(panel: string, region: string): string {
  return panel === "frequency" ? "whole island" : (REGIONS[region as Region] ?? region);
}

export const DEFAULT: View = {
  region: "ALL",
  unit: "MW",
  tz: "Irish",
  range: "24h",
  panels: null,
  hidden: [],
  compare: "none",
  embed: null,
};
/** The first day that EirGrid is known to have served. */
export const FIRST = Date.UTC(2014, 0, 1) / 1000;
const LEAST = 30 * 60;

/** The view of a query; `refused` names what is not allowed, for which the default stands. */
export function read(query: URLSearchParams, panels: readonly string[]): { view: View; refused: string[] } {
  const refused: string[] = [];
  const one = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const given = query.get(name);
    if (given === null) return fallback;
    const found = allowed.find((each) => each.toLowerCase() === given.toLowerCase());
    if (found === undefined) refused.push(`${name}: got '${given.slice(0, 40)}'; allowed: ${allowed.join(", ")}`);
    return found ?? fallback;
  };
  const many = (name: string, allowed: readonly string[]): string[] => {
    const given = (query.get(name) ?? "").split(",").filter(Boolean);
    for (const each of given.filter((value) => !allowed.includes(value)))
      refused.push(`${name}: got '${each.slice(0, 40)}'; allowed: ${allowed.join(", ")}`);
    return given.filter((value) => allowed.includes(value));
  };
  const tz = one("tz", ["Irish", "UTC"] as const, DEFAULT.tz);
  const shown = many("series", panels);
  const embed = query.get("embed");
  const view: View = {
    region: one("region", ["ALL", "ROI", "NI"] as const, DEFAULT.region),
    unit: one("unit", ["MW", "GW"] as const, DEFAULT.unit),
    tz,
    range: span(query, tz, refused) ?? one("range", Object.keys(PRESETS) as Preset[], "24h"),
    panels: shown.length ? panels.filter((name) => shown.includes(name)) : null,
    hidden: (query.get("hide") ?? "").split(",").filter(Boolean),
    compare: one("compare", ["none", "previous", "year"] as const, DEFAULT.compare),
    embed: embed !== null && panels.includes(embed) ? embed : null,
  };
  return { view, refused: refused.filter((line) => !/^(region|unit|tz):/.test(line)) };
}

function span(query: URLSearchParams, tz: Zone, refused: string[]): Span | null {
  const [from, to] = [query.get("start"), query.get("end")];
  if (from === null && to === null) return null;
  const [start, end] = [parse(from ?? "", tz), parse(to ?? "", tz)];
  if (start === null || end === null || end - start < LEAST) {
    refused.push(
      `start, end: got '${from ?? ""}', '${to ?? ""}'; allowed: two dates or instants, such as 2026-10-24 and 2026-10-27, at least half an hour apart`,
    );
    return null;
  }
  return { start: Math.max(start, FIRST), end: Math.max(end, FIRST + DAY) };
}

/** The query of a view; what is as it always is, is left out. */
export function write(view: View): string {
  const query = new URLSearchParams();
  for (const name of ["region", "unit", "tz", "compare"] as const)
    if (view[name] !== DEFAULT[name]) query.set(name, view[name]);
  if (typeof view.range === "string") {
    if (view.range !== DEFAULT.range) query.set("range", view.range);
  } else {
    query.set("start", edge(view.range.start, view.tz));
    query.set("end", edge(view.range.end, view.tz));
  }
  if (view.panels) query.set("series", view.panels.join(","));
  if (view.hidden.length) query.set("hide", view.hidden.join(","));
  if (view.embed) query.set("embed", view.embed);
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text && `?${text}`;
}

function edge(instant: number, zone: Zone): string {
  return midnight(instant, zone) === instant ? isoDate(instant, zone) : utc(instant);
}

/** The range that is shown. Short presets reach into the time that forecasts are for. */
export function shownSpan(range: Preset | Span, now: number, first: number): Span {
  if (typeof range !== "string") return range;
  const at = Math.ceil(now / 900) * 900;
  // As the summaries have them: thirty Irish days, today included.
  if (range === "30d") return { start: midnight(now, "Irish", 1 - PRESET_DAYS[range]), end: at };
  const ahead = { "24h": 12 * HOUR, "7d": DAY, "1y": 0, all: 0 }[range];
  return { start: range === "all" ? first : at - PRESET_DAYS[range] * DAY, end: at + ahead };
}

export type Resolution = "native" | "1h" | "1d";

/** What a range of this length is drawn in: at most about 3,600 points a line. */
export function resolutionOf(seconds: number): Resolution {
  return seconds <= 35 * DAY ? "native" : seconds <= 150 * DAY ? "1h" : "1d";
}

/** A span that is no shorter than can be read and no longer than there are data. */
export function within(span: Span, first: number, last: number): Span {
  const length = Math.min(Math.max(span.end - span.start, LEAST), last - first);
  const start = Math.min(Math.max(span.start, first), last - length);
  return { start, end: start + length };
}
