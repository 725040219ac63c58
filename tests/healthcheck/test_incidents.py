"""One mail when an incident opens, one when it closes; the mails are read back from a queue behind the topic."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from healthcheck_lambda import handler as health
from include.domain.catalogue import area_names
from tests.healthcheck.conftest import Aws
from tests.healthcheck.grid import Grid, status

pytestmark = pytest.mark.server

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


def later(grid: Grid, by: timedelta = QUARTER) -> dict[str, Any]:
    grid.now += by
    return grid.run()


def test_nothing_is_sent_and_nothing_is_written_while_all_is_well(grid: Grid, aws: Aws) -> None:
    found = grid.run()
    assert {name: one["state"] for name, one in found["areas"].items()} == dict.fromkeys(area_names(), "OK")
    assert (found["mails"], found["open"], found["record"]) == ([], [], "kept")
    assert found["listed_by"] == "/api/catalogue"
    assert aws.mails() == []
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=aws.bucket)
    assert set(grid.asked.values()) == {1}
    json.dumps(found)


def test_two_mails_per_incident(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.run()
    [mail] = aws.mails()
    assert mail["Subject"] == "Grid data STALE (suspect: upstream): wind"
    for _ in range(3):
        later(grid)
    assert aws.mails() == []
    grid.stopped.clear()
    later(grid)
    [over] = aws.mails()
    assert over["Subject"] == "Grid data OK again: wind"
    assert "Told: 2026-11-10 12:07 UTC (12:07 GMT)" in over["Message"]
    assert "Well since: 2026-11-10 13:07 UTC (13:07 GMT), 1 h later" in over["Message"]
    later(grid)
    assert aws.mails() == []


def test_a_mail_says_all_that_a_person_needs(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.outcomes["wind"] = {"upstream_unavailable": 3}
    grid.run()
    [mail] = aws.mails()
    assert mail["Message"].splitlines() == [
        "1 of 9 areas are not well:",
        "  wind: STALE; newest value 2026-11-10 08:00 UTC (08:00 GMT), 4 h 07 min ago; threshold 3 h",
        "",
        "Seen: 2026-11-10 12:07 UTC (12:07 GMT)",
        "Suspected cause: upstream; outcomes of the last live run, these areas: 3 upstream_unavailable",
        "What to do: nothing, unless it lasts: the next run that gets an answer fetches what is missing.",
        f"  {grid.address}/guide/runbook/area-stale/",
        f"Dashboard: {grid.address}/ui/",
        "The next mail on this says that it is over.",
    ]


def test_the_guide_may_lie_elsewhere(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUIDE_URL", "https://grid.example.org/help/")
    grid.bad["co2"] = status(503)
    grid.run()
    assert "  https://grid.example.org/help/runbook/area-down/\n" in aws.mails()[0]["Message"]


def test_an_outage_of_the_whole_api_is_one_message(grid: Grid, aws: Aws) -> None:
    grid.bad["*"] = status(502)
    found = grid.run()
    assert found["listed_by"].startswith("the built-in list, for want of /api/catalogue: HTTPError: HTTP Error 502")
    [mail] = aws.mails()
    assert mail["Subject"].startswith("Grid data DOWN (suspect: API): wind, solar, demand, ")
    assert len(mail["Subject"]) <= 100
    assert mail["Message"].startswith("9 of 9 areas are not well:")
    later(grid)
    grid.bad.clear()
    later(grid)
    assert aws.subjects() == [
        "Grid data OK again: co2, demand, frequency, generation, interconnection, snsp, solar, system_gene..."
    ]


def test_stale_and_then_down_is_one_incident(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.run()
    grid.bad["wind"] = status(500)
    later(grid)
    grid.bad.clear()
    later(grid)
    assert len(aws.mails()) == 1


def test_a_second_area_is_told_of_once(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.run()
    grid.stopped["snsp"] = grid.now - 7 * HOUR
    later(grid)
    later(grid)
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind", "Grid data STALE (suspect: upstream): snsp"]
    del grid.stopped["wind"]
    later(grid)
    assert aws.subjects() == ["Grid data OK again: wind"]


def test_a_region_without_values_makes_an_area_incomplete(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind NI"] = grid.now - 4 * HOUR
    grid.run()
    [mail] = aws.mails()
    assert mail["Subject"] == "Grid data INCOMPLETE (suspect: upstream): wind"
    assert (
        "  wind: INCOMPLETE; newest value of NI WIND_ACTUAL 2026-11-10 08:00 UTC (08:00 GMT);"
        " of the area 2026-11-10 11:45 UTC (11:45 GMT); threshold 3 h\n"
    ) in mail["Message"]
    assert "/runbook/area-incomplete/\n" in mail["Message"]


def test_an_incomplete_area_that_stops_altogether_is_news(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind NI"] = grid.now - 4 * HOUR
    grid.run()
    aws.mails()
    grid.stopped["wind"] = grid.now - 3.5 * HOUR
    later(grid)
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind"]
    del grid.stopped["wind"]
    later(grid)
    # Ireland is back and the North is not: its incident has been open all the time.
    assert aws.subjects() == ["Grid data OK again: wind"]
    grid.stopped.clear()
    later(grid)
    assert aws.subjects() == ["Grid data OK again: wind"]


def test_an_area_that_stops_as_a_whole_is_not_incomplete_on_its_way_to_stale(grid: Grid, aws: Aws) -> None:
    """The regions' last values are a quarter-hour apart: for one run only one of them is past the threshold."""
    grid.stopped = {"wind NI": grid.now - 3 * HOUR - QUARTER, "wind": grid.now - 3 * HOUR}
    grid.now += timedelta(minutes=-7)
    grid.run()
    later(grid)
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind"]


