"""Answers as text: rows in upstream's key order and number form, and the envelopes around them."""

import json
from collections.abc import Iterable, Sequence

import numpy as np

from dev.upstream.feed import Column
from dev.upstream.irish_time import stamp_texts
from dev.upstream.noise import Floats

DASHBOARD_ROW = '{"EffectiveTime":"%s","FieldName":"FIELD","Region":"REGION","Value":%s}'
PROXIED_ROW = '{"Value":%s,"Region":"REGION","EffectiveTime":"%s","FieldName":"FIELD"}'
"""Key order of wind and solar on api/chart, which come from another backend than the rest."""
INTERCONN_ROW = '{"Effective_Date":"%s","Field_Name":"FIELD","Value":%s}'


def number_texts(values: Floats, decimals: int, *, quoted: bool = False) -> list[str]:
    """JSON numbers (whole, or with as many decimals as they need), `null` for NaN."""
    if decimals == 0:
        missing = np.isnan(values)
        texts = list(map(str, np.where(missing, 0, values).astype(np.int64).tolist()))
        for place in np.flatnonzero(missing).tolist():
            texts[place] = "null"
    else:
        texts = list(map(repr, np.round(values, decimals).tolist()))
        if np.isnan(values).any():
            texts = ["null" if text == "nan" else text for text in texts]
    return [text if text == "null" else f'"{text}"' for text in texts] if quoted else texts


def rows_of(column: Column, template: str, *, style: str = "named") -> list[str]:
    """One JSON object per slot."""
    series = column.series
    row = template.replace("FIELD", series.field).replace("REGION", series.row_region)
    times = stamp_texts(column.stamps, style=style)
    numbers = number_texts(column.values, series.decimals, quoted=column.quoted)
    pairs = zip(numbers, times, strict=True) if row.startswith('{"Value"') else zip(times, numbers, strict=True)
    head, middle, tail = row.split("%s")
    return [f"{head}{first}{middle}{second}{tail}" for first, second in pairs]


def newest(columns: Iterable[Column]) -> int | None:
    """Wall-clock stamp of the newest slot that has a value."""
    filled = [column.stamps[~np.isnan(column.values)] for column in columns]
    return max((int(stamps[-1]) for stamps in filled if len(stamps)), default=None)


def _stamp_json(stamp: int | None) -> str:
    return "null" if stamp is None else f'"{stamp_texts(np.array([stamp], dtype=np.int64))[0]}"'


def full(rows: Sequence[str], *, updated: int | None) -> str:
    """DashboardService and average-fuel-mix; `updated` is a wall-clock stamp."""
    body = ",".join(rows)
    return f'{{"ErrorMessage":null,"LastUpdated":{_stamp_json(updated)},"Rows":[{body}],"Status":"Success"}}'


def bare(rows: Sequence[str]) -> str:
    """api/chart: nothing but rows."""
    return f'{{"Rows":[{",".join(rows)}]}}'


def export(rows: Sequence[str]) -> str:
    """Vargen and interconn."""
    return f'{{"ErrorMessage":null,"Rows":[{",".join(rows)}],"Status":"Success"}}'


def error(message: str) -> str:
    """Write the error form, sent with status 200."""
    return f'{{"ErrorMessage":{json.dumps(message)},"LastUpdated":null,"Rows":[],"Status":"Error"}}'
