import "uplot/dist/uPlot.min.css";
import "./style.css";
import { Dashboard } from "./dashboard";
import { one } from "./dom";
import { walkable } from "./grid";
import { tick } from "./live";
import { watchTheme } from "./theme";

watchTheme();
walkable(one("#heatmap"));
if (one(".panel")) {
  const dashboard = new Dashboard();
  void dashboard.start();
  setInterval(() => tick(dashboard.now), 15_000);
} else if (one(".empty") && document.body.dataset.page === "dashboard") {
  setTimeout(() => location.reload(), 15_000);
}
