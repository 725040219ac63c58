/** Holds the view together: address, controls, charts and their data. */

import { openCalls } from "./call";
import { Chart, type Host } from "./chart";
import { firstHeld, isFine, type Status, status } from "./data";
import { all, breath, el, one } from "./dom";
import { forgetColours } from "./draw";
import { Exports } from "./exports";
import { listen } from "./gestures";
import { lookAgain } from "./http";
import { chip, refreshPage } from "./live";
import { fetched, resultFor } from "./load";
import { PANELS, regionOf } from "./panels";
import { type Steered, Steering } from "./steering";
import { tableOf } from "./table";
import { DAY, type Zone } from "./time";
import { fill } from "./toolbar";
import {
  FIRST,
  type Preset,
  placeOf,
  read,
  resolutionOf,
  type Span,
  shownSpan,
  type View,
  within,
  write,
} from "./view";
import { summary } from "./words";

const AGAIN = 60_000;
const SETTLED = 250;

/** The view that the address asks for. */
function asked(): ReturnType<typeof read> {
  return read(
    new URLSearchParams(location.search),
    PANELS.map((panel) => panel.name),
  );
}

export class Dashboard implements Host, Steered {
  private view: View;
  private span: Span;
  private loadedSpan: Span = { start: 0, end: 0 };
  private loadedFine = false;
  private charts: Chart[] = [];
  private found: Status | null = null;
  /** Seconds that the server's clock is ahead of ours. */
  private ahead = 0;
  private failedSince: number | null = null;
  private first = FIRST;
  /** The range before zooming. */
  private before: Preset | Span = "24h";
  private zoomed = false;
  private cursorTime: number | null = null;
  private request = new AbortController();
  private waiting = 0;
  private framed = 0;
  private readonly steering = new Steering(this);
  private readonly exports = new Exports((text) => this.message(text));
  private readonly spoken = el("p", { class: "hidden", "aria-live": "polite", id: "spoken" });

  constructor() {
    const { view, refused } = asked();
    this.view = view;
    this.before = view.range;
    this.span = shownSpan(view.range === "all" ? "1y" : view.range, this.now, FIRST);
    this.message(refused.join(". "));
    document.body.append(this.spoken);
  }

  get now(): number {
    return Date.now() / 1000 + this.ahead;
  }

  get shownSpan(): Span {
    return this.span;
  }

  get zone(): Zone {
    return this.view.tz;
  }

  get at(): number | null {
    return this.cursorTime;
  }

  /** The end of what is known of the time to come. */
  private get last(): number {
    return this.now + 2 * DAY;
  }

  async start(): Promise<void> {
    for (const root of all(".panel")) {
      this.charts.push(this.chart(root));
      await breath();
    }
    this.choices();
    addEventListener("popstate", () => this.adopt());
    document.addEventListener("visibilitychange", () => !document.hidden && void this.refresh());
    document.addEventListener("themechange", () => {
      forgetColours();
      for (const chart of this.charts) chart.redraw();
    });
    setInterval(() => document.hidden || void this.refresh(), AGAIN);
    await this.learn();
    await this.renew();
  }

  /** Ask the server for its time and state. */
  private async learn(): Promise<void> {
    try {
      this.found = await status();
      this.ahead = Date.parse(this.found.now) / 1000 - Date.now() / 1000;
      this.failedSince = null;
    } catch {
      this.failedSince ??= this.now;
    }
    chip(this.found, this.failedSince, this.now, this.view);
  }

  /** Look for something new. What is shown stays when that fails. */
  private async refresh(): Promise<void> {
    lookAgain();
    await this.learn();
    if (this.failedSince !== null) return;
    try {
      if (!this.view.embed) await refreshPage(location.search);
      chip(this.found, null, this.now, this.view);
      if (typeof this.view.range === "string") this.span = this.spanOf(this.view.range);
      await this.load();
    } catch {
      this.failedSince ??= this.now;
      chip(this.found, this.failedSince, this.now, this.view);
    }
  }

