/** What is shown, as files. */

import type { Chart } from "./chart";
import { isFine, rangePath } from "./data";
import { colour } from "./draw";
import { address, Refused } from "./http";
import { questionOf } from "./load";
import { utc } from "./time";
import { placeOf, resolutionOf, type Span, type View } from "./view";

/** The range queries for what charts show, one an area: fields of lines that are hidden are left out, and an area without a line too. */
export function pathsOf(charts: Chart[], format: string): string[] {
  return [...callsOf(charts).keys()].map((area) => pathOf(charts, area, format)!);
}

/** By area, the fields that are shown, and the chart that shows them. */
export function callsOf(charts: Chart[]): Map<string, { chart: Chart; shown: Set<string>; all: Set<string> }> {
  const found = new Map<string, { chart: Chart; shown: Set<string>; all: Set<string> }>();
  const lines = charts.flatMap((chart) => chart.readable().map((line) => [chart, line] as const));
  for (const [chart, line] of lines) {
    if (!line.area || !line.field) continue;
    const one = found.get(line.area) ?? { chart, shown: new Set(), all: new Set() };
    one.shown.add(line.field);
    for (const each of chart.shown!.sheet.lines)
      if (each.area === line.area && !chart.panel.stacked) one.all.add(each.field);
    found.set(line.area, one);
  }
  return found;
}

export function pathOf(charts: Chart[], area: string, format: string): string | null {
  const call = callsOf(charts).get(area);
  if (!call) return null;
  const { view, span } = call.chart.shown!;
  const fields = [...call.shown];
  const isAll = call.all.size > 0 && [...call.all].every((field) => call.shown.has(field));
  const more: Record<string, string> = isAll ? { format } : { format, fields: fields.join(",") };
  const resolution = resolutionOf(span.end - span.start);
  return rangePath(area, questionOf(area, view, rounded(span), resolution, isFine(span)), more);
}

/** The visible range, out to whole slots. */
export function rounded(span: Span): Span {
  return { start: Math.floor(span.start / 900) * 900, end: Math.ceil(span.end / 900) * 900 };
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
  const paths = pathsOf(charts, "csv");
  if (!paths.length) throw new Error("all lines are hidden");
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
export async function picture(charts: Chart[]): Promise<Blob> {
  for (const chart of charts) chart.ensure();
  // uPlot draws at the end of the task.
  await new Promise((next) => setTimeout(next, 50));
  const ratio = devicePixelRatio;
  const [head, foot] = [44 * ratio, 28 * ratio];
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
  const whose = "Data: EirGrid and SONI, Smart Grid Dashboard";
  const says = feed === "eirgrid" ? whose : `${feed.toUpperCase()} DATA, not EirGrid's numbers. ${whose}`;
  pen.fillStyle = colour("quiet");
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  pen.fillText(says, 8 * ratio, top + 18 * ratio, width - 16 * ratio);
  return new Promise((done, failed) =>
    sheet.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
  );
}

function title(pen: CanvasRenderingContext2D, chart: Chart, top: number, ratio: number): void {
  pen.fillStyle = colour("text");
  pen.font = `600 ${14 * ratio}px system-ui, sans-serif`;
  pen.fillText(`${chart.panel.title}, ${placeOf(chart.panel.name, chart.shown!.region)}`, 8 * ratio, top + 18 * ratio);
  let left = 8 * ratio;
  pen.font = `${11 * ratio}px system-ui, sans-serif`;
  const lines = chart.readable().filter((line) => line.kind !== "edge");
  const named = lines.map(
    (line) => [line.colour, `${line.label}${line.derived ? " (derived)" : ""}`, line.kind] as const,
  );
  const compared = chart.shown!.compared;
  for (const [tint, text, kind] of [...named, ...(compared ? [["compared", compared.label, "line"] as const] : [])]) {
    pen.strokeStyle = colour(tint);
    pen.lineWidth = 4 * ratio;
    pen.setLineDash(kind === "forecast" ? [3 * ratio, 2 * ratio] : []);
    pen.beginPath();
    pen.moveTo(left, top + 30 * ratio);
    pen.lineTo(left + 13 * ratio, top + 30 * ratio);
    pen.stroke();
    pen.fillStyle = colour("quiet");
    pen.fillText(text, left + 17 * ratio, top + 34 * ratio);
    left += pen.measureText(text).width + 33 * ratio;
  }
}
