"""Commits: few, one after the other, and none is lost or done twice."""

from __future__ import annotations

from swarmd.manager.claims.claimant import StoreAway
from swarmd.manager.claims.committer import LINGER
from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_a_burst_of_one_swarmd_goes_in_few_commits_and_never_conflicts() -> None:
    swarmds = Swarmds(1)
    one = swarmds.all[0]
    for number in range(40):
        one.create(f"c{number}", Memory=10)
    swarmds.obey()
    assert len(swarmds.names()) == 40
    assert one.claimant.committer.conflicts == 0


def test_a_commit_whose_answer_was_lost_is_found_out() -> None:
    swarmds = Swarmds()
    one = swarmds.all[0]
    one.store.lose_answers = 1
    one.create("web", Memory=10)
    swarmds.pass_time(1)
    assert one.last == 201
    assert one.claimant.committer.commits == 1


def test_what_a_store_that_is_away_never_heard_of_is_not_kept_for_it() -> None:
    swarmds = Swarmds(1)
    one = swarmds.all[0]
    one.store.cut()
    for number in range(20):
        one.create(f"c{number}")
        swarmds.pass_time(6)
    assert isinstance(one.last, StoreAway)
    [first] = one.claimant.committer._waiting  # whose answer may have been lost
    assert first.tries == 1


def test_what_nobody_waits_for_goes_with_the_next_commit_or_a_moment_later() -> None:
    swarmds = Swarmds(1)
    one = swarmds.all[0]
    one.create("web")
    swarmds.obey()
    committer, entries = one.claimant.committer, swarmds.server.entries
    [head] = heads(swarmds)
    value, before = entries[head].value, committer.commits
    committer.end(head, b"over", instead_of=value, hurried=False)
    assert (entries[head].value, committer.commits) == (value, before)
    one.create("other")
    swarmds.obey()
    assert (entries[head].value, committer.commits) == (b"over", before + 1)
    committer.end(head, b"", instead_of=b"over", hurried=False)
    assert head in entries
    swarmds.pass_time(2 * LINGER, LINGER / 2)
    assert head not in entries and committer.commits == before + 2
