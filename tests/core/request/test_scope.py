from __future__ import annotations

from swarmd.core.request.scope import Scope


def test_by_key_and_value() -> None:
    scope = Scope("team", "ml")
    assert scope.owns({"team": "ml", "x": "y"})
    assert not scope.owns({"team": "web"}) and not scope.owns({})
    assert str(scope) == "team=ml"
