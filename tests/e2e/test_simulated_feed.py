"""Both DAGs through a real scheduler, against the simulated upstream and an S3 server."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest
from requests import HTTPError

from dev.process_signals import find_process, send_signal
from dev.upstream.publication import published_at
from dev.upstream.simulated import Simulated
from include.domain.catalogue import AREAS, CO2_WITHHOLDING
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources.registry import source
from include.storage.keys import readings_key
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.columns import as_points
from tests.e2e.deployment import Deployment
from tests.e2e.rooftop import SIMULATED_NOW
from tests.e2e.serving import Get, api_over

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("simulated"), pytest.mark.timeout(180)]

NOW = datetime.fromisoformat(SIMULATED_NOW)
SEED = 1


@pytest.fixture(scope="module")
def get(simulated: Deployment, cycle: str) -> Iterator[Get]:
    with api_over(simulated) as getter:
        yield getter


FEED = Simulated(seed=SEED)
FORECASTS = {"WIND_FCAST", "SOLAR_FCAST", "DEMAND_FORECAST_VALUE"}


@cache
def published(field: str, region: str) -> dict[datetime, float | None]:
    """What upstream has published by now of every slot around it: the value, or null."""
    slots = np.arange(NOW.timestamp() // 900 * 900 - 4 * 86_400, NOW.timestamp() + 3 * 86_400, 900, dtype=np.int64)
    values = FEED.values(field, region, slots)
    visible = np.isfinite(values)
    if field not in FORECASTS:
        visible &= published_at(SEED, field, region, slots) <= NOW.timestamp()
    return {
        datetime.fromtimestamp(int(slot), UTC): float(value) if seen else None
        for slot, value, seen in zip(slots, values, visible, strict=True)
    }


def test_every_partition_is_a_named_task_instance(simulated: Deployment, cycle: str) -> None:
    tasks = simulated.airflow.tasks("ingest_eirgrid", cycle)
    names = {one["rendered_map_index"] for one in tasks if one["task_id"] == "ingest"}
    assert {"wind · ROI · 2026-11-21 to 23", "frequency · ROI · 2026-11-21", "snsp · ALL · 2026-11-21 to 22"} <= names
    assert len(names) == 24
    assert {one["state"] for one in tasks if one["task_id"] == "reconcile"} == {"success"}


def test_every_point_served_is_what_upstream_published(get: Get) -> None:
    compared = 0
    for area in AREAS:
        if area.name in {"frequency", "generation"}:
            continue
        for block in get(f"/api/{area.name}")["series"]:
            fields = {"value": block["field"], "actual": block["field"], "forecast": block.get("forecast_field", "")}
            for point in block["points"]:
                slot = datetime.fromisoformat(point["timestamp"])
                for key in fields.keys() & point.keys():
                    if point.get("derived"):
                        continue
                    expected = published(fields[key], block["region"])[slot]
                    assert point[key] == expected, (area.name, block["region"], key, point)
                    compared += 1
    assert compared > 5000


def test_every_elapsed_slot_of_both_days_is_served(get: Get) -> None:
    start = datetime(2026, 11, 21, tzinfo=UTC)
    for area in ("wind", "demand", "interconnection", "co2", "system_generation"):
        expected = {start + timedelta(minutes=15) * n for n in range(int((NOW - start) / timedelta(minutes=15)) + 1)}
        for block in get(f"/api/{area}")["series"]:
            found = {datetime.fromisoformat(point["timestamp"]) for point in block["points"]}
            assert expected <= found, (area, block["region"], sorted(expected - found)[:3])


def test_withheld_emissions_are_derived_and_marked(get: Get) -> None:
    derived = 0
    for block in get("/api/co2")["series"]:
        if block["field"] != "CO2_EMISSIONS":
            continue
        for point in (one for one in block["points"] if one.get("derived")):
            slot = datetime.fromisoformat(point["timestamp"])
            assert published("CO2_EMISSIONS", block["region"])[slot] is None
            intensity = FEED.value("CO2_INTENSITY", block["region"], slot)
            demand = FEED.value("SYSTEM_DEMAND", block["region"], slot)
            assert intensity is not None
            assert demand is not None
            assert point["value"] == pytest.approx(intensity * demand / 1000, abs=0.06)
            assert point["value"] < CO2_WITHHOLDING[block["region"]].below + 0.0005 * demand + 0.5
            derived += 1
    assert derived


def test_frequency_is_min_mean_and_max_of_what_upstream_published(get: Get) -> None:
    (block,) = get("/api/frequency")["series"]
    assert len(block["points"]) > 170
    for point in block["points"]:
        start = int(datetime.fromisoformat(point["timestamp"]).timestamp())
        slots = np.arange(start, start + 900, 5)
        seen = published_at(SEED, "SYS_FREQUENCY", "ROI", slots) <= NOW.timestamp()
        values = FEED.values("SYS_FREQUENCY", "ROI", slots)[seen]
        values = values[~np.isnan(values)]
        assert point["readings"] == len(values)
        assert (point["min"], point["max"]) == (values.min(), values.max())
        assert point["value"] == pytest.approx(values.mean(), abs=0.0001)


def test_current_holds_every_metric_and_each_is_upstreams(get: Get) -> None:
    current = get("/api/current")
    for name in ("wind_mw", "wind_forecast_mw", "solar_mw", "solar_forecast_mw", "demand_mw"):
        assert set(current[name]) == {"ALL", "ROI", "NI"}, name
    assert set(current["interconnection_mw"]) == {"EWIC", "GRNLK", "MOYLE", "NET"}
    assert set(current["generation_mw"]) == {"coal", "gas", "net_import", "other_fossil", "renew"}
    assert all(isinstance(current[name], float) for name in ("frequency_hz", "snsp_pct", "co2_t"))
    for reading in current["readings"]:
        slot = datetime.fromisoformat(reading["timestamp"])
        if not reading["derived"]:
            assert reading["value"] == FEED.value(reading["field"], reading["region"], slot), reading
        assert reading["feed"] == "simulated"
    assert current["as_of"] == max(one["timestamp"] for one in current["readings"])


def test_snapshot_is_current_and_all_areas(get: Get) -> None:
    snapshot = get("/api/snapshot")
    assert snapshot["current"] == get("/api/current")
    assert {name: as_points(summary) for name, summary in snapshot["areas"].items()} == {
        name: get(f"/api/{name}") for name in [*(area.name for area in AREAS), "rooftop_solar"]
    }


def test_stored_files_are_sorted_and_carry_their_feed(simulated: Deployment, cycle: str, tmp_path: Path) -> None:
    keys = list(simulated.objects("simulated/readings/"))
    assert len(keys) == 24
    simulated.s3.download_file(
        simulated.bucket, next(key for key in keys if "area=wind" in key), str(tmp_path / "x.parquet")
    )
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.schema.metadata[b"feed"] == b"simulated"
    rows = list(zip(table["field"].to_pylist(), table["timestamp"].to_pylist(), strict=True))
    assert rows == sorted(set(rows))


def data(deployment: Deployment) -> dict[str, tuple[str, Any]]:
    """Every object but the record of the last live run, which is about the run itself."""
    return {key: one for key, one in deployment.objects("simulated/").items() if "/cycles/" not in key}


def test_a_second_cycle_with_nothing_new_writes_nothing_and_says_so(simulated: Deployment, cycle: str) -> None:
    before = data(simulated)
    exports = len(simulated.airflow.runs("export"))
    run = simulated.trigger("ingest_eirgrid", {})
    assert simulated.finish("ingest_eirgrid", run) == "success"
    assert data(simulated) == before
    (record,) = simulated.objects("simulated/cycles/")
    told = json.loads(simulated.s3.get_object(Bucket=simulated.bucket, Key=record)["Body"].read())
    assert told["areas"]["wind"] == {"unchanged": 3}
    states = {one["task_id"]: one["state"] for one in simulated.airflow.tasks("ingest_eirgrid", run)}
    assert states["publish"] == "skipped"
    assert "nothing new" in simulated.log("ingest_eirgrid", run, "publish")
    assert "nothing new, no object written" in simulated.log("ingest_eirgrid", run, "ingest", map_index=0)
    assert len(simulated.airflow.runs("export")) == exports


def test_clearing_one_instance_when_nothing_changed_wakes_no_export(simulated: Deployment, cycle: str) -> None:
    before, exports = data(simulated), len(simulated.airflow.runs("export"))
    simulated.airflow.post(
        "dags/ingest_eirgrid/clearTaskInstances",
        {
            "dry_run": False,
            "dag_run_id": cycle,
            "task_ids": [["ingest", 0]],
            "only_failed": False,
            "include_downstream": True,
        },
    )
    assert simulated.finish("ingest_eirgrid", cycle) == "success"
    states = {one["task_id"]: one["state"] for one in simulated.airflow.tasks("ingest_eirgrid", cycle)}
    assert (states["publish"], states["reconcile"]) == ("skipped", "success")
    assert len(simulated.airflow.runs("export")) == exports
    assert data(simulated) == before


WRONG: dict[str, dict[str, Any]] = {
    "end: got '2026-11-01'; allowed: a day from start, 2026-11-10": {"start": "2026-11-10", "end": "2026-11-01"},
    "Params: got 'strat'; allowed: start, end, areas, regions": {"strat": "2026-06-01"},
    "allowed in one run: 1000": {"start": "2014-01-01", "end": "2026-11-01"},
}


def test_a_wrong_param_gives_one_clear_line_and_writes_nothing(simulated: Deployment, cycle: str) -> None:
    before = data(simulated)
    runs = {line: simulated.trigger("ingest_eirgrid", conf) for line, conf in WRONG.items()}
    for line, run in runs.items():
        assert simulated.finish("ingest_eirgrid", run) == "failed"
        assert line in simulated.log("ingest_eirgrid", run, "plan")
    assert data(simulated) == before


@pytest.mark.parametrize(
    ("conf", "told"),
    [
        ({"start": "tomorrow"}, r"^400: .*start.*tomorrow"),
        ({"areas": ["wnd"]}, r"^400: .*areas.*wnd"),
        ({"regions": ["UK"]}, r"^400: .*regions.*UK"),
    ],
)
@pytest.mark.parametrize("dag_id", ["ingest_eirgrid", "gapcheck"])
def test_what_there_is_not_is_refused_when_triggering(
    simulated: Deployment, cycle: str, dag_id: str, conf: dict[str, Any], told: str
) -> None:
    with pytest.raises(HTTPError, match=told):
        simulated.trigger(dag_id, conf)


@pytest.mark.usefixtures("without_export")
def test_a_logical_date_of_another_day_is_fetched_and_its_run_says_so(simulated: Deployment, cycle: str) -> None:
    asked = {"logical_date": "2026-10-24T23:30:00Z", "conf": {"areas": ["snsp"]}}
    run = str(simulated.airflow.post("dags/ingest_eirgrid/dagRuns", asked)["dag_run_id"])
    assert simulated.finish("ingest_eirgrid", run) == "success"
    fetched = {one["task_id"]: one["rendered_map_index"] for one in simulated.airflow.tasks("ingest_eirgrid", run)}
    assert fetched["repair"] == "snsp · ALL · 2026-10-25"
    assert note_of(simulated, run) == "Irish day 2026-10-25 · snsp"
    key = "simulated/outcomes/source=eirgrid/area=snsp/region=ALL/year=2026/month=10.json"
    days = json.loads(simulated.s3.get_object(Bucket=simulated.bucket, Key=key)["Body"].read())["days"]
    assert {day: tries[-1]["outcome"] for day, tries in days.items()} == {"2026-10-25": "stored"}


@pytest.mark.usefixtures("without_export")
@pytest.mark.parametrize(("day", "forwarded"), [("2026-10-10", False), ("2026-09-10", True)])
def test_a_task_killed_in_a_merge_and_cleared_leaves_the_same_bytes(
    simulated: Deployment, cycle: str, tmp_path: Path, day: str, forwarded: bool
) -> None:
    """Killed before its PUT reaches the store, and after the store has it but no answer came back."""
    year, month = day.split("-")[:2]
    held = simulated.gate.hold(f"area=wind/region=ROI/year={year}/month={month}", forwarded=forwarded)
    run = simulated.trigger("ingest_eirgrid", {"start": day, "end": day, "areas": ["wind"], "regions": ["ROI"]})
    assert held.arrived.wait(90), "the task never came to its PUT"
    # By both ends: another connection may have this port too, and one that is over has no process: None is our own.
    gate = simulated.gate.server.server_address[1]
    (writer,) = (
        one.pid
        for one in psutil.net_connections("tcp")
        if one.pid and one.laddr and one.raddr and (one.laddr[1], one.raddr[1]) == (held.client_port, gate)
    )
    send_signal(find_process(writer), signal.SIGKILL)
    held.released.set()
    simulated.wait(lambda: repair_state(simulated, run) in {"up_for_retry", "failed"}, "the loss to be noticed")
    simulated.airflow.post(
        "dags/ingest_eirgrid/clearTaskInstances",
        {"dry_run": False, "dag_run_id": run, "task_ids": ["repair"], "only_failed": False, "include_downstream": True},
    )
    simulated.wait(lambda: repair_state(simulated, run) == "success", "the cleared task")
    assert simulated.finish("ingest_eirgrid", run) == "success"
    found = undisturbed(simulated, day, tmp_path)
    assert {key: body_of(simulated, key) for key in found} == found


def repair_state(deployment: Deployment, run: str) -> str | None:
    tasks = deployment.airflow.tasks("ingest_eirgrid", run)
    return next((one["state"] for one in tasks if one["task_id"] == "repair" and one["map_index"] == 0), None)


def body_of(deployment: Deployment, key: str) -> bytes:
    body: bytes = deployment.s3.get_object(Bucket=deployment.bucket, Key=f"simulated/{key}")["Body"].read()
    return body


def undisturbed(deployment: Deployment, day: str, folder: Path) -> dict[str, bytes]:
    """The bytes that the same fetch leaves in an empty folder when nothing is killed."""
    settings = load_settings(store=str(folder), feed="simulated", upstream=deployment.stack.upstream_url, now=NOW)
    entry = source("eirgrid")
    readings = ReadingsStore(LocalStore(folder), feed=settings.feed)
    readings.open()
    selection = Selection.of(entry, areas=["wind"], regions=["ROI"])
    wanted = datetime.fromisoformat(day).date()
    (unit,) = plan_days(entry, wanted, wanted, now=NOW, selection=selection)
    fetcher = entry.load().from_settings(settings, clock=settings.clock)
    Ingest(source=fetcher, area=entry.area("wind"), readings=readings, clock=settings.clock).run(unit, live=False)
    key = readings_key(unit.partition)
    return {key: (folder / key).read_bytes()}


def test_outcomes_lie_beside_the_data(simulated: Deployment, cycle: str) -> None:
    key = "simulated/outcomes/source=eirgrid/area=wind/region=ROI/year=2026/month=11.json"
    days = json.loads(simulated.s3.get_object(Bucket=simulated.bucket, Key=key)["Body"].read())["days"]
    assert days["2026-11-22"][-1]["outcome"] == "stored"
    assert days["2026-11-22"][-1]["interface"]


def test_a_failed_run_says_in_its_note_what_to_do(simulated: Deployment, cycle: str) -> None:
    run = simulated.trigger("ingest_eirgrid", {"start": "2026-11-10", "end": "2026-11-01"})
    assert simulated.finish("ingest_eirgrid", run) == "failed"
    simulated.wait(lambda: "Failed: " in note_of(simulated, run), "the note")
    about, said, red, advice = note_of(simulated, run).split("\n\n")
    assert about == "Irish days 2026-11-10 to 2026-11-01"
    assert said.startswith(
        "Failed: nothing was fetched, for want of a plan: end: got '2026-11-01'; allowed: a day from"
    )
    assert red == "Red tasks: plan, reconcile"
    assert advice.startswith("What to do: trigger another run with what is allowed")


def note_of(deployment: Deployment, run: str) -> str:
    return str(deployment.airflow.get(f"dags/ingest_eirgrid/dagRuns/{run}")["note"] or "")


def test_a_mapped_instance_links_to_its_partition_and_to_the_dashboard_at_its_days(
    simulated: Deployment, cycle: str
) -> None:
    path = f"dags/ingest_eirgrid/dagRuns/{cycle}/taskInstances/ingest/links"
    units = [one for one in simulated.airflow.tasks("ingest_eirgrid", cycle) if one["task_id"] == "ingest"]
    index = next(one["map_index"] for one in units if one["rendered_map_index"] == "wind · ROI · 2026-11-21 to 23")
    links = simulated.airflow.get(path, map_index=index)["extra_links"]
    site = simulated.stack.api_url
    key = "readings/source=eirgrid/area=wind/region=ROI/year=2026/month=11/data.parquet"
    assert links == {
        "Dashboard": f"{site}/ui/?region=ROI&start=2026-11-21&end=2026-11-24&series=wind",
        "Partition": f"{site}/api/files/{key}",
    }
    assert f"simulated/{key}" in simulated.objects("simulated/readings/")


def test_a_fault_of_ours_is_told_once_and_so_is_its_end(simulated: Deployment, rooftop: Path) -> None:
    """A partition that cannot be read: what is wrong stays wrong over several cycles, until a person mends it.

    Of the source with the fewest units: an alert does not depend on how many there are.
    """
    key = "simulated/readings/source=csv_folder/area=rooftop_solar/region=NI/year=2026/month=11/data.parquet"
    whole = simulated.s3.get_object(Bucket=simulated.bucket, Key=key)["Body"].read()
    # An export that is still reading would find the partition broken too, and tell of it.
    simulated.rest("export")
    assert simulated.mailbox.received() == [], "nothing that went before was worth a message"
    simulated.s3.put_object(Bucket=simulated.bucket, Key=key, Body=b"no Parquet")
    runs = [live(simulated, "failed") for _ in range(2)]
    (opened,) = simulated.mailbox.received()
    assert opened["Subject"] == "[grid] (simulated data) our error: csv_folder rooftop_solar"
    assert "rooftop_solar: 1 of 2 units; rooftop_solar · NI · 2026-11-21 to 22: " in opened["Message"]
    assert f"{simulated.stack.airflow_url}/dags/ingest_csv_folder/runs/{quote(runs[0])}" in opened["Message"]
    assert f"{simulated.stack.api_url}/guide/runbook/our-error/" in opened["Message"]
    simulated.s3.put_object(Bucket=simulated.bucket, Key=key, Body=whole)
    live(simulated, "success")
    assert simulated.mailbox.received() == []
    live(simulated, "success")
    (closed,) = simulated.mailbox.received()
    assert closed["Subject"] == "[grid] (simulated data) over: our error: csv_folder rooftop_solar"
    assert "Failed:     2 cycles" in closed["Message"]
    assert simulated.s3.get_object(Bucket=simulated.bucket, Key=key)["Body"].read() == whole


def test_a_summary_that_cannot_be_written_turns_the_export_red_and_is_told(simulated: Deployment, cycle: str) -> None:
    """The tasks after it go on and succeed, which would hide it."""
    key = "simulated/readings/source=eirgrid/area=snsp/region=ALL/year=2026/month=11/data.parquet"
    whole = simulated.s3.get_object(Bucket=simulated.bucket, Key=key)["Body"].read()
    simulated.mailbox.received()
    simulated.s3.put_object(Bucket=simulated.bucket, Key=key, Body=b"no Parquet")
    run = ended(simulated, "export", "failed")
    (opened,) = simulated.mailbox.received()
    assert opened["Subject"] == "[grid] (simulated data) export failed: export"
    assert "  area snsp, inventory; the log of each says why" in opened["Message"]
    note = str(simulated.airflow.get(f"dags/export/dagRuns/{run}")["note"])
    assert note.startswith("Failed: area snsp")
    simulated.s3.put_object(Bucket=simulated.bucket, Key=key, Body=whole)
    for _ in range(2):
        assert simulated.mailbox.received() == []
        ended(simulated, "export", "success")
    (closed,) = simulated.mailbox.received()
    assert closed["Subject"] == "[grid] (simulated data) over: export failed: export"


def live(deployment: Deployment, state: str) -> str:
    return ended(deployment, "ingest_csv_folder", state)


def ended(deployment: Deployment, dag_id: str, state: str) -> str:
    run = deployment.trigger(dag_id, {})
    assert deployment.finish(dag_id, run) == state
    return run
