"""The tasks of the ingest DAG of a source; dags/ingest.py puts them together."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from airflow.sdk import AssetAlias, Param, TriggerRule, get_current_context

from include.domain.calendar import irish_day
from include.domain.catalogue import CYCLE
from include.domain.errors import ContractBroken, GridError, Incomplete, ParamsInvalid, SettingInvalid, Transient
from include.domain.incidents import ALL, Cause
from include.domain.readings import Outcome, Unit
from include.jobs.circuit import RunSoFar
from include.jobs.plan import Selection, describe_units, parse_days, plan_days, plan_live
from include.jobs.reconcile import reconcile, unanswered
from include.jobs.result import UnitResult, our_error
from include.orchestration.alerts import first_red, run_after, tell, tell_whole
from include.orchestration.assets import CHANGED_AREAS, READINGS, area_asset, emit
from include.orchestration.aws import is_at_aws
from include.orchestration.links import links_of
from include.orchestration.notes import ADVICE, advice_for, note, remark
from include.orchestration.params import OVERRIDE, days_and_areas, refuse_unknown
from include.orchestration.tasks import RED, Skipped, documented, open_claimed, open_readings, skip, task_states
from include.orchestration.units import result_from_xcom, result_to_xcom, unit_from_xcom, unit_to_xcom
from include.settings import Settings, load_settings
from include.sources.base import SourceEntry
from include.sources.registry import source
from include.storage.keys import readings_key

log = logging.getLogger(__name__)

PROBLEM: Final = "problem"
"""XCom key of why there is no plan."""
WHEN_UPSTREAM_ANSWERS: Final = (
    "clear the failed tasks, with downstream, once upstream answers again; the gap check asks for these days too."
)
RESULT: Final = "outcome"
"""XCom key of a unit's result; pushed whether the unit went well or not."""
TOLD: Final = "told"
"""XCom key of the results that `publish` has told of: by the unit's label, when the result was pushed."""
LATE: Final = AssetAlias("readings_told_late")
"""How `reconcile` emits the event of READINGS for what `publish` has not told of, and none otherwise."""


def ingest_params(entry: SourceEntry) -> dict[str, Param]:
    """The days, areas and regions that a person may ask for."""
    return days_and_areas(
        entry.areas,
        without="a live run. Leave both empty in a backfill, which has days of its own",
        in_a_backfill=f"In a backfill, tick “{OVERRIDE}”: otherwise Airflow does not send it.",
    )


@documented(task_id="plan", priority_weight=20)
def plan(source_id: str) -> list[dict[str, Any]]:
    """The units of a live run; a repair's units go to XCom `repair`. Skipped while another live run is going."""
    try:
        live, repair = _units_asked(source_id, get_current_context())
    except GridError as error:
        _push(PROBLEM, str(error))
        _push(ADVICE, advice_for(error))
        raise
    log.info("%s", describe_units([*live, *repair]))
    _push("repair", [unit_to_xcom(unit) for unit in repair])
    return [unit_to_xcom(unit) for unit in live]


def _units_asked(source_id: str, context: Any) -> tuple[list[Unit], list[Unit]]:
    """The units of a live run and those of a repair; one of the two is empty."""
    settings = load_settings()
    settings.require_contact()
    entry, params = source(source_id), context["params"]
    if entry.problem:
        raise SettingInvalid(entry.problem)
    if settings.feed not in entry.feeds:
        served = ", ".join(entry.feeds)
        skip(
            Skipped.NOT_FOR_THIS_RUN,
            f"GRID_FEED: got {settings.feed.value!r}; {source_id} fills stores of {served} only: "
            "change GRID_FEED, or the feeds that this source says it is for",
        )
    now = settings.now or context["dag_run"].run_after
    refuse_unknown(params, ingest_params(entry))
    wanted = _days_asked(context, now)
    selection = Selection.of(entry, areas=params["areas"], regions=params["regions"])
    if wanted is None and _other_live_run(context):
        remark("nothing was fetched: another live run was still going")
        skip(Skipped.ANOTHER_RUN, "another live run is still going; it fetches the same days")
    live: list[Unit] = []
    repair: list[Unit] = []
    if wanted is None:
        live = plan_live(entry, now=now, days_back=settings.days_back, selection=selection)
    else:
        repair = plan_days(entry, *wanted, now=settings.clock(), selection=selection)
    open_claimed(settings)
    return live, repair


