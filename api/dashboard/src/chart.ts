/** One chart: its picture, its legend with the values at the cursor, and what a keyboard can do with it. */

import uPlot from "uplot";
import { el, one } from "./dom";
import * as draw from "./draw";
import type { Bound, Panel } from "./panels";
import { dataOf, errorOptions, isMixed, optionsOf, painted } from "./plot";
import { type Drawn, indexAt } from "./sheet";
import { clock, moment } from "./time";
import { gapAt, newestOf, type Shown, valueAt, worded } from "./values";
import type { Span } from "./view";
import { holes } from "./words";

/** What a chart asks of the dashboard. */
export interface Host {
  cursor(time: number | null): void;
  zoom(span: Span): void;
  reset(): void;
  toggle(line: string): void;
}

export class Chart {
  shown: Shown | null = null;
  /** The limits that the page brought along. */
  readonly bounds: Bound[];
  private plot: uPlot | null = null;
  private strip: uPlot | null = null;
  private lines: Drawn[] = [];
  private readonly place: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly tip = el("p", { class: "tip", hidden: true });
  private form = "";
  private cursorTime: number | null = null;
  private isOn = true;
  private readonly looks = new WeakMap<uPlot.Series, { width: number; dash: number[] }>();

  constructor(
    readonly root: HTMLElement,
    readonly panel: Panel,
    private readonly host: Host,
  ) {
    this.place = one(".plot", root)!;
    this.bounds = JSON.parse(root.dataset.bounds ?? "[]");
    this.legend = one(".legend", root)!;
    this.place.tabIndex = 0;
    this.place.setAttribute("role", "group");
    this.place.setAttribute("aria-roledescription", "chart");
    this.place.setAttribute("aria-label", panel.title);
    new ResizeObserver(() => this.fit()).observe(this.place);
    new IntersectionObserver(([entry]) => this.seen(entry!.isIntersecting)).observe(root);
  }

  /** Take a sheet to be shown, and tell of its values; `draw` draws it, anew only when its lines are others. */
  show(shown: Shown): void {
    this.shown = shown;
    const hidden = new Set(shown.view.hidden);
    this.lines = painted(shown.sheet.lines.filter((line) => !hidden.has(`${this.panel.name}.${line.key}`)));
    this.fillLegend();
    this.tell();
  }

  /** Draw what is to be shown: a task of its own, since the two together hold up a slow machine. */
  draw(): void {
    if (this.isOn) this.paint();
    else this.form = "";
  }

  /** Draw it even when it has not come into view: for a picture. */
  ensure(): void {
    if (this.shown && !this.form) this.paint();
    if (this.shown?.sheet.error && !this.strip) this.paintErrors();
  }

  /** Move the window of time; what is not in view is drawn when it comes into view. */
  move(span: Span): void {
    if (!this.shown) return;
    this.shown.span = span;
    if (!this.isOn) {
      this.form = "";
      return;
    }
    this.plain(true);
    for (const u of [this.plot, this.strip]) u?.setScale("x", { min: span.start, max: span.end });
  }

  /** After moving: as it should look. */
  rest(): void {
    this.tell();
    if (this.plain(false)) for (const u of [this.plot, this.strip]) u?.redraw(true, false);
  }

  /** Thin lines without dashes while the chart moves: a wide or a dashed line takes many times as long to paint. */
  private plain(isPlain: boolean): boolean {
    const all = [this.plot, this.strip].flatMap((u) => u?.series.slice(1) ?? []);
    const changed = all.filter((one) => this.looks.has(one) !== isPlain);
    for (const one of changed) {
      const look = this.looks.get(one);
      if (look) {
        Object.assign(one, look);
        this.looks.delete(one);
      } else {
        this.looks.set(one, { width: one.width ?? 1, dash: one.dash ?? [] });
        Object.assign(one, { width: Math.min(one.width ?? 1, 1), dash: [] });
      }
    }
    return changed.length > 0;
  }

  redraw(): void {
    for (const u of [this.plot, this.strip]) u?.redraw(false, true);
  }

