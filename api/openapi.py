"""The OpenAPI document, written from the catalogue: a path per area, with its own regions, fields and units."""

from typing import Any, Final

from api.files import PARAMETERS as FILE_FILTERS
from api.files import VERSION
from api.formats import MEDIA_TYPES
from api.gaps import PARAMETERS as GAP_FILTERS
from api.query import ZONES, Format, Resolution
from api.schemas import SCHEMAS
from include.domain.catalogue import AREAS, ATTRIBUTION
from include.domain.gaps import State
from include.domain.series import Area, Role

DESCRIPTION: Final = f"""Irish grid data, kept complete. {ATTRIBUTION}.
Not affiliated with EirGrid or SONI; no warranty.

* Every value carries the UTC time of its slot and its unit. `null` means that upstream had no value; a slot that is
  not there was never fetched; 0 is zero.
* Values that were worked out here are marked `derived`, those that EirGrid withholds `withheld`. `stale_after` tells
  when a newer value is due; `feed` tells whether the numbers are EirGrid's or simulated.
* Ranges are half-open: `start` is in, `end` is not. No key; no limit but the size of an answer (4.4 MB compressed).
* Errors are RFC 9457 problem documents that name the parameter, the value and what is allowed.

**What will not change:** within `schema_version` 1 nothing is removed or renamed and no unit changes; new members may
be added, so ignore what you do not know. A change that breaks this gets a new version, announced in the changelog six
months before the old one ends."""

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
INSTANT: Final = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
}


def document(*, title: str, version: str) -> dict[str, Any]:
    """The whole document."""
    paths = {
        "/api/current": _get("Newest reading of every series", "Current", tags=["Now"]),
        "/api/recent": _get("The snapshot of the last three days", "Snapshot", tags=["Now"]),
        "/api/snapshot": _get("Current, all areas and gaps in one answer", "Snapshot", tags=["Now"]),
        "/api/status": _get(
            "Whether each area is up to date, and what the last live run did", "Status", tags=["State"]
        ),
        "/health": _get("Whether the service and its data are well", "Health", tags=["State"]),
        "/api/catalogue": _get(
            "Every series: unit, cadence, first and last slot, completeness", "Catalogue", tags=["Data"]
        ),
        "/api/gaps": _get("What is missing, and why", "Gaps", tags=["State"], parameters=_gap_filters()),
        "/api/files": _get(
            "The Parquet files themselves", "Files", tags=["Data"], parameters=_file_filters(), missing=True
        ),
        "/api/files/{path}": _file(),
        **{f"/api/{area.name}": _area(area) for area in AREAS},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "Now", "description": "The newest values."},
            {"name": "Data", "description": "Ranges of one area, and what there is."},
            {"name": "State", "description": "Freshness and completeness."},
        ],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }


def _get(
    summary: str,
    schema: str,
    *,
    tags: list[str],
    parameters: list[dict[str, Any]] | None = None,
    missing: bool = False,
    content: dict[str, Any] | None = None,
    description: str = "",
) -> dict[str, Any]:
    """A path that is read: GET, and HEAD with the same headers."""
    answers: dict[str, Any] = {
        "200": {
            "description": "The data.",
            "headers": _headers(),
            "content": content or {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        },
        "304": {"description": "The client has it already (`If-None-Match`).", "headers": _headers()},
        "400": _problem("A parameter that there is not, or a value that is not allowed."),
        "503": _problem("Nothing exported yet, or the store cannot be read; `Retry-After` says when to ask again."),
    }
    if missing:
        answers["404"] = _problem("This deployment hands out no files.")
    if parameters is not None:
        answers["422"] = _problem("Well formed, but outside of what there is, or the parameters do not go together.")
        answers["414"] = _problem("The query has more than 8 KiB.")
    if parameters is not None and content is not None:
        answers["404"] = _problem("No readings in this range; the problem says what is held.")
        answers["406"] = _problem("Too large uncompressed; send `Accept-Encoding: gzip` or `br`.")
        answers["413"] = _problem("More than 4.4 MB even compressed; the problem says how to get the numbers.")
    name = summary.split(":", maxsplit=1)[0]
    operation = {
        "summary": summary,
        "description": description or f"{summary}.",
        "operationId": f"get{schema}{'' if content is None else ''.join(name.split())}",
        "tags": tags,
        "parameters": [*(parameters or []), _if_none_match()],
        "responses": answers,
    }
    return {"get": operation}


def _file() -> dict[str, Any]:
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    path |= {"description": "As `/api/files` lists it.", "example": FILE_EXAMPLE}
    version = _text("version", {"type": "string", "pattern": f"^{VERSION}$"}, "Of these bytes.", "0123456789abcdef")
    told = _get("One Parquet file", "File", tags=["Data"], parameters=[path, version], missing=True)
    told["get"]["responses"]["200"]["content"] = {MEDIA_TYPES[Format.PARQUET]: {"schema": {"type": "string"}}}
    told["get"]["responses"]["410"] = _problem("The file has changed since.")
    return told


FILE_EXAMPLE: Final = "readings/source=eirgrid/area=wind/region=ROI/year=2026/month=10/data.parquet"


def _headers() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return {
        "ETag": {"description": "Strong; another one for each encoding.", **text},
        "Cache-Control": {"description": "Until the next slot is expected.", **text},
        "X-Data-Feed": {
            "description": "Where the numbers are from.",
            "schema": {"enum": ["eirgrid", "simulated", "recorded", "none"]},
        },
    }


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _if_none_match() -> dict[str, Any]:
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "An ETag that the client has; 304 when it still holds.",
        "schema": {"type": "string"},
        "example": '"0123456789abcdef0123456789abcdef-gzip"',
    }


