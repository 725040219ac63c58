"""Pictures of how something grows, for the guide."""

from pathlib import Path

from matplotlib.figure import Figure

from bench.growth import Grown


def draw(grown: Grown, path: Path, *, over: str) -> None:
    """One picture for each work, time above and memory below."""
    figure = Figure(figsize=(2.6 * len(grown), 4.6), layout="tight")
    places = figure.subplots(2, len(grown), squeeze=False, sharex=True)
    for column, (work, sizes) in enumerate(grown.items()):
        at = list(sizes)
        for row, (part, unit) in enumerate((("ms", "ms"), ("mb", "MB"))):
            values = [sizes[size][part] for size in at]
            place = places[row][column]
            place.plot(at, values, marker="o", color=("#0b6e8f", "#7a4f9a")[row], linewidth=1.6)
            place.set_ylim(0, max(values) * 1.25)
            place.set_xticks(at)
            place.grid(visible=True, linewidth=0.4)
            place.spines[["top", "right"]].set_visible(False)
            for size, value in zip(at, values, strict=True):
                place.annotate(
                    f"{value:,.0f}", (size, value), textcoords="offset points", xytext=(0, 6), ha="center", size=7
                )
            if row == 0:
                place.set_title(work, size=10)
            else:
                place.set_xlabel(over)
            if column == 0:
                place.set_ylabel({"ms": "time, ms", "MB": "most memory, MB"}[unit])
    figure.text(0.995, 0.005, "simulated data", ha="right", va="bottom", size=7, color="#555555")
    figure.savefig(path, dpi=150)
