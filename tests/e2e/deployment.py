"""A real deployment for tests: Airflow's own processes, the stand-in upstream, and an S3 server behind a gate."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from tenacity import retry, retry_if_exception_message, stop_after_attempt, wait_fixed

from dev.airflow_client import AirflowClient
from dev.patience import until
from dev.ports import free_port
from dev.running import running
from dev.stack import USER, Code, Ports, Stack
from tests.aws import Mailbox, moto
from tests.e2e.command_line import CommandLine, command_line
from tests.e2e.gate import Gate
from tests.loop.database import migrated_database

PATIENCE: Final = 180.0
AWS: Final = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


@dataclass(frozen=True)
class Deployment:
    stack: Stack
    airflow: AirflowClient
    gate: Gate
    s3: Any
    bucket: str
    mailbox: Mailbox
    """What the alert topic has sent."""
    command_line: CommandLine

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        try:
            until(reached, what, seconds=PATIENCE)
        except TimeoutError as error:
            raise AssertionError(f"{error}; see the end of {self.stack.state}/*.log") from error

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self.airflow.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def finish(self, dag_id: str, run_id: str) -> str:
        self.wait(lambda: self.run_state(dag_id, run_id) in {"success", "failed"}, f"the end of {dag_id} {run_id}")
        return self.run_state(dag_id, run_id)

    def rest(self, dag_id: str) -> None:
        """Wait until no run of a DAG goes on or is about to."""
        self.wait(
            lambda: all(run["state"] in {"success", "failed"} for run in self.airflow.runs(dag_id)),
            f"the end of every run of {dag_id}",
        )

    def run_ids(self, dag_id: str) -> set[str]:
        """The newest runs of a DAG."""
        return {str(run["dag_run_id"]) for run in self.airflow.runs(dag_id)}

    def first_run(self, dag_id: str) -> str:
        self.wait(lambda: bool(self.airflow.runs(dag_id)), f"a run of {dag_id}")
        return str(self.airflow.runs(dag_id)[-1]["dag_run_id"])

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        run = self.airflow.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
        return str(run["dag_run_id"])

    def pause(self, *dag_ids: str) -> None:
        """Let no run of these DAGs start."""
        for dag_id in dag_ids:
            self.airflow.patch(f"dags/{dag_id}", {"is_paused": True})

    def resume(self, *dag_ids: str) -> None:
        """Let the runs of these DAGs start, those that wait too; a schedule makes its first run."""
        for dag_id in dag_ids:
            self.airflow.patch(f"dags/{dag_id}", {"is_paused": False})

    def log(self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1, attempt: int = 1) -> str:
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        return str(self.airflow.get(path, map_index=map_index))

    def objects(self, prefix: str) -> dict[str, tuple[str, Any]]:
        """ETag and time of each object below a prefix of the store."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        found = [item for page in pages for item in page.get("Contents", [])]
        return {item["Key"]: (item["ETag"], item["LastModified"]) for item in found}


@retry(
    retry=retry_if_exception_message(match="(?s).*atabase is locked"), stop=stop_after_attempt(8), wait=wait_fixed(3)
)
def while_locked(create: Callable[[], Any]) -> Any:
    """Airflow does not create a backfill while anything else writes to SQLite: a person asks again."""
    return create()


def connection(*, s3: str, sns: str) -> str:
    """A Connection to AWS with everything in it, as `AIRFLOW_CONN_…` has it."""
    endpoints = {"s3": {"endpoint_url": s3}, "sns": {"endpoint_url": sns}}
    extra = {"region_name": AWS["AWS_DEFAULT_REGION"], "service_config": endpoints}
    keys = {"login": AWS["AWS_ACCESS_KEY_ID"], "password": AWS["AWS_SECRET_ACCESS_KEY"]}
    return json.dumps({"conn_type": "aws", **keys, "extra": extra})


@contextmanager
def deployed(
    state: Path,
    *,
    feed: str,
    now: str | None,
    recorded: Path | None = None,
    settings: dict[str, str] | None = None,
    paused: bool = False,
    ticking: bool = False,
    on_sqlite: bool = False,
    by_connection: bool = True,
    code: Code | None = None,
) -> Iterator[Deployment]:
    """A deployment on PostgreSQL, as on MWAA; on SQLite, as `make run`, when asked or where that is all there is.

    The live schedule makes its first run and then, unless it is `ticking`, no other: a test never waits for a
    quarter-hour, nor meets a run that fetches again what the test has changed. With `paused`, ingest DAGs start paused.

    All that tasks know of AWS stands in the Connection `aws_default`, and nothing of it in the environment; without
    `by_connection` it is the other way round.
    """
    with ExitStack() as closing:
        address = None if on_sqlite else migrated_database()
        database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address} if address else {}
        schedule = {} if ticking else {"GRID_LIVE_RUNS": "first"}
        aws = closing.enter_context(moto())
        mailbox = Mailbox.open(aws, name=f"alerts-{state.name}")
        gate = Gate(aws)
        closing.callback(gate.close)
        s3 = boto3.client(
            "s3",
            endpoint_url=gate.url,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        # moto's servers share one memory: each deployment has a bucket of its own.
        bucket = f"grid-{state.name}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        ports = Ports(airflow=free_port(), api=free_port(), upstream=free_port())
        stack = Stack(
            feed=feed,
            store=f"s3://{bucket}/{feed}",
            state=state,
            ports=ports,
            now=now,
            recorded=recorded,
            extra=(
                {"AIRFLOW_CONN_AWS_DEFAULT": connection(s3=gate.url, sns=aws)}
                if by_connection
                else AWS | {"AWS_ENDPOINT_URL_S3": gate.url, "AWS_ENDPOINT_URL_SNS": aws}
            )
            | {"AWS_EC2_METADATA_DISABLED": "true", "GRID_ALERT_TOPIC": mailbox.topic}
            | database
            | schedule
            | ({"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True"} if paused else {})
            | (settings or {}),
            code=code or Code(),
        )
        stack.prepare(migrated=bool(address))
        airflow = AirflowClient(stack.airflow_url, user=USER, password=stack.password())
        commands_of_airflow = closing.enter_context(command_line(stack))
        deployment = Deployment(stack, airflow, gate, s3, bucket, mailbox, commands_of_airflow)
        commands = {name: command for name, command in stack.processes().items() if name != "api"}
        closing.enter_context(running(commands, stack))
        deployment.wait(airflow.ready, "Airflow")
        airflow.set_pools(stack.pools())
        yield deployment
