"""What a DAG file takes to be parsed, on top of Airflow's own import."""

from typing import Final

from bench.figures import LIMIT, OURS, Figure, Goal, in_process
from dev.stack import ROOT

FILES: Final = tuple(sorted(path.stem for path in (ROOT / "dags").glob("*.py")))


def measure(*, rounds: int) -> list[Figure]:
    """Each DAG file alone, in a fresh interpreter, as Airflow's dag processor takes it."""
    figures = []
    for name in FILES:
        found = [in_process("bench.parse_dag", name) for _ in range(rounds)]
        samples = {OURS: [one["dag"] for one in found], LIMIT: [one["sdk"] for one in found]}
        figures.append(
            Figure(
                f"parse of dags/{name}.py",
                samples,
                goals=(Goal("on top of the import", samples[OURS], most=300, unit="ms"),),
                note="limit: import airflow.sdk, in the same interpreter just before",
            )
        )
    return figures
