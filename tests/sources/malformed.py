"""Answers spoiled in every way that JSON and bytes allow, and a judge that shares no code with the source."""

import copy
import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

IRELAND: Final = ZoneInfo("Europe/Dublin")
TIMES: Final = ("EffectiveTime", "Effective_Date")
NAMES: Final = ("FieldName", "Field_Name")
WIDE: Final = {"MW_ACTUAL": "ACTUAL", "MW_FORECAST": "FCAST"}
NUMBER: Final = re.compile(r"[ \t\r\n\f\v]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?[ \t\r\n\f\v]*")
FORMATS: Final = ("%d-%b-%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d-%b-%Y %H:%M", "%d-%m-%Y %H:%M", "%d-%b-%Y", "%d-%m-%Y")

JUNK: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 7, 1e308, -1e12, 10**400, float("nan"), float("inf"), [], [1], {}, {"a": 1},
    "", " ", "0", "-12.5", "1,5", "1_0", "1e5", "1e400", "1e0001", "-0", "0x1F", "n/a", "null", "NULL", "NaN",
    "Infinity", "٣٢١", "½", "３",
    "\x00", "🔌", "<html>", "*", "%s", "x" * 5000, "1770681600", "/Date(1770681600000)/", "2026-02-10T00:00:00Z",
    "30-Feb-2026 00:00:00", "10-Feb-2026 25:00:00", "10-Feb-2026 24:00:00", "10-Feb-26 00:00:00",
    "10-02-2026 00:00:00", "02-13-2026 00:00:00", "10-Fév-2026 00:00:00", "00-Jan-0000 00:00:00",
    "31-Dec-9999 23:59:59", "10-Feb-2026 00:07:00", "ALL", "ROI", "NI", "roi", "SYSTEM_DEMAND", "SYSTEM_DEMAND ",
    "system_demand", "GEN_EXP", "WIND_ACTUAL", "SNSP_ALL", "INTER_NET", "SYS_FREQUENCY", "FUEL_GAS",
)  # fmt: skip
KEYS: Final = (*TIMES, *NAMES, *WIDE, "Value", "value", "Region", "Rows", "Status", "ErrorMessage", "LastUpdated", "")


Payload = dict[str, Any]


