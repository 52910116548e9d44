"""A visit of the page: who looks, how much of the fleet he sees, and what he may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from swarmd.api.operators.explain import Explain
from swarmd.cluster.views.info import FleetIdentity
from swarmd.codec.query import parse_query
from swarmd.core.errors import BadParameter
from swarmd.front.client_identity import identity_of
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import FleetView
from swarmd.manager.nodes.node_history import NodeHistory
from swarmd.manager.nodes.operator import NodeOperator
from swarmd.ui.form_token import FormTokens
from swarmd.ui.markup import Content


@dataclass(frozen=True)
class Backing:
    """What the page is made from, beside the part of the fleet that somebody sees.

    Attributes:
        advice: What helps against an error of an engine, by its words; "" if they say it already.
        instance: Another one for each start of swarmd.
    """

    whole: Fleet
    identity: FleetIdentity
    operator: NodeOperator
    explain: Explain
    history: NodeHistory
    advice: Callable[[str], str]
    clock: IReactorTime
    instance: str
    tokens: FormTokens = field(default_factory=FormTokens)


@dataclass(frozen=True)
class View:
    """A page that is answered: its title, the entry of the menu it belongs to, its content.

    Attributes:
        every: Seconds after which it is fetched again.
        urgent: A browser without scripts fetches it again as well: something is under way.
        location: Where the browser is sent instead.
    """

    title: str
    entry: str = ""
    content: Content = ()
    status: int = 200
    every: int = 3
    urgent: bool = False
    location: str = ""


class Visit:
    """One request for a page.

    Attributes:
        fleet: As much of it as the visitor sees.
    """

    def __init__(self, request: DockerRequest, fleet: FleetView, backing: Backing) -> None:
        self.request = request
        self.fleet = fleet
        self.backing = backing
        self.now = fleet.now()

    def may(self, noun: str, verb: str) -> bool:
        """Whether a policy lets the visitor have that right; without one, everybody has all."""
        allows = self.request.terms.allows
        return allows is None or allows(noun, verb)

    @property
    def sees_all(self) -> bool:
        return self.fleet.scope is None

    @property
    def live(self) -> bool:
        """A script of the page asks again, and takes only what is live."""
        return self.request.header(b"swarmd-live") is not None

    @property
    def who(self) -> str:
        return identity_of(self.request).name

    @cached_property
    def token(self) -> str:
        return self.backing.tokens.of(self.who)

    def arg(self, name: str, longest: int = 200) -> str:
        """A parameter of the address, as text."""
        return _text(self.request.arg(name))[:longest]

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form that was sent; raises ApiError if it is not one of ours."""
        fields = {key: _text(values[0]) for key, values in parse_query(self.request.body).items()}
        if "token" not in fields:
            raise BadParameter("only a form of the page can be sent here: its token is missing")
        self.backing.tokens.check(self.who, fields["token"])
        return fields

    async def rest(self) -> None:
        """Between two steps of work on a large fleet, everybody else is served."""
        await deferLater(self.backing.clock, 0)


def _text(raw: str) -> str:
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
