"""The reference page of the DAGs: what Airflow itself makes of the bundle, asked in a process of its own."""

import json
import subprocess
import sys
import tempfile
from typing import Any, Final

from dev.stack import ROOT

# Airflow keeps what it has read of its settings: each asking gets a process, as the dag processor has.
_ASK: Final = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
root = Path(sys.argv[1])
bag = BundleDagBag(root, bundle_path=root, bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors
def seconds(span):
    return span and int(span.total_seconds())
def task(one):
    told = one.doc_md or getattr(getattr(one, "python_callable", None), "__doc__", None)
    told = told or getattr(getattr(one, "operator_class", None), "__doc__", None) or ""
    return {
        "name": one.task_id, "doc": told.strip().splitlines()[0], "mapped": bool(one.is_mapped), "pool": one.pool,
        "rule": one.trigger_rule.value, "retries": one.retries, "timeout": seconds(one.execution_timeout),
        "after": sorted(one.upstream_task_ids),
    }
def param(name, one):
    return {"name": name, "schema": one.schema, "default": one.value, "doc": one.description}
def schedule(timetable):
    if assets := getattr(timetable.asset_condition, "objects", None):
        return "on an event of the Asset " + ", ".join(f"`{asset.name}`" for asset in assets)
    cron = getattr(timetable, "expression", None)
    return f"`{cron}` (UTC)" if cron else timetable.description
print(json.dumps([
    {
        "name": name, "doc": dag.doc_md, "schedule": schedule(dag.timetable), "runs": dag.max_active_runs,
        "timeout": seconds(dag.dagrun_timeout), "paused": dag.is_paused_upon_creation, "tags": sorted(dag.tags),
        "params": [param(key, dag.params.get_param(key)) for key in dag.params],
        "tasks": [task(one) for one in dag.topological_sort()],
    }
    for name, dag in sorted(bag.dags.items())
]))
"""
_HEAD: Final = """# DAGs

Made from the DAGs by `make reference`. A [folder of CSV files](../how-to/add-a-source.md) and every other source has a DAG
`ingest_<source>` like EirGrid's, with Params and Pools of its own.

A task is tried once more after 5 seconds when its worker or the store was lost, and not where asking again changes nothing. A mapped
task has one instance per unit, area, source or repair, labelled with its name.
"""


def dags_page() -> str:
    """Every DAG of a bundle without settings: what it does, schedule, Params and tasks."""
    return "\n".join([_HEAD, *(_dag(one) for one in _asked())])


def _asked() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": "/usr/bin:/bin",
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
        command = [sys.executable, "-W", "ignore", "-c", _ASK, str(ROOT)]
        done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Airflow cannot load the bundle:\n{done.stderr[-2000:]}")
    told: list[dict[str, Any]] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def _dag(dag: dict[str, Any]) -> str:
    title, _, doc = dag["doc"].strip().partition("\n")
    facts = [
        f"Schedule: {dag['schedule']}",
        f"Runs at once: {dag['runs']}",
        f"Ends after: {_span(dag['timeout'])}",
        f"Starts paused: {_PAUSED[dag['paused']]}",
        f"Tags: {', '.join(f'`{tag}`' for tag in dag['tags'])}",
    ]
    parts = [f"## {dag['name']}", "", f"**{title.lstrip('# ')}.**", "", doc.strip(), "", *(f"- {one}" for one in facts)]
    if dag["params"]:
        parts += ["", "| Param | Values | Default | Meaning |", "|---|---|---|---|", *map(_param, dag["params"])]
    tasks = ["| Task | What it does | After | Pool | Trigger rule | Retries | Ends after |", "|---" * 7 + "|"]
    return "\n".join([*parts, "", *tasks, *map(_task, dag["tasks"]), ""])


_PAUSED: Final = {True: "yes", False: "no", None: "as the deployment has it"}


def _param(param: dict[str, Any]) -> str:
    schema = param["schema"]
    kinds = [kind for kind in _listed(schema["type"]) if kind != "null"]
    values = "a day, `2026-06-01`" if schema.get("format") == "date" else " or ".join(kinds)
    if kinds == ["array"]:
        values = f"a list of {', '.join(f'`{one}`' for one in schema['examples'])}"
    default = "–" if param["default"] is None else f"`{json.dumps(param['default'])}`"
    return f"| `{param['name']}` | {values} | {default} | {param['doc']} |"


def _listed(kind: str | list[str]) -> list[str]:
    return [kind] if isinstance(kind, str) else kind


def _task(task: dict[str, Any]) -> str:
    name = f"`{task['name']}`{', mapped' if task['mapped'] else ''}"
    after = ", ".join(f"`{one}`" for one in task["after"]) or "–"
    cells = [name, task["doc"], after, f"`{task['pool']}`", f"`{task['rule']}`", str(task["retries"])]
    return f"| {' | '.join([*cells, _span(task['timeout'])])} |"


def _span(seconds: int | None) -> str:
    if not seconds:
        return "never"
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"
