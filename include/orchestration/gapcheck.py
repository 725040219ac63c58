"""The tasks of the gap check DAG; dags/gapcheck.py puts them together."""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.standard.operators.trigger_dagrun import DagIsPaused, TriggerDagRunOperator
from airflow.sdk import Param, TriggerRule, Variable, get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from include.domain.calendar import DAY, irish_day
from include.domain.errors import GridError, Incomplete, LedgerUnreadable, SettingInvalid
from include.domain.incidents import Cause
from include.domain.ledger import Ledger, decode, encode, variable_name
from include.domain.repairs import Repair
from include.jobs.plan import narrowed, parse_days
from include.orchestration.alerts import telling
from include.orchestration.notes import ADVICE, advice_for, noting, remark
from include.orchestration.params import days_and_areas, refuse_unknown
from include.orchestration.tasks import Skipped, documented, open_claimed, skip, task_states
from include.settings import Settings, load_settings
from include.sources.base import SourceEntry
from include.sources.registry import SOURCES, source

if TYPE_CHECKING:
    from include.jobs.gap_report import SourceReport
    from include.jobs.gapcheck import GapCheck, RunState

log = logging.getLogger(__name__)

DEADLINE: Final = timedelta(hours=3)
"""After this no more repairs are triggered; the next check goes on."""


WAITING: Final = "waiting"
"""XCom key of the days of a source that are due and that this check triggers nothing for."""
PROBLEM: Final = "problem"
"""XCom key of why a source has no plan."""
GO_ON: Final = "go_on"
"""XCom key of whether another check is to start at once."""


class TriggerRepair(TriggerDagRunOperator):  # type: ignore[misc]  # Airflow is untyped here
    """Triggers a repair and waits for it, unless the check has gone on for too long."""

    def execute(self, context: Any) -> None:
        """Trigger, or skip: the ledger has the repair, and the next check triggers it."""
        if datetime.now(UTC) - context["dag_run"].start_date > DEADLINE:
            skip(Skipped.ANOTHER_RUN, f"this check has gone on for {DEADLINE}; the next one triggers this repair")
        try:
            super().execute(context)
        except DagIsPaused as error:
            # Another try in five seconds would find the same.
            raise Incomplete(
                f"{self.trigger_dag_id} is paused: unpause it; the next check triggers this repair"
            ) from error


class CheckAgain(TriggerDagRunOperator):  # type: ignore[misc]  # Airflow is untyped here
    """Triggers another check of the same days, areas and regions while days wait."""

    def execute(self, context: Any) -> None:
        """Trigger, or skip: nothing waits, or another check would come to no more than this one."""
        if not context["ti"].xcom_pull(task_ids="report", key=GO_ON):
            skip(Skipped.NOTHING_TO_DO, "no other check is needed now: nothing waits that one could trigger")
        asked = {name: context["params"][name] for name in ("start", "end", "areas", "regions")}
        self.conf = {name: value for name, value in asked.items() if value}
        self.note = f"Started by {context['dag_run'].run_id}: days were left to be asked for"
        super().execute(context)


def gapcheck_params() -> dict[str, Param]:
    """The days, areas and regions that a person may ask for, and how."""
    areas = [area for entry in SOURCES for area in entry.areas]
    return days_and_areas(areas, without="the last 31") | {
        "dry_run": Param(False, type="boolean", title="Dry run", description="Only say what would be triggered."),
        "reopen": Param(
            False,
            type="boolean",
            title="Re-open",
            description="Forget what was given up, and earlier tries, on these days, areas and regions.",
        ),
    }


@documented(task_id="plan", execution_timeout=timedelta(minutes=30))
def plan_source(source_id: str) -> list[dict[str, Any]]:
    """The repairs of one source, written into its ledger; a dry run writes nothing."""
    ti = get_current_context()["ti"]
    try:
        return _planned(source_id)
    except GridError as error:
        ti.xcom_push(key=PROBLEM, value=str(error))
        ti.xcom_push(key=ADVICE, value=advice_for(error))
        raise


def _planned(source_id: str) -> list[dict[str, Any]]:
    context = get_current_context()
    params, settings = context["params"], load_settings()
    refuse_unknown(params, gapcheck_params())
    if _triggers_are_over(source_id):
        skip(
            Skipped.NOTHING_TO_DO,
            "this task was cleared without its downstream: nobody would trigger what it plans, so nothing is planned. "
            "Clear it with its downstream, or trigger another check",
        )
    check = _check(source(source_id), settings, params)
    ledger = _read_ledger(source_id)
    plan = check.plan(
        ledger,
        # Of the looking, not of the run: one that is cleared looks again, and what it triggers are other runs.
        stamp=f"{context['ti'].start_date:%Y%m%dT%H%M%S}",
        limit=settings.max_backfills_per_run,
        reopen=params["reopen"],
    )
    if check.dry_run:
        return []
    context["ti"].xcom_push(key=WAITING, value=plan.waiting)
    _write_ledger(source_id, ledger, plan.ledger)
    return [_request(repair) for repair in plan.repairs]