  /** The slots of the chart, which the cursor moves along. */
  get times(): number[] {
    return this.shown?.sheet.times ?? [];
  }

  /** Put the cursor at a time, or away. */
  cursor(time: number | null): void {
    this.cursorTime = time;
    for (const u of [this.plot, this.strip]) {
      if (!u) continue;
      const left = time === null ? -10 : u.valToPos(time, "x");
      const inside = left >= 0 && left <= u.over.clientWidth;
      u.setCursor({ left: inside ? left : -10, top: inside ? 1 : -10 }, false);
    }
    this.tell();
  }

  /** The values at a time, in words. */
  says(time: number): string {
    const { shown } = this;
    if (!shown) return "";
    const { view, step } = shown;
    const values = this.readable().map((line) => `${line.label} ${valueAt(shown, line, time)}`);
    return [moment(time, view.tz, step), ...values].join(", ");
  }

  /** The canvases, from the top, for a picture. */
  get canvases(): HTMLCanvasElement[] {
    return [this.plot, this.strip].flatMap((u) => (u ? [u.ctx.canvas] : []));
  }

  /** Lines that are shown and have values of their own. */
  readable(): Drawn[] {
    return [...this.lines].sort((a, b) => this.order(a) - this.order(b));
  }

  private order(line: Drawn): number {
    const sheet = this.shown!.sheet.lines;
    const is = sheet.findIndex((each) => each.key === line.key);
    return line.kind === "forecast" || line.kind === "edge" ? is + 100 : is;
  }

  private seen(isOn: boolean): void {
    this.isOn = isOn;
    if (isOn && this.shown && !this.form) this.paint();
  }

  private paint(): void {
    const { sheet, view, span, compared } = this.shown!;
    const form = [
      view.tz,
      view.unit,
      Boolean(compared),
      ...this.lines.map((line) => `${line.key}${isMixed(line)}`),
    ].join(" ");
    const data = dataOf(sheet, this.lines, compared?.values ?? null);
    if (this.plot && this.form === form) {
      this.plot.batch(() => {
        this.plot!.setData(data, false);
        this.plot!.setScale("x", { min: span.start, max: span.end });
      });
    } else {
      this.plot?.destroy();
      const options = optionsOf(this.panel, this.lines, view, this.size(), Boolean(compared));
      this.plot = this.make(options, data, span, true);
    }
    this.form = form;
    this.place.append(this.tip);
    this.tell();
    // A task of its own.
    setTimeout(() => this.paintErrors());
  }

  private paintErrors(): void {
    const { sheet, view, span } = this.shown!;
    this.strip?.destroy();
    this.strip = null;
    if (!sheet.error || !this.plot) return;
    const data = [sheet.times, sheet.error] as uPlot.AlignedData;
    this.strip = this.make(errorOptions(view, { width: this.size().width, height: STRIP }), data, span, false);
  }

  private make(options: uPlot.Options, data: uPlot.AlignedData, span: Span, main: boolean): uPlot {
    const hooks: uPlot.Hooks.Arrays = {
      drawClear: [(u) => this.under(u, main)],
      // Over the grid: a limit may lie on one of its lines.
      drawAxes: [(u) => main && draw.bounds(u, this.bounds)],
      draw: [(u) => draw.marks(u, this.shown!.now)],
      setCursor: [(u) => this.moved(u)],
      setSelect: [(u) => this.selected(u)],
    };
    const cursor = { ...options.cursor, bind: { dblclick: () => this.back } };
    const made = new uPlot({ ...options, cursor, hooks } as uPlot.Options, data, this.place);
    made.setScale("x", { min: span.start, max: span.end });
    return made;
  }

  private readonly back = (): null => {
    this.host.reset();
    return null;
  };

  private under(u: uPlot, main: boolean): void {
    const { sheet, step, now, lateSince } = this.shown!;
    if (!sheet.holed) return;
    const ranges = holes(sheet.holed, sheet.times, now).map((hole): [number, number] => [
      sheet.times[hole.first]!,
      sheet.times[hole.last]! + step,
    ]);
    draw.gaps(u, ranges);
    if (lateSince !== null && main) draw.late(u, lateSince, now);
  }

