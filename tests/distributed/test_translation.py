"""What is run as processes is what docker-compose.yaml says, with this machine's ports and folders in it."""

import re

import pytest

from tests.distributed.cluster import Cluster
from tests.distributed.compose import Service, services

pytestmark = pytest.mark.server

SERVICES = services({}, profiles=["simulated"])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    return Cluster(SERVICES, tmp_path_factory.mktemp("cluster"), extra={})


def texts(cluster: Cluster, service: Service) -> list[str]:
    words = [*service.command, *service.health, *service.environment.values()]
    return [cluster.translated(service, word) for word in words]


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_nothing_of_a_container_is_left(cluster: Cluster, service: Service) -> None:
    for text in texts(cluster, service):
        assert not re.search(rf"(?:{'|'.join(SERVICES)}):\d", text), text
        bare = text.replace(str(cluster.state), "")
        assert not [port for port in cluster.ports if re.search(rf"(?<![\w.]){port}(?![\w.])", bare)], text
        for mount in service.mounts:
            assert mount.target not in text or f"{cluster.state}/containers/{service.name}{mount.target}" in text, text


def test_texts_are_translated(cluster: Cluster) -> None:
    scheduler, s3 = SERVICES["scheduler"], SERVICES["s3"]
    root = cluster.state / "containers" / "scheduler"
    assert cluster.translated(scheduler, "http://airflow-api:8080/execution/") == f"{cluster.url('8080')}/execution/"
    assert cluster.translated(scheduler, "cat /secrets/fernet_key") == f"cat {root}/secrets/fernet_key"
    assert cluster.translated(scheduler, "/opt/airflow/bundle") == f"{root}/opt/airflow/bundle"
    assert cluster.translated(s3, "-dir=/objects") == f"-dir={cluster.state}/containers/s3/objects"
    for same in ("worker-1@grid", "7200", "s3://grid/simulated", "admin:admin", "http://127.0.0.1/api/8"):
        assert cluster.translated(scheduler, same) == same


def test_a_service_has_the_files_environment_and_not_the_callers(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRID_STORE", "somewhere/else")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    environment = cluster.environment(SERVICES["worker-1"])
    assert environment["GRID_STORE"] == "s3://grid/simulated"
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert set(environment) == set(SERVICES["worker-1"].environment) | {"PATH", "HOME", "LANG", "SPT_NOENV"}
