"""The list of engines, once."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from swarmd.discovery.first_list import first_list
from swarmd.discovery.registered import USUAL

REACTOR: Any = reactor


class FirstListTests(TestCase):
    async def test_what_is_known_is_given(self) -> None:
        entries, problems = await first_list("nodes://a,b:1", REACTOR, 2375, USUAL, 10.0)
        self.assertEqual([entry.address for entry in entries], ["a:2375", "b:1"])
        self.assertEqual(problems, [])

    async def test_a_store_that_is_not_there(self) -> None:
        entries, (problem,) = await first_list("etcd://127.0.0.1:1/p", REACTOR, 2375, USUAL, 0.5)
        self.assertEqual(entries, [])
        self.assertIn("etcd://127.0.0.1:1/p cannot be reached", problem)