def spoil(payload: Payload, rng: random.Random) -> bytes:
    """One to three spoilings of an answer, then perhaps one of its bytes."""
    spoiled: Any = copy.deepcopy(payload)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        spoiled = rng.choice(SPOILINGS)(spoiled, rng)
    body = json.dumps(spoiled, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return rng.choice(TEARINGS)(body, rng) if rng.random() < 0.35 else body


def _junk(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(JUNK))


def _row(payload: Any, rng: random.Random) -> Any:
    rows = payload.get("Rows") if isinstance(payload, dict) else None
    return rng.choice(rows) if isinstance(rows, list) and rows else None


def _wrong_value(payload: Any, rng: random.Random) -> Any:
    row = _row(payload, rng)
    if isinstance(row, dict) and row:
        row[rng.choice(list(row))] = _junk(rng)
    return payload


def _another_column(payload: Any, rng: random.Random) -> Any:
    row = _row(payload, rng)
    if isinstance(row, dict):
        row[rng.choice(KEYS)] = _junk(rng)
    return payload


def _lost_key(payload: Any, rng: random.Random) -> Any:
    row = _row(payload, rng)
    if isinstance(row, dict) and row:
        del row[rng.choice(list(row))]
    return payload


def _renamed_key(payload: Any, rng: random.Random) -> Any:
    row = _row(payload, rng)
    if isinstance(row, dict) and row:
        row[rng.choice(KEYS)] = row.pop(rng.choice(list(row)))
    return payload


def _swapped(payload: Any, rng: random.Random) -> Any:
    row = _row(payload, rng)
    if isinstance(row, dict) and len(row) > 1:
        one, other = rng.sample(list(row), 2)
        row[one], row[other] = row[other], row[one]
    return payload


def _unit_slip(payload: Any, rng: random.Random) -> Any:
    factor = rng.choice((1000, 0.001, -1))
    rows = payload.get("Rows") if isinstance(payload, dict) else None
    share = rng.random()
    for row in rows if isinstance(rows, list) else []:
        for key in {"Value", *WIDE} & (row.keys() if isinstance(row, dict) else set()):
            # 10**400 is no float.
            if isinstance(row[key], int | float) and abs(row[key]) < 1e308 and rng.random() < share:
                row[key] = row[key] * factor
    return payload


def _odd_rows(payload: Any, rng: random.Random) -> Any:
    if isinstance(payload, dict) and isinstance(payload.get("Rows"), list):
        rows = payload["Rows"]
        changes: tuple[Callable[[], Any], ...] = (
            rows.clear, rows.reverse, lambda: rng.shuffle(rows), lambda: rows.append(_junk(rng)),
            lambda: rows.extend(copy.deepcopy(rows)), lambda: rows.append(copy.deepcopy(rng.choice(rows or [{}]))),
            lambda: rows.__delitem__(slice(len(rows) // 2, None)),
        )  # fmt: skip
        rng.choice(changes)()
    return payload


def _odd_envelope(payload: Any, rng: random.Random) -> Any:
    if not isinstance(payload, dict):
        return payload
    rows = payload.get("Rows")
    changed = rng.choice(("rows", "status", "gone", "list", "text", "wrapped", "object", "nested"))
    if changed in {"rows", "status"}:
        return payload | {"Rows" if changed == "rows" else "Status": _junk(rng)}
    if changed == "nested":
        deep: Any = 0
        for _ in range(rng.choice((3, 200))):
            deep = [deep]
        return payload | {"Rows": deep}
    return {
        "gone": {key: value for key, value in payload.items() if key != "Rows"},
        "list": rows,
        "text": json.dumps(payload),
        "wrapped": {"d": payload},
        "object": payload | {"Rows": dict(enumerate(rows)) if isinstance(rows, list) else rows},
    }[changed]


def _shifted(payload: Any, rng: random.Random) -> Any:
    """A digit of a stamp is another digit."""
    row = _row(payload, rng)
    for key in TIMES:
        stamp = row.get(key) if isinstance(row, dict) else None
        if isinstance(stamp, str) and stamp:
            place = rng.randrange(len(stamp))
            row[key] = stamp[:place] + rng.choice("0123456789-: Zé") + stamp[place + 1 :]
    return payload


SPOILINGS: Final[tuple[Callable[[Any, random.Random], Any], ...]] = (
    _wrong_value, _wrong_value, _another_column, _lost_key, _renamed_key, _swapped, _unit_slip, _odd_rows,
    _odd_envelope, _shifted, _shifted,
)  # fmt: skip


def _cut(body: bytes, rng: random.Random) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _flipped(body: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << rng.randrange(8))]) + body[place + 1 :]


def _inserted(body: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(body) + 1)
    return body[:place] + rng.randbytes(rng.randrange(1, 6)) + body[place:]


def _removed(body: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + body[place + rng.randrange(1, 40) :]


def _repeated(body: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(body))
    return body[: place + rng.randrange(1, 400)] + body[place:]


def _recoded(body: bytes, rng: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-8-sig", "utf-32", "cp037")), "replace")


def _framed(body: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"<html>%s</html>", b"callback(%s);", b"%s\n%s", b"data: %s", b"\x1f\x8b%s", b"[%s")).replace(
        b"%s", body
    )


TEARINGS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    _cut, _flipped, _flipped, _inserted, _removed, _repeated, _recoded, _framed,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a careful reader finds in an answer."""

    malformed: str
    """The first row that no upstream ever wrote; "" when there is none."""
    given: dict[tuple[str, datetime], set[float | None]]
    """What is said of a field at an instant; a stamp of October's doubled hour counts for both passes."""


def judge(body: bytes, *, fields: set[str], area: str, interface: str) -> Judgement:
    """Read an answer slowly and strictly. Raises whatever it meets when the whole is no answer."""
    given: dict[tuple[str, datetime], set[float | None]] = {}
    for row in json.loads(body)["Rows"]:
        for stamp, field, value in _told(row, area=area, interface=interface):
            if field not in fields:
                continue
            instants = _instants(stamp)
            if instants is None or not _is_number_or_nothing(value):
                return Judgement(repr(row), given)
            number = None if value is None or value == "" else float(value)
            for instant in instants:
                given.setdefault((field, instant), set()).add(number)
    return Judgement("", given)


def _told(row: Any, *, area: str, interface: str) -> list[tuple[Any, Any, Any]]:
    if interface == "interconn":
        return [(row["Effective_Date"], row["Field_Name"], row["Value"])]
    if interface == "vargen" and "FieldName" not in row:
        return [(row["Effective_Date"], f"{area.upper()}_{WIDE[key]}", row[key]) for key in WIDE if key in row]
    return [(row["EffectiveTime"], row["FieldName"], row["Value"])]


def _is_number_or_nothing(value: Any) -> bool:
    if value is None or value == "":
        return True
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None and math.isfinite(float(value))
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _instants(stamp: Any) -> list[datetime] | None:
    """The instants that a stamp may mean: none in spring's skipped hour, two in October's doubled one."""
    if not isinstance(stamp, str) or not stamp.isascii():
        return None
    for form in FORMATS:
        try:
            local = datetime.strptime(stamp.strip(), form).replace(tzinfo=IRELAND)
        except ValueError:
            continue
        both = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(one for one in both if one.astimezone(IRELAND).replace(tzinfo=None) == local.replace(tzinfo=None))
    return None
