/** The API calls that give what is shown, ready to copy. */

import type { Chart } from "./chart";
import { el } from "./dom";
import { callsOf, pathOf } from "./download";
import { address } from "./http";
import { write } from "./view";

const FORMS: Record<string, (url: string, parquet: string) => string> = {
  URL: (url) => url,
  curl: (url) => `curl --compressed -o data.csv '${url}'`,
  Python: (url) => `import pandas as pd\n\nframe = pd.read_csv("${url}", parse_dates=["timestamp"])`,
  DuckDB: (_, parquet) => `SELECT * FROM read_parquet('${parquet}');`,
};

let dialog: HTMLDialogElement | null = null;

/** Open the dialog for these charts. */
export function openCalls(charts: Chart[]): void {
  dialog?.remove();
  const parts = [...callsOf(charts).keys()].map((area) => {
    const [csv, parquet] = ["csv", "parquet"].map((format) => address(pathOf(charts, area, format)!));
    const forms = Object.entries(FORMS).map(([name, form]) => copied(name, form(csv!, parquet!)));
    return el("section", {}, el("h3", {}, area.replaceAll("_", " ")), ...forms);
  });
  const [first] = charts;
  const embed =
    charts.length === 1 &&
    first &&
    el(
      "section",
      {},
      el("h3", {}, "Embed"),
      copied(
        "HTML",
        `<iframe src="${address(`ui/${write({ ...first.shown!.view, panels: null, embed: first.panel.name })}`)}" width="720" height="480" title="${first.panel.title}, Irish grid"></iframe>`,
      ),
    );
  const close = el("button", { type: "button", class: "close", click: () => dialog?.close() }, "Close");
  dialog = el(
    "dialog",
    { "aria-labelledby": "calls-title" },
    el("h2", { id: "calls-title" }, "As an API call"),
    close,
    ...parts,
    embed,
  );
  document.body.append(dialog);
  dialog.showModal();
}

function copied(name: string, text: string): HTMLElement {
  const say = el("button", {
    type: "button",
    click: async () => {
      await navigator.clipboard.writeText(text);
      say.textContent = "Copied";
    },
  });
  say.textContent = "Copy";
  say.setAttribute("aria-label", `Copy ${name}`);
  return el(
    "div",
    { class: "call" },
    el("span", { class: "name" }, name),
    el("pre", { tabindex: 0 }, el("code", {}, text)),
    say,
  );
}
