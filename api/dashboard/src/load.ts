/** From a view to the sheets of its charts. */

import { type Gap, gapsOf, isFine, type Loaded, load, type Question } from "./data";
import { type Panel, regionOf } from "./panels";
import { type Sheet, sheetOf, type Value } from "./sheet";
import { DAY, date, earlier, HOUR, midnight } from "./time";
import { PRESET_DAYS, type Resolution, resolutionOf, type Span, type View } from "./view";

export interface Result {
  sheet: Sheet;
  gaps: Gap[];
  step: number;
  compared: { label: string; values: Value[] } | null;
}

/** What is fetched for a range: the same again on either side where it is not near the present, so that panning has data. */
export function fetched(span: Span, first: number, last: number, presetAhead: boolean): Span {
  if (presetAhead) return span;
  const half = (span.end - span.start) / 2;
  const inside = { start: Math.max(span.start - half, first), end: Math.min(span.end + half, last) };
  // Short ones by whole days: a range within a gap would have nothing to show the gap beside. Others by quarter-hours, since requests
  // that differ by seconds only would miss every cache.
  if (half < DAY)
    return { start: midnight(inside.start, "Irish"), end: Math.min(midnight(inside.end, "Irish", 1), last) };
  return { start: Math.floor(inside.start / 900) * 900, end: Math.ceil(inside.end / 900) * 900 };
}

export function stepOf(panel: Panel, resolution: Resolution, shown: Span): number {
  if (resolution === "1d") return DAY;
  if (resolution === "1h") return HOUR;
  if (panel.name === "snsp") return 1800;
  return panel.name === "frequency" && isFine(shown) ? 5 : 900;
}

/** Fetch what a panel shows of a range, and put it on one sheet. */
export async function sheetFor(
  panel: Panel,
  view: View,
  span: Span,
  resolution: Resolution,
  fine: boolean,
  signal: AbortSignal,
): Promise<Sheet> {
  const areas = panel.areas(view.region);
  const loaded = new Map<string, Loaded>();
  const answers = areas.map((area) => load(area, questionOf(area, view, span, resolution, fine), signal));
  for (const answer of await Promise.all(answers)) loaded.set(answer.area, answer);
  return sheetOf(panel.lines(loaded, view.region), [...loaded.values()], resolution === "native");
}

export function questionOf(area: string, view: View, span: Span, resolution: Resolution, fine: boolean): Question {
  return { region: regionOf(area, view.region), span, resolution, tz: view.tz, fine };
}

/** Everything that one chart needs of the fetched range, which may be wider than the one that is shown. */
export async function resultFor(
  panel: Panel,
  view: View,
  span: Span,
  shown: Span,
  signal: AbortSignal,
): Promise<Result> {
  const resolution = resolutionOf(span.end - span.start);
  const [sheet, gaps] = await Promise.all([
    sheetFor(panel, view, span, resolution, isFine(shown), signal),
    gapsOf(span),
  ]);
  const compared =
    view.compare === "none" || !sheet.main ? null : await comparison(panel, view, span, shown, sheet, signal);
  return { sheet, gaps, step: stepOf(panel, resolution, shown), compared };
}

/** The wall-clock time that a slot of the range that is shown is compared with. */
export function shiftOf(view: View, span: Span): (time: number) => number {
  if (view.compare === "year") return (time) => earlier(time, view.tz, { years: 1 });
  const preset = typeof view.range === "string" ? PRESET_DAYS[view.range] : 0;
  const length = span.end - span.start;
  const days = preset || Math.round(length / DAY);
  if (days > 0 && (preset || Math.abs(length - days * DAY) <= HOUR)) return (time) => earlier(time, view.tz, { days });
  // By whole slots, so that each falls on another.
  const slot = resolutionOf(length) === "native" ? 1800 : resolutionOf(length) === "1h" ? HOUR : DAY;
  const by = Math.ceil(length / slot) * slot;
  return resolutionOf(length) === "1d" ? (time) => earlier(time, view.tz, { days: by / DAY }) : (time) => time - by;
}

async function comparison(
  panel: Panel,
  view: View,
  span: Span,
  shown: Span,
  sheet: Sheet,
  signal: AbortSignal,
): Promise<Result["compared"]> {
  const shift = shiftOf(view, shown);
  const fine = isFine(shown);
  const name = view.compare === "year" ? "A year before" : "Period before";
  const label = `${name}, from ${date(shift(shown.start), view.tz)}`;
  const resolution = resolutionOf(span.end - span.start);
  const then = { start: shift(span.start), end: shift(span.end) };
  const before = await sheetFor(panel, view, then, resolution, fine, signal);
  const main = before.main;
  const at = new Map(before.times.map((time, index) => [time, main?.values[index]]));
  return { label, values: sheet.times.map((time) => at.get(shift(time))) };
}