def test_a_pipeline_that_stops_is_one_message_although_thresholds_differ(grid: Grid, aws: Aws) -> None:
    grid.ended_at = grid.now
    grid.stopped = dict.fromkeys(area_names(), grid.now)
    for _ in range(8 * 4):
        later(grid)
    [mail] = aws.mails()
    assert mail["Subject"].startswith("Grid data STALE (suspect: pipeline): ")
    assert "its last live run ended 2026-11-10 12:07 UTC (12:07 GMT)" in mail["Message"]
    assert "areas that follow are not told one by one" in mail["Message"]
    grid.ended_at, grid.stopped = None, {}
    later(grid)
    assert len(aws.mails()) == 1


def test_what_follows_a_general_cause_much_later_is_told(grid: Grid, aws: Aws) -> None:
    grid.outcomes = {name: {"upstream_unavailable": 3} for name in area_names()}
    grid.stopped = {"wind": grid.now - 4 * HOUR, "solar": grid.now - 4 * HOUR}
    grid.run()
    grid.outcomes.clear()
    del grid.stopped["solar"]
    later(grid, 7 * HOUR)
    aws.mails()
    grid.stopped["solar"] = grid.now - 4 * HOUR
    later(grid)
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): solar"]


def test_what_comes_back_within_the_hour_is_over_after_an_hour_of_quiet(grid: Grid, aws: Aws) -> None:
    """An API that is down every other quarter of an hour: two incidents and four mails, not a mail every time."""
    for _ in range(4):
        grid.bad["wind"] = status(503)
        later(grid)
        grid.bad.clear()
        later(grid)
    assert aws.subjects() == [
        "Grid data DOWN (suspect: API): wind",
        "Grid data OK again: wind",
        "Grid data DOWN (suspect: API): wind",
    ]
    well = grid.now
    for _ in range(3):
        later(grid)
    assert aws.mails() == []
    later(grid)
    [over] = aws.mails()
    assert f"Well since: {health.both(well)}" in over["Message"]


def test_an_area_that_was_not_asked_for_is_not_told_to_be_over(grid: Grid, aws: Aws) -> None:
    """Without the catalogue the areas of other sources are not known; one that has left the catalogue is over."""
    own = {
        "area": "rooftop",
        "regions": ["ROI"],
        "alert_after_s": 3600,
        "series": [{"region": "ROI", "field": "P", "role": "value", "history": "full"}],
    }
    grid.edit["catalogue"] = lambda found: {"areas": [*found["areas"], own]}
    grid.bad["rooftop"] = status(503)
    grid.run()
    assert aws.subjects() == ["Grid data DOWN (suspect: API): rooftop"]
    grid.bad["catalogue"] = status(503)
    later(grid)
    assert aws.mails() == []
    del grid.bad["catalogue"], grid.edit["catalogue"]
    later(grid)
    assert aws.subjects() == ["Grid data OK again: rooftop"]


@pytest.mark.parametrize(("failing", "told"), [({1}, 0), ({1, 2}, 1), ({1, 3}, 1), ({2, 3}, 0), ({1, 2, 3}, 1)])
def test_two_of_three_probes_confirm(failing: set[int], told: int, grid: Grid, aws: Aws) -> None:
    """What the first probe finds well is not asked for again."""
    grid.edit["wind"] = lambda found: found if grid.asked["/api/wind"] not in failing else {}
    found = grid.run()
    assert len(aws.mails()) == told
    assert found["areas"]["wind"]["state"] == ("DOWN" if told else "OK")


def test_that_it_is_over_is_confirmed_too(grid: Grid, aws: Aws) -> None:
    grid.bad["wind"] = status(503)
    grid.run()
    aws.mails()
    del grid.bad["wind"]
    before = grid.asked["/api/wind"]
    # One answer among failures.
    grid.edit["wind"] = lambda found: found if grid.asked["/api/wind"] == before + 1 else {}
    later(grid)
    assert aws.mails() == []
    assert grid.asked["/api/wind"] == before + 3


