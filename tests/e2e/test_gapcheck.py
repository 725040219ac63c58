"""The gap check through a real scheduler: a hole is found, asked for again, filled, exported and no longer told of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from requests import HTTPError

from include.domain.ledger import variable_name
from tests.e2e.deployment import Deployment
from tests.e2e.holes import ASKED, HOLE, lose, read, repairs_of
from tests.e2e.serving import api_over

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def exporting(simulated: Deployment, cycle: str, rooftop: Path) -> Deployment:
    """Five quarter-hours of wind are lost from what the first live run has stored; of CSV files nothing is."""
    lose(simulated, HOLE)
    return simulated


@pytest.fixture(scope="module")
def filled(exporting: Deployment) -> Deployment:
    """The same, without an export after each repair."""
    exporting.resume("gapcheck")
    exporting.pause("export")
    return exporting


def check(deployment: Deployment, **params: Any) -> tuple[str, str]:
    run = deployment.trigger("gapcheck", params)
    return run, deployment.finish("gapcheck", run)


def test_a_hole_is_found_filled_exported_and_no_longer_told_of_without_a_hand_on_it(exporting: Deployment) -> None:
    filled = exporting
    exports = filled.run_ids("export")
    filled.resume("gapcheck")
    assert filled.finish("gapcheck", filled.first_run("gapcheck")) == "success"
    repairs = [run for run in repairs_of(filled) if run["conf"]["areas"] == ["wind"]]
    (repair,) = repairs
    assert repair["conf"] == ASKED
    assert repair["state"] == "success"
    assert "something is missing from 2026-11-21 to 2026-11-21 of wind · ROI" in repair["note"]
    assert set(HOLE) <= set(read(filled)["timestamp"].to_pylist())
    for run in filled.run_ids("export") - exports:
        assert filled.finish("export", run) == "success"
    with api_over(filled) as get:
        gaps = get("/api/gaps")
        assert gaps["window"] == {"start": "2026-11-21T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
        assert {gap["state"] for gap in gaps["gaps"]} <= {"missing_upstream", "withheld", "late"}
        assert [gap for gap in gaps["gaps"] if (gap["area"], gap["state"]) == ("wind", "missing_upstream")] == []
        served = {
            point["timestamp"]: point
            for block in get("/api/wind")["series"]
            if block["region"] == "ROI"
            for point in block["points"]
        }
    assert all(served[slot.strftime("%Y-%m-%dT%H:%M:%SZ")]["actual"] is not None for slot in HOLE)


def test_a_second_check_finds_nothing_and_triggers_nothing(filled: Deployment) -> None:
    triggered = len(repairs_of(filled))
    _, state = check(filled)
    assert state == "success"
    assert len(repairs_of(filled)) == triggered
    ledger = filled.airflow.get(f"variables/{variable_name('eirgrid')}")["value"]
    assert "wind" not in {one["area"] for one in json.loads(ledger)["open"]}


def readings(deployment: Deployment) -> dict[str, str]:
    """The hash of every readings file's bytes."""
    return {key: etag for key, (etag, _) in deployment.objects("simulated/readings/").items()}


def clear_run(deployment: Deployment, run: str) -> None:
    deployment.airflow.post(f"dags/ingest_eirgrid/dagRuns/{run}/clear", {"dry_run": False, "only_failed": False})
    assert deployment.finish("ingest_eirgrid", run) == "success"


def clear_instance(deployment: Deployment, run: str) -> None:
    (wind,) = (
        one
        for one in deployment.airflow.tasks("ingest_eirgrid", run)
        if one["rendered_map_index"] == "wind · ROI · 2026-11-21 to 23"
    )
    what = {"dag_run_id": run, "task_ids": [["ingest", wind["map_index"]]], "only_failed": False}
    deployment.airflow.post("dags/ingest_eirgrid/clearTaskInstances", what | {"dry_run": False})
    deployment.wait(
        lambda: all(
            one["state"] == "success"
            for one in deployment.airflow.tasks("ingest_eirgrid", run)
            if one["id"] == wind["id"]
        ),
        "the cleared instance",
    )
    assert deployment.finish("ingest_eirgrid", run) == "success"


def two_at_once(deployment: Deployment, _run: str) -> None:
    runs = [deployment.trigger("ingest_eirgrid", ASKED) for _ in range(2)]
    assert [deployment.finish("ingest_eirgrid", run) for run in runs] == ["success", "success"]


@pytest.fixture(scope="module")
def wind(filled: Deployment) -> str:
    """A run of what a live run fetches of wind: to clear it is to clear a live run, but for the other areas' units."""
    run = filled.trigger("ingest_eirgrid", {"areas": ["wind"]})
    assert filled.finish("ingest_eirgrid", run) == "success"
    return run


