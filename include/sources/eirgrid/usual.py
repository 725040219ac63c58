"""Answers of the shapes that upstream nearly always gives, read by msgspec: no dictionary is made of any row.

Whatever else comes is Unusual and left to `envelope`, which judges answers row by row and says what is wrong with them.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np

from include.sources.eirgrid.rows import Rows

Number = float | str | None
Place = Literal["ROI", "NI", "ALL"] | None


class Unusual(Exception):
    """An answer that has to be read row by row."""


# msgspec would skip what is not known without looking whether it is text at all.
class LongRow(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of DashboardService, of api/chart and of vargen's second shape."""

    EffectiveTime: str
    FieldName: str
    Value: Number
    Region: Place = None


class LinkRow(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of interconn."""

    Effective_Date: str
    Field_Name: str
    Value: Number
    Region: Place = None


class WideRow(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of vargen."""

    Effective_Date: str
    MW_ACTUAL: Number
    MW_FORECAST: Number
    Region: Place = None


class _Answer[R](msgspec.Struct, forbid_unknown_fields=True):
    Rows: list[R]
    Status: Literal["Success"] | None = None
    ErrorMessage: str | None = None
    LastUpdated: str | None = None


_LONG: Final = msgspec.json.Decoder(_Answer[LongRow])
_LINKS: Final = msgspec.json.Decoder(_Answer[LinkRow])
_WIDE: Final = msgspec.json.Decoder(_Answer[WideRow])


def long_rows(body: bytes) -> Rows:
    """See envelope.long_rows."""
    rows = _rows(_LONG, body)
    stamps, fields = [row.EffectiveTime for row in rows], [row.FieldName for row in rows]
    return Rows.of(stamps, fields, [row.Value for row in rows], [row.Region for row in rows])


def link_rows(body: bytes) -> Rows:
    """The same of interconn's rows."""
    rows = _rows(_LINKS, body)
    stamps, fields = [row.Effective_Date for row in rows], [row.Field_Name for row in rows]
    return Rows.of(stamps, fields, [row.Value for row in rows], [row.Region for row in rows])


def wide_rows(body: bytes, *, names: Mapping[str, str]) -> Rows:
    """See envelope.wide_rows: first the actual values, then the forecasts."""
    rows = _rows(_WIDE, body)
    return Rows(
        [row.Effective_Date for row in rows] * 2,
        [names["MW_ACTUAL"], names["MW_FORECAST"]],
        np.repeat(np.arange(2), len(rows)),
        [*(row.MW_ACTUAL for row in rows), *(row.MW_FORECAST for row in rows)],
        [row.Region for row in rows] * 2,
    )


def _rows[R](decoder: "msgspec.json.Decoder[_Answer[R]]", body: bytes) -> list[R]:
    try:
        rows = decoder.decode(body).Rows
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusual(str(error)) from error
    if not rows:
        raise Unusual("no rows")
    return rows
