"""The ledger: what it says comes back, its cooldowns, its bounds, and when a day is given up."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from include.domain.errors import LedgerUnreadable
from include.domain.ledger import MAX_BYTES, MAX_ENTRIES, DayKey, Entry, cooldown, decode, encode, fits

NOW = datetime(2026, 11, 12, 6, tzinfo=UTC)
KEY = DayKey("wind", "ROI", date(2026, 11, 3))


def asked(times: int = 1, *, every: timedelta = timedelta(days=1), answer: str | None = "abc") -> Entry:
    entry: Entry | None = None
    for number in range(times):
        entry = Entry.asked(entry, run_id=f"run{number}", now=NOW + number * every)
        entry = entry.found("unchanged", answer=answer, at=entry.last_try)
    assert entry is not None
    return entry


def test_what_is_written_is_read() -> None:
    ledger = {
        KEY: asked(3),
        KEY._replace(day=date(2026, 11, 4)): asked(3),
        KEY._replace(day=date(2026, 11, 6)): asked(3),
        DayKey("co2", "NI", date(2026, 11, 5)): Entry.asked(None, run_id="other", now=NOW),
    }
    text = encode(ledger, "eirgrid")
    assert decode(text, "eirgrid") == ledger
    assert len(text.splitlines()) == 5  # a line for each run of days with one entry, and two for the frame
    assert decode(encode({}, "eirgrid"), "eirgrid") == decode(None, "eirgrid") == {}


@pytest.mark.parametrize(
    "change",
    [("eirgrid", "csv_folder"), ('"schema_version": 1', '"schema_version": 2'), ("06:00:00+00:00", "06:00:00"),
     ('"tries": 3', '"tries": "x"'), ('"first": "2026-11-03"', '"first": "3 November"'), ("}]}", "}")],
)  # fmt: skip
def test_what_was_edited_wrongly_is_refused_in_one_line(change: tuple[str, str]) -> None:
    text = encode({KEY: asked(3)}, "eirgrid").replace("\n", "").replace(*change)
    with pytest.raises(LedgerUnreadable, match="Variable gap_ledger_eirgrid: got") as refused:
        decode(text, "eirgrid")
    assert "\n" not in str(refused.value)


def test_cooldowns_double_up_to_two_days_and_differ_by_run() -> None:
    for tries, hours in ((1, 6), (2, 12), (3, 24), (4, 48), (5, 48), (50, 48)):
        waits = {cooldown(f"run{number}", tries) for number in range(50)}
        assert len(waits) == 50
        assert all(0.8 * hours <= wait / timedelta(hours=1) <= 1.2 * hours for wait in waits)
        assert cooldown("run1", tries) == cooldown("run1", tries)


def test_an_entry_is_due_when_its_run_has_ended_and_it_has_cooled_down() -> None:
    entry = Entry.asked(None, run_id="run", now=NOW)
    assert not entry.is_due(NOW + timedelta(days=30))
    entry = entry.found("lost", answer=None, at=NOW)
    assert not entry.is_due(entry.next_try - timedelta(seconds=1))
    assert entry.is_due(entry.next_try)


def test_a_day_is_given_up_after_enough_equal_answers_over_three_days() -> None:
    assert asked(5).is_final(max_attempts=5)
    assert not asked(4).is_final(max_attempts=5)
    assert not asked(5, every=timedelta(hours=12)).is_final(max_attempts=5)
    assert not asked(9, answer=None).is_final(max_attempts=5)
    changed = asked(5).found("stored", answer="other", at=NOW)
    assert (changed.same, changed.is_final(max_attempts=2)) == (1, False)


def test_a_silence_in_between_does_not_count_and_does_not_reset() -> None:
    entry = asked(4)
    entry = Entry.asked(entry, run_id="x", now=NOW + timedelta(days=5)).found(
        "upstream_unavailable", answer=None, at=NOW
    )
    assert (entry.tries, entry.same) == (5, 4)


def test_what_fits_is_counted_as_it_is_written() -> None:
    first = date(2014, 1, 1)
    entry = Entry.asked(None, run_id="gapcheck__20261112T060000__001__2014-01-01__2014-01-31", now=NOW)
    alike = {KEY._replace(day=first + timedelta(days=number)): entry for number in range(4000)}
    assert len(encode(alike, "eirgrid")) < 1000, "days that say the same share an entry"
    assert fits(alike, "eirgrid")
    each = {key: entry.found("stored", answer=f"{number:040d}", at=NOW) for number, key in enumerate(alike)}
    lengths = [len(encode(dict(list(each.items())[:count]), "eirgrid")) for count in (100, 101)]
    line = lengths[1] - lengths[0]
    most = dict(list(each.items())[: MAX_BYTES // line - 1])
    assert fits(most, "eirgrid")
    assert decode(encode(most, "eirgrid"), "eirgrid") == most
    assert not fits(dict(list(each.items())[: MAX_BYTES // line + 1]), "eirgrid")
    short = {KEY._replace(day=first + 2 * timedelta(days=number)): entry for number in range(MAX_ENTRIES + 1)}
    assert not fits(short, "eirgrid")


@pytest.mark.parametrize(
    "change",
    [
        {"last": "2026-10-01"},
        {"last": "2499-12-31"},
        {"tries": -7},
        {"tries": "many"},
        {"area": 5},
        {"same": -1},
        {"first": "yesterday"},
    ],
)
def test_an_entry_that_the_gap_check_never_wrote_is_refused(change: dict[str, object]) -> None:
    document = json.loads(encode({KEY: asked(1)}, "eirgrid"))
    document["open"][0] |= change
    with pytest.raises(LedgerUnreadable, match="gap_ledger_eirgrid"):
        decode(json.dumps(document), "eirgrid")


@pytest.mark.parametrize("opened", ["{}", "5", '"x"', "[[]]", "[" * 100_000])
def test_what_is_no_list_of_entries_is_refused(opened: str) -> None:
    with pytest.raises(LedgerUnreadable):
        decode(f'{{"gap_ledger": "eirgrid", "schema_version": 1, "open": {opened}', "eirgrid")
    with pytest.raises(LedgerUnreadable):
        decode(f'{{"gap_ledger": "eirgrid", "schema_version": 1, "open": {opened}}}', "eirgrid")


def test_equal_entries_of_days_in_a_row_share_a_line() -> None:
    days = [date(2026, 11, day) for day in (1, 2, 3, 5, 6)]
    text = encode({KEY._replace(day=day): asked(1) for day in days}, "eirgrid")
    assert text.count('"first": "2026-11-01", "last": "2026-11-03"') == 1
    assert all(later > earlier for earlier, later in pairwise(decode(text, "eirgrid")))
