/** Light, dark, or as the system has it; remembered on this machine. */

import { one } from "./dom";

export function watchTheme(): void {
  const changed = (): boolean => document.dispatchEvent(new Event("themechange"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  const choice = one<HTMLSelectElement>("#theme");
  if (!choice) return;
  const root = document.documentElement;
  choice.value = root.dataset.theme ?? "system";
  choice.addEventListener("change", () => {
    if (choice.value === "system") delete root.dataset.theme;
    else root.dataset.theme = choice.value;
    try {
      localStorage.setItem("theme", choice.value);
    } catch {
      // A browser that keeps nothing shows it for this visit.
    }
    changed();
  });
}