def _area(area: Area) -> dict[str, Any]:
    listed = "\n".join(
        f"* `{field}` – {one.name} ({one.unit}), every {_cadence(one.cadence.total_seconds())}; {', '.join(regions)}"
        for field, (one, regions) in _fields(area).items()
    )
    answers = {
        media: {"schema": {"type": "string"} if media != JSON else {"$ref": "#/components/schemas/AreaOrColumns"}}
        for media in MEDIA_TYPES.values()
    }
    return _get(
        f"{area.title}: any range, at any resolution",
        "Area",
        tags=["Data"],
        parameters=_range_parameters(area),
        content=answers,
        description=f"Without parameters: the last thirty Irish days, and tomorrow's forecasts. Series:\n\n{listed}",
    )


def _fields(area: Area) -> dict[str, tuple[Any, list[str]]]:
    found: dict[str, tuple[Any, list[str]]] = {}
    for one in area.series:
        found.setdefault(one.field, (one, []))[1].append(one.region)
    return found


def _cadence(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def _range_parameters(area: Area) -> list[dict[str, Any]]:
    roles = [role.value for role in (Role.ACTUAL, Role.FORECAST) if any(one.role is role for one in area.series)]
    usual = "15m" if area.partitioned_by_day else "native"
    return [
        _list("region", list(area.regions), "Regions; all of them by default."),
        _text(
            "start",
            INSTANT,
            "From here on; a date is its midnight in `tz`. Default: thirty days before `end`.",
            "2026-11-01",
        ),
        _text("end", INSTANT, "Up to here, not included. Default: the end of tomorrow.", "2026-11-08"),
        _choice("resolution", list(Resolution), usual, RESOLUTION),
        _list("fields", [*_fields(area), *roles], "Fields, or roles; all of them by default."),
        _choice("format", list(Format), "json", FORMATS),
        _choice(
            "tz", list(ZONES), "UTC", "The zone of times (always with their offset), and of days, weeks and months."
        ),
        _choice("derived", ["true", "false"], "true", "`false` leaves nulls where a value could be worked out."),
    ]


RESOLUTION: Final = (
    "How values are put together: MW as the mean (and MWh as `total`), intensity weighted by demand, frequency as"
    " minimum, mean and maximum, the fuel mix as its last snapshot. A bucket tells how many of its slots had values."
    " 5-second values come as `native` for a range of up to a day."
)
FORMATS: Final = (
    "`json`: points with their time. `columns`: arrays; element k is at `start` + k × `step`. `csv`, `ndjson` and"
    " `parquet`: one row a slot."
)


def _gap_filters() -> list[dict[str, Any]]:
    known = {
        "area": _list("area", [area.name for area in AREAS], "Areas."),
        "region": _list("region", ["ALL", "ROI", "NI"], "Regions."),
        "state": _list("state", [state.value for state in State], "States."),
        "start": _text("start", INSTANT, "Gaps that reach into the time from here on.", "2026-11-01"),
        "end": _text("end", INSTANT, "Gaps that begin before.", "2026-11-08"),
    }
    return [known[name] for name in GAP_FILTERS]


def _file_filters() -> list[dict[str, Any]]:
    of_files = {
        "start": "Files that reach into the time from here on.",
        "end": "Files that begin before.",
    }
    return [
        one | {"description": of_files.get(one["name"], one["description"])}
        for one in _gap_filters()
        if one["name"] in FILE_FILTERS
    ]


def _choice(name: str, values: list[Any], default: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "enum": [str(one) for one in values], "default": default}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _list(name: str, values: list[str], description: str) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string", "enum": values}, "minItems": 1}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _text(name: str, schema: dict[str, Any], description: str, example: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}
