"""From engine to engine: what one saves the other loads, looked through as it passes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.manager.images.copying.copy import ASK, SILENCE, Copy
from tests.codec.test_image_archive import old_files, tar
from tests.manager.wired import END, HEAD, Running, Wired, lines

ID = "sha256:" + "a" * 64
OLD = "sha256:" + "b" * 64
APP = "/v1.41/images/app:latest"
SHOWN = {"Id": ID, "Os": "linux", "Architecture": "amd64", "RootFS": {"Layers": ["sha256:1"]}}
LOADED = HEAD + lines({"stream": "Loaded image: app:latest"}) + END


def chunks(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(status: int, value: Any = None) -> bytes:
    body = json.dumps(value).encode() if value is not None else b""
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


ARCHIVE = tar(old_files("app:latest"))


class Case:
    """node-1 has the image, node-2 gets it."""

    def __init__(self, ref: str = "app", digests: tuple[str, ...] = (), before: str = "") -> None:
        self.rig = Wired(2)
        self.rig.has_image(1, ID, "app:latest", digests=digests)
        if before:
            self.rig.has_image(2, before, "app:latest")
        copy = Copy(self.rig.fleet, ref, self.rig.engine(1), self.rig.engine(2))
        self.running = Running(copy.run())

    def begun(self) -> Case:
        """Up to the two streams."""
        self.answers(1, "GET", answer(200, SHOWN))
        return self

    def saved(self, archive: bytes = ARCHIVE, end: bytes = END) -> Case:
        self.rig.end(1).answers(HEAD + chunks(archive) + end)
        return self

    def answers(self, number: int, request: str, data: bytes) -> None:
        """To the last thing that this engine was asked, which begins so."""
        asked = self.sent(number).rpartition(b" HTTP/1.1\r\n")[0].rpartition(b"\n")[2].decode()
        assert asked.startswith(request), asked
        self.rig.end(number).answers(data)

    def sent(self, number: int) -> bytes:
        end = self.rig.end(number)
        return bytes(end.wire.sent) if end.connections else b""


def test_streamed_from_one_to_the_other() -> None:
    case = Case().begun()
    assert case.sent(1).startswith(b"GET /v1.41/images/get?names=app%3Alatest HTTP/1.1\r\n")
    assert case.sent(2).startswith(b"POST /v1.41/images/load?quiet=1 HTTP/1.1\r\n")
    case.rig.end(1).answers(HEAD + chunks(ARCHIVE[:700]))
    assert case.sent(2).endswith(chunks(ARCHIVE[:700])) and not case.running.done
    case.rig.end(1).answers(chunks(ARCHIVE[700:]) + END)
    assert case.sent(2).endswith(END)
    case.rig.end(2).answers(LOADED)
    case.answers(2, f"GET {APP}/json", answer(200, SHOWN))
    assert case.running.results == [None]


def test_the_loading_engine_sets_the_pace() -> None:
    case = Case().begun()
    case.rig.end(2).wire.producer.pauseProducing()
    case.rig.end(1).answers(HEAD + chunks(ARCHIVE[:700]))
    assert case.rig.end(1).wire.paused
    case.rig.end(2).wire.producer.resumeProducing()
    assert not case.rig.end(1).wire.paused


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("library/app", "library/app:latest"),  # one tag of it, not all
        ("app:latest", "app:latest"),
        (ID, ID),
        ("aaaa", "aaaa"),
    ],
)
def test_by_any_name(ref: str, name: str) -> None:
    case = Case(ref).begun()
    asked = f"GET /v1.41/images/get?names={quote(name, safe='')} HTTP/1.1\r\n"
    assert case.sent(1).startswith(asked.encode())


class TestFailures:
    def failed(self, case: Case, kind: type[ApiError], *words: str) -> None:
        """Without its end the target loads nothing: what has the name there now is another's."""
        assert APP.encode() not in case.sent(2)
        assert isinstance(case.running.error, kind)
        assert all(word in str(case.running.error) for word in words)

    def test_the_saving_engine_has_it_no_longer(self) -> None:
        case = Case()
        case.answers(1, f"GET {APP}/json", answer(404, {"message": "no such"}))
        self.failed(case, EngineRefused, "copying image app from node-1 to node-2: no such")
        assert not case.sent(2)

    def test_the_saving_engine_refuses(self) -> None:
        case = Case().begun()
        case.answers(1, "GET", answer(404, {"message": "no such"}))
        assert case.rig.ends["node-2"].connections[0].transport.aborted
        self.failed(case, EngineRefused, "copying image app from node-1 to node-2: no such")

    @pytest.mark.parametrize(
        "archive",
        [
            tar({"blobs/sha256/" + "c" * 64: b"x" * 444}),  # of a store that has lost the rest
            tar({name: data for name, data in old_files("app:latest").items() if name[0] != "l"}),
            tar(old_files("app:latest", "app:2")),  # would take a name from another image
            ARCHIVE[:2000],
            b"",
        ],
    )
    def test_what_is_not_whole_is_not_loaded(self, archive: bytes) -> None:
        case = Case().begun()
        case.rig.end(1).answers(HEAD + (chunks(archive) if archive else b"") + END)
        loading = case.rig.ends["node-2"].connections[0].transport
        assert loading.aborted and not loading.sent.endswith(END)
        assert bytes(512) not in loading.sent.rpartition(b"\r\n\r\n")[2][-1030:]
        self.failed(case, EngineRefused, "its archive is not whole: ")

    def test_the_saving_engine_dies(self) -> None:
        case = Case().begun()
        case.rig.end(1).answers(HEAD + chunks(ARCHIVE[:700]))
        case.rig.end(1).dies()
        loading = case.rig.ends["node-2"].connections[0].transport
        assert loading.aborted and not loading.sent.endswith(END)
        self.failed(case, EngineUnreachable, "node-1")

    def test_the_loading_engine_dies(self) -> None:
        case = Case().begun()
        case.rig.end(2).dies()
        assert case.rig.end(1).wire.aborted
        self.failed(case, EngineUnreachable, "node-2")

    def test_an_error_that_comes_as_progress(self) -> None:
        case = Case().begun().saved()
        case.rig.end(2).answers(HEAD + lines({"error": "disk full"}) + END)
        case.answers(2, f"GET {APP}/json", answer(404))
        cause = "copying image app from node-1 to node-2: disk full"
        assert isinstance(case.running.error, EngineRefused) and cause in str(case.running.error)

    def test_an_engine_that_says_nothing(self) -> None:
        case = Case().begun()
        case.rig.clock.advance(SILENCE + 1)
        case.rig.clock.advance(ASK + 1)
        self.failed(case, EngineUnreachable)