@documented(task_id="plan_repair", priority_weight=5)
def plan_repair(units: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hand on the units of a repair: Airflow maps over a returned list only."""
    return units


def fetch_unit(task_id: str, **how: Any) -> Any:
    """The mapped task `ingest` of a live run, or `repair` of a backfill or of a run that was asked for."""
    return documented(task_id=task_id, map_index_template="{{ task.op_kwargs['unit']['label'] }}", **how)(_run_unit)


def _run_unit(unit: dict[str, Any], *, strict: bool) -> None:
    """Fetch one partition's days and merge them; push what happened.

    A live run has instances of `ingest` and none of `repair`, which is skipped; a backfill or a run of days that were
    asked for has it the other way round.
    """
    from include.jobs.ingest import Ingest  # noqa: PLC0415  it loads pyarrow, which parsing a DAG file must not

    planned = unit_from_xcom(unit)
    try:
        settings = load_settings()
        entry = source(planned.partition.source)
        readings = open_readings(settings, attribution=entry.attribution)
        for key, url in links_of(planned, settings, at_aws=is_at_aws(readings.store)).items():
            _push(key, url)
        job = Ingest(
            source=entry.load().from_settings(settings, clock=settings.clock),
            area=entry.area(planned.partition.area),
            readings=readings,
            clock=settings.clock,
        )
        ended = _results(since=get_current_context()["dag_run"].start_date)
        so_far = RunSoFar.of([one.result for one in ended])
        result = job.run(planned, live=not strict, so_far=so_far)
    except Exception as error:
        _push_result(planned, our_error(planned, error))
        raise
    _push_result(planned, result)
    _settle(result, strict=strict)


def _settle(result: UnitResult, *, strict: bool) -> None:
    """Turn an outcome into the state of its task instance."""
    if result.outcome is Outcome.CONTRACT_BROKEN:
        raise ContractBroken(result.message)
    if result.outcome is Outcome.UPSTREAM_UNAVAILABLE:
        if strict:
            raise Transient(result.message)
        skip(Skipped.UNANSWERED, f"{result.message}; the next cycle or the gap check heals it")


@documented(task_id="publish", outlets=[READINGS, CHANGED_AREAS], trigger_rule=TriggerRule.ALL_DONE, priority_weight=20)
def publish(source_id: str) -> None:
    """Tell the export what changed; skipped, and no event, when nothing did."""
    changed = _changed()
    _push(TOLD, {one.result.label: one.pushed_at for one in changed})
    if not changed:
        skip(Skipped.NOTHING_TO_DO, "nothing new in any unit: no object written, no export needed")
    news = _news(source_id, changed)
    areas = ", ".join(news["areas"])
    log.info(
        "%s readings added or replaced in %s partitions of %s: the export is woken", news["rows"], len(changed), areas
    )
    get_current_context()["outlet_events"][READINGS].extra = news
    _tell_areas(source_id, changed)


@documented(task_id="reconcile", outlets=[LATE, CHANGED_AREAS], trigger_rule=TriggerRule.ALL_DONE, priority_weight=20)
def reconcile_ingest(source_id: str) -> dict[str, int]:
    """Compare the plan with what happened, and tell of it: a red unit never hides in a green run.

    It also tells the export of what `publish` could not: rows of units that were cleared when `publish` was not.
    """
    context = get_current_context()
    settings, live = load_settings(), _is_live(context)
    now = settings.now or context["dag_run"].run_after
    try:
        units, strict = _planned(context["ti"])
    except Incomplete as error:
        note(error)
        if live:
            tell_whole(source_id, Cause.OUR_ERROR, reason=str(error))
        raise
    results, areas = [one.result for one in _results()], source(source_id).areas
    verdict = reconcile(units, results, areas=areas, now=now, strict=strict)
    log.info("%s: %s", describe_units(units), ", ".join(f"{count} {name}" for name, count in verdict.counts.items()))
    if live:
        _end_cycle(source_id, units, results, settings=settings, now=now)
    if faults := [*verdict.faults, *_red_without_a_fault(units, results, strict=strict)]:
        only_unanswered = len(faults) == verdict.counts.get(Outcome.UPSTREAM_UNAVAILABLE.value, 0)
        failed = Incomplete("; ".join(faults), advice=WHEN_UPSTREAM_ANSWERS if strict and only_unanswered else "")
        note(failed)
        raise failed
    if lacking := unanswered(units, results):
        remark(lacking)
    _tell_late(source_id)
    return verdict.counts


def _changed() -> list["_Pushed"]:
    """Results of this run with rows of their own.

    Instances that were not cleared keep their results of the last time; the run's start tells them apart.
    """
    started = get_current_context()["dag_run"].start_date
    return [one for one in _results(since=started) if one.result.rows]


def _tell_late(source_id: str) -> None:
    """Emit the event of what `publish` has not told of, if there is any."""
    context = get_current_context()
    told = context["ti"].xcom_pull(task_ids="publish", key=TOLD) or {}
    late = [one for one in _changed() if told.get(one.result.label) != one.pushed_at]
    if late:
        log.info("waking the export: %s units have stored rows since publish ran", len(late))
        emit(context["outlet_events"], LATE, READINGS, **_news(source_id, late))
        _tell_areas(source_id, late)


def _tell_areas(source_id: str, changed: list["_Pushed"]) -> None:
    """Emit the event of each area with rows of its own: whoever waits for `wind` is not woken by `demand`."""
    context = get_current_context()
    store = load_settings().store
    for area in sorted({one.result.area for one in changed}):
        own = [one for one in changed if one.result.area == area]
        emit(
            context["outlet_events"],
            CHANGED_AREAS,
            area_asset(store, source_id, area),
            source=source_id,
            area=area,
            partitions=[readings_key(one.unit.partition) for one in own],
            first_day=min(one.unit.first for one in own).isoformat(),
            last_day=max(one.unit.last for one in own).isoformat(),
            rows=sum(one.result.rows for one in own),
        )


def _news(source_id: str, changed: list["_Pushed"]) -> dict[str, Any]:
    """What an event of READINGS carries."""
    return {
        "source": source_id,
        "areas": sorted({one.result.area for one in changed}),
        "partitions": len(changed),
        "rows": sum(one.result.rows for one in changed),
    }


def _red_without_a_fault(units: list[Unit], results: list[UnitResult], *, strict: bool) -> list[str]:
    """Tasks that are red although no result says why, such as one that was killed after it had pushed its result."""
    red = {name for name, state in task_states().items() if state in RED}
    fine = {
        one.label
        for one in results
        if not (one.outcome.is_ours or (strict and one.outcome is Outcome.UPSTREAM_UNAVAILABLE))
    }
    # Airflow's name of a mapped instance is that of its task and its place among the units.
    task_id = "repair" if strict else "ingest"
    told = {f"{task_id}_{place}" for place, unit in enumerate(units) if unit.label not in fine}
    labels = {f"{task_id}_{place}": unit.label for place, unit in enumerate(units)}
    return [f"{labels.get(name, name)}: its task is red; see its log" for name in sorted(red - told)]


def _planned(ti: Any) -> tuple[list[Unit], bool]:
    """The units of this run, and whether they are a repair; Incomplete when there is no plan."""
    planners = ["plan", "plan_repair"]
    if ti.get_ti_count(dag_id=ti.dag_id, task_ids=planners, run_ids=[ti.run_id], states=["failed", "upstream_failed"]):
        why = ti.xcom_pull(task_ids="plan", key=PROBLEM) or "its log says why"
        advice = ti.xcom_pull(task_ids="plan", key=ADVICE) or ""
        raise Incomplete(f"nothing was fetched, for want of a plan: {why}", advice=advice)
    pulled = ti.xcom_pull(task_ids=planners)
    if all(part is None for part in pulled):
        skip(Skipped.NOTHING_TO_DO, "nothing was planned")
    return [unit_from_xcom(unit) for part in pulled for unit in part or []], bool(pulled[-1])


def _end_cycle(
    source_id: str, units: list[Unit], results: list[UnitResult], *, settings: Settings, now: datetime
) -> None:
    """Record a live run and tell of what it found; a later run's record stays as it is, and is not told again."""
    from include.jobs.alerts import Cycle  # noqa: PLC0415  DAG files are parsed without storage
    from include.jobs.cycle import record  # noqa: PLC0415
    from include.jobs.troubles import troubles_of  # noqa: PLC0415

    ended = settings.clock()
    try:
        if not record(open_claimed(settings), source_id, units=units, results=results, run_after=now, ended_at=ended):
            return
    except GridError:
        # The store may be what is wrong: then above all somebody is told.
        log.exception("the record of this run cannot be written")
    found = troubles_of(units, results, areas=source(source_id).areas, now=now)
    seen = {**found.seen, (ALL, Cause.OUR_ERROR): ()}
    due = run_after()
    tell(settings, Cycle(source=source_id, run_after=due, troubles=found.troubles, seen=seen, first_red=first_red()))


def _is_live(context: Any) -> bool:
    """Whether the run is a whole live cycle: no days, areas or regions were asked for."""
    return _days_of_dates(context) is None and not any((context["dag_run"].conf or {}).values())


def _days_asked(context: Any, now: datetime) -> tuple[date, date] | None:
    """The days of a repair, from Params or from the run's dates; None for a live run. ParamsInvalid if both say."""
    asked = parse_days(context["params"]["start"], context["params"]["end"], now=now)
    of_dates = _days_of_dates(context)
    if of_dates is None:
        return asked
    first, last = of_dates
    if asked:
        raise ParamsInvalid(
            f"start, end: got {asked[0]} to {asked[1]}, and the run's dates say {first} to {last}; allowed: one of the "
            "two. A backfill has days of its own; otherwise leave out the logical date and the data interval"
        )
    if last > irish_day(now):
        raise ParamsInvalid.of("logical date, data interval", f"{first} to {last}", f"days up to {irish_day(now)}")
    return of_dates


def _days_of_dates(context: Any) -> tuple[date, date] | None:
    """The Irish days that the run's data interval or its logical date ask for; None when they are those of a live run.

    Every day of which the interval holds a part, as in a native backfill, where it is one. A logical date of another
    day than the one on which the run was due asks for that day.
    """
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    if start is not None and end is not None and end > start:
        return irish_day(start), irish_day(end - timedelta(microseconds=1))
    logical_date = context.get("logical_date")
    if logical_date is None or irish_day(logical_date) == irish_day(context["dag_run"].run_after):
        return None
    return irish_day(logical_date), irish_day(logical_date)


def _other_live_run(context: Any) -> bool:
    """Whether the live run of one of the four ticks before this one is still going."""
    tick = context.get("logical_date")
    if tick is None:
        return False
    earlier = [tick - CYCLE * back for back in range(1, 5)]
    ti = context["ti"]
    return bool(ti.get_dr_count(dag_id=ti.dag_id, logical_dates=earlier, states=["running"]))


@dataclass(frozen=True)
class _Pushed:
    """The result of a unit, and when its task pushed it."""

    unit: Unit
    result: UnitResult
    pushed_at: str
    """ISO 8601, UTC, to the microsecond: tells one try of a unit from the next."""


def _results(*, since: datetime | None = None) -> list[_Pushed]:
    """Results of the units of this run that have ended, in the order in which they did."""
    pulled = get_current_context()["ti"].xcom_pull(task_ids=["ingest", "repair"], key=RESULT)
    found = [
        _Pushed(unit_from_xcom(one["unit"]), result_from_xcom(one["result"]), str(one["pushed_at"]))
        for one in pulled
        if one is not None
    ]
    recent = [one for one in found if since is None or datetime.fromisoformat(one.pushed_at) >= since]
    return sorted(recent, key=lambda one: one.pushed_at)


def _push_result(unit: Unit, result: UnitResult) -> None:
    now = datetime.now(UTC).isoformat()
    _push(RESULT, {"unit": unit_to_xcom(unit), "result": result_to_xcom(result), "pushed_at": now})


def _push(key: str, value: Any) -> None:
    get_current_context()["ti"].xcom_push(key=key, value=value)