  private moved(u: uPlot): void {
    const left = u.cursor.left ?? -10;
    // Without an event it is our own call.
    if (!u.cursor.event) return;
    const time = left < 0 || u.cursor.idx == null ? null : this.times[u.cursor.idx];
    this.host.cursor(time ?? null);
  }

  private selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 4) return;
    const span = { start: u.posToVal(left, "x"), end: u.posToVal(left + width, "x") };
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.host.zoom(span);
  }

  private size(): { width: number; height: number } {
    return {
      width: Math.max(this.place.clientWidth, 160),
      height: this.place.clientHeight - (this.shown?.sheet.error ? STRIP : 0),
    };
  }

  private fit(): void {
    const { width, height } = this.size();
    if (this.plot && this.plot.width !== width) {
      this.plot.setSize({ width, height });
      this.strip?.setSize({ width, height: STRIP });
    }
  }

  private fillLegend(): void {
    const { sheet, view, compared } = this.shown!;
    const hidden = new Set(view.hidden);
    const focused = document.activeElement?.getAttribute("data-line");
    const items = [...sheet.lines]
      .sort((a, b) => this.order(a) - this.order(b))
      .filter((line) => line.kind !== "edge")
      .map((line) => {
        const key = `${this.panel.name}.${line.key}`;
        const button = el(
          "button",
          {
            type: "button",
            "aria-pressed": String(!hidden.has(key)),
            "data-line": key,
            click: () => this.host.toggle(key),
          },
          el("span", { class: `swatch ${line.kind} of-${line.colour}` }),
          line.label,
          line.derived && el("span", { class: "word" }, line.derived),
        );
        return el("span", { class: "item" }, button, " ", el("output", { "data-value": line.key }));
      });
    items.unshift(el("output", { class: "at", "data-value": "time" }));
    if (sheet.error) items.push(item("error", "Forecast error", "error"));
    if (compared) items.push(item("compared", compared.label, "compared"));
    this.legend.replaceChildren(...items);
    if (focused) one(`[data-line="${focused}"]`, this.legend)?.focus();
  }

  /** Write the values at the cursor, or the newest ones, beside the names. */
  private tell(): void {
    if (!this.shown) return;
    const { sheet, view, compared } = this.shown;
    const time = this.cursorTime ?? newestOf(this.shown);
    this.legend.classList.toggle("at-cursor", this.cursorTime !== null);
    for (const line of sheet.lines) this.put(line.key, time === null ? "–" : valueAt(this.shown, line, time));
    if (time === null) return;
    const at = sheet.main ? indexAt(sheet, sheet.main, time, this.shown.step) : null;
    this.put("time", at === null ? "" : moment(sheet.times[at]!, view.tz, this.shown.step));
    if (sheet.error) this.put("error", worded(this.shown, at === null ? null : sheet.error[at], true));
    if (compared) this.put("compared", worded(this.shown, at === null ? null : compared.values[at]));
    this.placeTip(time);
  }

  private put(key: string, text: string): void {
    const output = one(`[data-value="${key}"]`, this.legend);
    if (output && output.textContent !== text) output.textContent = text;
  }

  private placeTip(time: number): void {
    const why = this.cursorTime !== null && this.plot ? gapAt(this.shown!, time) : null;
    this.tip.hidden = why === null;
    if (why === null) return;
    this.tip.textContent = `${clock(time, this.shown!.view.tz)}: ${why}`;
    const left = this.plot!.valToPos(time, "x") + this.plot!.over.offsetLeft;
    this.tip.style.left = `${Math.min(Math.max(left, 60), this.place.clientWidth - 100)}px`;
  }
}

export const STRIP = 64;

function item(key: string, label: string, colour: string): HTMLElement {
  return el(
    "span",
    { class: "item" },
    el("span", { class: `swatch line of-${colour}` }),
    el("span", { class: "name" }, label),
    " ",
    el("output", { "data-value": key }),
  );
}
