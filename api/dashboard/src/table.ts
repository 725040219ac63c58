/** A sheet as a table. */

import type { Chart } from "./chart";
import { el } from "./dom";
import { moment } from "./time";
import { valueAt, worded } from "./values";

const MOST = 500;

/** Rows of the visible range, the newest first; a long one is cut, and says so. */
export function tableOf(chart: Chart): Node[] {
  const { sheet, span, view, step, compared } = chart.shown!;
  const lines = chart.readable();
  const slots = [...sheet.times.entries()].filter(([, time]) => time >= span.start && time < span.end).reverse();
  const head = el("tr", {}, cell("Time"), ...lines.map((line) => cell(line.label)), compared && cell(compared.label));
  const rows = slots
    .slice(0, MOST)
    .map(([at, time]) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, moment(time, view.tz, step)),
        ...lines.map((line) => el("td", {}, valueAt(chart.shown!, line, time))),
        compared && el("td", {}, worded(chart.shown!, compared.values[at])),
      ),
    );
  const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  const note =
    slots.length > MOST &&
    el("p", { class: "note" }, `The newest ${MOST} of ${slots.length.toLocaleString("en-IE")} slots; the CSV has all.`);
  return [table, ...(note ? [note] : [])];
}

function cell(text: string): HTMLElement {
  return el("th", { scope: "col" }, text);
}
