"""One message when it opens, one when it is over, whatever happens to the store, the topic and the run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.domain.errors import StorageError
from include.domain.incidents import ALL, Cause, Trouble
from include.domain.readings import Feed
from include.jobs.alerts import Cycle, Teller
from include.jobs.notices import Place
from include.storage.alerts import Message
from include.storage.keys import ALERTS_KEY
from include.storage.local import LocalStore
from tests.storage.lossy import LossyStore

START = datetime(2026, 10, 24, 20, 3, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
PLACE = Place(
    dag_id="ingest_eirgrid",
    run_id="scheduled__2026-10-24T20:03:00+00:00",
    run_url="https://airflow.example.org/dags/ingest_eirgrid/runs/x",
    site="https://grid.example.org/",
)


@dataclass
class Topic:
    """What was sent; fails while it is closed."""

    sent: list[Message] = field(default_factory=list)
    closed: bool = False

    def publish(self, message: Message) -> None:
        if self.closed:
            raise ConnectionError("the topic is away")
        self.sent.append(message)

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.sent]


def cycle(number: int, *areas: str, cause: Cause = Cause.CONTRACT_BROKEN, first_red: bool = True) -> Cycle:
    """The cycle of this number, with this trouble in these areas and none in the others."""
    return Cycle(
        source="eirgrid",
        run_after=START + QUARTER * number,
        troubles=[Trouble(area, cause, f"{area} is odd", 2, 3) for area in areas],
        seen={(area, one): () for area in ("wind", "solar", "demand", ALL) for one in Cause},
        first_red=first_red,
    )


def teller(store: Any, topic: Topic, *, place: Place = PLACE, now: datetime = START) -> Teller:
    return Teller(store=store, publish=topic.publish, place=place, clock=lambda: now)


def test_one_message_opens_and_one_closes(store: LocalStore) -> None:
    topic = Topic()
    for number, areas in enumerate([("wind",), ("wind",), (), (), ()]):
        assert teller(store, topic).tell(cycle(number, *areas)) == []
    assert topic.subjects == ["[grid] contract broken: eirgrid wind", "[grid] over: contract broken: eirgrid wind"]


def test_a_message_says_what_failed_what_to_do_and_where_to_look(store: LocalStore) -> None:
    topic = Topic()
    teller(store, topic).tell(cycle(0, "wind"))
    body = topic.sent[0].body
    assert "wind: 2 of 3 units; wind is odd" in body
    assert "2026-10-24 20:03 UTC (2026-10-24 21:03 Irish time, UTC+1:00)" in body
    assert "clear the failed tasks of the run" in body
    assert PLACE.run_url in body
    assert "https://grid.example.org/guide/runbook/contract-broken/" in body
    assert "https://grid.example.org/ui/" in body
    for number in (1, 2, 3):
        teller(store, topic).tell(cycle(number))
    assert "Until:      2026-10-24 20:33 UTC" in topic.sent[1].body
    assert "Failed:     1 cycle\n" in topic.sent[1].body


def test_times_after_the_clock_change_are_those_of_winter(store: LocalStore) -> None:
    topic = Topic()
    teller(store, topic).tell(cycle(24, "wind"))
    assert "2026-10-25 02:03 UTC (2026-10-25 02:03 Irish time, UTC+0:00)" in topic.sent[0].body


def test_what_comes_and_goes_says_so(store: LocalStore) -> None:
    topic = Topic()
    for number, areas in enumerate([("wind",), (), (), ("wind",), (), (), ("wind",)]):
        teller(store, topic).tell(cycle(number, *areas))
    assert len(topic.sent) == 3
    assert "It comes and goes: it is over once 24 cycles in a row have gone well." in topic.sent[2].body


def test_without_addresses_there_are_no_links(store: LocalStore) -> None:
    topic = Topic()
    teller(store, topic, place=Place(dag_id="export", run_id="x")).tell(cycle(0, "wind"))
    assert "http" not in topic.sent[0].body


def test_an_outage_of_several_areas_is_one_message(store: LocalStore) -> None:
    topic = Topic()
    teller(store, topic).tell(cycle(0, "wind", "solar", "demand"))
    assert topic.subjects == ["[grid] contract broken: eirgrid demand, solar, wind"]
    teller(store, topic).tell(cycle(1, "wind"))
    teller(store, topic).tell(cycle(2, "wind"))
    assert topic.subjects[1:] == ["[grid] over: contract broken: eirgrid demand, solar"]


def test_subjects_are_a_hundred_characters_of_ascii_and_name_a_stand_ins_data(store: LocalStore) -> None:
    topic = Topic()
    place = Place(dag_id="ingest_eirgrid", run_id="x", feed=Feed.SIMULATED)
    teller(store, topic, place=place).tell(cycle(0, *[f"área_{number:02d}" for number in range(40)]))
    (subject,) = topic.subjects
    assert subject.startswith("[grid] (simulated data) contract broken: eirgrid ?rea_00, ")
    assert subject.isascii()
    assert len(subject) == 100


def test_what_could_not_be_sent_goes_out_with_the_next_cycle(store: LocalStore) -> None:
    topic = Topic(closed=True)
    (fault,) = teller(store, topic).tell(cycle(0, "wind"))
    assert "kept for the next cycle" in fault
    topic.closed = False
    assert teller(store, topic, now=START + QUARTER).tell(cycle(1, "wind")) == []
    assert teller(store, topic, now=START + QUARTER * 2).tell(cycle(2, "wind")) == []
    assert topic.subjects == ["[grid] contract broken: eirgrid wind"]


def test_a_run_that_died_before_sending_is_made_up_for(store: LocalStore) -> None:
    class DiesError(BaseException):
        """As a SIGKILL: nothing is caught."""

    def dies(_message: Message) -> None:
        raise DiesError

    with pytest.raises(DiesError):
        Teller(store=store, publish=dies, place=PLACE, clock=lambda: START).tell(cycle(0, "wind"))
    topic = Topic()
    teller(store, topic, now=START + timedelta(minutes=1)).tell(cycle(1, "wind"))
    assert topic.sent == [], "it may still be about to send it"
    teller(store, topic, now=START + QUARTER).tell(cycle(2, "wind"))
    assert topic.subjects == ["[grid] contract broken: eirgrid wind"]


def test_of_many_runs_at_once_one_tells(store: LocalStore) -> None:
    topic = Topic()
    ready = threading.Barrier(8)

    def run() -> None:
        ready.wait()
        teller(store, topic).tell(cycle(0, "wind"))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert topic.subjects == ["[grid] contract broken: eirgrid wind"]


def test_a_message_is_sent_at_once_although_the_answer_to_its_writing_was_lost(tmp_path: Path) -> None:
    topic = Topic()
    store = LossyStore(tmp_path)
    assert teller(store, topic).tell(cycle(0, "wind")) == []
    assert store.lost == 1
    assert len(topic.sent) == 1
    assert teller(store, topic).tell(cycle(1, "wind")) == []
    assert len(topic.sent) == 1


def test_a_good_cycle_writes_nothing(store: LocalStore) -> None:
    teller(store, Topic()).tell(cycle(0))
    assert store.get(ALERTS_KEY) is None


def test_a_record_that_cannot_be_read_is_begun_anew_and_said(store: LocalStore) -> None:
    store.overwrite(ALERTS_KEY, b'{"incidents": 3}')
    topic = Topic()
    assert teller(store, topic).tell(cycle(0, "wind")) == []
    assert "alerts/state.json could not be read" in topic.sent[0].body
    for number in (1, 2, 3):
        teller(store, topic).tell(cycle(number))
    assert len(topic.sent) == 2, "it is kept again"


@pytest.mark.parametrize("first_red", [True, False])
def test_a_store_that_does_not_answer_is_told_once_in_a_row_of_red_runs(first_red: bool) -> None:
    class Away:
        def __getattr__(self, name: str) -> Callable[..., None]:
            def away(*_args: object, **_more: object) -> None:
                raise StorageError("the store does not answer")

            return away

    topic = Topic()
    faults = teller(Away(), topic).tell(cycle(0, "wind", cause=Cause.OUR_ERROR, first_red=first_red))
    assert bool(topic.sent) is first_red
    if first_red:
        assert "The record of incidents cannot be kept (the store does not answer)" in topic.sent[0].body
    else:
        assert "cannot be kept" in faults[0]


def test_a_run_that_is_judged_as_one(store: LocalStore) -> None:
    topic = Topic()
    for number, reason in enumerate(["failed: area wind", "failed: area wind", "", "", ""]):
        whole = Cycle.whole("export", Cause.EXPORT_FAILED, reason=reason, run_after=START + QUARTER * number)
        teller(store, topic).tell(whole)
    assert topic.subjects == ["[grid] export failed: export", "[grid] over: export failed: export"]
    assert "\n  failed: area wind\n" in topic.sent[0].body
