from __future__ import annotations

import pytest

from swarmd.core.errors import ApiError, BadParameter
from swarmd.core.request.media import (
    ARCHIVE,
    JSON,
    ROUTES,
    Media,
    UnsupportedType,
    check_body,
    check_empty,
    media_of,
)

FORMS = (
    *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed"),
    *("Multipart/Form-Data; boundary=XXBOUND", " multipart/form-data;boundary=x", "MULTIPART/x"),
    *("application/X-WWW-form-urlencoded ; charset=utf-8", "application/json, multipart/form-data"),
    *("text/html", "application/json/x", "x", ";application/json", "image/png", "text/plainer"),
)


@pytest.mark.parametrize("given", FORMS)
def test_no_form_is_taken_anywhere(given: str) -> None:
    with pytest.raises(UnsupportedType):
        check_empty(given)
    for media in (JSON, *ROUTES.values()):
        with pytest.raises(ApiError):
            check_body(given, media)


@pytest.mark.parametrize(
    "given", ["", "text/plain", "text/plain; charset=utf-8", "application/json", "application/tar"]
)
def test_what_command_lines_call_an_empty_body(given: str) -> None:
    check_empty(given)


def test_a_body_is_json_in_an_engines_words() -> None:
    check_body("application/json", JSON)
    check_body("Application/JSON ; charset=utf-8", JSON)
    for given in ("", "text/plain", "application/x-tar"):
        with pytest.raises(BadParameter) as refused:
            check_body(given, JSON)
        words = f"unsupported Content-Type header ({given}): must be 'application/json'"
        assert refused.value.message == words


ARCHIVES = {route: media for route, media in ROUTES.items() if media.sent_as == ARCHIVE.sent_as}


@pytest.mark.parametrize("media", ARCHIVES.values())
def test_an_archive_has_many_names_and_goes_to_engines_by_one(media: Media) -> None:
    for given in (
        "",
        "application/x-tar",
        "application/tar",
        "application/gzip",
        "Application/Json",
    ):
        check_body(given, media)
    assert media.sent_as == b"application/x-tar"


@pytest.mark.parametrize(
    ("method", "path", "archive"),
    [
        ("POST", "build", True),
        ("GET", "build", False),
        ("POST", "build/prune", False),
        ("POST", "images/load", True),
        ("POST", "images/create", True),
        ("POST", "images/create/tag", False),
        ("PUT", "containers/web/archive", True),
        ("PUT", "containers/node-1/web/archive", True),
        ("PUT", "containers/archive", False),
        ("PUT", "volumes/x/archive", False),
        ("POST", "containers/web/archive", False),
        ("POST", "containers/create", False),
    ],
)
def test_which_routes_take_archives(method: str, path: str, archive: bool) -> None:
    assert (media_of(method, path.split("/")).sent_as == ARCHIVE.sent_as) is archive


@pytest.mark.parametrize("path", ["containers/web/wait", "images/a/b/push"])
def test_a_body_that_no_engine_looks_at_needs_no_type(path: str) -> None:
    media = media_of("POST", path.split("/"))
    check_body("", media)
    with pytest.raises(BadParameter):
        check_body("text/plain", media)


def test_plain_text_is_an_archive_only_where_command_lines_say_so() -> None:
    taken = {route for route, media in ROUTES.items() if "text/plain" in media.types}
    assert taken == {("POST", "images/create"), ("PUT", "containers/*/archive")}
