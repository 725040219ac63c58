/** Numbers and states as people read them. */

import { DERIVED, type Gap, WITHHELD } from "./data";
import { type Drawn, isAbsent, type Sheet } from "./sheet";
import { DAY, HOUR, isSecondPass, moment } from "./time";
import type { Span, View } from "./view";

const MINUS = "−";
const STATES: Record<string, string> = {
  late: "not published yet",
  not_fetched: "never fetched",
  missing_upstream: "EirGrid sent no value",
  withheld: "withheld by EirGrid (low emissions)",
  dst_lost: "lost at the clock change",
  frozen: "frozen: the value did not move",
  repairing: "being repaired",
  permanent: "given up",
};

const formats = [0, 1, 2, 3].map(
  (places) => new Intl.NumberFormat("en-IE", { minimumFractionDigits: places, maximumFractionDigits: places }),
);

/** A number with so many places, 0 to 3. */
export function decimals(value: number, places: number): string {
  return formats[places]!.format(value);
}

/** A number in the unit that is shown. */
export function number(value: number, unit: string, view: Pick<View, "unit">, signed = false): string {
  const giga = view.unit === "GW" && unit === "MW";
  const places = giga ? 2 : unit === "Hz" ? 3 : unit === "%" ? 1 : 0;
  const text = decimals(Math.abs(giga ? value / 1000 : value), places);
  const sign = !/[1-9]/.test(text) ? "" : value < 0 ? MINUS : signed ? "+" : "";
  return sign + text;
}

export function unitOf(unit: string, view: Pick<View, "unit">): string {
  return unit === "MW" ? view.unit : unit;
}

/** Why a slot has no value. */
export function reason(line: Drawn, at: number, time: number, step: number, gaps: Gap[], region: string): string {
  const found = gaps.find(
    (gap) =>
      gap.area === line.area &&
      gap.field === line.field &&
      gap.region === region &&
      Date.parse(gap.first) / 1000 < time + step &&
      Date.parse(gap.last) / 1000 >= time,
  );
  if (found) return STATES[found.state] ?? found.state;
  if (isAbsent(line, at)) return step < DAY && isSecondPass(time) ? STATES.dst_lost! : STATES.not_fetched!;
  return line.area ? STATES.missing_upstream! : "a part has no value";
}

/** What is to be said of a value that is there. */
export function marksOf(line: Drawn, at: number): string {
  const mark = line.marks[at] ?? 0;
  const words = [];
  if (!line.derived && mark & DERIVED) words.push("derived");
  if (mark & WITHHELD && mark & DERIVED) words.push("withheld by EirGrid");
  const [has, of] = [line.counts?.[0][at], line.counts?.[1][at]];
  if (has != null && of != null && has < of) words.push(`${has} of ${of} slots`);
  return words.join(", ");
}

interface Stretch {
  first: number;
  last: number;
}

/** How long a slot that has no value may still get one; then it is a hole like any other. */
export const PENDING = 6 * HOUR;

/** Runs of slots of a line without a value: (first index, last index). Those since its newest value only once they are old. */
export function holes(line: Drawn, times: number[], now: number): Stretch[] {
  let newest = line.values.length - 1;
  while (
    newest >= 0 &&
    line.values[newest] == null &&
    !(line.values[newest] === null && times[newest]! < now - PENDING)
  )
    newest--;
  newest++;
  const found: Stretch[] = [];
  for (let at = 0; at < newest; at++) {
    if (line.values[at] !== null) continue;
    const first = at;
    while (at + 1 < newest && line.values[at + 1] == null) at++;
    found.push({ first, last: at });
  }
  return found;
}

export interface Extremes {
  low: [number, number];
  high: [number, number];
  mean: number;
  empty: number;
}

/** Least, most (value, time) and mean of a line in a range, and how many of its slots have no value. */
export function extremes(sheet: Sheet, line: Drawn, span: Span, now: number): Extremes | null {
  let low: [number, number] | null = null;
  let high: [number, number] | null = null;
  let [sum, many] = [0, 0];
  for (const [at, time] of sheet.times.entries()) {
    const value = line.values[at];
    if (time < span.start || time >= span.end || value == null) continue;
    if (!low || value < low[0]) low = [value, time];
    if (!high || value > high[0]) high = [value, time];
    sum += value;
    many++;
  }
  if (!low || !high) return null;
  const empty = holes(line, sheet.times, now).reduce((total, hole) => {
    for (let at = hole.first; at <= hole.last; at++)
      if (line.values[at] === null && sheet.times[at]! >= span.start && sheet.times[at]! < span.end) total++;
    return total;
  }, 0);
  return { low, high, mean: sum / many, empty };
}

/** A chart in a few sentences. */
export function summary(
  sheet: Sheet,
  span: Span,
  view: View,
  region: string,
  step: number,
  title: string,
  now: number,
): string {
  const line = sheet.main;
  if (!line) return sheet.nothing.join(" ") || "Nothing is held for this range.";
  const found = extremes(sheet, line, span, now);
  const minute = (instant: number): string => moment(Math.round(instant / 60) * 60, view.tz, 0);
  const between = `${minute(span.start)} to ${minute(span.end)}`;
  if (!found) return `${title}, ${region}, ${between}: no values. ${sheet.nothing.join(" ")}`;
  const say = (value: number): string => `${number(value, line.unit, view)} ${unitOf(line.unit, view)}`;
  const parts = [
    `${title}, ${region}, ${between}: lowest ${say(found.low[0])} (${moment(found.low[1], view.tz, step)}), ` +
      `highest ${say(found.high[0])} (${moment(found.high[1], view.tz, step)}), mean ${say(found.mean)}.`,
  ];
  const off = meanError(sheet, span);
  if (off !== null) parts.push(`The forecast was off by ${say(off)} on average.`);
  if (found.empty) parts.push(`${found.empty} ${found.empty === 1 ? "slot has" : "slots have"} no value.`);
  return parts.join(" ");
}

/** Mean of |actual − forecast| over the slots that have both. */
export function meanError(sheet: Sheet, span: Span): number | null {
  let [sum, many] = [0, 0];
  for (const [at, error] of (sheet.error ?? []).entries()) {
    const time = sheet.times[at]!;
    if (error == null || time < span.start || time >= span.end) continue;
    sum += Math.abs(error);
    many++;
  }
  return many ? sum / many : null;
}
