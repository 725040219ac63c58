"""Where the links of a unit's task instance lead."""

from datetime import date

import pytest

from api.view import PANELS
from include.domain.calendar import Month
from include.domain.catalogue import AREAS
from include.domain.readings import Partition, Unit
from include.orchestration.links import CHARTS, LINKS, links_of
from include.settings import Settings, load_settings

PARTITION, DASHBOARD = (link.xcom_key for link in LINKS)
WIND = Unit(Partition("eirgrid", "wind", "ROI", Month(2026, 10)), date(2026, 10, 24), date(2026, 10, 25))
KEY = "readings/source=eirgrid/area=wind/region=ROI/year=2026/month=10/data.parquet"
SITE = "https://grid.example.org"


def settings(store: str = "s3://example/eirgrid", site: str = SITE) -> Settings:
    return load_settings(store=store, feed="eirgrid", site=site)


def test_the_partition_of_a_bucket_is_shown_by_the_console_of_s3() -> None:
    link = links_of(WIND, settings(), at_aws=True)[PARTITION]
    escaped = KEY.replace("/", "%2F").replace("=", "%3D")
    assert link == f"https://console.aws.amazon.com/s3/object/example?prefix=eirgrid%2F{escaped}"
    assert links_of(WIND, settings("s3://example"), at_aws=True)[PARTITION].endswith(f"?prefix={escaped}")


@pytest.mark.parametrize("store", ["/srv/grid", "s3://example/eirgrid"])
def test_of_another_server_or_a_folder_the_api_hands_it_out(store: str) -> None:
    assert links_of(WIND, settings(store), at_aws=False)[PARTITION] == f"{SITE}/api/files/{KEY}"


def test_the_dashboard_opens_at_the_units_area_region_and_days() -> None:
    """25 October has 25 hours: the end is the next Irish midnight, which the dashboard works out."""
    assert (
        links_of(WIND, settings(site=f"{SITE}/"), at_aws=False)[DASHBOARD]
        == f"{SITE}/ui/?region=ROI&start=2026-10-24&end=2026-10-26&series=wind"
    )


def test_an_area_without_a_chart_of_its_own_opens_all_of_them() -> None:
    mix = Unit(Partition("eirgrid", "generation", "ROI", Month(2026, 11)), date(2026, 11, 1), date(2026, 11, 1))
    assert "series" not in links_of(mix, settings(), at_aws=False)[DASHBOARD]


def test_charts_are_those_of_the_dashboard() -> None:
    assert set(CHARTS) == set(PANELS) & {area.name for area in AREAS}


def test_without_a_site_there_is_no_link_that_leads_nowhere() -> None:
    assert links_of(WIND, settings("/srv/grid", site=""), at_aws=False) == {}
