/** Moves the window of time and the cursor, by keys and gestures. */

import type { Chart } from "./chart";
import type { Moves } from "./gestures";
import { indexAt } from "./sheet";
import { earlier, type Zone } from "./time";
import type { Span } from "./view";

/** What is steered. */
export interface Steered {
  readonly now: number;
  readonly shownSpan: Span;
  readonly zone: Zone;
  /** Where the cursor is; null: away. */
  readonly at: number | null;
  zoom(span: Span): void;
  cursor(time: number | null): void;
  speak(text: string): void;
  reset(): void;
  /** Leave the comparison, or put the cursor away. */
  leave(): void;
}

export class Steering {
  constructor(private readonly what: Steered) {}

  moves(chart: Chart): Moves {
    return {
      zoom: (factor, around) => this.zoom(factor, around),
      pan: (part) => this.pan(part),
      point: (part) => this.what.cursor(part === null ? null : nearest(chart, this.timeAt(part))),
      key: (event) => this.key(chart, event),
    };
  }

  /** By a factor around a part (0-1) of the range. */
  zoom(factor: number, around: number): void {
    const length = this.length * factor;
    const start = this.timeAt(around) - length * around;
    this.what.zoom({ start, end: start + length });
  }

  pan(part: number): void {
    const { start, end } = this.what.shownSpan;
    this.what.zoom({ start: start + this.length * part, end: end + this.length * part });
  }

  private get length(): number {
    const { start, end } = this.what.shownSpan;
    return end - start;
  }

  private timeAt(part: number): number {
    return this.what.shownSpan.start + this.length * part;
  }

  private key(chart: Chart, event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { at, shownSpan } = this.what;
    const around = at === null ? 0.5 : (at - shownSpan.start) / this.length;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.step(chart, event.shiftKey ? "day" : "slot", -1),
      ArrowRight: () => this.step(chart, event.shiftKey ? "day" : "slot", 1),
      Home: () => this.put(chart, this.inside(chart)[0]),
      End: () => this.put(chart, this.inside(chart).at(-1)),
      "+": () => this.zoom(0.5, around),
      "=": () => this.zoom(0.5, around),
      "-": () => this.zoom(2, around),
      PageUp: () => this.pan(-0.5),
      PageDown: () => this.pan(0.5),
      "[": () => this.pan(-0.1),
      "]": () => this.pan(0.1),
      "0": () => this.what.reset(),
      Escape: () => this.what.leave(),
    };
    const action = actions[event.key];
    action?.();
    return Boolean(action);
  }

  private inside(chart: Chart): number[] {
    const { start, end } = this.what.shownSpan;
    return chart.times.filter((time) => time >= start && time < end);
  }

  /** The cursor one slot or one day on, in the wall-clock time that is shown. */
  private step(chart: Chart, by: "slot" | "day", way: 1 | -1): void {
    const times = this.inside(chart);
    if (!times.length) return;
    const { at, now, shownSpan, zone } = this.what;
    const from = at ?? nearest(chart, Math.min(now, shownSpan.end)) ?? times.at(-1)!;
    const index = times.findLastIndex((time) => time <= from);
    if (by === "slot") {
      // The first press shows where the cursor is.
      const next = index + (at === null ? 0 : way);
      this.put(chart, times[Math.min(Math.max(next, 0), times.length - 1)]);
    } else {
      const wanted = earlier(from, zone, { days: -way });
      this.put(chart, times.findLast((time) => time <= wanted) ?? times[0]);
    }
  }

  private put(chart: Chart, time: number | undefined): void {
    if (time === undefined) return;
    this.what.cursor(time);
    this.what.speak(chart.says(time));
  }
}

/** The slot of a chart's main line that holds a time. */
function nearest(chart: Chart, time: number): number | null {
  const { sheet, step } = chart.shown ?? {};
  if (!sheet?.main || step === undefined) return null;
  const at = indexAt(sheet, sheet.main, time, step);
  return at === null ? null : sheet.times[at]!;
}
