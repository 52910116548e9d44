"""The command line, with the names of ``swarm manage`` so that unit files move over."""

from __future__ import annotations

import getopt
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from twisted.python import usage

from swarmd import __version__
from swarmd.cli.errors import MISUSED
from swarmd.cli.unknown import RETIRED
from swarmd.cli.usage import overview
from swarmd.config.configuration import USUAL, ConfigSources, Configuration
from swarmd.config.option_table import OPTIONS, TABLE, OptionKind, nearest
from swarmd.config.paths import located
from swarmd.config.settings import Settings, from_options
from swarmd.config.sources.config_file import COMMANDS
from swarmd.config.sources.given import FLAG, GivenOption, Layer
from swarmd.scheduler.registry import FILTERS

_CORS = "pages of any web site could then use the Docker API, which is root on every engine"

# What classic Swarm had and swarmd has not: saying so beats ignoring what an operator relies on.
_REFUSED = {
    "api-enable-cors": _CORS,
    "cors": _CORS,
}
_UNKNOWN = re.compile(r"option --(\S+) not recognized")


class Options(usage.Options):
    """Options of ``twistd swarmd`` and of ``swarmd``.

    Attributes:
        settings: What was asked for, checked; set once parsing is done.
        sources: Where that stands; set by ``configure``.
        configuration: What of it counts; likewise.
    """

    longdesc = (
        f"{overview()} "
        "DISCOVERY names the engines, in place of --hosts: file:///PATH, "
        "nodes://10.0.0.[1:20]:2375,host-b:2375 or just the comma list; or where they are listed: "
        "etcd://HOST,.../PREFIX, consul://, zk://, dns+srv://NAME. Each option is also a key "
        'of the configuration file and a variable of the environment: log-level = "warn", '
        "SWARMD_LOG_LEVEL=warn; SWARM_DISCOVERY and SWARM_HOST count as well. A flag that stands "
        "there is taken back by --FLAG=false. Without any --host, swarmd listens on "
        f"tcp://127.0.0.1:2375. Filters: {', '.join(FILTERS)}. Keys of "
        "--cluster-opt: swarm.overcommit=0.05 lets containers reserve 5 % more than an "
        "engine has, swarm.createretry=0 is how often a failed create goes elsewhere, "
        "swarm.reserve=soft lets CPU limits exceed what an engine has. Durations are written "
        "10s, 500ms, 1m30s. Exit status: 0: ended as asked; 1: could not start, as a value, a "
        "file or a port cannot be used, or what --check-config looked at is wrong; 2: the command "
        "line was not understood."
    )
    optFlags = tuple(
        [option.name, option.letter, option.meaning]
        for option in TABLE
        if option.kind is OptionKind.FLAG
    )
    optParameters = (
        ["config", None, None, "Configuration file (TOML); what stands on the command line or in "
         f"the environment counts before it. Default: {USUAL}, if it is there; /dev/null for "
         "none."],
        *(
            [option.name, option.letter, option.default, option.meaning]
            for option in TABLE
            if option.kind in (OptionKind.TEXT, OptionKind.NUMBER) and option.name != "discovery"
        ),
    )  # fmt: skip

    settings: Settings
    sources: ConfigSources
    configuration: Configuration

    def __init__(self) -> None:
        super().__init__()
        lists = (option.name for option in TABLE if option.kind is OptionKind.LIST)
        self.update({"discovery": "", **{name: [] for name in lists}})
        self._named: set[str] = set()
        self._taken_back: set[str] = set()
        self._understood = False

    def opt_host(self, address: str) -> None:
        """Listen here; repeatable. tcp://HOST:PORT, unix:///PATH, fd:// or a Twisted endpoint."""
        self["host"].append(address)

    opt_H = opt_host

    def opt_allow_host(self, name: str) -> None:
        """A further name that clients without certificates may call swarmd by; repeatable. With a
        dot before it, all names below it. Its addresses and own names need not be given."""
        self["allow-host"].append(name)

    def opt_metrics_listen(self, address: str) -> None:
        """Serve /metrics, /healthz and /readyz here in plain HTTP, and nothing else; repeatable.
        Whoever can connect reads names and numbers of nodes."""
        self["metrics-listen"].append(address)

    def opt_publish(self, address: str) -> None:
        """Let all ports that containers publish answer at this address of this machine, too, and
        show them there; repeatable. 0.0.0.0 is all addresses."""
        self["publish"].append(address)

    def opt_filter(self, name: str) -> None:
        """Use this scheduling filter; repeatable. Without it, all are used."""
        self["filter"].append(name)

    opt_f = opt_filter

    def opt_cluster_opt(self, pair: str) -> None:
        """KEY=VALUE; repeatable. For the keys see below."""
        self["cluster-opt"].append(pair)

    def opt_discovery_opt(self, pair: str) -> None:
        """KEY=VALUE; repeatable. Of a store that lists engines: kv.path (docker/swarm/nodes),
        kv.cacertfile, kv.certfile and kv.keyfile (PEM), kv.loginfile (USER:PASSWORD, a token)."""
        self["discovery-opt"].append(pair)

    def opt_version(self) -> None:
        """Print the version and exit."""
        print(f"swarmd version {__version__}")
        sys.exit(0)

    opt_v = opt_version

    def opt_h(self) -> None:
        """Print this and exit."""
        self.opt_help()

    def getSynopsis(self) -> str:
        return "Usage: swarmd [options] [DISCOVERY]   or   twistd [its options] swarmd ..."

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """As Twisted's, but what is wrong is one line on stderr, not lost under a page of help."""
        words = self._modern(sys.argv[1:] if options is None else options)
        self._named = set(self._options_in(words))
        try:
            super().parseOptions(words)
        except usage.UsageError as error:
            text = " ".join(f"swarmd: {error}{_meant(str(error))}".split())
            if self._understood:
                sys.exit(text)
            print(text, file=sys.stderr)
            sys.exit(MISUSED)

    def parseArgs(self, *args: str) -> None:
        if args and args[0] in RETIRED:
            raise usage.UsageError(f"no command {args[0]!r}: {RETIRED[args[0]]}")
        if len(args) > 1:
            hint = "; options come before it" if args[1].startswith("-") else ""
            raise usage.UsageError(f"one DISCOVERY is enough{hint}: {' '.join(args)}")
        self["discovery"] = "".join(args)
        self._understood = True  # what is wrong from here on may stand in a file as well

    def postOptions(self) -> None:
        self._refuse_old()
        try:
            configuration = self.configure(os.environ)
        except ValueError as error:
            raise usage.UsageError(str(error)) from None
        try:
            self.settings = from_options(self, os.environ)
        except ValueError as error:
            raise usage.UsageError(configuration.explained(error)) from None

    def configure(self, environ: Mapping[str, str]) -> Configuration:
        """Adds what the environment and the configuration file say; ValueError if that is wrong."""
        folder = _folder()
        self.sources = ConfigSources(self._flags(folder), dict(environ), folder, self["config"])
        self.configuration = self.sources.read()
        self.update(self.configuration.values)
        return self.configuration

    def _refuse_old(self) -> None:
        for name, reason in _REFUSED.items():
            if self[name]:
                raise usage.UsageError(f"--{name} is not supported: {reason}")
        if self["cluster-driver"] != "swarm":
            raise usage.UsageError(f"unsupported cluster {self['cluster-driver']!r}; only swarm")
        if self["engine-refresh-retry"] != "3":
            raise usage.UsageError(
                "--engine-refresh-retry is deprecated. Use --engine-failure-retry"
            )

    def _flags(self, folder: str) -> Layer:
        """What the command line itself says."""
        given = {name: self[name] for name in OPTIONS if name in self._named}
        given.update(dict.fromkeys(self._taken_back, False))
        if self["discovery"]:
            given["discovery"] = self["discovery"]
        for name in {**given, "config": self["config"]}:
            if "" in (self[name], *(self[name] if isinstance(self[name], list) else ())):
                raise ValueError(f"option --{name}: its value is empty")
        return {
            name: GivenOption(
                located(OPTIONS[name], value, folder),
                "DISCOVERY" if name == "discovery" else f"--{name}",
                FLAG,
            )
            for name, value in given.items()
        }

    def _options_in(self, words: Sequence[str]) -> Iterator[str]:
        """The options that are given, by their long names."""
        letters = {option.letter: option.name for option in TABLE if option.letter}
        try:
            pairs, _ = getopt.getopt(words, self.shortOpt, self.longOpt)
        except getopt.GetoptError:  # told when they are parsed
            return
        for word, _ in pairs:
            name = word.lstrip("-")
            yield letters.get(name, name)

    def _modern(self, options: Sequence[str]) -> list[str]:
        """Old unit files have ``swarm --debug manage -strategy=binpack … nodes://…``."""
        doubled = [f"-{word}" if self._has_one_dash(word) else word for word in options]
        words = self._decided(doubled)
        try:
            _, rest = getopt.getopt(words, self.shortOpt, self.longOpt)
        except getopt.GetoptError:
            return words
        if rest[:1] in (["manage"], ["m"]):
            del words[len(words) - len(rest)]
        return words

    def _decided(self, words: Sequence[str]) -> list[str]:
        """Without ``--tls=true`` and ``--tls=false``, as docker's own options may be written."""
        kept: list[str] = []
        for word in words:
            flag, _, answer = word.partition("=")
            option = OPTIONS.get(flag.removeprefix("--"))
            if option is None or option.kind is not OptionKind.FLAG:
                kept.append(word)
            elif answer == "false":
                kept = [one for one in kept if one != flag]
                self._taken_back.add(option.name)
            else:
                kept.append(flag if answer == "true" else word)
                self._taken_back.discard(option.name)
        return kept

    def _has_one_dash(self, word: str) -> bool:
        name = word[1:].partition("=")[0]
        return word[:1] == "-" and (name in self.longOpt or f"{name}=" in self.longOpt)


def _meant(error: str) -> str:
    """The option that is near to one that there is none of, as in old unit files."""
    found = _UNKNOWN.fullmatch(error)
    if found is None:
        return ""
    near = nearest(found[1], COMMANDS)
    return f"; is --{near} meant?" if near else "; swarmd --help lists all"


def _folder() -> str:
    """Where relative paths begin; not known where that folder has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "."
