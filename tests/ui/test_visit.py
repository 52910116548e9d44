from __future__ import annotations

from types import SimpleNamespace

import pytest

from swarmd.core.request.identity import Identity
from swarmd.core.request.terms import RequestTerms
from swarmd.ui.form_token import FormTokens, StaleForm
from swarmd.ui.visit import Backing, Visit
from tests.manager.scripted import ScriptedFleet


class Request:
    body = b"token=wrong"
    terms = RequestTerms()

    channel = SimpleNamespace(identity=Identity(common_name="alice"))

    def arg(self, name: str) -> str:
        return {"q": "web", "bad": "\udcff", "long": "x" * 1000}.get(name, "")


def visit(**request: object) -> Visit:
    fleet = ScriptedFleet(1)
    parts: list[object] = [None] * 4
    backing = Backing(fleet, *parts, str, fleet.clock, "run", FormTokens(b"k"))  # type: ignore[arg-type]
    made = Request()
    for name, value in request.items():
        setattr(made, name, value)
    return Visit(made, fleet, backing)  # type: ignore[arg-type]


def test_arguments_are_text_of_some_length() -> None:
    here = visit()
    assert here.arg("q") == "web" and here.arg("none") == ""
    assert here.arg("bad") == "\N{REPLACEMENT CHARACTER}" and len(here.arg("long")) == 200


def test_without_a_policy_everything_is_allowed() -> None:
    assert visit().may("fleet", "admin") and visit().sees_all
    terms = RequestTerms(allows=lambda noun, verb: verb == "read")
    assert visit(terms=terms).may("fleet", "read")
    assert not visit(terms=terms).may("fleet", "admin")


def test_a_form_needs_its_token() -> None:
    with pytest.raises(StaleForm):
        _ = visit().form
    token = visit().token
    assert visit(body=f"token={token}&run=a+b".encode()).form["run"] == "a b"
