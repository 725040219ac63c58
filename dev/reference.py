"""Reference pages made from the code: `make reference` writes them, a test fails when they are stale."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo

from api.settings import ApiSettings
from dev.reference_dags import dags_page
from dev.reference_data import data_page
from dev.reference_rest import rest_page
from dev.stack import ROOT
from include.domain.catalogue import AREAS
from include.domain.series import Area, Limit, Route, Series
from include.settings import PREFIX, Settings

PAGES: Final = ROOT / "docs" / "reference"


def series_page() -> str:
    """Every series of the catalogue with its facts."""
    head = """# Series

Made from the catalogue (`include/domain/catalogue.py`) by `make reference`.

*Cadence* is the distance of two slots; *lag* how long after a slot upstream normally has its value; *first day* the first Irish
day that upstream is known to have served. A value outside the *plausible range* is stored as upstream sent it, and flagged.
*History*: `full` can be fetched for any past day, `future_only` for slots to come only, `snapshot` is the state at the time of
asking. *Aggregation* is how values are put together over a longer time.
"""
    return "\n".join([head, *(_area(area) for area in AREAS)])


def settings_page() -> str:
    """Every setting with its default and meaning."""
    pipeline = _settings({f"{PREFIX}{name.upper()}": field for name, field in Settings.model_fields.items()})
    api = _settings({str(one.validation_alias or name).upper(): one for name, one in ApiSettings.model_fields.items()})
    return f"""# Settings

Read from the environment when asked, never at import. A setting that is absent or wrong stops the task with one line that
names it, the value seen and the values allowed, before anything is written. On Amazon MWAA give them as configuration options
`grid.store`, `grid.feed`, …, which become `AIRFLOW__GRID__STORE`, ….

{pipeline}

Tasks reach S3 and SNS by the Airflow Connection `aws_default`, or the one that `GRID_AWS_CONN_ID` names: its keys, region, role to
assume and `service_config.s3.endpoint_url`. Where there is no such Connection, and always in the API, the health check and the commands, boto3's own
settings hold (`AWS_*`, or the role of the machine); there an S3-compatible server is named by `AWS_ENDPOINT_URL_S3`.

## Of the API

{api}

## Pools

Each source has two of Airflow's Pools, such as `eirgrid_live` and `eirgrid_repair`. A unit holds a slot of one of them while it
asks, so their slots together are the most units that ask upstream at once, and a long repair never holds up a live run.
`make run` makes them as `GRID_MAX_CONCURRENCY` says; in another deployment, make them yourself
(`airflow pools set eirgrid_live 4 live` and `airflow pools set eirgrid_repair 2 repair` are the default of 6).
"""


PAGE_MAKERS: Final[dict[str, Callable[[], str]]] = {
    "dags.md": dags_page,
    "data.md": lambda: data_page((PAGES / "data.md").read_text(encoding="utf-8")),
    "rest-paths.md": rest_page,
    "series.md": series_page,
    "settings.md": settings_page,
}


def _settings(fields: dict[str, FieldInfo]) -> str:
    rows = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for name, field in fields.items():
        plain = "`site/`" if isinstance(field.default, Path) else f"`{field.default}`" if field.default else "–"
        rows.append(f"| `{name}` | {'required' if field.is_required() else plain} | {field.description} |")
    return "\n".join(rows)


def write_pages() -> None:
    """Write every page below docs/reference."""
    for name, page in PAGE_MAKERS.items():
        (PAGES / name).write_text(page(), encoding="utf-8")


def _area(area: Area) -> str:
    facts = [
        f"Regions: {', '.join(area.regions)}.",
        f"Told of after {_span(area.alert_after)} without anything new.",
        *_asked(area),
        f"One file per Irish {'day' if area.partitioned_by_day else 'month'}.",
        *dict.fromkeys(_limit(one.limit, one.unit) for one in area.series if one.limit),
        *[
            f"`{one.field}` of {one.region}: nothing below {one.withholding.below:g} {one.unit} is sent; derived since"
            f" {one.withholding.derivable_since}."
            for one in area.series
            if one.withholding
        ],
    ]
    columns = "Region | Field | Name | Unit | Cadence | Lag | First day | Plausible range | Future slots | History | Aggregation"
    lines = [
        f"## {area.name}: {area.title}",
        "",
        *(f"- {fact}" for fact in facts),
        "",
        f"| {columns} |",
        "|---" * 11 + "|",
    ]
    return "\n".join([*lines, *(_row(one) for one in area.series), ""])


def _asked(area: Area) -> list[str]:
    """Whom each region is asked of, regions with the same order together."""
    regions: dict[Route, list[str]] = {}
    for region in area.regions:
        regions.setdefault(area.of_region(region)[0].route, []).append(region)
    return [
        f"Asked for {', '.join(named)}: today {', '.join(route.live)}; days that are over {', '.join(route.elapsed)}."
        for route, named in regions.items()
    ]


def _row(one: Series) -> str:
    cells = [
        one.region,
        f"`{one.field}`",
        one.name,
        one.unit,
        _span(one.cadence),
        _span(one.lag),
        one.first_day.isoformat(),
        f"{one.low:g} to {one.high:g}",
        "yes" if one.future else "no",
        f"`{one.history}`",
        f"`{one.aggregation}`",
    ]
    return f"| {' | '.join(cells)} |"


def _limit(limit: Limit, unit: str) -> str:
    low = f"{limit.low:g} to " if limit.low is not None else "at most "
    return f"Limit: {low}{limit.high:g} {unit} since {limit.since} ({limit.source})."


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


if __name__ == "__main__":
    write_pages()
