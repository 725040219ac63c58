/** Series of readings, from the summaries where they reach and from range queries beyond. */

import { json, Refused } from "./http";
import { DAY, date, instantOf, midnight, utc, wall, type Zone } from "./time";
import { PRESET_DAYS, type Region, type Resolution, type Span } from "./view";

export const ABSENT = 1;
export const DERIVED = 2;
export const WITHHELD = 4;

export interface Series {
  region: string;
  field: string;
  role: "actual" | "forecast" | "value";
  /** Of each value: the slot, or the start of the bucket. */
  times: number[];
  values: (number | null)[];
  /** ABSENT (never fetched; other nulls are upstream's), DERIVED, WITHHELD. */
  marks: Uint8Array;
  /** Of a bucket, and of frequency. */
  min?: (number | null)[];
  max?: (number | null)[];
  /** Slots of a bucket that have a value, and all of them. */
  counts?: [(number | null)[], (number | null)[]];
}

export interface Loaded {
  area: string;
  series: Series[];
  feed: string;
  /** Why there is nothing, where there is nothing. */
  nothing?: string;
}

export interface Gap {
  area: string;
  region: string;
  field: string;
  state: string;
  first: string;
  last: string;
  reason: string;
}

type Runs = [number, number][];
type Column = (number | null)[];

interface Block {
  region: string;
  field: string;
  forecast_field?: string;
  start: string | null;
  step_s: number | null;
  columns: Record<string, Column>;
  absent: Record<string, Runs>;
  derived?: Runs;
  withheld?: Runs;
}

interface Summary {
  feed: string;
  areas: Record<string, { window: { start: string; end: string }; series: Block[] }>;
  gaps: { gaps: Gap[] };
}

interface RangeSeries {
  region: string;
  field: string;
  role: Series["role"];
  start: string;
  step: string;
  values: Column;
  min?: Column;
  max?: Column;
  slots?: Column;
  slots_with_value?: Column;
  absent?: Runs;
  derived?: Runs | Column;
  withheld?: Runs | Column;
}

interface Range {
  feed: string;
  tz: string;
  series: RangeSeries[];
}

export interface Status {
  now: string;
  status: string;
  store: string;
  areas: Record<string, { status: string; newest: string | null; expected_by: string | null }>;
}

interface Catalogue {
  areas: { area: string; series: { region: string; first: string | null; last: string | null }[] }[];
}

const seconds = (text: string): number => Date.parse(text) / 1000;

/** What is asked for of one area. */
export interface Question {
  region: Region;
  span: Span;
  resolution: Resolution;
  tz: Zone;
  /** Frequency in its 5-second values. */
  fine: boolean;
}

/** The path of a range query. */
export function rangePath(area: string, question: Question, more: Record<string, string> = {}): string {
  const { region, span, resolution, tz } = question;
  const query = new URLSearchParams({ region, start: utc(span.start), end: utc(span.end), ...more });
  if (resolution !== "native") query.set("resolution", resolution);
  else if (area === "frequency" && question.fine) query.set("resolution", "native");
  if (resolution === "1d" && tz === "Irish") query.set("tz", "Europe/Dublin");
  return `api/${area}?${query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",")}`;
}

/** Whether frequency is shown in its 5-second values. */
export function isFine(span: Span): boolean {
  return span.end - span.start <= 3 * 3600;
}

/** One area's series of a region. A range in which nothing is held is no error: `nothing` says what is. */
export async function load(area: string, question: Question, signal?: AbortSignal): Promise<Loaded> {
  if (question.resolution === "native" && !(area === "frequency" && question.fine)) {
    for (const name of ["recent", "snapshot"]) {
      if (!(await reaches(name, question.span))) continue;
      const summary = await json<Summary>(`api/${name}`);
      const blocks = summary.areas[area]?.series.filter((block) => block.region === question.region) ?? [];
      return { area, feed: summary.feed, series: blocks.flatMap(ofBlock) };
    }
  }
  // Asking for what is not there would be an error of its own.
  const held = await heldOf(area, question.region);
  if (!held || question.span.end <= held.start || question.span.start > held.end)
    return { area, feed: "", series: [], nothing: nothingHeld(held, question.tz) };
  const asked = pieces(area, { start: Math.max(question.span.start, held.start), end: question.span.end });
  const found = await Promise.all(asked.map((span) => ranged(area, { ...question, span }, signal)));
  const [first, ...rest] = found.filter((one) => one !== null);
  if (!first) return { area, feed: "", series: [], nothing: nothingHeld(held, question.tz) };
  return {
    area,
    feed: first.feed,
    series: first.series.map((one, at) => rest.reduce((all, next) => joined(all, next.series[at]), one)),
  };
}

/** Spans that the API answers at once: it looks at two years of 5-second values in a second or two. */
function pieces(area: string, span: Span): Span[] {
  if (area !== "frequency") return [span];
  const found: Span[] = [];
  for (let { start } = span; start < span.end; start = found.at(-1)!.end)
    found.push({ start, end: Math.min(midnight(start, "Irish", 730), span.end) });
  return found;
}

