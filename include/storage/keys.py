"""Where each thing lies below a store's prefix. The one home of the layout."""

import re
from datetime import date
from typing import Final

from include.domain.calendar import Interval, Month, days_of, months_of
from include.domain.readings import Partition
from include.domain.series import Area

STORE_KEY: Final = "_store.json"
READINGS: Final = "readings"
OUTCOMES: Final = "outcomes"
SUMMARIES: Final = "summaries"
VERDICTS: Final = "verdicts"
REPORTS: Final = "gap_reports"
CYCLES: Final = "cycles"
INVENTORY: Final = "inventory"
DIGESTS: Final = "digests"
ALERTS_KEY: Final = "alerts/state.json"
"""The incidents that go on, of all DAGs, and the messages that have not been sent yet."""

SCHEMA_VERSION: Final = 1


def readings_key(partition: Partition) -> str:
    """The Hive-partitioned Parquet file of a partition."""
    return f"{READINGS}/{_folders(partition)}/data.parquet"


def readings_prefix(source: str) -> str:
    """What the keys of all readings files of a source start with."""
    return f"{READINGS}/source={source}/"


def area_prefix(source: str, area: str) -> str:
    """What the keys of all readings files of an area start with."""
    return f"{readings_prefix(source)}area={area}/"


def partition_of_key(key: str) -> Partition | None:
    """The partition whose readings lie at this key; None for any other key."""
    found = _READINGS_KEY.fullmatch(key)
    if found is None:
        return None
    day = found["day"]
    month = Month(int(found["year"]), int(found["month"]))
    return Partition(found["source"], found["area"], found["region"], month, int(day) if day else None)


def outcomes_key(partition: Partition) -> str:
    """The record of what happened to a partition's fetches, per day."""
    return f"{OUTCOMES}/{_folders(partition)}.json"


def verdicts_key(source: str) -> str:
    """The days of a source that were given up, with the evidence."""
    return f"{VERDICTS}/source={source}.json"


def summary_key(name: str) -> str:
    """The JSON that the API serves: an area's, or `current`, `recent`, `snapshot`, `gaps`, `catalogue`, `files`."""
    return f"{SUMMARIES}/{name}/latest.json"


def cycle_key(source: str) -> str:
    """What the last live run of a source did."""
    return f"{CYCLES}/source={source}.json"


def inventory_key(source: str) -> str:
    """What is in each readings file of a source."""
    return f"{INVENTORY}/source={source}.json"


def digests_key(source: str, year: int) -> str:
    """What gap scans have found in the readings files of a source and a year."""
    return f"{DIGESTS}/source={source}/year={year:04d}.json"


def report_key(source: str, first: date, last: date, *, of: str = "") -> str:
    """What an on-demand gap check of these Irish days found; `of` names its areas and regions, unless it had all."""
    return f"{REPORTS}/source={source}/{first}_{last}{'_' if of else ''}{of}.json"


def summary_name(key: str) -> str | None:
    """The name of the summary at this key; None for what is no summary."""
    folder, _, rest = key.partition("/")
    name, _, file = rest.partition("/")
    return name if folder == SUMMARIES and file == "latest.json" else None


def month_prefix(partition: Partition) -> str:
    """What the keys of all readings files of the partition's month start with."""
    whole = Partition(partition.source, partition.area, partition.region, partition.month)
    return f"{READINGS}/{_folders(whole)}/"


def year_prefix(partition: Partition) -> str:
    """What the keys of all readings files of the partition's area, region and year start with."""
    return f"{month_prefix(partition).rpartition('/month=')[0]}/"


def region_prefix(partition: Partition) -> str:
    """What the keys of all readings files of the partition's area and region start with."""
    return f"{month_prefix(partition).rpartition('/year=')[0]}/"


def partitions_of(source: str, area: Area, region: str, span: Interval) -> list[Partition]:
    """The partitions of an area and region that hold slots of this UTC span, ascending."""
    if span.end <= span.start:
        return []
    days = days_of(span) if area.partitioned_by_day else [month.first for month in months_of(span)]
    return [Partition.holding(source, area, region, day) for day in days]


_READINGS_KEY: Final = re.compile(
    rf"{READINGS}/source=(?P<source>[^/]+)/area=(?P<area>[^/]+)/region=(?P<region>[^/]+)"
    r"/year=(?P<year>\d{4})/month=(?P<month>\d{2})(?:/day=(?P<day>\d{2}))?/data\.parquet"
)


def _folders(partition: Partition) -> str:
    month = partition.month
    path = (
        f"source={partition.source}/area={partition.area}/region={partition.region}"
        f"/year={month.year:04d}/month={month.month:02d}"
    )
    return path if partition.day is None else f"{path}/day={partition.day:02d}"
