"""A name is one over all scopes; whose it is nobody is told who does not see it."""

from __future__ import annotations

import pytest

from swarmd.api.responses.name_holder import as_seen
from swarmd.core.errors import NameTaken
from tests.authz.rig import ALICE, ERIN, ML, ROOT, WEB, GuardedRig, create

CALLS = [
    ("/containers/create?name={}", create()),
    ("/containers/mine/rename?name={}", None),
]


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_of_a_foreign_one_no_more_than_that_it_is_taken(path: str, body: object) -> None:
    rig = GuardedRig()
    status, said = rig.as_(ERIN, "POST", path.format("theirs"), body).answer()
    assert status == 409 and said["message"] == (
        'the container name "/theirs" is taken outside of the scope'
    )
    status, said = rig.as_(ROOT, "POST", path.format("theirs"), body).answer()
    assert status == 409 and WEB in said["message"]


def test_of_its_own_all() -> None:
    rig = GuardedRig()
    status, said = rig.as_(ALICE, "POST", "/containers/create?name=mine", create(Memory=1)).answer()
    assert status == 409 and ML in said["message"]


def test_what_is_being_made_has_no_id_to_hide() -> None:
    taken = NameTaken("web", "pending-3")
    assert as_seen(taken, GuardedRig().fleet) is taken