def test_what_is_known_is_not_asked_for_again(grid: Grid, aws: Aws) -> None:
    grid.bad["wind"] = status(503)
    grid.run()
    before = grid.asked["/api/wind"]
    later(grid)
    assert grid.asked["/api/wind"] == before + 1


def at_once(*runs: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def guarded(run: Callable[[], Any]) -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_runs_at_the_same_time_send_one_mail(grid: Grid, aws: Aws) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    at_once(*[grid.run] * 6)
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind"]
    grid.stopped.clear()
    grid.now += QUARTER
    at_once(*[grid.run] * 6)
    assert aws.subjects() == ["Grid data OK again: wind"]
    assert aws.state()["incidents"] == aws.state()["outbox"] == []


def test_a_mail_that_could_not_be_sent_is_sent_by_the_next_run(
    grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid.stopped["wind"] = grid.now - 4 * HOUR
    monkeypatch.setenv("SNS_TOPIC_ARN", aws.topic + "-gone")
    with pytest.raises(RuntimeError, match=r"nobody could be told of 'Grid data STALE.*NotFound"):
        grid.run()
    monkeypatch.setenv("SNS_TOPIC_ARN", aws.topic)
    later(grid, timedelta(minutes=1))
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind"]
    later(grid)
    assert aws.mails() == []


def test_a_run_that_is_killed_while_it_sends_loses_nothing(
    grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object) -> str:
        raise Killed

    grid.stopped["wind"] = grid.now - 4 * HOUR
    with monkeypatch.context() as patched:
        patched.setattr(health, "publish", kill)
        with pytest.raises(Killed):
            grid.run()
    # It may still be at it.
    later(grid, timedelta(minutes=1))
    assert aws.mails() == []
    later(grid, timedelta(minutes=2))
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): wind"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"incidents": 1}', b'{"incidents": [{}], "closed": {}, "outbox": []}',
             b'{"incidents": [], "closed": {"wind": "2026-01-01"}, "outbox": []}', b"\xff\xfe", b"[" * 100_000]
)  # fmt: skip
def test_a_record_that_makes_no_sense_is_replaced_and_told_once(body: bytes, grid: Grid, aws: Aws) -> None:
    aws.put_state(body)
    grid.run()
    [mail] = aws.mails()
    assert mail["Subject"] == "Grid data OK"
    assert "could not be read and has been started afresh" in mail["Message"]
    later(grid)
    assert aws.mails() == []


def test_a_record_that_makes_no_sense_does_not_hide_an_incident(grid: Grid, aws: Aws) -> None:
    aws.put_state(b"?")
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.run()
    later(grid)
    [mail] = aws.mails()
    assert mail["Subject"] == "Grid data STALE (suspect: upstream): wind"
    assert "started afresh" in mail["Message"]


