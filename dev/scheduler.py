"""`python dev/scheduler.py URL`: Airflow's scheduler, once URL answers, with the libraries of our tasks imported.

Tasks of LocalExecutor are forks of the scheduler: a module that the scheduler has imported is not imported again by
each task, where it takes more than half of the time. Only libraries are listed: our own code is read by each task, so
that an edit takes effect without a restart.
"""

import runpy
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Final

import boto3
import requests

PATIENCE: Final = 120.0
"""Seconds to wait for Airflow's API."""
LIBRARIES: Final = (
    "airflow.providers.amazon.aws.hooks.sns",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.execution_time.task_runner",
    "duckdb",
    "msgspec",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pydantic_settings",
    "tenacity",
)


def wait_for(url: str) -> bool:
    """Wait for any HTTP response: the first task would die before Airflow's API is there. False after two minutes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return True
    return False


def main(url: str) -> None:
    """Import while the API starts, then become the scheduler."""
    for name in LIBRARIES:
        import_module(name)
    # botocore's description of S3 takes as long to read as our own work: read into the session that tasks inherit.
    boto3.client("s3", region_name="eu-west-1")
    if not wait_for(url):
        sys.exit(f"{url} did not answer within {PATIENCE:.0f} s; the scheduler was not started")
    # Logs are read from the folder that all processes share: nobody asks the scheduler for them.
    sys.argv = ["airflow", "scheduler", "--skip-serve-logs"]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # The folder where it was started, as for `python -m airflow`; Python itself puts the folder of a script there.
    sys.path[0] = str(Path.cwd())
    main(sys.argv[1])
