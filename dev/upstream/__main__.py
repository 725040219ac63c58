"""Command line of the stand-in upstream: `python -m dev.upstream --port 9010 --feed simulated`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from dev.upstream.app import Options, create_app
from dev.upstream.clock import Clock, parse_instant
from dev.upstream.faults import FaultPlan
from dev.upstream.feed import Feed
from dev.upstream.simulated import Simulated


class FeedName(StrEnum):
    """Where the numbers come from."""

    SIMULATED = "simulated"
    RECORDED = "recorded"


class VargenShape(StrEnum):
    """The two row shapes that have been met."""

    WIDE = "wide"
    LONG = "long"


def _feed(name: FeedName, *, recorded: Path | None, simulated: Simulated) -> Feed:
    if name is FeedName.SIMULATED:
        return simulated
    if recorded is None:
        raise typer.BadParameter("--feed recorded needs --recorded DIR, the folder of recordings")
    # Reading the recordings needs pyarrow, which the simulated feed does without.
    from dev.upstream.recorded import Recorded  # noqa: PLC0415

    return Recorded.read(recorded)


def main(
    port: int = 9010,
    host: str = "127.0.0.1",
    feed: FeedName = FeedName.SIMULATED,
    recorded: Annotated[Path | None, typer.Option(help="Folder of recordings, for --feed recorded.")] = None,
    seed: Annotated[int, typer.Option(help="Of the simulated feed.")] = 1,
    now: Annotated[str | None, typer.Option(help="Hold the clock: 2026-11-22T20:07:00Z.")] = None,
    faults: Annotated[Path | None, typer.Option(help="Fault plan, JSON; see dev.upstream.faults.")] = None,
    vargen_shape: VargenShape = VargenShape.WIDE,
    dst_wind_forecast_twice: Annotated[bool, typer.Option(help="October's doubled hour, both passes.")] = False,
    hang_seconds: Annotated[float, typer.Option(help="Wait before a month of frequency gets its 503.")] = 1.0,
) -> None:
    """Answer as EirGrid's Smart Grid Dashboard does."""
    simulated = Simulated(seed, dst_wind_forecast_twice=dst_wind_forecast_twice)
    app = create_app(
        _feed(feed, recorded=recorded, simulated=simulated),
        clock=Clock(fixed=parse_instant(now) if now else None),
        faults=FaultPlan.model_validate_json(faults.read_bytes()) if faults else None,
        options=Options(vargen_shape=vargen_shape, hang_seconds=hang_seconds),
    )
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    typer.run(main)
