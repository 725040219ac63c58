"""What a cycle found wrong, area by area."""

from include.domain.catalogue import AREAS
from include.domain.incidents import Cause
from include.domain.readings import Outcome
from include.jobs.result import UnitResult
from include.jobs.troubles import Found, troubles_of
from tests.jobs.invented import NOW, at, unit

ALL_ISLAND, ROI, NI = (unit("wind", region, "2026-02-09", "2026-02-10") for region in ("ALL", "ROI", "NI"))
UNITS = [ALL_ISLAND, ROI, NI]
FRESH = "2026-02-10T11:45:00+00:00"


def judged(*outcomes: Outcome | None, newest: str | None = FRESH) -> Found:
    """Of three units of wind with these outcomes; None for one whose task was lost."""
    results = [
        UnitResult(one.label, "wind", outcome, newest=newest, message=f"seen of {one.partition.region}")
        for one, outcome in zip(UNITS, outcomes, strict=True)
        if outcome is not None
    ]
    return troubles_of(UNITS, results, areas=AREAS, now=at(NOW))


def causes(found: Found) -> list[tuple[Cause, int, int]]:
    return [(one.cause, one.units, one.of) for one in found.troubles]


def test_a_good_cycle_finds_nothing_and_sees_everything() -> None:
    found = judged(Outcome.STORED, Outcome.UNCHANGED, Outcome.NOT_PUBLISHED)
    assert found.troubles == []
    everything = {"ALL", "ROI", "NI"}
    assert found.seen == {("wind", cause): everything for cause in Cause}, "and nothing of areas that were not planned"


def test_what_upstream_loses_daily_is_no_trouble() -> None:
    found = judged(Outcome.STORED, Outcome.UPSTREAM_UNAVAILABLE, Outcome.UPSTREAM_UNAVAILABLE)
    assert found.troubles == []
    assert found.seen["wind", Cause.UPSTREAM_UNAVAILABLE] == {"ALL"}


def test_an_area_without_any_answer_is_a_trouble_and_says_nothing_of_the_rest() -> None:
    found = judged(*[Outcome.UPSTREAM_UNAVAILABLE] * 3)
    assert causes(found) == [(Cause.UPSTREAM_UNAVAILABLE, 3, 3)]
    assert found.troubles[0].reason == "wind · ALL · 2026-02-09 to 10: seen of ALL"
    assert found.seen == {}


def test_a_broken_contract_and_an_error_of_ours_are_told_apart() -> None:
    found = judged(Outcome.CONTRACT_BROKEN, Outcome.OUR_ERROR, Outcome.STORED)
    assert causes(found) == [(Cause.CONTRACT_BROKEN, 1, 3), (Cause.OUR_ERROR, 1, 3)]
    assert [one.regions for one in found.troubles] == [("ALL",), ("ROI",)]


def test_a_lost_task_is_an_error_of_ours() -> None:
    found = judged(Outcome.STORED, None, Outcome.STORED)
    assert causes(found) == [(Cause.OUR_ERROR, 1, 3)]
    assert found.troubles[0].regions == ("ROI",)
    assert "without a result" in found.troubles[0].reason


def test_silence_beyond_the_threshold_is_a_trouble_though_upstream_answers() -> None:
    found = judged(*[Outcome.UNCHANGED] * 3, newest="2026-02-08T11:45:00+00:00")
    assert [cause for cause, _, _ in causes(found)] == [Cause.NOTHING_NEW]
    assert "nothing newer than 2026-02-08 11:45 UTC" in found.troubles[0].reason
