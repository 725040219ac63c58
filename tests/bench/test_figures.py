import pytest

from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal, by_limit, faster_than_plain, in_turns
from bench.report import about_now, markdown, printed

pytestmark = pytest.mark.long

SAMPLES = {OURS: [3.0, 30.0, 4.0], LIMIT: [2.0, 10.0, 2.0], PLAIN: [9.0, 60.0, 16.0]}


def test_a_ratio_is_of_the_same_round() -> None:
    assert list(by_limit(SAMPLES, most=2.0).values) == [1.5, 3.0, 2.0]
    assert list(faster_than_plain(SAMPLES, least=3.0).values) == [3.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("goal", "slack", "met"),
    [
        (Goal("most", [1.0, 2.0, 9.0], most=2.0), 1.0, True),
        (Goal("most", [1.0, 2.1, 9.0], most=2.0), 1.0, False),
        (Goal("most", [1.0, 2.1, 9.0], most=2.0), 1.6, True),
        (Goal("most", [3.3], most=2.0), 1.6, False),
        (Goal("least", [0.2], least=0.25), 1.0, False),
        (Goal("least", [0.2], least=0.25), 1.6, True),
        (Goal("least", [0.1], least=0.25), 1.6, False),
        (Goal("least", [0.0], least=0.0), 1.0, True),
    ],
)
def test_the_median_is_held_against_the_bound(goal: Goal, slack: float, met: bool) -> None:
    assert goal.met(slack) is met


def test_a_count_has_no_slack() -> None:
    assert not Goal("reads", [2], most=1, unit="count").met(1.6)


def test_ways_are_taken_in_turns() -> None:
    order: list[str] = []
    in_turns({name: lambda name=name: order.append(name) for name in "ab"}, 2)  # type: ignore[misc]
    assert order == ["a", "b", "a", "b"]


def test_the_table_tells_median_spread_goal_and_what_is_missed() -> None:
    figure = Figure(
        "merge", SAMPLES, goals=(by_limit(SAMPLES, most=1.0),), note="how", parts={"read": 1.0, "write": 3.0}
    )
    page = markdown([figure], about=about_now("make bench"))
    assert "| merge, ms | 4 (3–30) | 2 (2–10) | 16 (9–60) | 2 × (1.5–3) of the limit | ≤ 1 × | **missed** |" in page
    assert "- merge: how." in page
    assert "| write | 3 | 75 % |" in page
    assert "2 × (1.5–3) of the limit, goal ≤ 1 ×: **missed**" in printed(figure, slack=1.0)