  /** Show the view as it is now: controls, range, data. */
  private async renew(): Promise<void> {
    if (this.view.range === "all") this.first = await firstHeld().catch(() => FIRST);
    this.span = this.spanOf(this.view.range);
    this.controls();
    await breath();
    for (const chart of this.charts) chart.root.hidden = !this.isShown(chart);
    await this.load();
  }

  private spanOf(range: Preset | Span): Span {
    return shownSpan(range, this.now, this.first);
  }

  private isShown(chart: Chart): boolean {
    return this.view.embed !== null || !this.view.panels || this.view.panels.includes(chart.panel.name);
  }

  private get shown(): Chart[] {
    return this.charts.filter((chart) => this.isShown(chart));
  }

  /** Fetch the range, each chart as its data come. */
  private async load(): Promise<void> {
    this.request.abort();
    this.request = new AbortController();
    for (const chart of this.charts) chart.root.removeAttribute("aria-busy");
    const { signal } = this.request;
    const { view, span } = this;
    const margins = fetched(span, FIRST, this.last, typeof view.range === "string");
    const wanted = resolutionOf(span.end - span.start) === resolutionOf(margins.end - margins.start) ? margins : span;
    this.loadedSpan = wanted;
    this.loadedFine = isFine(span);
    const done = this.shown.map((chart) => this.loadOne(chart, wanted, signal));
    await Promise.all(done);
  }

  private async loadOne(chart: Chart, wanted: Span, signal: AbortSignal): Promise<void> {
    const { view } = this;
    chart.root.setAttribute("aria-busy", "true");
    try {
      const found = await resultFor(chart.panel, view, wanted, this.span, signal);
      await breath();
      if (signal.aborted) return;
      const [area] = chart.panel.areas(view.region);
      const region = regionOf(area!, view.region);
      chart.show({ ...found, view, span: this.span, region, now: this.now, lateSince: this.lateSince(area!) });
      await breath();
      if (signal.aborted) return;
      chart.draw();
      if (this.cursorTime !== null) chart.cursor(this.cursorTime);
      await breath();
      if (signal.aborted) return;
      this.describe(chart);
      chart.root.classList.remove("failed");
    } catch (error) {
      if (signal.aborted) return;
      chart.root.classList.add("failed");
      const had = chart.shown ? " The last data stay." : "";
      one(".summary", chart.root)!.textContent = `Cannot be loaded: ${(error as Error).message}.${had}`;
    } finally {
      if (!signal.aborted) chart.root.removeAttribute("aria-busy");
    }
  }

  /** Since when an area's newer value is due. */
  private lateSince(area: string): number | null {
    const state = this.found?.areas[area];
    if (!state?.newest || state.status === "ok") return null;
    return Date.parse(state.newest) / 1000;
  }

  private describe(chart: Chart): void {
    const { sheet, span, view, step, region } = chart.shown!;
    const name = placeOf(chart.panel.name, region);
    const note = chart.panel.note?.(view.region, chart.bounds);
    const text = `${summary(sheet, span, view, name, step, chart.panel.title, this.now)}${note ? ` ${note}` : ""}`;
    one(".summary", chart.root)!.textContent = text;
    one(".plot", chart.root)!.setAttribute("aria-label", text);
    const table = one<HTMLDetailsElement>("details.table", chart.root);
    if (table?.open) this.table(chart);
  }

  private table(chart: Chart): void {
    const place = one("details.table .scroll", chart.root);
    if (!place || !chart.shown) return;
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", `${chart.panel.title}, table`);
    place.replaceChildren(...tableOf(chart));
  }

  /** Change the view, and the address with it. */
  private set(change: Partial<View>, how: "push" | "replace" = "push"): void {
    if (change.range) {
      this.before = change.range;
      this.zoomed = false;
    }
    this.view = { ...this.view, ...change };
    const address = write(this.view) || location.pathname;
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    void this.renew();
    if (change.region || change.unit || change.tz) void this.rendered();
  }

  /** The numbers that the server renders, for the view as it is now. */
  private async rendered(): Promise<void> {
    try {
      await refreshPage(location.search);
      this.failedSince = null;
    } catch {
      this.failedSince ??= this.now;
      const shown = one("#now-title")?.textContent ?? "the numbers above";
      this.message(`No connection: ${shown} is still what was shown before.`);
    }
    chip(this.found, this.failedSince, this.now, this.view);
  }