def _triggers_are_over(source_id: str) -> bool:
    """Whether the triggers of this source ended before its plan did: a person has cleared the plan alone."""
    over = {"success", "failed", "skipped", "upstream_failed"}
    return any(name.startswith(f"{source_id}.trigger") and state in over for name, state in task_states().items())


@documented(task_id="report", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=30))
def report() -> dict[str, int]:
    """Settle the ledgers and write gaps.json; days that were asked for beside the last 31 get a report of their own."""
    if any(get_current_context()["params"].values()):
        # Whoever asked for it looks at it.
        with noting():
            return _write_report()
    with telling("gapcheck", Cause.GAP_CHECK_FAILED):
        return _write_report()


def _write_report() -> dict[str, int]:
    from include.jobs.gap_report import GapReport  # noqa: PLC0415  DAG files are parsed without DuckDB

    params, settings = get_current_context()["params"], load_settings()
    if refused := _refused(params, settings):
        # What one person typed is nobody else's news.
        raise Incomplete(f"plan failed: {refused}; gaps.json is as it was", advice=advice_for(refused))
    if params["dry_run"]:
        if red := _red_before():
            raise Incomplete("; ".join(red), advice=_advice())
        skip(Skipped.NOT_FOR_THIS_RUN, "a dry run writes nothing; the log of plan says what would be triggered")
    ti = get_current_context()["ti"]
    planners = [f"{entry.source_id}.plan" for entry in SOURCES]
    document = GapReport(
        store=open_claimed(settings),
        feed=settings.feed,
        now=settings.clock(),
        planned_later=sum(count or 0 for count in ti.xcom_pull(task_ids=planners, key=WAITING)),
    )
    problems: dict[str, str] = {}
    for entry in (one for one in SOURCES if settings.feed in one.feeds):
        try:
            document.sources.append(_settled(entry, settings))
            if any(params[name] for name in ("start", "end", "areas", "regions")):
                _report_asked(entry, settings, params)
        except AirflowSkipException as reason:
            log.info("%s: %s", entry.source_id, reason)
        except GridError as error:
            log.exception("%s cannot be checked", entry.source_id)
            problems[entry.source_id] = str(error)
    gaps = document.write(problems)
    if document.waiting:
        waiting = f"{document.waiting} days of an area and region wait for the next check"
        log.info(waiting)
        remark(waiting)
    # If no repair has ended well, upstream or this deployment is what is wrong: another check would come to no more.
    ti.xcom_push(key=GO_ON, value=bool(document.waiting) and _some_repair_went_well(planners))
    unreadable = [f"{name}: {why}" for one in document.sources for name, why in one.unreadable.items()]
    faults = [*(f"{name}: {why}" for name, why in problems.items()), *unreadable] or _red_before()
    if faults:
        raise Incomplete("; ".join(faults), advice=_advice())
    return gaps


def _some_repair_went_well(planners: list[str]) -> bool:
    """Whether any of the DagRuns that this check triggered is green."""
    ti = get_current_context()["ti"]
    requests = [request for planned in ti.xcom_pull(task_ids=planners) for request in planned or []]
    run_ids: dict[str, list[str]] = {}
    for request in requests:
        run_ids.setdefault(request["trigger_dag_id"], []).append(request["trigger_run_id"])
    return any(ti.get_dr_count(dag_id=dag_id, run_ids=ids, states=["success"]) for dag_id, ids in run_ids.items())


def _red_before() -> list[str]:
    """Tasks of this run that failed: a red one never hides in a green run."""
    red: Counter[str] = Counter()
    for name, state in task_states().items():
        # What is upstream_failed has its cause in another task, which is told.
        if state == "failed":
            # `eirgrid.trigger_3` is an instance of `eirgrid.trigger`.
            task_id, _, index = name.rpartition("_")
            red[task_id if index.isdigit() else name] += 1
    ti = get_current_context()["ti"]
    faults = []
    for name, count in sorted(red.items()):
        problem = ti.xcom_pull(task_ids=name, key=PROBLEM) if name.endswith(".plan") else None
        faults.append(f"{name} failed: {problem}" if problem else f"{count} of {name} failed; the log of each says why")
    return faults


