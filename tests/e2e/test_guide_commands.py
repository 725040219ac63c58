"""Airflow's commands in the guide, against a real deployment: its command line, and the requests that MWAA hands on."""

import json
import shlex
from datetime import datetime
from typing import Any

import pytest

from include.jobs.plan import narrowed, parse_days
from include.sources.registry import source
from tests.docs.samples import ROOT, Kind, Line, lines_of
from tests.e2e.deployment import Deployment, while_locked
from tests.e2e.rooftop import SIMULATED_NOW

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def deployment(simulated: Deployment) -> Deployment:
    """Everything paused: runs are made and stay queued, since what the guide starts would fetch for minutes."""
    simulated.pause("ingest_eirgrid", "ingest_csv_folder", "gapcheck", "export")
    return simulated


def airflow(deployment: Deployment, line: Line) -> str:
    words = shlex.split(line.text)
    assert words[0] in {"airflow", "dev/airflow"}
    if words[0] == "dev/airflow":
        assert (ROOT / words[0]).exists()
    try:
        return deployment.command_line.run(*words[1:])
    except RuntimeError as error:
        raise RuntimeError(f"{line.place}: {error}") from error


def cases(kind: Kind, holding: str = "") -> list[Any]:
    return [pytest.param(line, id=f"{line.place} {line.text}") for line in lines_of(kind) if holding in line.text]


def runs(deployment: Deployment, dag_id: str) -> dict[str, dict[str, Any]]:
    return {str(run["dag_run_id"]): run for run in deployment.airflow.runs(dag_id)}


def check_values(params: dict[str, Any]) -> None:
    """As `plan` does first of all; that such runs then do their work is tested elsewhere."""
    eirgrid = source("eirgrid")
    parse_days(params.get("start"), params.get("end"), now=datetime.fromisoformat(SIMULATED_NOW))
    assert narrowed([eirgrid], eirgrid, areas=params.get("areas"), regions=params.get("regions"))


@pytest.mark.parametrize("line", cases(Kind.AIRFLOW))
def test_airflow_takes_the_command(line: Line, deployment: Deployment) -> None:
    words = shlex.split(line.text)
    dag_id = words[3] if words[1:3] == ["dags", "trigger"] else ""
    before = runs(deployment, dag_id) if dag_id else {}
    told = while_locked(lambda: airflow(deployment, line))
    if dag_id:
        (made,) = runs(deployment, dag_id).keys() - before.keys()
        given = json.loads(words[words.index("--conf") + 1]) if "--conf" in words else {}
        params = deployment.airflow.get(f"dags/{dag_id}/details")["params"]
        assert given.keys() <= params.keys(), f"{line.place}: no such Param"
        assert runs(deployment, dag_id)[made]["conf"] == given
        check_values(given)
    elif "--dry-run" in words:
        assert told.count("2026-06") >= 30
    elif words[1] == "pools":
        assert deployment.airflow.get(f"pools/{words[3]}")["slots"] == int(words[4])


@pytest.mark.parametrize("line", cases(Kind.MWAA, " invoke-rest-api "))
def test_airflow_takes_the_request_that_mwaa_hands_on(line: Line, deployment: Deployment) -> None:
    words = shlex.split(line.text)
    given = dict(zip(words[3::2], words[4::2], strict=True))
    path, body = given["--path"].removeprefix("/"), json.loads(given["--body"])
    if path.endswith("/dagRuns"):
        assert deployment.airflow.post(path, body)["dag_run_id"]
    elif given["--method"] == "POST":
        known = {pool["name"] for pool in deployment.airflow.get("pools")["pools"]}
        assert body["name"] in known, "made by the deployment, as the page has it made by hand"
        deployment.airflow._call("DELETE", f"pools/{body['name']}")
        deployment.airflow.post(path, body)
        assert deployment.airflow.get(f"pools/{body['name']}")["slots"] == body["slots"]
    else:
        assert given["--method"] == "PATCH"
        deployment.airflow.patch(path, body)
        assert deployment.airflow.get(path)["is_paused"] == body["is_paused"]
        deployment.airflow.patch(path, {"is_paused": True})
