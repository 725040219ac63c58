"""The real API over a deployment's store, in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from tests.e2e.deployment import AWS, Deployment

Get = Callable[[str], Any]


@contextmanager
def api_over(deployment: Deployment) -> Iterator[Get]:
    """A function that GETs a path and gives its JSON; any status but 200 fails."""
    now = datetime.fromisoformat(deployment.stack.now or "")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (AWS | {"AWS_ENDPOINT_URL_S3": deployment.gate.url}).items():
            patch.setenv(name, value)
        settings = ApiSettings(grid_store=deployment.stack.store, grid_now=now)
        with TestClient(create_app(settings)) as client:

            def get(path: str) -> Any:
                answer = client.get(path)
                assert answer.status_code == 200, answer.text
                return answer.json()

            yield get
