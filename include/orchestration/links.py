"""Links of a unit's task instance: to its partition, and to the dashboard at its days."""

from typing import Any, Final
from urllib.parse import quote, urlencode

from airflow.sdk import BaseOperatorLink

from include.domain.calendar import DAY
from include.domain.readings import Unit
from include.settings import Settings
from include.storage.keys import readings_key

CHARTS: Final = ("demand", "wind", "solar", "interconnection", "co2", "snsp", "frequency")
"""Areas with a chart of their own name; the dashboard shows all charts for the others."""
_CONSOLE: Final = "https://console.aws.amazon.com/s3/object"


class PartitionLink(BaseOperatorLink):  # type: ignore[misc]  # Airflow is untyped here
    """To the Parquet file."""

    name = "Partition"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002  Airflow's signature
        """Nothing: the task itself pushes the address under `xcom_key`, and the UI reads it there."""
        return ""


class DashboardLink(PartitionLink):
    """To the charts of the unit's area, region and days."""

    name = "Dashboard"


LINKS: Final = (PartitionLink(), DashboardLink())


def links_of(unit: Unit, settings: Settings, *, at_aws: bool) -> dict[str, str]:
    """Addresses by the XCom key under which the UI looks for them; those that nobody could open are left out.

    `at_aws` says whether the store is a bucket at AWS, which has a console.
    """
    found = {LINKS[0].xcom_key: _partition(unit, settings, at_aws), LINKS[1].xcom_key: _dashboard(unit, settings)}
    return {key: url for key, url in found.items() if url}


def _partition(unit: Unit, settings: Settings, at_aws: bool) -> str:
    """In the console of S3; where the store is no bucket of AWS, as the API hands it out."""
    key = readings_key(unit.partition)
    if at_aws:
        bucket, _, prefix = settings.store.removeprefix("s3://").partition("/")
        whole = f"{prefix.strip('/')}/{key}".lstrip("/")
        return f"{_CONSOLE}/{bucket}?{urlencode({'prefix': whole})}"
    return f"{settings.site.rstrip('/')}/api/files/{quote(key, safe='/=')}" if settings.site else ""


def _dashboard(unit: Unit, settings: Settings) -> str:
    if not settings.site:
        return ""
    area, region = unit.partition.area, unit.partition.region
    view = {"region": region, "start": unit.first.isoformat(), "end": (unit.last + DAY).isoformat()}
    chart = {"series": area} if area in CHARTS else {}
    return f"{settings.site.rstrip('/')}/ui/?{urlencode(view | chart)}"
