"""What the last live run of a source did, for `/api/status` and the alerts: written when it ends, well or not."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from include.domain.readings import Unit
from include.jobs.result import UnitResult
from include.jobs.summary import as_json, utc
from include.storage.keys import SCHEMA_VERSION, cycle_key
from include.storage.object_store import ObjectStore


def record(
    store: ObjectStore,
    source_id: str,
    *,
    units: Sequence[Unit],
    results: Iterable[UnitResult],
    run_after: datetime,
    ended_at: datetime,
) -> bool:
    """Write it; False when a later run's record stands there, as it does when an old run is cleared."""
    found = store.get(cycle_key(source_id))
    if found is not None and json.loads(found.data)["run_after"] > utc(run_after):
        return False
    by_label = {result.label: result for result in results}
    areas: dict[str, Counter[str]] = {}
    for unit in units:
        result = by_label.get(unit.label)
        outcome = "lost" if result is None else result.outcome.value
        areas.setdefault(unit.partition.area, Counter())[outcome] += 1
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "source": source_id,
        "run_after": utc(run_after),
        "ended_at": utc(ended_at),
        "areas": {name: dict(counts) for name, counts in areas.items()},
    }
    data = as_json(document)
    if found is None or found.data != data:
        store.overwrite(cycle_key(source_id), data)
    return True
