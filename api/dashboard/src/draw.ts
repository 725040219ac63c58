/** What is drawn on a chart's canvas beside its lines: limits, gaps, the present. */

import type uPlot from "uplot";
import type { Bound } from "./panels";

const colours = new Map<string, string>();

/** A colour of the style sheet, as it is in the present theme. */
export function colour(name: string): string {
  const known = colours.get(name);
  if (known) return known;
  const found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  colours.set(name, found);
  return found;
}

/** The theme is another one. */
export function forgetColours(): void {
  colours.clear();
}

function pixels(css: number): number {
  return css * devicePixelRatio;
}

function clipped(u: uPlot, paint: (context: CanvasRenderingContext2D) => void): void {
  const context = u.ctx;
  context.save();
  context.beginPath();
  context.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  context.clip();
  paint(context);
  context.restore();
}

const patterns = new Map<string, CanvasPattern>();

function hatching(context: CanvasRenderingContext2D): CanvasPattern | string {
  const line = colour("hatch");
  const key = `${line} ${devicePixelRatio}`;
  const known = patterns.get(key);
  if (known) return known;
  const size = Math.round(pixels(8));
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d")!;
  pen.strokeStyle = line;
  pen.lineWidth = pixels(1.5);
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  const made = context.createPattern(tile, "repeat");
  if (made) patterns.set(key, made);
  return made ?? line;
}

/** Hatched bands over half-open ranges of time. */
export function gaps(u: uPlot, ranges: [number, number][]): void {
  clipped(u, (context) => {
    context.fillStyle = hatching(context);
    for (const [start, end] of ranges) {
      const left = u.valToPos(start, "x", true);
      const width = Math.max(u.valToPos(end, "x", true) - left, pixels(3));
      context.fillRect(left, u.bbox.top, width, u.bbox.height);
    }
  });
}

/** A band of another ground: what is due and has not come. */
export function late(u: uPlot, start: number, end: number): void {
  clipped(u, (context) => {
    const left = u.valToPos(start, "x", true);
    context.fillStyle = colour("late-ground");
    context.fillRect(left, u.bbox.top, u.valToPos(end, "x", true) - left, u.bbox.height);
  });
}

/** Dashed lines of the limits, from the day since which they have held. */
export function bounds(u: uPlot, limits: Bound[]): void {
  clipped(u, (context) => {
    context.strokeStyle = colour("limit");
    context.lineWidth = pixels(1);
    context.setLineDash([pixels(6), pixels(4)]);
    for (const { value, since } of limits) {
      const y = u.valToPos(value, "y", true);
      const from = Math.max(u.valToPos(Date.parse(since) / 1000, "x", true), u.bbox.left);
      context.beginPath();
      context.moveTo(from, y);
      context.lineTo(u.bbox.left + u.bbox.width, y);
      context.stroke();
    }
  });
}

/** The zero line and the present. */
export function marks(u: uPlot, now: number): void {
  clipped(u, (context) => {
    const zero = Math.round(u.valToPos(0, "y", true)) + 0.5;
    context.lineWidth = pixels(1);
    context.strokeStyle = colour("axis");
    context.beginPath();
    context.moveTo(u.bbox.left, zero);
    context.lineTo(u.bbox.left + u.bbox.width, zero);
    context.stroke();
    const x = Math.round(u.valToPos(now, "x", true)) + 0.5;
    context.strokeStyle = colour("quiet");
    context.setLineDash([pixels(2), pixels(3)]);
    context.beginPath();
    context.moveTo(x, u.bbox.top);
    context.lineTo(x, u.bbox.top + u.bbox.height);
    context.stroke();
  });
}
