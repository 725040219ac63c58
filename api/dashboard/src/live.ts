/** Keeps what the server renders fresh: fetched again, conditionally, and put in place without a reload. */

import type { Status } from "./data";
import { all, one } from "./dom";
import { age, clock } from "./time";
import type { View } from "./view";

let etag = "";
let asked = 0;

/** Fetch this page for a view, and put its live parts in the place of those that are here. False: nothing has changed. */
export async function refreshPage(query: string): Promise<boolean> {
  const mine = ++asked;
  const answer = await fetch(query || location.pathname, { cache: "no-cache", headers: { Accept: "text/html" } });
  // Another view has been chosen since.
  if (mine !== asked) return false;
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const tag = `${query} ${answer.headers.get("etag")}`;
  if (tag === etag) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return false;
  etag = tag;
  replaceParts(page);
  return true;
}

function replaceParts(page: Document): void {
  const open = new Set(all("details[open]").map((each) => each.closest("[id]")?.id));
  const focus = document.activeElement;
  const label = focus?.textContent;
  const place = focus?.closest("[data-live], [data-choice]");
  for (const part of all("[data-live]")) {
    const fresh = one(`[data-live="${part.dataset.live}"]`, page);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    part.replaceWith(document.importNode(fresh, true));
  }
  for (const choice of all("[data-choice]")) {
    const fresh = one(`[data-choice="${choice.dataset.choice}"]`, page);
    if (fresh) choice.innerHTML = fresh.innerHTML;
  }
  for (const part of all<HTMLDetailsElement>("[data-live] details")) part.open = open.has(part.closest("[id]")?.id);
  if (place && label && document.activeElement === document.body) {
    const name = place.getAttribute("data-live") ? "live" : "choice";
    const again = one(`[data-${name}="${place.getAttribute(`data-${name}`)}"]`);
    all("a, summary, button", again ?? document)
      .find((each) => each.textContent === label)
      ?.focus();
  }
}

/** Ages and states, which pass with time alone. */
export function tick(now: number): void {
  for (const mark of all(".age")) {
    const time = one<HTMLTimeElement>("time", mark.parentElement!)?.dateTime;
    if (time) mark.textContent = `${age(now - Date.parse(time) / 1000)} ago`;
  }
  for (const tile of all(".tile[data-stale-after]")) {
    const due = Date.parse(tile.dataset.staleAfter!) / 1000;
    const down = Date.parse(tile.dataset.downAfter!) / 1000;
    const word = now > down ? "down" : now > due ? "late" : "";
    const states = one(".states", tile)!;
    if (states.textContent?.trim() === word) continue;
    states.replaceChildren();
    if (word) states.insertAdjacentHTML("beforeend", `<span class="state ${word}">${word}</span>`);
  }
}

/** What the chip in the head says: whether the numbers are live, and since when not. */
export function chip(found: Status | null, since: number | null, now: number, view: View): void {
  const place = one("#chip");
  if (!place) return;
  const state = since !== null ? "offline" : (found?.status ?? "ok");
  place.dataset.state = state;
  const words: Record<string, string> = { ok: "live", late: "late", down: "down", degraded: "store not readable" };
  const text = since !== null ? `no connection since ${clock(Math.floor(since / 60) * 60, view.tz)}` : words[state];
  let word = one(".word-of-state", place);
  if (!word) {
    word = document.createElement("span");
    word.className = "word-of-state";
    one(".dot", place)!.after(" ", word, " ·");
  }
  word.textContent = text ?? state;
  tick(now);
}
