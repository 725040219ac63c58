"""docker-compose.yaml is valid, and keeps this project's own rules."""

import re
import subprocess
import sys
from typing import Any

import pytest

from include.settings import load_settings
from tests.distributed.compose import FILE, ROOT, Service, Unset, document, interpolated, services

SIMULATED = services({}, profiles=["simulated"])
REAL = services({"GRID_FEED": "eirgrid", "GRID_CONTACT": "ops@example.org"})
LONG_RUNNING = {
    "postgres", "redis", "s3", "airflow-api", "scheduler", "dag-processor", "triggerer", "worker-1", "worker-2", "api",
    "upstream",
}  # fmt: skip
EACH = pytest.mark.parametrize("service", SIMULATED.values(), ids=SIMULATED)
EACH_LONG_RUNNING = pytest.mark.parametrize(
    "service", [SIMULATED[name] for name in sorted(LONG_RUNNING)], ids=sorted(LONG_RUNNING)
)


def valid(text: str, tmp_path: Any) -> bool:
    file = tmp_path / "docker-compose.yaml"
    file.write_text(text)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def test_it_is_valid_against_the_compose_specification(tmp_path: Any) -> None:
    text = FILE.read_text()
    assert valid(text, tmp_path)
    assert not valid(text.replace("  redis:\n", "  redis:\n    comand: redis-server\n", 1), tmp_path)


def test_it_has_productions_services() -> None:
    assert set(SIMULATED) == LONG_RUNNING | {"secrets", "prepare"}
    assert set(REAL) == set(SIMULATED) - {"upstream"}


@EACH
def test_every_image_is_of_an_exact_version(service: Service) -> None:
    build = service.raw.get("build", {}).get("dockerfile_inline", "")
    images = re.findall(r"^FROM (\S+)", build, re.MULTILINE) or [service.raw["image"]]
    for image in images:
        assert re.fullmatch(r"[\w/-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?", image), image
        assert "latest" not in image


def test_airflows_image_is_of_the_locked_version() -> None:
    assert "FROM apache/airflow:3.3.1-python3.12\n" in SIMULATED["scheduler"].raw["build"]["dockerfile_inline"]
    assert "\napache-airflow==3.3.1" in (ROOT / "requirements.txt").read_text()


@EACH
def test_no_service_runs_as_root_or_may_become_it(service: Service) -> None:
    assert service.raw["user"].partition(":")[0] not in {"", "0", "root"}
    assert not service.raw.get("privileged")
    if service.name != "secrets":
        assert service.raw["cap_drop"] == ["ALL"]
        assert service.raw["security_opt"] == ["no-new-privileges:true"]


@EACH_LONG_RUNNING
def test_every_long_running_service_has_a_health_check_and_is_started_again(service: Service) -> None:
    assert service.health
    assert service.raw["restart"] == "unless-stopped"
    assert set(service.raw["healthcheck"]) == {
        "test", "interval", "timeout", "retries", "start_period", "start_interval"
    }  # fmt: skip


@EACH
def test_what_is_mounted_of_the_project_is_read_only(service: Service) -> None:
    assert [mount.source for mount in service.mounts if not mount.named and not mount.read_only] == []
    writers = {"secrets", "airflow-api"}
    assert all(mount.read_only for mount in service.mounts if mount.source == "secrets" and service.name not in writers)


@EACH
def test_ports_are_this_machines_own(service: Service) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in service.raw.get("ports", []))
    assert "network_mode" not in service.raw or service.raw["network_mode"] == "none"


def test_only_airflow_and_the_api_are_reachable_from_outside() -> None:
    assert {name for name, service in SIMULATED.items() if service.raw.get("ports")} == {"airflow-api", "api"}


@EACH
def test_a_service_waits_until_what_it_needs_is_ready(service: Service) -> None:
    for other, condition in service.needs.items():
        expected = "service_healthy" if other in LONG_RUNNING else "service_completed_successfully"
        assert condition == expected, other
    if service.name not in {"secrets", "upstream"}:
        assert service.needs


@EACH
def test_no_secret_is_in_the_file(service: Service) -> None:
    """A secret is a file below /secrets: whatever is named like one says which."""
    for name, value in service.environment.items():
        if re.search(r"SECRET|PASSWORD|KEY|CREDENTIALS|BROKER_URL|BACKEND|CONN", name):
            assert not value or value.split()[-1].startswith("/secrets/"), name
    assert not re.search(r"://[^/\s]*:[^/\s]*@", FILE.read_text())


def test_named_volumes_are_declared_and_used() -> None:
    used = {mount.source for service in SIMULATED.values() for mount in service.mounts if mount.named}
    assert used == set(document()["volumes"])
    kept = {name: {m.target for m in SIMULATED[name].mounts if m.named} for name in ("postgres", "redis", "s3")}
    assert {"/var/lib/postgresql/data"} < kept["postgres"]
    assert {"/data"} < kept["redis"]
    assert {"/objects"} < kept["s3"]


def test_pages_that_were_not_built_stop_the_start() -> None:
    assert {mount.source for mount in SIMULATED["api"].mounts if mount.must_exist} == {"./site", "./api/dashboard/dist"}


def test_the_simulated_feed_needs_no_setting() -> None:
    environment = SIMULATED["scheduler"].environment
    assert (environment["GRID_FEED"], environment["GRID_UPSTREAM"]) == ("simulated", "http://upstream:9010")
    load_settings(store=environment["GRID_STORE"], feed="simulated", upstream=environment["GRID_UPSTREAM"])


def test_eirgrid_is_asked_with_a_contact_or_not_at_all() -> None:
    assert REAL["scheduler"].environment["GRID_CONTACT"] == "ops@example.org"
    assert "GRID_UPSTREAM" not in REAL["scheduler"].environment
    with pytest.raises(Unset, match="GRID_CONTACT: set it to an e-mail address or URL"):
        services({"GRID_FEED": "eirgrid"})


def test_each_feed_has_a_store_of_its_own() -> None:
    for found, store in ((SIMULATED, "s3://grid/simulated"), (REAL, "s3://grid/eirgrid")):
        assert {one.environment["GRID_STORE"] for one in found.values() if "GRID_STORE" in one.environment} == {store}


def test_celery_has_room_for_all_that_airflow_hands_it() -> None:
    """Otherwise a task would wait in Celery, and be taken for one that a lost worker had."""
    environment = SIMULATED["scheduler"].environment
    workers = [name for name in SIMULATED if name.startswith("worker-")]
    room = len(workers) * int(environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert int(environment["AIRFLOW__CORE__PARALLELISM"]) == room


def test_a_message_is_not_handed_out_again_while_its_task_may_still_run() -> None:
    longest = 3600
    timeout = SIMULATED["scheduler"].environment["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"]
    assert int(timeout) > longest


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$$HOME", "$HOME"), ("${A}", "1"), ("${A:-2}", "1"), ("${B:-2}", "2"), ("${B:-}", ""), ("${EMPTY:-2}", "2")],
)
def test_variables_are_read_as_compose_reads_them(text: str, expected: str) -> None:
    assert interpolated(text, {"A": "1", "EMPTY": ""}) == expected
    assert interpolated({"x": [text]}, {"A": "1", "EMPTY": ""}) == {"x": [expected]}
