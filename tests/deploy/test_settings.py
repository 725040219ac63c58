"""A settings file: what it means, and what a mistake in it is told as."""

from pathlib import Path

import pytest
import yaml

from deploy.refused import Refused
from deploy.settings import load
from deploy.up import Deployment
from tests.deploy.cloud import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
LEAST = {"name": "grid", "region": "eu-west-1", "contact": "ann@example.org"}


def written(folder: Path, **more: object) -> Path:
    file = folder / "deploy.yaml"
    file.write_text(yaml.safe_dump(LEAST | more), encoding="utf-8")
    return file


def test_the_example_is_valid_and_what_it_comments_out_is_the_default(tmp_path: Path) -> None:
    example = (ROOT / "deploy" / "example.yaml").read_text(encoding="utf-8")
    bare = load(ROOT / "deploy" / "example.yaml")
    assert bare.healthcheck.schedule == "rate(15 minutes)"
    for name in ("storage", "network", "airflow"):
        assert f"# {name}:" in example


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "Grid"}, "name: got 'Grid'"),
        ({"contact": "ann"}, "contact: got 'ann'"),
        ({"alert_mail": "ann@example.org"}, "alert_mail: no such setting; deploy/example.yaml has them all"),
        ({"network": {"cidr": "10.192.0.5/20"}}, "network.cidr: got '10.192.0.5/20'; 10.192.0.5/20 has host bits set"),
        ({"network": {"cidr": "10.300.0.0/20"}}, "network.cidr: got '10.300.0.0/20'"),
        ({"airflow": {"unpause": ["gapchek"]}}, "airflow.unpause: got 'gapchek'; allowed: export, gapcheck, ingest_"),
        ({"airflow": {"min_workers": 3}}, "airflow: min_workers 3 is above max_workers 2"),
        ({"healthcheck": {"schedule": "rate(1 day)"}}, "healthcheck.schedule: got 'rate(1 day)'"),
        ({"healthcheck": {"schedule": "rate(1 minutes)"}}, "healthcheck.schedule: got 'rate(1 minutes)'"),
        ({"api": {"domain_name": "grid.example.org"}}, "api: domain_name needs cdn: cloudfront"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_allowed(given: dict[str, object], told: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        load(written(tmp_path, **given))
    (line,) = str(refused.value).splitlines()
    assert told in line


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "rate(5 minutes)", "rate(60 minutes)", "rate(1 hour)"])
def test_a_look_at_least_every_hour_is_a_schedule(schedule: str, tmp_path: Path) -> None:
    assert load(written(tmp_path, healthcheck={"schedule": schedule})).healthcheck.schedule == schedule


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"name: [", b"- name"])
def test_what_is_no_settings_file_is_told(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "deploy.yaml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(Refused, match=r"deploy\.yaml: "):
        load(file)


def test_a_shell_that_is_set_up_for_another_deployment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"GRID_FEED": "simulated", "GRID_UPSTREAM": "http://127.0.0.1:9010", "GRID_STORE": "x"}.items():
        monkeypatch.setenv(name, value)
    unused = pytest.fail
    deployment = Deployment(SETTINGS, None, None, unused, unused)  # type: ignore[arg-type]
    assert deployment.pools() == {"eirgrid_live": 4, "eirgrid_repair": 2}
