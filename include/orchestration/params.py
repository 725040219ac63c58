"""The Params by which a person says which days, areas and regions a run is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from airflow.sdk import Param

from include.domain.errors import SettingInvalid
from include.domain.series import Area


def days_and_areas(areas: Iterable[Area], *, without: str) -> dict[str, Param]:
    """`start`, `end`, `areas` and `regions`; `without` is what a run is about when it has no days."""
    known = list(areas)
    day: dict[str, Any] = {"type": ["null", "string"], "format": "date"}
    listed: dict[str, Any] = {"type": ["null", "array"], "items": {"type": "string"}, "description": "None: all."}
    regions = list(dict.fromkeys(region for area in known for region in area.regions))
    return {
        "start": Param(None, **day, title="Start", description=f"First Irish day. Without start and end: {without}."),
        "end": Param(None, **day, title="End", description="Last Irish day, included."),
        "areas": Param(None, **listed, examples=[area.name for area in known], title="Areas"),
        "regions": Param(None, **listed, examples=regions, title="Regions"),
    }


def refuse_unknown(params: Iterable[str], known: Mapping[str, Param]) -> None:
    """SettingInvalid for a Param that there is not: one that is mistyped would be as if it had not been given."""
    for name in sorted(set(params) - set(known)):
        raise SettingInvalid.of("Params", name, ", ".join(known))
