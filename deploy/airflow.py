"""Airflow itself, through MWAA's `invoke_rest_api`: the Pools, and which DAGs run.

No Variable and no Connection is set: the gap check writes its ledger itself, S3 and SNS are reached with the execution
role, and the settings come with the environment.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deploy.refused import Refused

DEADLINE: Final = 1200
"""Seconds until a new environment has parsed the DAGs, at most."""


@dataclass(frozen=True)
class Request:
    """A change to Airflow, and how it is told."""

    told: str
    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Airflow:
    """The Airflow of one MWAA environment."""

    mwaa: Any
    name: str
    say: Callable[[str], None]
    poll: float = 15.0

    def status(self) -> str | None:
        """MWAA's word for how the environment is; None while there is none."""
        try:
            found: str = self.mwaa.get_environment(Name=self.name)["Environment"]["Status"]
        except self.mwaa.exceptions.ResourceNotFoundException:
            return None
        return found

    def differences(self, pools: Mapping[str, int], unpaused: Sequence[str]) -> list[Request]:
        """What is to be asked of Airflow so that it has these Pools, and these DAGs run."""
        return [*self._pools(pools), *self._dags(unpaused)]

    def apply(self, pools: Mapping[str, int], unpaused: Sequence[str]) -> None:
        """Bring it about; waits until the environment is there and has parsed the DAGs."""
        self._until(lambda: self.status() == "AVAILABLE", "the environment to be AVAILABLE")
        for request in self._pools(pools):
            self._do(request)
        for dag in unpaused:
            self._until(lambda dag=dag: self._get(f"/dags/{dag}") is not None, f"DAG {dag}")  # type: ignore[misc]
        for request in self._dags(unpaused):
            self._do(request)

    def _pools(self, pools: Mapping[str, int]) -> list[Request]:
        wanted = []
        for name, slots in pools.items():
            found = self._get(f"/pools/{name}")
            if found is None:
                body = {"name": name, "slots": slots}
                wanted.append(Request(f"make Pool {name} with {slots} slots", "POST", "/pools", body))
            elif found["slots"] != slots:
                told = f"give Pool {name} {slots} slots in place of {found['slots']}"
                body = {"pool": name, "slots": slots, "include_deferred": found["include_deferred"]}
                wanted.append(Request(told, "PATCH", f"/pools/{name}", body))
        return wanted

    def _dags(self, unpaused: Sequence[str]) -> list[Request]:
        found = {dag: self._get(f"/dags/{dag}") for dag in unpaused}
        return [
            Request(f"unpause DAG {dag}", "PATCH", f"/dags/{dag}", {"is_paused": False})
            for dag, told in found.items()
            if told is None or told["is_paused"]
        ]

    def _get(self, path: str) -> dict[str, Any] | None:
        try:
            return self._ask("GET", path)
        except self.mwaa.exceptions.RestApiClientException as error:
            if error.response.get("RestApiStatusCode") == 404:
                return None
            raise

    def _do(self, request: Request) -> None:
        self._ask(request.method, request.path, request.body)
        self.say(f"  Airflow: {request.told}: done")

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        given: dict[str, Any] = {"Body": body} if body is not None else {}
        told = self.mwaa.invoke_rest_api(Name=self.name, Method=method, Path=path, **given)
        found: dict[str, Any] = told["RestApiResponse"]
        return found

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        started = time.monotonic()
        while not reached():
            waited = time.monotonic() - started
            if waited > DEADLINE:
                raise Refused(
                    f"environment {self.name}: waited {waited:.0f} s for {what}; see its logs, then run again"
                )
            self.say(f"  waiting for {what}, {waited:.0f} s")
            time.sleep(self.poll)
