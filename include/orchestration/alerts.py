"""From the end of a run to the SNS topic: once when an incident opens, once when it is over. Off without a topic."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from include.domain.catalogue import CYCLE
from include.domain.incidents import Cause
from include.orchestration.aws import open_deployment_store, sns_hook
from include.orchestration.notes import noting
from include.settings import Settings, load_settings

if TYPE_CHECKING:
    from include.jobs.alerts import Cycle
    from include.jobs.notices import Place
    from include.storage.alerts import Message

log = logging.getLogger(__name__)


@contextmanager
def telling(source: str, cause: Cause) -> Iterator[None]:
    """Judge the run by whether this block raises, in its note too. A skipped task says nothing."""
    try:
        with noting():
            yield
    except AirflowSkipException:
        raise
    except Exception as error:
        tell_whole(source, cause, reason=str(error))
        raise
    tell_whole(source, cause, reason="")


def tell_whole(source: str, cause: Cause, *, reason: str) -> None:
    """Tell of a run that is judged as one."""
    from include.jobs.alerts import Cycle  # noqa: PLC0415  DAG files are parsed without boto3

    cycle = Cycle.whole(source, cause, reason=reason, run_after=run_after(), first_red=first_red())
    tell(load_settings(), cycle)


def tell(settings: Settings, cycle: "Cycle") -> None:
    """Count this run and send what it opens and closes; what cannot be sent is in the log and waits for the next run.

    A run is not red for it: its readings are as they should be.
    """
    from include.jobs.alerts import Teller  # noqa: PLC0415

    if not settings.alert_topic:
        return
    teller = Teller(
        store=open_deployment_store(settings),
        publish=_publisher(settings),
        place=_place(settings),
        clock=lambda: datetime.now(UTC),
    )
    for fault in teller.tell(cycle):
        log.error(fault)


def run_after() -> datetime:
    """When the run was due."""
    due: datetime = get_current_context()["dag_run"].run_after
    return due


def first_red() -> bool:
    """Whether the tick before this one did not end red; true for a run that is no tick."""
    context = get_current_context()
    tick = context.get("logical_date")
    if tick is None:
        return True
    ti = context["ti"]
    return not ti.get_dr_count(dag_id=ti.dag_id, logical_dates=[tick - CYCLE], states=["failed"])


def _publisher(settings: Settings) -> "Callable[[Message], None]":
    from botocore.config import Config  # noqa: PLC0415  DAG files are parsed without boto3

    # A topic that does not answer must not hold up a live run: boto3's own settings wait for five minutes.
    limits = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
    hook = sns_hook(settings, config=limits)

    def publish(message: "Message") -> None:
        hook.publish_to_target(target_arn=settings.alert_topic, message=message.body, subject=message.subject)

    return publish


def _place(settings: Settings) -> "Place":
    from include.jobs.notices import Place  # noqa: PLC0415

    ti: Any = get_current_context()["ti"]
    url = ti.log_url.partition("/tasks/")[0]
    return Place(dag_id=ti.dag_id, run_id=ti.run_id, run_url=url, site=settings.site, feed=settings.feed)