  private adopt(): void {
    this.view = asked().view;
    void this.renew();
    void this.rendered();
  }

  // What the charts, keys and gestures ask for.

  speak(text: string): void {
    this.spoken.textContent = text;
  }

  leave(): void {
    if (this.view.compare !== "none") this.set({ compare: "none" });
    else this.cursor(null);
  }

  cursor(time: number | null): void {
    this.cursorTime = time;
    for (const chart of this.shown) chart.cursor(time);
  }

  zoom(span: Span): void {
    this.window(within(span, FIRST, this.last));
  }

  reset(): void {
    this.set({ range: this.before });
  }

  toggle(line: string): void {
    const { hidden } = this.view;
    this.set({ hidden: hidden.includes(line) ? hidden.filter((each) => each !== line) : [...hidden, line] }, "replace");
  }

  /** Show another window of time: at once what is there, the rest when it has come to rest. */
  private window(span: Span): void {
    this.span = span;
    this.view = {
      ...this.view,
      range: { start: Math.round(span.start / 60) * 60, end: Math.round(span.end / 60) * 60 },
    };
    cancelAnimationFrame(this.framed);
    this.framed = requestAnimationFrame(() => {
      for (const chart of this.shown) chart.move(span);
    });
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.settle(), SETTLED);
  }

  private settle(): void {
    for (const chart of this.shown) chart.rest();
    // One step back leads out of all zooming.
    const address = write(this.view) || location.pathname;
    if (this.zoomed) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.zoomed = true;
    this.controls();
    const [has, wants] = [this.loadedSpan, this.span];
    const same = resolutionOf(has.end - has.start) === resolutionOf(wants.end - wants.start);
    const inside = wants.start >= has.start && wants.end <= has.end;
    if (same && inside && this.view.compare === "none" && this.loadedFine === isFine(wants))
      for (const chart of this.shown.filter((each) => each.shown)) this.describe(chart);
    else void this.load();
  }

  // Controls.

  private chart(root: HTMLElement): Chart {
    const panel = PANELS.find((each) => each.name === root.dataset.panel)!;
    const chart = new Chart(root, panel, this);
    listen(one(".plot", root)!, this.steering.moves(chart));
    one("details.table", root)?.addEventListener("toggle", () => this.table(chart));
    one(".actions", root)!.append(...this.exports.buttons(chart, this.view.embed !== null));
    return chart;
  }

  private message(text: string): void {
    const place = one("#message");
    if (place) place.textContent = text;
  }

  private controls(): void {
    for (const choice of all("[data-choice]"))
      for (const link of all<HTMLAnchorElement>("a", choice)) {
        const other = { ...this.view, [choice.dataset.choice!]: link.dataset.value } as View;
        link.setAttribute("href", write(other) || "?");
      }
    const place = one("#toolbar");
    if (!place) {
      one<HTMLAnchorElement>("#whole")?.setAttribute("href", write({ ...this.view, embed: null }) || location.pathname);
      return;
    }
    fill(place, this.view, this.span, {
      set: (change) => this.set(change),
      pan: (part) => this.steering.pan(part),
      zoom: (factor) => this.steering.zoom(factor, 0.5),
      calls: () => openCalls(this.shown),
      csv: () => void this.exports.csv(this.shown),
      png: () => void this.exports.png(this.shown),
      share: () =>
        void navigator.clipboard.writeText(location.href).then(() => this.message("The link of this view is copied.")),
    });
  }

  /** Region, unit and zone: links that work without JavaScript, and without a reload with it. */
  private choices(): void {
    one(".choices")?.addEventListener("click", (event) => {
      const mouse = event as MouseEvent;
      const link = (event.target as Element).closest("a");
      const name = link?.closest<HTMLElement>("[data-choice]")?.dataset.choice;
      if (!link || !name || mouse.ctrlKey || mouse.metaKey || mouse.shiftKey) return;
      event.preventDefault();
      this.set({ [name]: link.dataset.value } as Partial<View>);
    });
  }
}
