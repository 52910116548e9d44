"""Any history of creates, removals, cuts and losses: what engines have is never too much."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.manager.claims.rig import OneOf, Swarmds
from tests.manager.scripted import MEMORY

NAMES, PORTS = ("web", "db", "app", "job"), ("8080", "8081")


class Round:
    """A seeded round over three swarmds and two engines."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.swarmds = Swarmds(3)
        for one in self.swarmds.all:
            one.store.late = True
        self.acknowledged: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()

    def step(self) -> None:
        one = self.chance.choice(self.swarmds.all)
        kinds = (self.create, self.create, self.create, self.answer, self.answer, self.hear,
                 self.remove, self.cut, self.heal, self.wait, self.lose, self.news)  # fmt: skip
        self.chance.choice(kinds)(one)
        self.check()

    def create(self, one: OneOf) -> None:
        name, memory = self.chance.choice(NAMES), self.chance.choice((0, 300, 600))
        port = self.chance.choice((*PORTS, ""))
        host = {"PortBindings": {"9/tcp": [{"HostIp": "", "HostPort": port}]}} if port else {}
        one.create(name, Memory=memory, **host)

    def answer(self, one: OneOf) -> None:
        if one.fleet.calls:
            one.fleet.obey_one()

    def lose(self, one: OneOf) -> None:
        """The engine has done it, and its answer is lost."""
        if one.fleet.calls and one.fleet.calls[0].path == "containers/create":
            call = one.fleet.calls.pop(0)
            if not one.fleet.holds(call.engine, call.query["name"]):
                one.fleet.make(call.engine, call.body, call.query["name"])
            call.break_off()

    def news(self, one: OneOf) -> None:
        one.store.tell(self.chance.choice((1, 2, 100)))

    def hear(self, one: OneOf) -> None:
        one.fleet.listing(self.chance.choice((1, 2)))

    def remove(self, one: OneOf) -> None:
        number = self.chance.choice((1, 2))
        there = self.swarmds.there[number]
        if there:
            gone = self.chance.choice(sorted(there))
            del there[gone]
            self.removed[gone] += 1
            one.fleet.forget(gone)

    def cut(self, one: OneOf) -> None:
        if not one.store.reason:
            one.store.cut()

    def heal(self, one: OneOf) -> None:
        one.store.heal()
        if not one.member.joined:
            for number in (1, 2):
                one.fleet.listing(number)
            one.rejoin()

    def wait(self, one: OneOf) -> None:
        """Late news come within some seconds, of engines and of the store."""
        for _ in range(self.chance.choice((1, 2, 8))):
            for each in self.swarmds.all:
                each.store.tell()
            self.swarmds.listing()
            self.swarmds.pass_time(1.5, 0.3)

    def check(self) -> None:
        there = self.swarmds.there
        names = Counter(self.swarmds.names())
        assert all(times == 1 for times in names.values()), names
        for number in there:
            hosts = [one["HostConfig"] for one in there[number].values()]
            assert sum(host.get("Memory", 0) for host in hosts) <= MEMORY
            bound = [host["PortBindings"]["9/tcp"][0]["HostPort"] for host in hosts
                     if host.get("PortBindings")]  # fmt: skip
            assert len(bound) == len(set(bound)), bound

    def end(self) -> None:
        """All are well again, all is known to all, and nothing is left."""
        for one in self.swarmds.all:
            one.store.late = False
            one.store.tell()
            self.heal(one)
        self.swarmds.pass_time(30, 0.5)
        self.swarmds.listing()
        self.swarmds.pass_time(15, 0.5)
        self.check()
        for one in self.swarmds.all:
            assert not one.fleet.state.reservations.pending
            assert not one.claimant.foreign.standing
            assert not len(one.claimant.own)
            told = {each.name for each in one.fleet.state.containers.values()}
            assert told == set(self.swarmds.names())
        assert all("registers" in key for key in self.swarmds.server.entries)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32))
def test_nothing_is_given_twice(seed: int) -> None:
    history = Round(seed)
    for _ in range(40):
        history.step()
    history.end()


@pytest.mark.soak
@settings(max_examples=600, deadline=None)
@given(st.integers(0, 1 << 32))
def test_nothing_is_given_twice_in_long_histories(seed: int) -> None:
    history = Round(seed)
    for _ in range(150):
        history.step()
    history.end()


def test_histories_are_what_they_are_meant_to_be() -> None:
    """Creates succeed, are refused, and meet those of others in one moment."""
    conflicts, statuses = 0, Counter[str]()
    for seed in range(12):
        history = Round(seed)
        for _ in range(40):
            history.step()
        for one in history.swarmds.all:
            conflicts += one.claimant.committer.conflicts
            statuses.update(
                str(getattr(each, "status", "")) or type(each.value).__name__
                for each in one.outcomes
            )
        history.end()
    assert conflicts and all(statuses[each] for each in ("201", "NameTaken", "NoCandidate"))
