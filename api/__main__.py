"""The API as a plain server: `python -m api --port 8000`."""

import argparse
import sys

import uvicorn

from api.app import create_app
from api.protocol import ProblemProtocol
from include.domain.errors import GridError


def main() -> int:
    """Serve until stopped; 2 when a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the REST API and the pages.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    try:
        app = create_app()
    except GridError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.run(
        app,
        host=given.host,
        port=given.port,
        log_level="warning",
        access_log=False,
        http=ProblemProtocol,
        loop="uvloop",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
