import "uplot/dist/uPlot.min.css";
import "./style.css";
import { breath, one } from "./dom";
import { walkable } from "./grid";
import { tick } from "./live";
import { watchTheme } from "./theme";

watchTheme();
walkable(one("#heatmap"));
if (one(".panel")) void charts();
else if (one(".empty") && document.body.dataset.page === "dashboard") setTimeout(() => location.reload(), 15_000);

/** A task each for what takes long, so that a slow machine can answer a click in between. */
async function charts(): Promise<void> {
  await breath();
  // The first format of a page loads the browser's data on languages, which takes longer than all of our own code.
  new Intl.NumberFormat("en-IE").format(0);
  await breath();
  await import("uplot");
  await breath();
  const { Dashboard } = await import("./dashboard");
  const dashboard = new Dashboard();
  void dashboard.start();
  setInterval(() => tick(dashboard.now), 15_000);
}
