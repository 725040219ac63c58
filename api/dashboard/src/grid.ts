/** Arrow keys between the cells of the heat map: one stop for Tab, not a thousand. */

import { all, one } from "./dom";

export function walkable(table: HTMLElement | null): void {
  if (!table) return;
  const rows = all<HTMLTableRowElement>("tr", table).map((row) => all<HTMLAnchorElement>("a", row));
  const links = rows.flat();
  for (const link of links) link.tabIndex = -1;
  (links.find((link) => link.getAttribute("aria-current")) ?? links[0])!.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const ways: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const way = ways[event.key];
    const from = rows.findIndex((row) => row.includes(event.target as HTMLAnchorElement));
    if (!way || from < 0) return;
    event.preventDefault();
    // The first row has no link above the names of the series.
    const column = rows[from]!.indexOf(event.target as HTMLAnchorElement) + (from === 0 ? 1 : 0);
    const to = Math.min(Math.max(from + way[0], 0), rows.length - 1);
    const target = rows[to]![Math.max(column + way[1] - (to === 0 ? 1 : 0), 0)] ?? rows[to]!.at(-1);
    for (const link of links) link.tabIndex = -1;
    if (target) {
      target.tabIndex = 0;
      target.focus();
    }
  });
  one('[aria-current="true"]', table)?.scrollIntoView({ block: "nearest", inline: "center" });
}
