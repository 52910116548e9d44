from __future__ import annotations

import pytest

from swarmd.ui.form_token import FormTokens, StaleForm


def test_a_token_is_of_one_identity_and_one_run() -> None:
    tokens = FormTokens()
    tokens.check("alice", tokens.of("alice"))
    for who, token in (("bob", tokens.of("alice")), ("alice", ""), ("alice", "\ud800é")):
        with pytest.raises(StaleForm) as caught:
            tokens.check(who, token)
        assert caught.value.status == 403
    assert FormTokens().of("alice") != tokens.of("alice")
    assert tokens.of("\udcff")
