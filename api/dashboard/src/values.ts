/** What a chart shows, and its values in words. */

import type { Gap } from "./data";
import { type Drawn, indexAt, type Sheet, type Value } from "./sheet";
import type { Span, View } from "./view";
import { marksOf, number, PENDING, reason, unitOf } from "./words";

/** All that a chart shows. */
export interface Shown {
  sheet: Sheet;
  view: View;
  span: Span;
  step: number;
  gaps: Gap[];
  region: string;
  now: number;
  /** Since when a newer value is due; null when none is. */
  lateSince: number | null;
  compared: { label: string; values: Value[] } | null;
}

/** The text of a line's value at a time. */
export function valueAt(shown: Shown, line: Drawn, time: number): string {
  const { view } = shown;
  const at = slotOf(shown, line, time);
  const value = at === null ? undefined : line.values[at];
  if (at === null || value == null) return nothingAt(shown, line, at, time);
  const marks = [extent(shown, line, at), marksOf(line, at)].filter(Boolean).join(", ");
  return `${number(value, line.unit, view, line.signed)} ${unitOf(line.unit, view)}${marks && ` (${marks})`}`;
}

/** The slot of a line at a time; a forecast of every other slot has none in between. */
function slotOf({ sheet, step }: Shown, line: Drawn, time: number): number | null {
  return indexAt(sheet, line.kind === "forecast" && sheet.main ? sheet.main : line, time, step);
}

/** Why a line has no value at a time. */
function nothingAt(shown: Shown, line: Drawn, at: number | null, time: number): string {
  const { sheet, step, gaps, region, now } = shown;
  const slot = at === null ? time : sheet.times[at]!;
  if (slot > now || line.kind === "forecast") return "–";
  const newest = line.values.findLastIndex((each) => each != null);
  const isLast = at === null || at > newest;
  if (isLast && slot > now - PENDING) return "not published yet";
  return at === null || line.values[at] === undefined ? "–" : reason(line, at, slot, step, gaps, region);
}

/** Least and most of a slot, where there are any. */
function extent({ sheet, view }: Shown, line: Drawn, at: number): string {
  const [least, most] = ["min", "max"].map((key) => sheet.lines.find((each) => each.key === key)?.values[at]);
  if (line.kind !== "line" || least == null || most == null) return "";
  return `${number(least, line.unit, view)} to ${number(most, line.unit, view)}`;
}

/** The newest slot of what is shown that has a value; one that has a forecast too, where any has. */
export function newestOf({ sheet, span }: Shown): number | null {
  const forecast = sheet.lines.find((line) => line.kind === "forecast");
  const isShown = (value: Value, index: number): boolean => value != null && sheet.times[index]! < span.end;
  const both = (value: Value, index: number): boolean => isShown(value, index) && forecast?.values[index] != null;
  const values = sheet.main?.values ?? [];
  const at = forecast && values.some(both) ? values.findLastIndex(both) : values.findLastIndex(isShown);
  return at < 0 ? null : sheet.times[at]!;
}

/** A value in the unit of the chart. */
export function worded({ view, sheet }: Shown, value: Value, signed = false): string {
  const unit = sheet.main?.unit ?? "";
  return value == null ? "–" : `${number(value, unit, view, signed)} ${unitOf(unit, view)}`;
}

/** Over a gap, why there is nothing; null where there is no gap. */
export function gapAt(shown: Shown, time: number): string | null {
  const { sheet, step, now } = shown;
  const at = sheet.holed && indexAt(sheet, sheet.holed, time, step);
  if (at === null || time > now || sheet.holed!.values[at] !== null) return null;
  if (sheet.holed === sheet.main) return valueAt(shown, sheet.main!, time);
  const parts = sheet.lines.filter((line) => line.area && line.values[at] === null);
  const named = parts.map((line) => `${line.label} ${valueAt(shown, line, sheet.times[at]!)}`);
  return named.join(", ") || "not published yet";
}
