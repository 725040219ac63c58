"""The reference page of the REST API's paths and parameters, from the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from api.openapi import document
from include.domain.catalogue import area_names

_HEAD: Final = """# REST paths and parameters

Made from the OpenAPI document (`/openapi.json`) by `make reference`; what it all means stands under [REST API](rest.md).

Every path answers GET and HEAD, takes `If-None-Match`, and may answer `304`, `400` and `503`.
"""
_EVERYWHERE: Final = {"200", "304", "400", "503"}
_OF_AN_AREA: Final = ("region", "fields")
"""Parameters whose values each area has its own of."""


def rest_page() -> str:
    """Every path, every parameter, and the members of every answer."""
    told = document(title="", version="")
    paths = {path: methods["get"] for path, methods in told["paths"].items()}
    areas = {name: paths.pop(f"/api/{name}") for name in area_names()}
    shared = next(iter(areas.values()))
    rows = [_path(path, one) for path, one in paths.items()] + [
        _path("/api/{area}", shared, what="Any range of an area")
    ]
    parts = [_HEAD, _table("Path", "What", "Answer", "And", rows=rows), "\n## /api/{area}\n", _areas(areas)]
    parts += ["", _parameters([one for one in _query(shared) if one["name"] not in _OF_AN_AREA])]
    for path, one in paths.items():
        if _query(one):
            parts += [f"\n## {path}\n", _parameters(_query(one))]
    schemas = told["components"]["schemas"]
    parts += [f"\n## Answer: {name}\n\n{_members(one)}" for name, one in schemas.items() if "properties" in one]
    return "\n".join(parts) + "\n"


def _path(path: str, one: dict[str, Any], *, what: str = "") -> list[str]:
    content = one["responses"]["200"]["content"]
    named = [media["schema"].get("$ref", "").rpartition("/")[2] for media in content.values()]
    answer = next((name for name in named if name), ", ".join(content))
    more = ", ".join(f"`{status}`" for status in one["responses"] if status not in _EVERYWHERE)
    return [f"`{path}`", what or one["summary"], answer, more or "–"]


def _areas(areas: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, one in areas.items():
        values = {
            given["name"]: given["schema"]["items"]["enum"] for given in _query(one) if given["name"] in _OF_AN_AREA
        }
        usual = next(given["schema"]["default"] for given in _query(one) if given["name"] == "resolution")
        listed = [", ".join(f"`{value}`" for value in values[key]) for key in _OF_AN_AREA]
        rows.append([f"`{name}`", *listed, f"`{usual}`"])
    return _table("Area", "`region`", "`fields`", "Default of `resolution`", rows=rows)


def _query(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [given for given in one["parameters"] if given["in"] != "header"]


def _parameters(given: list[dict[str, Any]]) -> str:
    return _table("Parameter", "Values", "Default", "Meaning", rows=map(_parameter, given))


def _parameter(one: dict[str, Any]) -> list[str]:
    default = f"`{one['schema']['default']}`" if "default" in one["schema"] else "–"
    return [f"`{one['name']}`", _values(one), default, one["description"]]


def _values(one: dict[str, Any]) -> str:
    schema = one["schema"]
    listed = schema.get("enum") or schema.get("items", {}).get("enum")
    if listed:
        return f"{'one or more of ' if 'items' in schema else ''}{', '.join(f'`{value}`' for value in listed)}"
    kinds = "a date or an instant, " if "anyOf" in schema else ""
    return f"{kinds}such as `{one['example']}`"


def _members(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        [f"`{name}`", _kind(one), "always" if name in required else "not always", one.get("description", "")]
        for name, one in schema["properties"].items()
    ]
    return _table("Member", "Type", "There", "Meaning", rows=rows)


def _kind(one: dict[str, Any]) -> str:
    if either := one.get("anyOf") or one.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(each) for each in either))
    if listed := one.get("enum") or ([one["const"]] if "const" in one else []):
        return ", ".join(f"`{value}`" for value in listed)
    return str(one["$ref"].rpartition("/")[2]) if "$ref" in one else _named(one)


def _named(one: dict[str, Any]) -> str:
    kinds = one.get("type", "any")
    named = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if named == "array":
        return f"list of {_kind(one.get('items', {}))}"
    if named == "object" and isinstance(of := one.get("additionalProperties"), dict):
        return f"by name: {_kind(of)}"
    return named.replace("string", "instant") if one.get("format") == "date-time" else named


def _table(*columns: str, rows: Iterable[list[str]]) -> str:
    lines = [list(columns), ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace(chr(10), ' ') for cell in line)} |" for line in lines)
