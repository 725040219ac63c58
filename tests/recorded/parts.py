"""What was recorded, read by pandas and the standard library's time zones alone; importable by several test modules."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

IRELAND: Final = ZoneInfo("Europe/Dublin")
NOW: Final = "2026-08-22T06:10:00Z"
PARTS: Final = (
    "dashboardservice_15min_2021_2024-02.parquet",
    "dashboardservice_15min_2026-06-12_2026-08-22.parquet",
    "apichart_ROI_15min_2026-04-05_2026-04-10.csv",
    "apichart_ROI_hourly_2026-03-08_2026-04-06.csv",
)
SPANS: Final = (
    (date(2021, 1, 1), date(2024, 2, 19)),
    (date(2026, 3, 8), date(2026, 4, 10)),
    (date(2026, 6, 12), date(2026, 8, 22)),
)
SPRING: Final = (date(2021, 3, 28), date(2022, 3, 27), date(2023, 3, 26))
AUTUMN: Final = (date(2021, 10, 31), date(2022, 10, 30), date(2023, 10, 29))


class Key(NamedTuple):
    region: str
    field: str


Recorded = dict[Key, dict[datetime, float]]
"""Every recorded value by series and UTC instant."""


def instant(local: datetime) -> datetime | None:
    """The UTC instant of a recorded stamp; None in the hour that spring skips. October's stamps are the first pass."""
    found = local.replace(tzinfo=IRELAND, fold=0).astimezone(UTC)
    return found if found.astimezone(IRELAND).replace(tzinfo=None) == local else None


def exactly(local: datetime) -> datetime:
    found = instant(local)
    assert found is not None
    return found


def read_part(file: Path) -> dict[Key, dict[datetime, float]]:
    """NaN stands for a recorded null."""
    parquet = file.suffix == ".parquet"
    frame = pd.read_parquet(file) if parquet else pd.read_csv(file, index_col=0, parse_dates=[0])
    stamps = [instant(stamp.to_pydatetime()) for stamp in frame.index]
    part: dict[Key, dict[datetime, float]] = {}
    for column in frame.columns:
        region, field = column.split("_", 1) if parquet else ("ROI", column)
        # The file holds SNSP in 32 bits; upstream wrote at most four decimals.
        values = frame[column].astype("float64").round(4)
        part[Key(region, field)] = {at: value for at, value in zip(stamps, values, strict=True) if at is not None}
        if not values[[at is None for at in stamps]].isna().all():
            raise AssertionError(f"{column}: a value in the hour that spring skips")
    if Key("ALL", "INTER_NET") not in part and parquet:
        ewic, moyle = part[Key("ROI", "INTER_EWIC")], part[Key("NI", "INTER_MOYLE")]
        part |= {Key("ALL", "INTER_EWIC"): ewic, Key("ALL", "INTER_MOYLE"): moyle}
        part[Key("ALL", "INTER_NET")] = {at: value + moyle[at] for at, value in ewic.items()}
    return part
