"""What the body of a request may be, and as what engines get it; by which route: ``routes``.

An engine takes a form in a body for more of the query, on most routes before the query itself, and
nobody has judged that. So a body is JSON or, on four routes, an archive, and goes to an engine as
just that, whatever the client called it: no engine looks for a form in it. This is also what keeps
web pages out, which cannot send JSON or an archive to another site unasked.
"""

from __future__ import annotations

from dataclasses import dataclass

from swarmd.core.errors import ApiError, BadParameter

# What may be called so; several command lines send it with whatever they send.
_PLAIN = "text/plain"
_JSON = "application/json"
_ARCHIVES = frozenset(
    "application/" + name
    for name in (
        *("x-tar", "tar", "octet-stream", "gzip", "x-gzip", "x-bzip2", "x-xz", "zstd"),
        *("x-gtar", "x-compressed-tar"),
    )
)


class UnsupportedType(ApiError):
    """Status 415: a body of a type that the route does not take."""

    status = 415


@dataclass(frozen=True, slots=True)
class Media:
    """The media types that a route takes.

    Attributes:
        sent_as: The content type that engines get.
        types: Those that a client's body may have; "" is none.
    """

    sent_as: bytes
    types: frozenset[str]


JSON = Media(_JSON.encode(), frozenset({_JSON}))
# Java's client sends "null" without a type, and engines do not look at it.
IGNORED = Media(JSON.sent_as, frozenset({_JSON, ""}))
# Python's and node's clients call archives JSON, or repeat the query as JSON where there is none.
ARCHIVE = Media(b"application/x-tar", _ARCHIVES | {"", _JSON})
# Older command lines, and Ruby's client, call plain text what they import or copy.
PLAIN_ARCHIVE = Media(ARCHIVE.sent_as, ARCHIVE.types | {_PLAIN})
# Of the page's own routes alone; no engine gets one. Each has a token in it, which no other site's
# page knows.
_FORM = "application/x-www-form-urlencoded"
FORM = Media(_FORM.encode(), frozenset({_FORM}))
# Where there is no body at all.
_NO_BODY = _ARCHIVES | {"", _PLAIN, _JSON}


def check_empty(given: str) -> None:
    """Of a request without a body; raises UnsupportedType."""
    if _essence(given) not in _NO_BODY:
        raise UnsupportedType(f"unsupported Content-Type header ({given}) of an empty body")


def check_body(given: str, media: Media) -> None:
    """Of a request with a body that is still unread.

    Args:
        given: The header's value, "" if there is none.

    Raises:
        BadParameter: It is no JSON, in an engine's words.
        UnsupportedType: It is no archive.
    """
    if _essence(given) in media.types:
        return
    wanted = media.sent_as.decode()
    words = f"unsupported Content-Type header ({given}): must be '{wanted}'"
    raise BadParameter(words) if media.sent_as == JSON.sent_as else UnsupportedType(words)


def _essence(given: str) -> str:
    """The type without its parameters, which say nothing here."""
    return given.partition(";")[0].strip().lower() or given
