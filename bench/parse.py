"""What a DAG file takes to be parsed, on top of Airflow's own import."""

import json
import sys
import time
from typing import Final

from bench.figures import LIMIT, OURS, Figure, Goal, in_process
from dev.stack import ROOT

FILES: Final = tuple(sorted(path.stem for path in (ROOT / "dags").glob("*.py")))


def measure(*, rounds: int) -> list[Figure]:
    """Each DAG file alone, in a fresh interpreter, as Airflow's dag processor takes it."""
    figures = []
    for name in FILES:
        found = [in_process("bench.parse", name) for _ in range(rounds)]
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


def main(name: str) -> dict[str, float]:
    """In a fresh interpreter: milliseconds of Airflow's import, and of the DAG file after it."""
    started = time.perf_counter()
    import airflow.sdk  # noqa: F401, PLC0415  what is measured

    imported = time.perf_counter()
    sys.path.insert(0, str(ROOT / "plugins"))
    exec(compile((ROOT / "dags" / f"{name}.py").read_text(), name, "exec"), {"__name__": name})
    return {"sdk": (imported - started) * 1000, "dag": (time.perf_counter() - imported) * 1000}


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
