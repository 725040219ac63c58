"""The Params by which a person says which days, areas and regions a run is about."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from airflow.sdk import Param

from include.domain.errors import ParamsInvalid
from include.domain.series import Area

OVERRIDE: Final = "Override parameters on existing runs"
"""Airflow's switch in the form of a backfill; without it the form sends no Params at all."""


def days_and_areas(areas: Iterable[Area], *, without: str, in_a_backfill: str = "") -> dict[str, Param]:
    """`start`, `end`, `areas` and `regions`.

    `without` is what a run is about when it has no days; `in_a_backfill` is what a person who fills in the form of a
    backfill has to know.
    """
    known = list(areas)
    day: dict[str, Any] = {"type": ["null", "string"], "format": "date"}
    names = [area.name for area in known]
    regions = list(dict.fromkeys(region for area in known for region in area.regions))
    return {
        "start": Param(None, **day, title="Start", description=f"First Irish day. Without start and end: {without}."),
        "end": Param(None, **day, title="End", description="Last Irish day, included."),
        "areas": Param(None, **_some_of(names), title="Areas", description=f"None: all. {in_a_backfill}".rstrip()),
        "regions": Param(
            None, **_some_of(regions), title="Regions", description=f"None: all. {in_a_backfill}".rstrip()
        ),
    }


def _some_of(names: list[str]) -> dict[str, Any]:
    """A list of these names; Airflow refuses others when the run is triggered, and offers `examples` in its form."""
    return {"type": ["null", "array"], "items": {"type": "string", "enum": names}, "examples": names}


def refuse_unknown(params: Iterable[str], known: Mapping[str, Param]) -> None:
    """ParamsInvalid for a Param that there is not: one that is mistyped would be as if it had not been given."""
    for name in sorted(set(params) - set(known)):
        raise ParamsInvalid.of("Params", name, ", ".join(known))
