"""The Content-Security-Policy of a page: nothing from elsewhere, and of inline scripts only those that are in it."""

import base64
import hashlib
import re
from typing import Final
from urllib.parse import parse_qs

SCRIPT: Final = re.compile(rb"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
STYLED_INLINE: Final = ("/docs", "/redoc", "/guide/")
"""Pages whose libraries write styles into the page."""


def page_headers(html: bytes, path: str, query: bytes = b"") -> dict[str, str]:
    """What a page is sent with; from its own bytes, before they are compressed."""
    return {"content-security-policy": policy(html, path, query), "referrer-policy": "no-referrer"}


def policy(html: bytes, path: str, query: bytes) -> str:
    """The policy for this page: only a chart that is made for it may stand in another site's page."""
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in SCRIPT.findall(html)]
    scripts = " ".join(["'self'", *(f"'sha256-{one}'" for one in dict.fromkeys(hashes))])
    styles = "'self' 'unsafe-inline'" if path.startswith(STYLED_INLINE) else "'self'"
    ancestors = "*" if path == "/ui/" and b"embed" in parse_qs(query) else "'self'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; font-src 'self' data:;"
        " connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'none';"
        f" frame-ancestors {ancestors}"
    )
