from __future__ import annotations

from swarmd.api.operators.managers import ManagersResource
from tests.api.operators.test_nodes import Rig


def test_one_that_is_alone_says_so() -> None:
    status, body = Rig().ask("GET", "/swarmd/managers")
    assert status == 404 and "without --store" in body["message"]


def test_the_view_is_the_answer() -> None:
    shown = ManagersResource(lambda: [{"ID": "a"}])
    replies: list[object] = []

    class Request:
        def reply_json(self, status: int, body: object) -> None:
            replies.append((status, body))

    shown.managers(Request())  # type: ignore[arg-type]
    assert replies == [(200, [{"ID": "a"}])]
