"""Answers of the shapes that upstream nearly always gives, read by msgspec: no dictionary is made of any row.

Whatever else comes is Unusual and left to `envelope`, which judges answers row by row and says what is wrong with them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import numpy as np

from include.sources.columns import Floats
from include.sources.eirgrid.rows import Rows, SentValues

Text = float | str | None
"""A value that may stand in quotation marks."""
Region = Literal["ROI", "NI", "ALL"]
Place = Region | None


class Unusual(Exception):
    """An answer that has to be read row by row."""


_NONE: Final[Any] = None


# msgspec would skip what is not known without looking whether it is text at all.
class LongRow(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of DashboardService, of api/chart and of vargen's second shape."""

    EffectiveTime: str
    FieldName: str
    Value: float | None
    Region: Place = None


class LinkRow[N: Text, P: Place](msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of interconn."""

    Effective_Date: str
    Field_Name: str
    Value: N
    Region: P = _NONE


class WideRow[N: Text, P: Place](msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A row of vargen."""

    Effective_Date: str
    MW_ACTUAL: N
    MW_FORECAST: N
    Region: P = _NONE


class _Answer[R](msgspec.Struct, forbid_unknown_fields=True):
    Rows: list[R]
    Status: Literal["Success"] | None = None
    ErrorMessage: str | None = None
    LastUpdated: str | None = None


_LONG: Final = msgspec.json.Decoder(_Answer[LongRow])
# As a rule every value is a number, in quotation marks or not; of the odd ones some are nulls or other text. Without
# `strict`, where nothing may be null, since it reads the text "null" as one.
_LINKS: Final = msgspec.json.Decoder(_Answer[LinkRow[float, Region]], strict=False)
_ODD_LINKS: Final = msgspec.json.Decoder(_Answer[LinkRow[Text, Place]])
_WIDE: Final = msgspec.json.Decoder(_Answer[WideRow[float, Region]], strict=False)
_ODD_WIDE: Final = msgspec.json.Decoder(_Answer[WideRow[Text, Place]])


def long_rows(body: bytes) -> Rows:
    """See envelope.long_rows."""
    rows = _rows(_LONG, body)
    stamps, fields = [row.EffectiveTime for row in rows], [row.FieldName for row in rows]
    return Rows.of(stamps, fields, _floats([row.Value for row in rows]), [row.Region for row in rows])


def link_rows(body: bytes) -> Rows:
    """The same of interconn's rows."""
    try:
        return _of_links(_rows(_LINKS, body), _finite)
    except Unusual:
        return _of_links(_rows(_ODD_LINKS, body), list)


def wide_rows(body: bytes, *, names: Mapping[str, str]) -> Rows:
    """See envelope.wide_rows: first the actual values, then the forecasts."""
    try:
        return _of_wide(_rows(_WIDE, body), names, _finite)
    except Unusual:
        return _of_wide(_rows(_ODD_WIDE, body), names, list)


def _of_links[N: Text, P: Place](rows: list[LinkRow[N, P]], values: Callable[[list[N]], SentValues]) -> Rows:
    stamps, fields = [row.Effective_Date for row in rows], [row.Field_Name for row in rows]
    return Rows.of(stamps, fields, values([row.Value for row in rows]), [row.Region for row in rows])


def _of_wide[N: Text, P: Place](
    rows: list[WideRow[N, P]], names: Mapping[str, str], values: Callable[[list[N]], SentValues]
) -> Rows:
    return Rows(
        [row.Effective_Date for row in rows] * 2,
        [names["MW_ACTUAL"], names["MW_FORECAST"]],
        np.repeat(np.arange(2), len(rows)),
        values([*(row.MW_ACTUAL for row in rows), *(row.MW_FORECAST for row in rows)]),
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


def _floats(values: Sequence[float | None]) -> Floats:
    """Numbers, and NaN for nulls."""
    return np.array(values, dtype=np.float64)


def _finite(values: list[float]) -> Floats:
    """Numbers alone: text may be read as NaN or as infinity."""
    found = _floats(values)
    if not np.isfinite(found).all():
        raise Unusual("no number")
    return found
