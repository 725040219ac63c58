"""Pictures of how something grows, for the guide."""

from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from bench.growth import Grown

PARTS: Final = (("ms", "time, ms", "#0b6e8f"), ("mb", "most memory, MB", "#7a4f9a"))


def draw(grown: Grown, path: Path, *, over: str) -> None:
    """A row for each work: time on the left, memory on the right."""
    figure = Figure(figsize=(7.6, 1.6 * len(grown) + 0.4), layout="constrained")
    places = figure.subplots(len(grown), len(PARTS), squeeze=False, sharex=True)
    for row, (work, sizes) in enumerate(grown.items()):
        for place, (part, told, colour) in zip(places[row], PARTS, strict=True):
            at, values = list(sizes), [one[part] for one in sizes.values()]
            place.plot(at, values, marker="o", markersize=4, color=colour, linewidth=1.4)
            place.set_ylim(0, max(values) * 1.35)
            place.set_xticks(at)
            place.tick_params(labelsize=8)
            place.grid(visible=True, linewidth=0.4)
            place.spines[["top", "right"]].set_visible(False)
            place.set_title(f"{work}: {told}", size=9, loc="left")
            for spot in zip(at, values, strict=True):
                place.annotate(f"{spot[1]:,.0f}", spot, xytext=(0, 5), textcoords="offset points", ha="center", size=7)
    for place in places[-1]:
        place.set_xlabel(f"{over} (simulated data)", size=8)
    figure.savefig(path, dpi=140)
