"""Errors carry what the next step needs, across processes too."""

import pickle

import pytest

from include.domain import errors
from include.domain.errors import SAMPLE_BYTES, ContractBroken, SettingInvalid, Transient, UpstreamError


def test_a_setting_error_names_setting_value_and_what_is_allowed_on_one_line() -> None:
    assert str(SettingInvalid.of("GRID_FEED", "x", "eirgrid, simulated")) == (
        "GRID_FEED: got 'x'; allowed: eirgrid, simulated"
    )


def test_a_sample_is_cut_to_what_a_log_can_hold() -> None:
    assert ContractBroken("odd", sample=b"x" * (SAMPLE_BYTES + 1)).sample == b"x" * SAMPLE_BYTES


def test_an_upstream_error_survives_being_sent_to_another_process() -> None:
    error = Transient("503", interface="chart", sample=b"<html>")
    error.retry_after = 7.0
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.interface, again.sample, again.retry_after) == (
        Transient,
        "503",
        "chart",
        b"<html>",
        7.0,
    )


@pytest.mark.parametrize("kind", [errors.Transient, errors.Permanent, errors.NotYetPublished, errors.ContractBroken])
def test_upstreams_faults_are_told_from_ours(kind: type[UpstreamError]) -> None:
    assert issubclass(kind, UpstreamError)
    assert not issubclass(kind, errors.StorageError | SettingInvalid)


def test_a_lost_race_is_a_storage_error_and_another_feed_is_not() -> None:
    assert issubclass(errors.ConditionFailed, errors.StorageError)
    assert not issubclass(errors.WrongStore, errors.StorageError)