class TestUndoing:
    """What has come of it is looked at, and the name goes back."""

    def loaded(self, there: bytes, before: str = "") -> Case:
        case = Case(before=before).begun().saved()
        case.rig.end(2).answers(LOADED)
        case.answers(2, f"GET {APP}/json", there)  # to compare
        case.answers(2, f"GET {APP}/json", there)  # to see whether there is anything to undo
        return case

    @pytest.mark.parametrize(
        "there",
        [
            answer(200, {**SHOWN, "RootFS": {"Layers": []}}),
            answer(200, {**SHOWN, "Architecture": "arm64"}),
            answer(500, {"message": "content digest sha256:cccc: not found"}),
        ],
    )
    def test_a_spoilt_image_keeps_no_name(self, there: bytes) -> None:
        case = self.loaded(there)
        case.answers(2, f"DELETE {APP}", answer(200, []))
        assert isinstance(case.running.error, EngineRefused)

    def test_who_had_the_name_has_it_again(self) -> None:
        case = self.loaded(answer(200, {**SHOWN, "RootFS": None}), before=OLD)
        case.answers(2, f"DELETE {APP}", answer(200, []))
        tag = f"POST /v1.41/images/{OLD}/tag?repo=app&tag=latest"
        case.answers(2, tag, answer(201))
        assert "it came out as another image" in str(case.running.error)

    def test_what_is_as_it_was_stays(self) -> None:
        case = self.loaded(answer(200, {**SHOWN, "Id": OLD, "RootFS": None}), before=OLD)
        assert case.running.done and b"DELETE" not in case.sent(2)

    def test_what_cannot_be_undone_is_no_other_error(self) -> None:
        case = self.loaded(answer(200, {**SHOWN, "RootFS": None}))
        case.rig.end(2).dies()
        assert "it came out as another image" in str(case.running.error)