async function ranged(
  area: string,
  question: Question,
  signal?: AbortSignal,
): Promise<{ feed: string; series: Series[] } | null> {
  try {
    const range = await json<Range>(rangePath(area, question, { format: "columns" }), signal);
    return { feed: range.feed, series: range.series.map((one) => ofRange(one, question.tz)) };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** A series and its continuation. */
function joined(one: Series, next: Series | undefined): Series {
  if (!next) return one;
  const both = <T>(a: T[] | undefined, b: T[] | undefined): T[] => [...(a ?? []), ...(b ?? [])];
  return {
    ...one,
    times: both(one.times, next.times),
    values: both(one.values, next.values),
    marks: Uint8Array.from([...one.marks, ...next.marks]),
    ...(one.min && { min: both(one.min, next.min), max: both(one.max, next.max) }),
    ...(one.counts && { counts: [both(one.counts[0], next.counts?.[0]), both(one.counts[1], next.counts?.[1])] }),
  };
}

function nothingHeld(held: Span | null, zone: Zone): string {
  const there = held ? `there is ${date(held.start, zone)} to ${date(held.end, zone)}` : "there is nothing yet";
  return `Nothing of this range is held; ${there}.`;
}

/** The first and last slot that are held of an area's region; null when there is none. */
async function heldOf(area: string, region: Region): Promise<Span | null> {
  const catalogue = await json<Catalogue>("api/catalogue");
  const own = catalogue.areas.find((one) => one.area === area)?.series.filter((one) => one.region === region) ?? [];
  const [firsts, lasts] = [own.flatMap((one) => one.first ?? []), own.flatMap((one) => one.last ?? [])];
  if (!firsts.length) return null;
  return { start: Math.min(...firsts.map(seconds)), end: Math.max(...lasts.map(seconds)) };
}

async function reaches(name: string, span: Span): Promise<boolean> {
  const recent = (await json<Summary>("api/recent")).areas;
  const window = Object.values(recent)[0]?.window;
  if (!window) return false;
  const end = seconds(window.end);
  const start = name === "recent" ? seconds(window.start) : midnight(end - DAY / 2, "Irish", 1 - PRESET_DAYS["30d"]);
  return span.start >= start && span.end <= end;
}

/** The gaps that are known of a range. */
export async function gapsOf(span: Span): Promise<Gap[]> {
  const inside = await reaches("recent", span);
  return inside ? (await json<Summary>("api/recent")).gaps.gaps : (await json<{ gaps: Gap[] }>("api/gaps")).gaps;
}

/** The first slot that is held of anything. */
export async function firstHeld(): Promise<number> {
  const catalogue = await json<Catalogue>("api/catalogue");
  const firsts = catalogue.areas.flatMap((area) => area.series.map((one) => one.first)).filter((one) => one !== null);
  return firsts.length ? Math.min(...firsts.map(seconds)) : Date.now() / 1000 - 30 * DAY;
}

export function status(): Promise<Status> {
  return json<Status>("api/status");
}

function ofBlock(block: Block): Series[] {
  if (block.start === null) return [];
  const first = seconds(block.start);
  const step = block.step_s ?? 900;
  return ["actual", "forecast", "value"].flatMap((role) => {
    const values = block.columns[role];
    if (!values) return [];
    const series: Series = {
      region: block.region,
      field: role === "forecast" ? (block.forecast_field ?? block.field) : block.field,
      role: role as Series["role"],
      times: values.map((_, index) => first + index * step),
      values,
      marks: marksOf(values.length, block.absent[role], block.derived, block.withheld),
    };
    if (block.columns.min && block.columns.max)
      Object.assign(series, { min: block.columns.min, max: block.columns.max });
    return [series];
  });
}

function ofRange(one: RangeSeries, zone: Zone): Series {
  const series: Series = {
    region: one.region,
    field: one.field,
    role: one.role,
    times: timesOf(seconds(one.start), one.step, one.values.length, zone),
    values: one.values,
    marks: marksOf(one.values.length, one.absent, one.derived, one.withheld),
  };
  if (one.min && one.max) Object.assign(series, { min: one.min, max: one.max });
  if (one.slots && one.slots_with_value) series.counts = [one.slots_with_value, one.slots];
  return series;
}

const STEPS: Record<string, number> = { PT5S: 5, PT15M: 900, PT30M: 1800, PT1H: 3600 };

function timesOf(first: number, step: string, many: number, zone: Zone): number[] {
  const fixed = STEPS[step];
  if (fixed) return Array.from({ length: many }, (_, index) => first + index * fixed);
  const at = wall(first, zone);
  return Array.from({ length: many }, (_, index) => instantOf({ ...at, day: at.day + index }, zone));
}

function marksOf(many: number, absent?: Runs, derived?: Runs | Column, withheld?: Runs | Column): Uint8Array {
  const marks = new Uint8Array(many);
  const put = (given: Runs | Column | undefined, mark: number): void => {
    for (const [index, one] of (given ?? []).entries()) {
      if (Array.isArray(one)) for (let at = one[0]; at < one[0] + one[1]; at++) marks[at]! |= mark;
      else if (one) marks[index]! |= mark;
    }
  };
  put(absent, ABSENT);
  put(derived, DERIVED);
  put(withheld, WITHHELD);
  return marks;
}