def test_it_alerts_without_a_record(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_BUCKET", "no-such-bucket-anywhere")
    grid.stopped["wind"] = grid.now - 4 * HOUR
    found = grid.run()
    later(grid)
    assert found["record"].startswith("cannot be")
    mails = aws.mails()
    assert len(mails) == 2
    assert "until it can, every run mails again" in mails[0]["Message"]


def test_without_a_record_and_without_a_mail_the_run_fails(
    grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of an incident may go untold: the alarm on the Lambda's errors has to say so."""

    def refuse(self: health.Store) -> Any:
        self.trouble = "cannot be read (AccessDenied)"
        return health.State(), {}

    monkeypatch.setattr(health.Store, "read", refuse)
    with pytest.raises(RuntimeError, match=r"the record of open incidents cannot be read \(AccessDenied\)"):
        grid.run()


def test_it_alerts_when_the_record_cannot_be_written(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "PutObject")  # type: ignore[typeddict-item]

    monkeypatch.setattr(health.client("s3"), "put_object", refuse)
    grid.stopped["wind"] = grid.now - 4 * HOUR
    found = grid.run()
    assert found["record"].startswith("cannot be written")
    assert "record of open incidents cannot be written" in aws.mails()[0]["Message"]


@pytest.mark.parametrize("code", [409, 412])
def test_a_refused_write_is_decided_again(code: int, grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers 409 to one of two conditional writes at the same time; moto never does."""
    from botocore.exceptions import ClientError

    put, refused = health.client("s3").put_object, list[Any]()

    def once(**given: Any) -> Any:
        if not refused:
            refused.append(given)
            raise ClientError({"ResponseMetadata": {"HTTPStatusCode": code}}, "PutObject")  # type: ignore[typeddict-item]
        return put(**given)

    monkeypatch.setattr(health.client("s3"), "put_object", once)
    grid.stopped["wind"] = grid.now - 4 * HOUR
    assert grid.run()["record"] == "kept"
    assert len(refused) == len(aws.mails()) == 1


def test_a_drill_mails_each_time_and_leaves_the_record_alone(grid: Grid, aws: Aws) -> None:
    for _ in range(2):
        found = grid.run({"staleness_hours": 0.1})
        assert found["drill"] is True
        [mail] = aws.mails()
        assert mail["Subject"].startswith("DRILL: Grid data STALE (suspect: ")
        assert "threshold 0 h 06 min" in mail["Message"]
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=aws.bucket)
    grid.run({"staleness_hours": "24"})
    assert aws.mails() == []


def test_a_drill_may_ask_another_api(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "http://127.0.0.1:1")
    assert grid.run({"base_url": grid.address + "/"})["base_url"] == grid.address
    assert aws.mails() == []
    monkeypatch.setenv("SNS_TOPIC_ARN", aws.topic + "-gone")
    with pytest.raises(RuntimeError, match="nobody could be told"):
        grid.run({"base_url": "http://127.0.0.1:1"})


def test_one_threshold_for_all_from_the_environment(grid: Grid, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    grid.stopped = {"wind": grid.now - 23 * HOUR, "co2": grid.now - 25 * HOUR}
    monkeypatch.setenv("STALENESS_HOURS", "24")
    grid.run()
    assert aws.subjects() == ["Grid data STALE (suspect: upstream): co2"]


@pytest.mark.parametrize("deployment", ["", "grid"])
@pytest.mark.parametrize(("stopped", "value"), [({}, 1.0), ({"wind": 4 * HOUR}, 0.0)])
def test_the_daily_run_puts_the_metric(
    stopped: dict[str, timedelta],
    value: float,
    deployment: str,
    grid: Grid,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of its own deployment: two in one account have a metric each."""
    # moto finds a metric by its dimensions in every namespace.
    deployment = f"{deployment}-{value}" if deployment else ""
    monkeypatch.setenv("METRIC_NAMESPACE", f"Test{value}{deployment}")
    monkeypatch.setenv("DEPLOYMENT", deployment)
    dimensions = [{"Name": "Deployment", "Value": deployment}] if deployment else []
    grid.stopped = {area: grid.now - since for area, since in stopped.items()}
    grid.run({"daily": True})
    data = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {"Id": "well", "MetricStat": {
                "Metric": {
                    "Namespace": f"Test{value}{deployment}", "MetricName": "AllWell", "Dimensions": dimensions,
                }, "Period": 60, "Stat": "Average",
            }}
        ],
        StartTime=datetime.now(UTC) - HOUR,
        EndTime=datetime.now(UTC) + HOUR,
    )  # fmt: skip
    assert data["MetricDataResults"][0]["Values"] == [value]


@pytest.mark.parametrize(
    ("setup", "who", "why"),
    [
        ({"store": "StorageError: the store cannot be read"}, "API", "it says of its store: StorageError"),
        ({"outcomes": {"wind": {"contract_broken": 3}}}, "pipeline", "these areas: 3 contract_broken"),
        ({"outcomes": {"wind": {"stored": 1, "lost": 2}}}, "pipeline", "2 lost, 1 stored"),
        ({"outcomes": {"wind": {"unchanged": 3}}}, "upstream", "these areas: 3 unchanged"),
        ({"outcomes": {"wind": {}}}, "pipeline", "these areas: not asked for"),
        (
            {"outcomes": {name: {"upstream_unavailable": 1} for name in area_names()}},
            "upstream",
            "most areas: 9 upstream_unavailable",
        ),
        ({"bad": {"status": status(404)}}, "unknown", "/api/status: HTTPError: HTTP Error 404"),
        ({"edit": {"status": lambda _: []}}, "unknown", "/api/status: malformed answer (TypeError"),
    ],
)
def test_the_suspected_cause(setup: dict[str, Any], who: str, why: str, grid: Grid, aws: Aws) -> None:
    for name, value in setup.items():
        setattr(grid, name, value)
    grid.stopped["wind"] = grid.now - 4 * HOUR
    grid.run()
    [mail] = aws.mails()
    assert f"suspect: {who}" in mail["Subject"]
    assert f"Suspected cause: {who}; " in mail["Message"]
    assert why in mail["Message"]


def test_summaries_that_stand_still_while_values_are_stored_point_to_the_export(grid: Grid, aws: Aws) -> None:
    grid.stopped = dict.fromkeys(area_names(), grid.now - 9 * HOUR)
    grid.run()
    assert "Suspected cause: pipeline; the summaries lack what live runs store" in aws.mails()[0]["Message"]
