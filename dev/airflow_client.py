"""Airflow's public REST API, as far as the supervisor and the end-to-end tests use it."""

from typing import Any

import requests


class AirflowClient:
    """A logged-in client; every call raises requests.RequestException when Airflow cannot be reached."""

    def __init__(self, url: str, *, user: str, password: str) -> None:
        self.url = url
        self.user = user
        self.password = password
        self._session = requests.Session()

    def ready(self) -> bool:
        """Whether the API server answers and its dag processor and scheduler have reported."""
        try:
            self._session.get(f"{self.url}/api/v2/version", timeout=5).raise_for_status()
        except requests.RequestException:
            return False
        return True

    def get(self, path: str, **params: Any) -> Any:
        """GET below /api/v2."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST JSON below /api/v2."""
        return self._call("POST", path, json=body)

    def put(self, path: str) -> Any:
        """PUT without a body below /api/v2."""
        return self._call("PUT", path)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH JSON below /api/v2."""
        return self._call("PATCH", path, json=body)

    def set_pools(self, pools: dict[str, int]) -> None:
        """Create these Pools, or give them these slots."""
        known = {pool["name"] for pool in self.get("pools", limit=100)["pools"]}
        for name, slots in pools.items():
            body = {"name": name, "slots": slots, "description": "eirgrid-airflow", "include_deferred": False}
            if name in known:
                self.patch(f"pools/{name}", body)
            else:
                self.post("pools", body)

    def dags(self) -> list[str]:
        """Ids of the DAGs that Airflow has parsed."""
        return [dag["dag_id"] for dag in self.get("dags", limit=100)["dags"]]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Runs of a DAG, newest first."""
        found: list[dict[str, Any]] = self.get(f"dags/{dag_id}/dagRuns", order_by="-run_after", limit=20)["dag_runs"]
        return found

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run, mapped ones apart."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        found: list[dict[str, Any]] = self.get(path, limit=100)["task_instances"]
        return found

    def _call(self, method: str, path: str, **more: Any) -> Any:
        if "Authorization" not in self._session.headers:
            self._log_in()
        answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=30, **more)
        if answer.status_code == 401:
            self._log_in()
            answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=30, **more)
        if not answer.ok:
            raise requests.HTTPError(f"{answer.status_code}: {answer.text[:500]}", response=answer)
        return answer.json() if answer.content else None

    def _log_in(self) -> None:
        answer = requests.post(
            f"{self.url}/auth/token",
            json={"username": self.user, "password": self.password},
            timeout=30,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
