"""In a fresh interpreter with nothing of ours: milliseconds of Airflow's import, and of a DAG file after it."""

import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(name: str) -> dict[str, float]:
    """Both, in this order."""
    started = time.perf_counter()
    import airflow.sdk  # noqa: F401, PLC0415  what is measured

    imported = time.perf_counter()
    sys.path.insert(0, str(ROOT / "plugins"))
    exec(compile((ROOT / "dags" / f"{name}.py").read_text(), name, "exec"), {"__name__": name})
    return {"sdk": (imported - started) * 1000, "dag": (time.perf_counter() - imported) * 1000}


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
