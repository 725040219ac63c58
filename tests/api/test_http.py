"""What holds for every answer: methods, encodings, security headers, and nothing leaks."""

import gzip
import re
from http.client import HTTPConnection
from pathlib import Path

import brotli
import pytest
import requests

from api.answers import best_encoding
from include.storage.keys import summary_key
from tests.api.conftest import Api, Start
from tests.api.test_fuzz import served

PATHS = (
    "/api/current", "/api/wind", "/api/snapshot", "/api/gaps", "/api/status", "/api/catalogue", "/health",
    "/api/wind?start=2026-02-10&end=2026-02-11", "/api/gaps?area=wind", "/openapi.json",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_data_path_has_a_strong_etag_and_answers_304(path: str, api: Api) -> None:
    first = api.get(path)
    assert first.status_code == 200
    etag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}(-gzip|-br)?"', etag)
    again = api.get(path, if_none_match=etag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


@pytest.mark.parametrize("path", ["/ui/", "/docs", "/redoc", "/ui/icon.svg"])
def test_pages_have_an_etag_too(path: str, api: Api) -> None:
    first = api.get(path)
    again = api.get(path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(path, if_none_match='"other"').status_code == 200


@pytest.mark.parametrize("path", [*PATHS, "/ui/", "/docs", "/api/tidal", "/api/wind?foo=1", "/nothing"])
def test_head_is_get_without_the_body(path: str, api: Api) -> None:
    got, head = api.get(path), api.client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    same = {"etag", "content-type", "content-length", "cache-control", "x-data-feed"}
    assert {name: head.headers.get(name) for name in same} == {name: got.headers.get(name) for name in same}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/api/wind", "/ui/", "/nothing"])
def test_nothing_can_be_written(method: str, path: str, api: Api) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_script_of_any_origin_may_read_and_ask_conditionally(api: Api) -> None:
    preflight = api.client.options("/api/wind", headers={"Origin": "https://example.org"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in preflight.headers["access-control-allow-headers"]
    assert "ETag" in api.get("/api/wind").headers["access-control-expose-headers"]
    assert api.get("/api/wind?foo=1").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("gzip;q=0.0, *;q=0.5", "br"),
        ("*", "br"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("deflate", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("*;q=0", "identity"),
    ],
)
def test_the_encoding_is_the_best_that_the_client_reads(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted) == encoding


@pytest.mark.parametrize("path", ["/api/wind", "/api/wind?start=2026-02-10&end=2026-02-11"])
def test_each_encoding_has_the_same_document_and_an_etag_of_its_own(path: str, api: Api) -> None:
    bodies, etags = set(), set()
    for accepted, decode in (("identity", bytes), ("gzip", gzip.decompress), ("br", brotli.decompress)):
        with api.client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers.get("content-encoding", "identity") == accepted
        assert int(answer.headers["content-length"]) == len(raw)
        bodies.add(decode(raw))
        etags.add(answer.headers["etag"])
    assert (len(bodies), len(etags)) == (1, 3)


@pytest.mark.parametrize("path", ["/ui/", "/docs", "/redoc", "/api/wind", "/nothing"])
def test_every_answer_carries_the_security_headers(path: str, api: Api) -> None:
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers.get("referrer-policy") == ("no-referrer" if path in {"/ui/", "/docs", "/redoc"} else None)
    assert "strict-transport-security" in headers


@pytest.mark.parametrize("path", ["/ui/", "/docs", "/redoc"])
def test_a_page_may_load_nothing_from_elsewhere_and_run_only_its_own_scripts(path: str, api: Api) -> None:
    page = api.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    scripts = re.findall(r"script-src ([^;]*)", policy)[0]
    assert "unsafe" not in scripts
    assert "http" not in policy
    inline = re.findall(r"<script(?![^>]*src=)", page.text)
    assert scripts.count("'sha256-") == len(inline)


def test_the_docs_are_served_from_here(api: Api) -> None:
    for path in ("/docs", "/redoc"):
        page = api.get(path).text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert loaded
        assert all(one.startswith("/") for one in loaded)
        assert all(api.get(one).status_code == 200 for one in loaded)
        assert not any("//cdn" in api.get(one).text for one in loaded if one.endswith(".js"))


@pytest.mark.parametrize("path", ["/api/wind", "/api/current", "/health", "/api/files"])
def test_a_query_that_is_too_long_is_refused(path: str, api: Api) -> None:
    answer = api.client.get(f"{path}?fields={'x,' * 30_000}")
    assert answer.status_code == 414
    assert "allowed: 8,192" in answer.json()["detail"]


def test_an_error_of_ours_tells_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret /path/of/a/machine")

    monkeypatch.setattr("api.app.read_question", fail)
    monkeypatch.setattr(api.client._transport, "raise_server_exceptions", False, raising=False)
    answer = api.get("/api/wind?start=2026-02-10")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_a_summary_too_large_uncompressed_is_had_compressed(api: Api) -> None:
    body = b'{"feed":"simulated","area":"wind","pad":"' + b"x" * 4_500_000 + b'"}'
    api.store.overwrite(summary_key("wind"), body)
    api.refresh()
    plain = api.get("/api/wind", accept_encoding="identity")
    assert plain.status_code == 406
    assert "Accept-Encoding: gzip" in plain.json()["detail"]
    assert api.get("/api/wind", accept_encoding="gzip").content == body


def test_freshness_is_decided_on_the_request_where_nothing_runs_between(start: Start, api: Api) -> None:
    """As on Lambda: no thread, one look at the store when the last is older than the TTL."""
    lazy = start(api.store, on_request=True, cache_ttl_seconds=30)
    lazy.app.state.summaries.stop()
    before = lazy.get("/api/wind").content
    changed = before[:-1] + b',"more":1}'
    api.store.overwrite(summary_key("wind"), changed)
    assert lazy.get("/api/wind").content == before
    lazy.at(lazy.app.state.summaries.clock().replace(minute=50))
    assert lazy.get("/api/wind").content == changed


@pytest.mark.server
def test_a_connection_goes_on_after_head_and_a_request_that_is_none_is_told(filled_once: Path) -> None:
    """Over a real socket: what a test client does not see."""
    with served(filled_once) as address:
        connection = HTTPConnection(address.removeprefix("http://"))
        for path in ("/health", "/api/wind?start=2026-02-10&end=2026-02-11", "/docs", "/api/current", "/api/tidal"):
            connection.request("HEAD", path)
            assert connection.getresponse().read() == b""
            connection.request("GET", path)
            assert len(connection.getresponse().read()) > 100
        connection.close()
        answer = requests.get(f"{address}/api/wind?fields={'x' * 10_000_000}", timeout=30)
    assert answer.status_code in {400, 414}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_slash_at_the_end_is_no_matter(api: Api) -> None:
    assert api.get("/api/wind/").content == api.get("/api/wind").content
    assert api.get("/ui").headers["location"] == "ui/"


def test_assets_are_compressed_too(api: Api) -> None:
    answer = api.get("/static-offline-docs/swagger-ui.css", accept_encoding="br")
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["vary"] == "Accept-Encoding"
