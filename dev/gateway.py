"""What an API Gateway HTTP API hands to a Lambda: an event of payload version 2.0."""

from typing import Any


def event(path: str, query: str = "", **headers: str) -> dict[str, Any]:
    """A GET of this path; headers are given with underscores."""
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "dev"}
    context = {"http": http, "stage": "$default", "requestId": "1", "apiId": "1", "domainName": "example.org"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "example.org", **{name.replace("_", "-"): text for name, text in headers.items()}},
        "requestContext": context,
        "isBase64Encoded": False,
    }
