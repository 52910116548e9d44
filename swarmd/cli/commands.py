"""The table of all commands: help, documentation and completion are made from it. Pure.

Nothing is imported here that a command needs in order to run: whoever only completes a word, or
starts the daemon, does not wait for it.
"""

from __future__ import annotations

from typing import NamedTuple


class CommandOption(NamedTuple):
    """An option of a command.

    Attributes:
        value: What it takes, as help shows it; "" for a flag.
        letter: Its short form.
        many: It may be given several times.
    """

    name: str
    about: str
    value: str = ""
    letter: str = ""
    many: bool = False


HELP = CommandOption("help", "print this and exit", letter="h")
HOST = CommandOption("host", "where swarmd is: tcp://HOST:PORT or unix:///PATH", "HOST", letter="H")
JSON = CommandOption("json", "JSON instead of text")

_OF_ALL = (JSON, HELP)
_OF_A_DAEMON = (HOST, *_OF_ALL)


class Command(NamedTuple):
    """One command.

    Attributes:
        name: Its words: ``node drain``.
        takes: What follows them; capitals name what it is (NODE, CONTAINER, FILE), as completion
            understands it.
        module: Of one that needs no daemon: where its function ``run`` is, which gets all words
            behind the first.
    """

    name: str
    takes: str
    about: str
    options: tuple[CommandOption, ...] = _OF_A_DAEMON
    module: str = ""

    @property
    def first(self) -> str:
        return self.name.partition(" ")[0]


_EVENTS = (
    CommandOption("follow", "go on with what happens from now on, until ^C", letter="f"),
    CommandOption("filter", "only those, as `docker events` has it", "KEY=VALUE", many=True),
    CommandOption("since", "from then on: a time, or how long ago (10m)", "TIME"),
    CommandOption("until", "up to then; in the future with --follow", "TIME"),
)

_DISCOVERY_OPT = CommandOption(
    "discovery-opt", "as of the daemon: kv.path, kv.cacertfile …", "KEY=VALUE", many=True
)

COMMANDS: tuple[Command, ...] = (
    Command("node ls", "", "list nodes"),
    Command("node inspect", "NODE", "all that is known of one, as JSON"),
    Command(
        "node usage",
        "",
        "what containers really use on each",
    ),
    Command("node cordon", "NODE...", "schedule nothing there any more"),
    Command("node uncordon", "NODE...", "schedule there again; also ends a drain"),
    Command("node drain", "NODE", "cordon, and move what may move; shows progress"),
    Command(
        "node label",
        "NODE KEY=VALUE...",
        "set labels (weight=2 doubles its share); KEY- removes one",
    ),
    Command("node lost", "NODE", "it will not come back: reschedule without waiting"),
    Command(
        "node forget",
        "NODE CONTAINER...",
        "give up containers of a node that does not answer",
    ),
    Command("events", "", "what happened to nodes and containers", (*_EVENTS, *_OF_A_DAEMON)),
    Command(
        "rebalance",
        "",
        "even nodes out: a plan first, then the moves, once you agree",
        (
            CommandOption("dry-run", "only the plan"),
            CommandOption("yes", "do not ask", letter="y"),
            CommandOption("most", "containers to move at the most; default 20", "N"),
            *_OF_A_DAEMON,
        ),
    ),
    Command("managers", "", "the swarmds that serve this fleet, and which leads"),
    Command("ports", "", "which published port answers where, with --publish"),
    Command(
        "overlay up",
        "",
        "join engines into one swarm, so that networks reach over nodes",
        (
            CommandOption("constraint", "only nodes that fit: zone==a", "EXPR", many=True),
            *_OF_A_DAEMON,
        ),
    ),
    Command("overlay status", "", "how each node stands towards it"),
    Command("overlay down", "", "have all leave it, unless its networks are in use"),
    Command("explain", "-- docker run ...", "where it would go, and why not elsewhere"),
    Command(
        "doctor",
        "[options of the daemon] [DISCOVERY]",
        "look at options, files and engines, and say what to mend",
        _OF_ALL,
        "swarmd.doctor.run",
    ),
    Command(
        "join",
        "DISCOVERY",
        "keep an engine's address in a store, for as long as this runs",
        (
            CommandOption("advertise", "the engine's address", "HOST:PORT"),
            CommandOption("addr", "the same", "HOST:PORT"),
            CommandOption("name", "its name, in place of its own host name", "NAME"),
            CommandOption("label", "a label of it; repeatable", "KEY=VALUE", many=True),
            CommandOption("ttl", "how long it stays once this has died; default 180s", "TIME"),
            CommandOption("heartbeat", "pause between two looks at it; default 60s", "TIME"),
            CommandOption("delay", "wait a random part of this first", "TIME"),
            _DISCOVERY_OPT,
            *_OF_ALL,
        ),
        "swarmd.registration.join",
    ),
    Command(
        "list",
        "DISCOVERY",
        "print the engines that are listed there",
        (
            CommandOption("timeout", "how long to wait for an answer; default 10s", "TIME"),
            _DISCOVERY_OPT,
            *_OF_ALL,
        ),
        "swarmd.registration.listing",
    ),
    Command(
        "certs",
        "FOLDER ROLE=NAME...",
        "a certificate authority, and certificates by it for a whole fleet",
        (CommandOption("days", "how long certificates are valid; default 825", "N"), *_OF_ALL),
        "swarmd.cli.keys.certs",
    ),
    Command(
        "store-key",
        "FILE",
        "the key by which swarmds keep secrets in a store that they share",
        _OF_ALL,
        "swarmd.cli.keys.store_key",
    ),
    Command(
        "authz check",
        "POLICY [CONDITION=VALUE...] [METHOD PATH [BODY]]",
        "who may do what by a policy, without a daemon",
        _OF_ALL,
        "swarmd.cli.authz",
    ),
    Command(
        "completion",
        "bash|zsh|fish",
        "the script by which a shell completes command lines of swarmd",
        _OF_ALL,
        "swarmd.completion.run",
    ),
    Command("names nodes", "[BEGIN]", "names of nodes, for completion"),
    Command("names containers", "[BEGIN]", "names of containers, for completion"),
)

MODULES = {command.first: command.module for command in COMMANDS}
"""First word of a command -> its module; "" of one that speaks to a daemon."""


def family(first: str) -> tuple[Command, ...]:
    """All commands that begin with a word."""
    return tuple(command for command in COMMANDS if command.first == first)
