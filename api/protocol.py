"""uvicorn's HTTP protocol, with a problem document for what is no request at all."""

import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.problems import MEDIA_TYPE, Problem


class ProblemProtocol(HttpToolsProtocol):
    """Answers a request that it cannot read, such as one with a query of megabytes, as every other error."""

    def send_400_response(self, msg: str) -> None:
        """See uvicorn."""
        problem = Problem(400, "Invalid request", f"{msg} Allowed: a request line of up to 64 KiB.")
        body = json.dumps(problem.document()).encode()
        head = (
            f"HTTP/1.1 400 {HTTPStatus.BAD_REQUEST.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