def _advice() -> str:
    """What a person can do about the first plan that says so."""
    ti = get_current_context()["ti"]
    told = ti.xcom_pull(task_ids=[f"{entry.source_id}.plan" for entry in SOURCES], key=ADVICE)
    return next((advice for advice in told if advice), "")


def _settled(entry: SourceEntry, settings: Settings) -> "SourceReport":
    from include.jobs.gap_report import SourceReport  # noqa: PLC0415

    check = _check(entry, settings, {})
    try:
        ledger = _read_ledger(entry.source_id)
    except LedgerUnreadable:
        # What is missing can be told all the same; what is done about it cannot.
        return SourceReport.of(check, check.judged({}), {})
    judged, settled = check.settled(ledger)
    _write_ledger(entry.source_id, ledger, settled)
    return SourceReport.of(check, judged, settled)


def _refused(params: Mapping[str, Any], settings: Settings) -> SettingInvalid | None:
    """Why the Params cannot be used, if they cannot."""
    try:
        refuse_unknown(params, gapcheck_params())
        parse_days(params["start"], params["end"], now=settings.clock())
        for entry in SOURCES:
            narrowed(SOURCES, entry, areas=params["areas"], regions=params["regions"])
    except SettingInvalid as error:
        return error
    return None


def _report_asked(entry: SourceEntry, settings: Settings, params: Mapping[str, Any]) -> None:
    """What was found of the days, areas and regions that were asked for."""
    from include.jobs.gap_report import GapReport, SourceReport  # noqa: PLC0415

    check = _check(entry, settings, params)
    ledger = _read_ledger(entry.source_id)
    asked_for = GapReport(store=check.store, feed=settings.feed, now=check.now)
    asked_for.sources.append(SourceReport.of(check, check.judged({}), ledger))
    log.info("what was found from %s to %s: %s", check.first, check.last, asked_for.write_apart(check))


def _check(entry: SourceEntry, settings: Settings, params: Mapping[str, Any]) -> "GapCheck":
    """The check that the Params ask for, of the last 31 days when they ask for none."""
    from include.jobs.gapcheck import GapCheck  # noqa: PLC0415  DAG files are parsed without DuckDB

    if entry.problem:
        raise SettingInvalid(entry.problem)
    if settings.feed not in entry.feeds:
        skip(Skipped.NOT_FOR_THIS_RUN, f"{entry.source_id} fills no store of the feed {settings.feed}")
    now = settings.clock()
    today = irish_day(now)
    first, last = parse_days(params.get("start"), params.get("end"), now=now) or (
        today - DAY * (settings.gap_days - 1),
        today,
    )
    selection = narrowed(SOURCES, entry, areas=params.get("areas"), regions=params.get("regions"))
    if selection is None:
        skip(Skipped.NOT_FOR_THIS_RUN, f"{entry.source_id} has none of the areas and regions that were asked for")
    return GapCheck(
        store=open_claimed(settings),
        entry=entry,
        first=first,
        last=last,
        now=now,
        selection=selection,
        # A run of many days is asked about once.
        run_state=cache(partial(_run_state, entry.source_id)),
        max_attempts=settings.max_attempts,
        dry_run=bool(params.get("dry_run")),
    )


def _run_state(source_id: str, run_id: str) -> "RunState":
    from include.jobs.gapcheck import RunState  # noqa: PLC0415

    ti = get_current_context()["ti"]
    dag_id = f"ingest_{source_id}"
    if not ti.get_dr_count(dag_id=dag_id, run_ids=[run_id]):
        return RunState.ABSENT
    going = ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"])
    return RunState.GOING if going else RunState.ENDED


def _request(repair: Repair) -> dict[str, Any]:
    """What TriggerDagRunOperator is given for one repair."""
    asked = f"{', '.join(repair.areas)} · {', '.join(repair.regions)}"
    return {
        "trigger_dag_id": f"ingest_{repair.source}",
        "trigger_run_id": repair.run_id,
        "conf": {
            "start": repair.first.isoformat(),
            "end": repair.last.isoformat(),
            "areas": repair.areas,
            "regions": repair.regions,
        },
        "note": f"Gap check: something is missing from {repair.first} to {repair.last} of {asked}",
    }


def _read_ledger(source_id: str) -> Ledger:
    return decode(Variable.get(variable_name(source_id), default=None), source_id)


def _write_ledger(source_id: str, before: Ledger, after: Ledger) -> None:
    if after != before:
        description = f"Repairs of {source_id} under way, written by the gap check alone"
        Variable.set(variable_name(source_id), encode(after, source_id), description=description)
