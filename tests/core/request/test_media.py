from __future__ import annotations

import pytest

from swarmd.core.errors import ApiError, BadParameter
from swarmd.core.request.media import (
    ARCHIVE,
    IGNORED,
    JSON,
    PLAIN_ARCHIVE,
    Media,
    UnsupportedType,
    check_body,
    check_empty,
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
    for media in (JSON, IGNORED, ARCHIVE, PLAIN_ARCHIVE):
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


@pytest.mark.parametrize("media", [ARCHIVE, PLAIN_ARCHIVE])
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
