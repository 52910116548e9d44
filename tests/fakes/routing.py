"""Routes of the fake engine, and what its handlers say to a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from twisted.web.server import Request

from tests.fakes.machine import Json

Handler = Callable[..., None]

ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """``{}`` stands for one segment of the path, which the handler gets."""
    pattern = re.compile(path.replace("{}", "([^/]+)") + r"\Z")

    def add(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler))
        return handler

    return add


def reply(request: Request, body: Any = None, status: int = 200) -> None:
    request.setResponseCode(status)
    data = b"" if body is None else orjson.dumps(body) + b"\n"
    if status in (204, 304):
        request.responseHeaders.removeHeader(b"content-type")
    else:
        request.setHeader("Content-Length", str(len(data)))
    request.write(data)
    request.finish()


def arg(request: Request, name: str, default: str = "") -> str:
    return (request.args or {}).get(name.encode(), [default.encode()])[0].decode()


def flag(request: Request, name: str) -> bool:
    return arg(request, name) not in ("", "0", "no", "false", "none")


def body(request: Request) -> Json:
    assert request.content is not None
    data = request.content.read()
    return orjson.loads(data) if data else {}


def filters(request: Request) -> dict[str, list[str]]:
    given = orjson.loads(arg(request, "filters") or "{}")
    return {key: list(values) for key, values in given.items()}
