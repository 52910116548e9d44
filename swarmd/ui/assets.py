"""The page's own files: style sheet, scripts, icon. Read once; their addresses change with them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from swarmd.core.errors import PageNotFound
from swarmd.front.request import DockerRequest
from swarmd.ui.security_headers import FILE_HEADERS

_TYPES = {
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}
NAMES = (
    *("page.css", "page.js", "live.js", "search.js", "stream.js"),
    *("logs.js", "stats.js", "events.js", "icon.svg"),
)


class Asset(NamedTuple):
    """A file that belongs to the page."""

    body: bytes
    content_type: bytes


@cache
def asset(name: str) -> Asset:
    """Raises PageNotFound for all that is not one of ``NAMES``."""
    if name not in NAMES:
        raise PageNotFound
    body = files("swarmd.ui").joinpath("static", name).read_bytes()
    return Asset(body, _TYPES[name.rpartition(".")[2]])


@cache
def edition() -> str:
    """Of all files together, since scripts import each other."""
    digest = sha256()
    for name in NAMES:
        digest.update(asset(name).body)
    return digest.hexdigest()[:12]


def url(name: str) -> str:
    return f"/swarmd/ui/static/{edition()}/{name}"


def serve(request: DockerRequest, name: str, known: str) -> None:
    """An older page asks for an older edition: it gets today's, which must not be kept as that."""
    found = asset(name)
    headers = FILE_HEADERS if known == edition() else FILE_HEADERS[:-1]
    request.reply(200, found.body, content_type=found.content_type, headers=headers)
