"""JSON Schemas of the answers. Members may be added; see the promise in the description of the API."""

from typing import Any, Final

INSTANT: Final = {"type": "string", "format": "date-time"}
NUMBER: Final = {"type": ["number", "null"]}
COUNT: Final = {"type": "integer", "minimum": 0}
TEXT: Final = {"type": "string"}
FEED: Final = {"enum": ["eirgrid", "simulated", "recorded", "none"], "description": "Where the numbers are from."}
REGION: Final = {"enum": ["ALL", "ROI", "NI"]}
HEAD: Final = {
    "schema_version": {"const": 1},
    "feed": FEED,
    "attribution": {"type": "string", "description": "To be shown with the data."},
}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | (optional or {}), **more}


def _list(of: dict[str, Any] | str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"} if isinstance(of, str) else of}


def _map(of: dict[str, Any] | str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": {"$ref": f"#/components/schemas/{of}"} if isinstance(of, str) else of,
    }


SERIES: Final = {"region": TEXT, "field": TEXT, "name": TEXT, "unit": TEXT}
WINDOW: Final = _object({"start": INSTANT, "end": INSTANT})
MARK: Final = {"type": ["boolean", "integer"], "description": "Of a slot: whether; of a bucket: of how many slots."}
RUNS: Final = {"type": "array", "items": {"type": "array"}, "description": "[first index, how many] each."}

POINT: Final = _object(
    {"timestamp": INSTANT},
    {
        "value": NUMBER,
        "actual": NUMBER,
        "forecast": NUMBER,
        "min": NUMBER,
        "max": NUMBER,
        "readings": NUMBER,
        "total": {
            "type": ["number", "null"],
            "description": "In `total_unit`: the sum over the slots that have a value.",
        },
        "slots": {**COUNT, "description": "Slots of the bucket in the range."},
        "slots_with_value": {**COUNT, "description": "How many of them had a value."},
        "derived": MARK,
        "withheld": MARK,
    },
)

SCHEMAS: Final[dict[str, Any]] = {
    "Reading": _object(
        {
            "area": TEXT,
            **SERIES,
            "role": {"enum": ["value", "actual", "forecast"]},
            "value": {"type": "number"},
            "timestamp": {**INSTANT, "description": "The slot that it is for."},
            "fetched_at": {**INSTANT, "description": "When it was read from upstream."},
            "stale_after": {**INSTANT, "description": "When a newer one is due."},
            "derived": {"type": "boolean", "description": "Whether it was worked out here; `note` tells how."},
            "feed": FEED,
        },
        {"note": TEXT},
        examples=[
            {
                "area": "wind",
                "region": "ALL",
                "field": "WIND_ACTUAL",
                "name": "Wind",
                "role": "actual",
                "value": 2451.0,
                "unit": "MW",
                "timestamp": "2026-11-22T19:30:00Z",
                "fetched_at": "2026-11-22T20:03:05Z",
                "stale_after": "2026-11-22T20:15:00Z",
                "derived": False,
                "feed": "simulated",
            }
        ],
    ),
    "Current": _object(
        {
            **HEAD,
            "as_of": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "The newest time in the answer.",
            },
            **{
                name: {**_map({"type": "number"}), "description": "MW by region."}
                for name in ("wind_mw", "wind_forecast_mw", "solar_mw", "solar_forecast_mw", "demand_mw")
            },
            "frequency_hz": NUMBER,
            "snsp_pct": NUMBER,
            "co2_t": {**NUMBER, "description": "t/h, Republic of Ireland."},
            "interconnection_mw": {
                **_map({"type": "number"}),
                "description": "EWIC, GRNLK, MOYLE, NET; import is positive.",
            },
            "generation_mw": {**_map({"type": "number"}), "description": "By fuel: the mean over the last 24 h."},
            "generation_mwh_24h": {**_map({"type": "number"}), "description": "By fuel: energy over the last 24 h."},
            "readings": _list("Reading"),
        }
    ),
    "Area": _object(
        {
            **HEAD,
            "area": TEXT,
            "title": TEXT,
            "window": WINDOW,
            "series": _list(_object({**SERIES, "points": _list(POINT)}, {"total_unit": TEXT, "stale_after": INSTANT})),
        },
        {
            "as_of": {"type": ["string", "null"]},
            "alert_after_s": COUNT,
            "readings": _list("Reading"),
            "resolution": TEXT,
            "tz": TEXT,
        },
    ),
    "Columns": _object(
        {
            **HEAD,
            "area": TEXT,
            "title": TEXT,
            "window": WINDOW,
            "resolution": TEXT,
            "tz": TEXT,
            "series": _list(
                _object(
                    {
                        **SERIES,
                        "start": {
                            "type": ["string", "null"],
                            "format": "date-time",
                            "description": "Of the first element.",
                        },
                        "step": {"type": ["string", "null"], "description": "ISO 8601 duration, in `tz` from P1D on."},
                        "values": {"type": "array", "items": NUMBER},
                    },
                    {
                        "absent": {
                            **RUNS,
                            "description": "Never fetched: [first index, how many]. Other nulls are upstream's.",
                        },
                        "derived": {"type": "array"},
                        "withheld": {"type": "array"},
                    },
                )
            ),
        }
    ),
    "AreaOrColumns": {"anyOf": [{"$ref": "#/components/schemas/Area"}, {"$ref": "#/components/schemas/Columns"}]},
    "Snapshot": _object(
        {
            **HEAD,
            "current": {"$ref": "#/components/schemas/Current"},
            "areas": {
                **_map({"type": "object"}),
                "description": "As `/api/{area}`, with `columns` in place of points.",
            },
            "gaps": {"type": "object"},
        }
    ),
    "AreaHealth": _object(
        {
            "status": {"enum": ["ok", "late", "down"]},
            "newest": {"type": ["string", "null"], "format": "date-time"},
            "expected_by": {"type": ["string", "null"], "format": "date-time"},
        },
        {
            "age_s": {"type": ["integer", "null"]},
            "last_cycle": {
                "type": ["object", "null"],
                "description": "How many units of the last live run ended with which outcome.",
            },
        },
    ),
    "Health": _object(
        {
            "status": {"enum": ["ok", "late", "down", "degraded"]},
            "feed": {"type": ["string", "null"]},
            "cached_at": {"type": ["string", "null"], "format": "date-time"},
            "areas_loaded": COUNT,
            "store": TEXT,
            "areas": _map("AreaHealth"),
        }
    ),
    "Status": _object(
        {
            "schema_version": {"const": 1},
            "attribution": TEXT,
            "now": INSTANT,
            "status": {"enum": ["ok", "late", "down", "degraded"]},
            "store": TEXT,
            "areas": _map("AreaHealth"),
            "last_cycle": {**_map(_object({"run_after": INSTANT, "ended_at": INSTANT})), "description": "By source."},
        }
    ),
    "Catalogue": _object(
        {
            **HEAD,
            "areas": _list(
                _object(
                    {
                        "area": TEXT,
                        "title": TEXT,
                        "regions": _list(REGION),
                        "alert_after_s": COUNT,
                        "series": _list(
                            _object(
                                {
                                    **SERIES,
                                    "cadence_s": COUNT,
                                    "first": {"type": ["string", "null"], "format": "date-time"},
                                    "last": {"type": ["string", "null"], "format": "date-time"},
                                    "completeness": {
                                        "type": ["number", "null"],
                                        "minimum": 0,
                                        "maximum": 1,
                                        "description": "Slots with a stored value ÷ slots due since the first.",
                                    },
                                }
                            )
                        ),
                    }
                )
            ),
        }
    ),
    "Gaps": _object(
        {
            **HEAD,
            "checked_at": {"type": ["string", "null"], "format": "date-time"},
            "gaps": _list(
                _object(
                    {
                        "area": TEXT,
                        "region": TEXT,
                        "field": TEXT,
                        "state": TEXT,
                        "first": INSTANT,
                        "last": INSTANT,
                        "count": COUNT,
                        "reason": TEXT,
                    },
                    {"attempts": COUNT, "next_try": INSTANT},
                )
            ),
        },
        {
            "window": {"type": ["object", "null"]},
            "completeness": NUMBER,
            "series": {"type": "array"},
            "days": {"type": "object"},
        },
    ),
    "Files": _object(
        {
            **HEAD,
            "files": _list(
                _object(
                    {
                        "path": TEXT,
                        "url": {"type": "string", "description": "Of exactly these bytes; may be kept for good."},
                        "area": TEXT,
                        "region": TEXT,
                        "period": TEXT,
                        "size": COUNT,
                        "rows": COUNT,
                        "sha256": TEXT,
                        "completeness": NUMBER,
                    }
                )
            ),
        }
    ),
    "Problem": _object(
        {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
        {
            "parameter": TEXT,
            "value": TEXT,
            "allowed": TEXT,
            "allowed_values": {"type": "array", "items": TEXT},
            "points": {"type": ["integer", "null"]},
            "bytes": {"type": ["integer", "null"]},
        },
        description="RFC 9457.",
        examples=[
            {
                "type": "about:blank",
                "title": "Value not allowed",
                "status": 400,
                "detail": "resolution: got '2h'; allowed: native, 15m, 30m, 1h, 1d, 1w, 1M",
                "parameter": "resolution",
                "value": "2h",
                "allowed": "native, 15m, 30m, 1h, 1d, 1w, 1M",
            }
        ],
    ),
}
