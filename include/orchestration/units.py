"""Units and results as XCom carries them: small dicts of text and numbers."""

from dataclasses import asdict
from datetime import date
from typing import Any

from include.domain.calendar import Month
from include.domain.readings import Outcome, Partition, Unit
from include.jobs.result import UnitResult


def unit_to_xcom(unit: Unit) -> dict[str, Any]:
    """A unit with the label that names its task instance."""
    partition = unit.partition
    return {
        "label": unit.label,
        "source": partition.source,
        "area": partition.area,
        "region": partition.region,
        "month": str(partition.month),
        "day": partition.day,
        "first": unit.first.isoformat(),
        "last": unit.last.isoformat(),
    }


def unit_from_xcom(data: dict[str, Any]) -> Unit:
    """The unit of a mapped task instance."""
    year, month = data["month"].split("-")
    partition = Partition(data["source"], data["area"], data["region"], Month(int(year), int(month)), data["day"])
    return Unit(partition, date.fromisoformat(data["first"]), date.fromisoformat(data["last"]))


def result_to_xcom(result: UnitResult) -> dict[str, Any]:
    """A result as plain values."""
    return asdict(result) | {"outcome": result.outcome.value}


def result_from_xcom(data: dict[str, Any]) -> UnitResult:
    """The result that a unit's task pushed."""
    interfaces = {name: tuple(data.get(name, ())) for name in ("answered", "down")}
    return UnitResult(**(data | interfaces | {"outcome": Outcome(data["outcome"])}))