@pytest.mark.parametrize(
    ("again", "times"),
    [
        pytest.param(clear_run, 1, id="clear_run"),
        pytest.param(clear_run, 2, id="clear_run twice", marks=pytest.mark.long),
        pytest.param(clear_instance, 2, id="clear_instance"),
        pytest.param(two_at_once, 2, id="two_at_once"),
    ],
)
def test_whatever_is_run_again_leaves_the_same_readings(
    filled: Deployment, wind: str, again: Callable[[Deployment, str], None], times: int
) -> None:
    """Byte for byte, with the hole made anew before and then, the second time, with nothing missing."""
    before = readings(filled)
    lose(filled, HOLE)
    assert readings(filled) != before
    for _ in range(times):
        again(filled, wind)
        assert readings(filled) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(filled: Deployment) -> None:
    lose(filled, HOLE)
    before, triggered = filled.objects("simulated/"), len(repairs_of(filled))
    run, state = check(filled, **ASKED, dry_run=True)
    assert state == "success"
    told = filled.log("gapcheck", run, "eirgrid.plan")
    assert "would trigger 1 DagRuns" in told
    assert "wind · ROI · 2026-11-21 to 2026-11-21" in told
    assert "wind · ROI · WIND_ACTUAL: 5 not_fetched" in told
    assert len(repairs_of(filled)) == triggered
    assert filled.objects("simulated/") == before


def test_an_asked_for_check_mends_the_same_hole_again_and_has_its_own_report(filled: Deployment) -> None:
    _, state = check(filled, **ASKED)
    assert state == "success"
    assert len([run for run in repairs_of(filled) if run["conf"] == ASKED]) == 2
    assert set(HOLE) <= set(read(filled)["timestamp"].to_pylist())
    key = "simulated/gap_reports/source=eirgrid/2026-11-21_2026-11-21_wind_ROI.json"
    report = json.loads(filled.s3.get_object(Bucket=filled.bucket, Key=key)["Body"].read())
    assert [(row["field"], row["completeness"]) for row in report["series"]] == [("WIND_ACTUAL", 1), ("WIND_FCAST", 1)]


def test_a_paused_ingest_is_told_and_what_was_not_triggered_comes_next_time(filled: Deployment) -> None:
    lose(filled, HOLE)
    before = len(repairs_of(filled))
    filled.pause("ingest_eirgrid")
    run, state = check(filled, **ASKED)
    assert state == "failed"
    assert "is paused" in filled.log("gapcheck", run, "eirgrid.trigger", map_index=0)
    assert "1 of eirgrid.trigger failed" in filled.log("gapcheck", run, "report")
    assert len(repairs_of(filled)) == before
    filled.resume("ingest_eirgrid")
    _, state = check(filled, **ASKED)
    assert state == "success"
    assert len(repairs_of(filled)) == before + 1
    assert set(HOLE) <= set(read(filled)["timestamp"].to_pylist())


@pytest.mark.parametrize(
    ("params", "line"),
    [
        ({"dry-run": True}, "Params: got 'dry-run'; allowed: start, end, areas, regions, dry_run, reopen"),
        ({"start": "0001-01-01"}, "start: got '0001-01-01'; allowed: a day from 1970-01-01 up to today"),
    ],
)
def test_a_wrong_param_is_refused_in_one_line_and_leaves_everything_as_it_was(
    filled: Deployment, params: dict[str, Any], line: str
) -> None:
    before = filled.objects("simulated/summaries/gaps")
    run, state = check(filled, **params)
    assert state == "failed"
    assert line in filled.log("gapcheck", run, "eirgrid.plan")
    assert filled.objects("simulated/summaries/gaps") == before


def test_it_is_not_backfilled(filled: Deployment) -> None:
    """Two at once would write one ledger, and Airflow's backfills ask no DAG how many may run."""
    span = {"from_date": "2026-11-20T00:00:00Z", "to_date": "2026-11-21T00:00:00Z"}
    with pytest.raises(HTTPError, match="does not allow backfill runs"):
        filled.airflow.post("backfills", {"dag_id": "gapcheck", "run_backwards": False} | span)
    assert filled.airflow.get("dags/gapcheck/dagRuns", run_type="backfill")["dag_runs"] == []


def test_a_foreign_ledger_stops_the_check_and_is_left_alone(filled: Deployment) -> None:
    name = variable_name("eirgrid")
    filled.airflow.patch(f"variables/{name}", {"key": name, "value": '{"mine": 1}'})
    run, state = check(filled, **ASKED)
    assert state == "failed"
    assert f"Variable {name}: got" in filled.log("gapcheck", run, "eirgrid.plan")
    assert json.loads(filled.airflow.get(f"variables/{name}")["value"]) == {"mine": 1}
    note = str(filled.airflow.get(f"dags/gapcheck/dagRuns/{run}")["note"])
    assert f"Failed: eirgrid: Variable {name}: got" in note
    assert "What to do: mend or delete the Variable that is named" in note
