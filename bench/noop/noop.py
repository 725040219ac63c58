"""A mapped DAG of the shape of ingest_eirgrid whose tasks do nothing: what Airflow itself takes."""

from typing import Any

from airflow.sdk import DAG, get_current_context, task

with DAG(dag_id="noop", schedule=None, params={"size": 1, "pool": "default_pool"}):

    @task
    def plan() -> list[dict[str, Any]]:
        """As many units as are asked for."""
        return [{"label": f"unit {number}"} for number in range(get_current_context()["params"]["size"])]

    @task(task_id="repair", pool="eirgrid_repair", map_index_template="{{ task.op_kwargs['unit']['label'] }}")
    def nothing(unit: dict[str, Any]) -> None:
        """Nothing."""

    @task(trigger_rule="all_done")
    def publish() -> None:
        """Nothing."""

    @task(trigger_rule="all_done")
    def reconcile() -> None:
        """Nothing."""

    nothing.expand(unit=plan()) >> publish() >> reconcile()
