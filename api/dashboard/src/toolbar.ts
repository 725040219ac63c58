/** The controls above the charts. */

import { el } from "./dom";
import { PANELS } from "./panels";
import { DAY, isoDate, midnight, parse } from "./time";
import { type Compare, PRESETS, type Preset, type Span, type View } from "./view";

export interface Actions {
  set(change: Partial<View>): void;
  pan(part: number): void;
  zoom(factor: number): void;
  calls(): void;
  csv(): void;
  png(): void;
  share(): void;
}

const COMPARE: Record<Compare, string> = { none: "nothing", previous: "period before", year: "a year before" };

/** Build the controls for a view; called again when it changes. */
export function fill(place: HTMLElement, view: View, span: Span, actions: Actions): void {
  const focused = document.activeElement?.id;
  const from = dateField("from", "From", isoDate(span.start, view.tz));
  const to = dateField("to", "to", isoDate(midnight(span.end - 1, view.tz), view.tz));
  const chooseDates = (): void => {
    const [start, last] = [parse(from.value, view.tz), parse(to.value, view.tz)];
    const refused = start === null || last === null || last < start;
    to.setCustomValidity(refused ? "The last day must not be before the first." : "");
    if (refused) to.reportValidity();
    else actions.set({ range: { start, end: midnight(last + DAY / 2, view.tz, 1) } });
  };
  for (const field of [from, to]) field.addEventListener("change", chooseDates);
  place.replaceChildren(
    group("Range", ...presets(view, actions)),
    el("span", { class: "dates" }, label(from, "From"), label(to, "to")),
    group(
      "Move",
      button("earlier", "‹", "Earlier", () => actions.pan(-0.5)),
      button("later", "›", "Later", () => actions.pan(0.5)),
      button("closer", "+", "Zoom in", () => actions.zoom(0.5)),
      button("wider", "−", "Zoom out", () => actions.zoom(2)),
    ),
    label(compare(view, actions), "Compare"),
    menu("menu-series", "Charts", ...series(view, actions)),
    menu(
      "menu-download",
      "Download",
      button("csv", "All as CSV", "", () => actions.csv()),
      button("png", "All as PNG", "", () => actions.png()),
      el("p", { class: "note" }, "Each chart has CSV, Parquet and PNG of its own."),
    ),
    button("calls", "API call", "", () => actions.calls()),
    button("share", "Link", "", () => actions.share()),
    keys(),
  );
  if (focused) document.getElementById(focused)?.focus();
}

function presets(view: View, actions: Actions): HTMLElement[] {
  return Object.entries(PRESETS).map(([name, text]) =>
    button(`range-${name}`, text, "", () => actions.set({ range: name as Preset }), view.range === name),
  );
}

function compare(view: View, actions: Actions): HTMLElement {
  const options = Object.entries(COMPARE).map(([value, text]) =>
    el("option", { value, selected: value === view.compare }, text),
  );
  const change = (event: Event): void => actions.set({ compare: (event.target as HTMLSelectElement).value as Compare });
  return el("select", { id: "compare", change }, ...options);
}

function series(view: View, actions: Actions): HTMLElement[] {
  const shown = new Set(view.panels ?? PANELS.map((panel) => panel.name));
  return PANELS.map(({ name, title }) => {
    const change = (event: Event): void => {
      const isOn = (event.target as HTMLInputElement).checked;
      const next = PANELS.map((panel) => panel.name).filter((each) => (each === name ? isOn : shown.has(each)));
      // Without any chart there would be nothing to look at.
      if (!next.length) (event.target as HTMLInputElement).checked = true;
      else actions.set({ panels: next.length === PANELS.length ? null : next });
    };
    return el(
      "label",
      {},
      el("input", { id: `show-${name}`, type: "checkbox", checked: shown.has(name), change }),
      ` ${title}`,
    );
  });
}

function keys(): HTMLElement {
  const rows: [string, string][] = [
    ["← →", "cursor, by a slot; with Shift by a day"],
    ["Home End", "first and last slot of the range"],
    ["+ −", "zoom in, out"],
    ["Page Up, Page Down", "earlier, later; [ and ] by less"],
    ["0", "back to the range before zooming"],
    ["Esc", "leave the comparison"],
  ];
  const list = rows.flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)]);
  return menu(
    "menu-keys",
    "Keys",
    el("p", {}, "With a chart chosen (Tab, or a click):"),
    el("dl", { class: "keys" }, ...list),
  );
}

function group(name: string, ...buttons: HTMLElement[]): HTMLElement {
  return el("div", { class: "segments", role: "group", "aria-label": name }, ...buttons);
}

function button(id: string, text: string, name: string, click: () => void, pressed?: boolean): HTMLElement {
  return el(
    "button",
    {
      id: `do-${id}`,
      type: "button",
      click,
      "aria-label": name || null,
      title: name || null,
      "aria-pressed": pressed === undefined ? null : String(pressed),
    },
    text,
  );
}

function menu(id: string, name: string, ...content: HTMLElement[]): HTMLElement {
  const summary = el("summary", { id }, name);
  const wasOpen = document.getElementById(id)?.closest("details")?.open ?? false;
  return el(
    "details",
    { class: "menu", name: "menu", open: wasOpen },
    summary,
    el("div", { class: "sheet" }, ...content),
  );
}

function label(field: HTMLElement, text: string): HTMLElement {
  return el("label", {}, `${text} `, field);
}

function dateField(id: string, name: string, value: string): HTMLInputElement {
  return el("input", { id, type: "date", value, required: true, min: "2014-01-01", title: name });
}
