/** The buttons that hand out what is shown: files, pictures, API calls. */

import { openCalls } from "./call";
import type { Chart } from "./chart";
import { el } from "./dom";
import * as files from "./download";

/** `say` tells how far it is; an empty text that it is done. */
export class Exports {
  constructor(private readonly say: (text: string) => void) {}

  /** The buttons of one chart; of one that stands in another page, the API call alone. */
  buttons(chart: Chart, isEmbedded: boolean): HTMLElement[] {
    const title = chart.panel.title;
    const act = (text: string, run: () => void): HTMLElement =>
      el("button", { type: "button", "aria-label": `${text}: ${title}`, click: () => chart.shown && run() }, text);
    const calls = act("API call", () => openCalls([chart]));
    if (isEmbedded) return [calls];
    return [
      act("CSV", () => void this.csv([chart])),
      ...(chart.panel.stacked ? [] : [act("Parquet", () => this.parquet(chart))]),
      act("PNG", () => void this.png([chart])),
      calls,
    ];
  }

  async csv(charts: Chart[]): Promise<void> {
    const [only] = charts;
    await this.told(async () => {
      const blob = charts.length === 1 && only!.panel.stacked ? files.csvOfSheet(only!) : await files.csvOfAll(charts);
      files.save(blob, this.name(charts, "csv"));
    });
  }

  async png(charts: Chart[]): Promise<void> {
    await this.told(async () => files.save(await files.picture(charts), this.name(charts, "png")));
  }

  private parquet(chart: Chart): void {
    for (const path of files.pathsOf([chart], "parquet")) el("a", { href: `../${path}`, download: "" }).click();
  }

  private name(charts: Chart[], ending: string): string {
    const what = charts.length === 1 ? charts[0]!.panel.name : "grid";
    const { view, span } = charts.find((chart) => chart.shown)!.shown!;
    return files.fileName(what, view, span, ending, document.documentElement.dataset.feed ?? "none");
  }

  private async told(work: () => Promise<void>): Promise<void> {
    this.say("Preparing the file …");
    try {
      await work();
      this.say("");
    } catch (error) {
      this.say(`The file cannot be made: ${(error as Error).message}`);
    }
  }
}
