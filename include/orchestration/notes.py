"""What is said of a run in its note. A task cannot write notes: it says it by XCom, plugins/run_notes.py writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from include.domain import errors

FAULTS: Final = "faults"
"""XCom key of what is wrong."""
ADVICE: Final = "advice"
"""XCom key of what can be done about it."""
REMARK: Final = "remark"
"""XCom key of what a green run has not done."""

_ADVICE: Final[dict[type[errors.GridError], str]] = {
    errors.ParamsInvalid: "trigger another run with what is allowed; clearing this one would ask for the same again.",
    errors.SettingInvalid: "mend the setting that is named, then clear the failed tasks, with downstream.",
    errors.WrongStore: "set GRID_STORE and GRID_FEED to what belongs together, then clear the failed tasks, with "
    "downstream.",
    errors.LedgerUnreadable: "mend or delete the Variable that is named (guide: Repair a gap), "
    "then clear the failed tasks, with downstream.",
}
"""By the kind of fault, the narrower kind first."""


def advice_for(error: Exception) -> str:
    """What a person can do about it; empty when the error does not tell, and the DAG's own advice holds."""
    if isinstance(error, errors.Incomplete):
        return error.advice
    return next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), "")


def note(error: Exception) -> None:
    """Have this in the note of the run, should it end red."""
    ti = get_current_context()["ti"]
    ti.xcom_push(key=FAULTS, value=str(error))
    ti.xcom_push(key=ADVICE, value=advice_for(error))


@contextmanager
def noting() -> Iterator[None]:
    """Have whatever this block raises in the note of the run; a skipped task says nothing."""
    try:
        yield
    except AirflowSkipException:
        raise
    except Exception as error:
        note(error)
        raise


def remark(text: str) -> None:
    """Have this in the note of the run, should it end green."""
    get_current_context()["ti"].xcom_push(key=REMARK, value=text)
