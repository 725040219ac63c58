"""Before anything starts: somebody to ask, a bucket, and Pools of the sizes that the settings say."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from dev.compose.prepare import check_feed, main, make_bucket, pools
from dev.ports import free_port
from include.domain.errors import SettingInvalid
from include.settings import load_settings


@pytest.fixture
def unanswered() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.mark.server
def test_without_an_upstream_the_start_ends_with_what_to_do(unanswered: str) -> None:
    settings = load_settings(store="s3://grid/x", feed="simulated", upstream=unanswered)
    with pytest.raises(SettingInvalid, match="--profile simulated up") as refused:
        check_feed(settings, patience=0)
    assert unanswered in str(refused.value)
    assert "GRID_FEED=eirgrid with GRID_CONTACT" in str(refused.value)


def test_eirgrid_needs_a_contact() -> None:
    with pytest.raises(SettingInvalid, match="GRID_CONTACT"):
        check_feed(load_settings(store="s3://grid/x", feed="eirgrid"))
    check_feed(load_settings(store="s3://grid/x", feed="eirgrid", contact="ops@example.org"))


def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GRID_STORE", "s3://grid/x")
    monkeypatch.setenv("GRID_FEED", "eirgrid")
    monkeypatch.delenv("GRID_CONTACT", raising=False)
    assert main() == 2
    assert capsys.readouterr().err.startswith("GRID_CONTACT: ")


def test_pools_have_the_sizes_of_the_settings() -> None:
    settings = load_settings(store="s3://grid/x", feed="eirgrid", max_concurrency=9)
    assert pools(settings, {}) == {"eirgrid_live": 6, "eirgrid_repair": 3}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_the_bucket_is_made_once() -> None:
    for _ in range(2):
        make_bucket("s3://grid/simulated")
    assert [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]] == ["grid"]
