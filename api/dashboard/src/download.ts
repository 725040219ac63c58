/** What is shown, as files. */

import type { Chart } from "./chart";
import { rangePath } from "./data";
import { colour } from "./draw";
import { address, Refused } from "./http";
import { questionOf } from "./load";
import { utc } from "./time";
import { REGIONS, type Resolution, resolutionOf, type Span, type View } from "./view";

/** The range query for what a chart shows of one area, lines that are hidden left out. */
export function pathOf(chart: Chart, area: string, format: string): string {
  const { view, span, sheet } = chart.shown!;
  const cut = rounded(span);
  const fields = [
    ...new Set(chart.readable().flatMap((line) => (line.area === area && line.field ? [line.field] : []))),
  ];
  const all = new Set(sheet.lines.flatMap((line) => (line.area === area && line.field ? [line.field] : [])));
  const more: Record<string, string> = { format };
  if (fields.length && fields.length < all.size) more.fields = fields.join(",");
  if (chart.panel.stacked && fields.length) more.fields = fields.join(",");
  return rangePath(area, questionOf(area, view, cut, resolution(chart)), more);
}

/** The visible range, out to whole slots. */
export function rounded(span: Span): Span {
  return { start: Math.floor(span.start / 900) * 900, end: Math.ceil(span.end / 900) * 900 };
}

function resolution(chart: Chart): Resolution {
  const { span } = chart.shown!;
  return resolutionOf(span.end - span.start);
}

export function areasOf(chart: Chart): string[] {
  return chart.panel.areas(chart.shown!.view.region);
}

export function fileName(what: string, view: View, span: Span, ending: string, feed: string): string {
  const day = (instant: number): string => utc(instant).slice(0, 16).replaceAll(":", "");
  return `${feed}-${what}-${view.region}-${day(span.start)}Z-${day(span.end)}Z.${ending}`;
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** All areas that are shown in one CSV: the API's own files, one after the other, under one head. */
export async function csvOfAll(charts: Chart[]): Promise<Blob> {
  const paths = new Set(
    charts
      .filter((chart) => !chart.panel.stacked || charts.length === 1)
      .flatMap((chart) => areasOf(chart).map((area) => pathOf(chart, area, "csv"))),
  );
  const texts = [];
  for (const path of paths) {
    const answer = await fetch(address(path));
    if (answer.status === 404) continue;
    if (!answer.ok) throw new Refused(answer.status, `the API answered ${answer.status}`);
    texts.push(await answer.text());
  }
  return new Blob([union(texts)], { type: "text/csv" });
}

/** CSV texts under one head that has every column of them, in the order in which they come. */
export function union(texts: string[]): string {
  const parts = texts.map((text) => {
    const [head = "", ...rows] = text.split(/\r?\n/).filter(Boolean);
    return { names: head.split(","), rows };
  });
  const names = [...new Set(parts.flatMap((part) => part.names))];
  const rows = parts.flatMap((part) =>
    part.names.join() === names.join() ? part.rows : part.rows.map((row) => widened(row, part.names, names)),
  );
  return `${[names.join(","), ...rows].join("\n")}\n`;
}

function widened(row: string, has: string[], wanted: string[]): string {
  const cells = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.map((cell) => cell.replace(/,$/, "")) ?? [];
  return wanted.map((name) => cells[has.indexOf(name)] ?? "").join(",");
}

/** The table of a chart as CSV: for one whose numbers are worked out here. */
export function csvOfSheet(chart: Chart): Blob {
  const { sheet, span } = chart.shown!;
  const lines = chart.readable();
  const names = lines.map((line) => `${line.label}${line.derived ? " (derived)" : ""} [${line.unit}]`);
  const rows = sheet.times.flatMap((time, at) =>
    time < span.start || time >= span.end ? [] : [[utc(time), ...lines.map((line) => line.values[at] ?? "")].join(",")],
  );
  return new Blob([[["timestamp", ...names].join(","), ...rows, ""].join("\n")], { type: "text/csv" });
}

/** The charts one below the other, with their titles, legends, the feed and whose data they are. */
export function picture(charts: Chart[]): Promise<Blob> {
  const ratio = devicePixelRatio;
  const [head, foot] = [44 * ratio, 28 * ratio];
  for (const chart of charts) chart.ensure();
  const drawn = charts.filter((chart) => chart.canvases.length);
  const width = Math.max(...drawn.flatMap((chart) => chart.canvases.map((canvas) => canvas.width)));
  const heights = drawn.map((chart) => head + chart.canvases.reduce((sum, canvas) => sum + canvas.height, 0));
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = heights.reduce((sum, height) => sum + height, 0) + foot;
  const pen = sheet.getContext("2d")!;
  pen.fillStyle = colour("ground");
  pen.fillRect(0, 0, sheet.width, sheet.height);
  let top = 0;
  for (const [index, chart] of drawn.entries()) {
    title(pen, chart, top, ratio);
    let below = top + head;
    for (const canvas of chart.canvases) {
      pen.drawImage(canvas, 0, below);
      below += canvas.height;
    }
    top += heights[index]!;
  }
  const feed = document.documentElement.dataset.feed ?? "";
  pen.fillStyle = colour("quiet");
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  const whose = "Data: EirGrid and SONI, Smart Grid Dashboard";
  pen.fillText(
    feed === "eirgrid" ? whose : `${feed.toUpperCase()} DATA, not EirGrid's numbers. ${whose}`,
    8 * ratio,
    top + 18 * ratio,
  );
  return new Promise((done, failed) =>
    sheet.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
  );
}

function title(pen: CanvasRenderingContext2D, chart: Chart, top: number, ratio: number): void {
  const { view } = chart.shown!;
  pen.fillStyle = colour("text");
  pen.font = `600 ${14 * ratio}px system-ui, sans-serif`;
  pen.fillText(`${chart.panel.title}, ${REGIONS[view.region]}`, 8 * ratio, top + 18 * ratio);
  let left = 8 * ratio;
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  for (const line of chart.readable().filter((each) => each.kind !== "edge")) {
    pen.fillStyle = colour(line.colour);
    pen.fillRect(left, top + 28 * ratio, 12 * ratio, 4 * ratio);
    pen.fillStyle = colour("quiet");
    const text = `${line.label}${line.derived ? " (derived)" : ""}`;
    pen.fillText(text, left + 16 * ratio, top + 34 * ratio);
    left += pen.measureText(text).width + 32 * ratio;
  }
}
