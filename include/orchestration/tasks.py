"""What every task of this project shares: defaults, pools, retry rules, and the store and source behind a task."""

import inspect
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.domain import errors
from include.orchestration.aws import open_deployment_store

if TYPE_CHECKING:
    from include.settings import Settings
    from include.storage.object_store import ObjectStore
    from include.storage.readings import ReadingsStore

log = logging.getLogger(__name__)

START: Final = datetime(2014, 1, 1, tzinfo=UTC)
"""First day of the oldest series: a native backfill may start here."""

NO_RETRY: Final = (
    errors.SettingInvalid,
    errors.WrongStore,
    errors.ContractBroken,
    errors.Permanent,
    errors.Transient,
    errors.NotYetPublished,
    errors.Incomplete,
    errors.LedgerUnreadable,
)
"""Asking again at once changes nothing: tenacity has already retried what may pass."""

OWNER: Final = "eirgrid-airflow"

DEFAULTS: Final[dict[str, Any]] = {
    "owner": OWNER,
    # For a lost worker or store only.
    "retries": 1,
    "retry_delay": timedelta(seconds=5),
    "retry_policy": ExceptionRetryPolicy(
        rules=[RetryRule(exception=list(NO_RETRY), action=RetryAction.FAIL, reason="asking again changes nothing")]
    ),
    "weight_rule": "absolute",
    "execution_timeout": timedelta(minutes=5),
}


TAG: Final = "irish-grid"
"""Tag of every DAG of this project."""


def owner_links() -> dict[str, str]:
    """Where the owner's name leads in the list of DAGs: to the guide; nowhere without the setting `site`."""
    site = (os.environ.get("GRID_SITE") or os.environ.get("AIRFLOW__GRID__SITE") or "").strip().rstrip("/")
    return {OWNER: f"{site}/guide/"} if site.startswith(("http://", "https://")) else {}


def doc_md(text: str | None, *, of: str = "") -> str:
    """What Airflow shows of a DAG: the docstring of its file, the first line as the heading.

    `of` says first what the DAG is of, where one file declares several.
    """
    first, _, rest = inspect.cleandoc(text or "").partition("\n")
    heading = first.removesuffix(".")
    named = f"{of}: {heading[:1].lower()}{heading[1:]}" if of else heading
    return f"### {named}\n{rest}"


def documented(**how: Any) -> Callable[[Callable[..., Any]], Any]:
    """Airflow's `@task` that takes the docstring along: a mapped task loses it.

    What a task returns is not in its log as it is: plans of hundreds of units are no reading. Tasks log a sentence.
    """

    def declare(function: Callable[..., Any]) -> Any:
        told = inspect.cleandoc(function.__doc__ or "")
        return task(doc_md=told, show_return_value_in_logs=False, **how)(function)

    return declare


class Skipped(StrEnum):
    """What it means that a task is skipped."""

    NOT_FOR_THIS_RUN = "it is not for this run"
    NOTHING_TO_DO = "there is nothing to do"
    UNANSWERED = "upstream did not answer"
    ANOTHER_RUN = "another run is going"


def skip(meaning: Skipped, reason: str) -> NoReturn:
    """Skip the task. Airflow shows a reason in a field that is folded: the log's first line says it too."""
    log.info("Skipped, %s: %s", meaning, reason)
    raise AirflowSkipException(reason)


RED: Final = frozenset({"failed", "upstream_failed"})
"""States of a task that has not done its work."""


def task_states() -> dict[str, str]:
    """The state of each task instance of this run, by its name: `publish`, or `ingest_3` for a mapped one."""
    ti = get_current_context()["ti"]
    states: dict[str, str] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
    return states


def open_claimed(settings: "Settings") -> "ObjectStore":
    """The store of this deployment; raises SettingInvalid or WrongStore before anything is written."""
    from include.storage.identity import claim  # noqa: PLC0415  DAG files are parsed without storage

    store = open_deployment_store(settings)
    store.check()
    claim(store, feed=settings.feed)
    return store


def open_readings(settings: "Settings", *, attribution: str) -> "ReadingsStore":
    """The readings in the store of this deployment; `attribution` goes into the files that are written."""
    from include.storage.readings import ReadingsStore  # noqa: PLC0415  it loads pyarrow

    return ReadingsStore(open_claimed(settings), feed=settings.feed, attribution=attribution)
