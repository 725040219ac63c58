"""What is read quickly is what would be read row by row, and sound answers are read quickly."""

import json
from collections import Counter
from typing import Any, Final

import pytest

from include.domain.errors import UpstreamError
from include.domain.series import Area
from include.sources.eirgrid.chart import Chart
from include.sources.eirgrid.dashboardservice import DashboardService
from include.sources.eirgrid.interconn import Interconn
from include.sources.eirgrid.query import Hosts, Interface, Query
from include.sources.eirgrid.readings import Readings, read_rows
from include.sources.eirgrid.rows import Rows
from include.sources.eirgrid.usual import Unusual
from include.sources.eirgrid.vargen import Vargen
from tests.randomness import random_of
from tests.sources.malformed import spoil
from tests.sources.test_malformed import BY_HAND, Sound

INTERFACES: Final[dict[str, Interface]] = {
    one.name: one for one in (DashboardService(Hosts()), Chart(Hosts()), Vargen(Hosts()), Interconn(Hosts()))
}


def _query(sound: Sound) -> Query:
    area: Area = sound.area
    series = tuple(one for one in area.of_region(sound.unit.partition.region) if one.field in sound.fields)
    return Query(area, sound.unit.partition.region, series, sound.unit.first, sound.unit.last)


def _told(sound: Sound, rows: Rows) -> Any:
    """All that is made of the rows, or the class of the error."""
    try:
        found: Readings = read_rows(rows, _query(sound), interface=sound.interface, now=sound.now)
    except UpstreamError as error:
        return type(error)
    return found.table.to_pydict(), sorted(found.warnings), found.flagged, found.lacks, found.unknown


def _slowly(sound: Sound, body: bytes) -> Any:
    try:
        return _told(sound, INTERFACES[sound.interface].rows(json.loads(body), _query(sound)))
    except (UpstreamError, ValueError, RecursionError) as error:
        return type(error)


@pytest.mark.parametrize("sound", [pytest.param(one, id=f"{place}") for place, one in enumerate(BY_HAND)])
def test_a_sound_answer_is_read_quickly_and_alike(sound: Sound) -> None:
    body = json.dumps(sound.payload).encode()
    quickly = INTERFACES[sound.interface].usual_rows(body, _query(sound))
    assert _told(sound, quickly) == _slowly(sound, body)


@pytest.mark.parametrize("value", ["NULL", "null", "-0", "1e0001", "1e-0001", "1e-999999", "inf", "-NaN", "1e400", ""])
@pytest.mark.parametrize("key", ["Value", "MW_ACTUAL", "Region"])
def test_text_is_what_it_is_row_by_row(key: str, value: str) -> None:
    read = 0
    for sound in BY_HAND:
        rows = sound.payload["Rows"]
        if not rows or (key not in rows[0] and key != "Region"):
            continue
        body = json.dumps({**sound.payload, "Rows": [{**rows[0], key: value}, *rows[1:]]}).encode()
        try:
            quickly = _told(sound, INTERFACES[sound.interface].usual_rows(body, _query(sound)))
        except Unusual:
            continue
        # What is refused is judged again row by row.
        assert isinstance(quickly, type) or quickly == _slowly(sound, body)
        read += 1
    assert read or value not in {"-0", "1e0001", "1e-0001"} or key == "Region"


@pytest.mark.parametrize("trials", [600, pytest.param(6000, marks=pytest.mark.long)])
def test_a_spoiled_answer_is_read_alike_or_left(trials: int) -> None:
    rng = random_of(31)
    met: Counter[str] = Counter()
    for _ in range(trials):
        sound = rng.choice(BY_HAND)
        body = spoil(sound.payload, rng)
        try:
            quickly = _told(sound, INTERFACES[sound.interface].usual_rows(body, _query(sound)))
        except Unusual:
            met["left"] += 1
            continue
        if isinstance(quickly, type):
            met["refused"] += 1
            continue
        met["read"] += 1
        assert quickly == _slowly(sound, body), body
    assert min(met["left"], met["read"]) > trials / 6, met
    assert met["refused"] > trials / 60
