"""The command line, with the names of ``swarm manage`` so that unit files move over."""

from __future__ import annotations

import getopt
import os
import sys
from collections.abc import Sequence

from twisted.python import usage

from swarmd import __version__
from swarmd.config.settings import Settings, from_options
from swarmd.scheduler.registry import FILTERS

_CORS = "pages of any web site could then use the Docker API, which is root on every engine"
_ONE_MANAGER = "one swarmd serves a fleet; a restart loses nothing, all state is on the engines"
_STORE = "there is no key-value store to discover engines in (yet)"

# What classic Swarm had and swarmd has not: saying so beats ignoring what an operator relies on.
_REFUSED = {
    "replication": _ONE_MANAGER,
    "discovery-opt": _STORE,
    "api-enable-cors": _CORS,
    "cors": _CORS,
}
_RETIRED_COMMANDS = {
    "create": "the token service was shut down in 2019; use a hosts file",
    "join": "engines do not register; list them in the hosts file",
    "list": "the hosts file is the list",
}


class Options(usage.Options):
    """Options of ``twistd swarmd`` and of ``swarmd``.

    Attributes:
        settings: What was asked for, checked; set once parsing is done.
    """

    longdesc = (
        "`swarmd node`, explain, doctor and certs are commands of their own, each with --help. "
        "DISCOVERY names the engines, in place of --hosts: file:///PATH, "
        "nodes://10.0.0.[1:20]:2375,host-b:2375 or just the comma list. Without either, the "
        "environment's SWARM_DISCOVERY counts; without --host its SWARM_HOST does, else swarmd "
        f"listens on tcp://127.0.0.1:2375. Filters: {', '.join(FILTERS)}. Keys of "
        "--cluster-opt: swarm.overcommit=0.05 lets containers reserve 5 % more than an "
        "engine has, swarm.createretry=0 is how often a failed create goes elsewhere, "
        "swarm.reserve=soft lets CPU limits exceed what an engine has. Durations are written "
        "10s, 500ms, 1m30s."
    )
    optFlags = (
        ["insecure", None, "Allow listening where others can connect, without --tlsverify."],
        ["tls", None, "Use TLS for clients and engines; certificates are not demanded."],
        ["tlsverify", None, "Use TLS; demand a certificate of the CA from both sides."],
        ["engine-tls", None, "Use TLS towards engines, whatever clients use."],
        ["engine-tlsverify", None, "Use TLS towards engines; verify their certificates and names."],
        ["no-engine-tls", None, "Speak plainly to engines although clients use TLS."],
        ["debug", None, "Short for --log-level debug."],
        ["experimental", None, "Accepted for old unit files; changes nothing."],
        ["refresh-on-node-filter", None, "Accepted for old unit files; ps is always fresh."],
        [
            "reschedule-confirm",
            None,
            "No node counts as lost before an operator has said so: swarmd node lost NODE.",
        ],
        ["replication", None, "Refused: not supported."],
        ["api-enable-cors", None, "Refused: not supported."],
        ["cors", None, "Refused: not supported."],
    )
    optParameters = (
        ["hosts", None, None, "Hosts file: one engine a line, read again when it changes."],
        ["strategy", None, "spread", "How engines are ranked: spread, binpack, random, or "
         "spread:LABEL to even over that engine label's values first."],
        ["heartbeat", None, "5s", "Pause between two health checks of an engine, 1s or more. (In "
         "classic Swarm: between two readings of discovery.)"],
        ["tlscacert", None, None, "PEM file: CA that signed clients' and engines' certificates."],
        ["tlscert", None, None, "PEM file: certificate shown to clients and engines."],
        ["tlskey", None, None, "PEM file: key of --tlscert."],
        ["tlscrl", None, None, "PEM file: certificates that --tlscacert has revoked. Whoever shows "
         "one is refused; so is everybody once the list has expired. Default: crl.pem beside "
         "--tlscacert, if there is one."],
        ["engine-tlscacert", None, None, "CA of the engines, where it is another."],
        ["engine-tlscert", None, None, "Certificate shown to engines, where it is another."],
        ["engine-tlskey", None, None, "Key of --engine-tlscert."],
        ["engine-tlscrl", None, None, "CRL of --engine-tlscacert, found alike."],
        ["ssh-key", None, None, "Private key to log in to ssh:// hosts with; without it, those of "
         "the agent (SSH_AUTH_SOCK) and of ~/.ssh."],
        ["ssh-known-hosts", None, "~/.ssh/known_hosts", "The host keys of ssh:// hosts."],
        ["engine-failure-retry", None, "3", "Failures in a row that make an engine unhealthy."],
        ["engine-refresh-min-interval", None, "30s", "Each engine is asked again for what "
         "has changed, every fifth time for everything, after random times not shorter than this."],
        ["engine-refresh-max-interval", None, "60s", "The longest such time."],
        ["engine-refresh-retry", None, "3", "Deprecated: use --engine-failure-retry."],
        ["cluster-driver", "c", "swarm", "Accepted for old unit files; only swarm."],
        ["volume-scope", None, "one", "A new volume is made on one engine, or on all as classic "
         "Swarm did."],
        ["default-network-driver", None, "bridge", "Of networks that are created without naming "
         "one; classic Swarm's was overlay."],
        ["distribute-builds", None, None, "Copy built images to all engines, or to those that a "
         "constraint allows."],
        ["authz", None, None, "Policy file (TOML): who may do what. Whatever it does not allow is "
         "denied."],
        ["state-dir", None, None, "Folder where operators' decisions outlive a restart."],
        ["reschedule", None, "off", "For containers that do not say it themselves: off, or "
         "on-node-failure to make them again elsewhere when their node is lost."],
        ["reschedule-grace", None, "60s", "A node that has not answered for so long is lost."],
        ["audit-log", None, None, "Append a JSON line for each call that changes something to this "
         "file, or to - (standard output) or journald."],
        ["max-connections", None, "10000", "Client connections at one time."],
        ["log-level", "l", None, "debug, info (the default), warn, error or fatal."],
        ["container-name-refresh-filter", None, None, "Accepted for old unit files; ps is always "
         "fresh."],
        ["replication-ttl", None, None, "Accepted for old unit files; there are no replicas."],
        ["advertise", None, None, "Accepted for old unit files; there are no replicas."],
        ["addr", None, None, "Accepted for old unit files; there are no replicas."],
        ["discovery-opt", None, None, "Refused: not supported."],
    )  # fmt: skip

    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self.update(
            {"host": [], "allow-host": [], "filter": [], "cluster-opt": [], "discovery": ""}
        )

    def opt_host(self, address: str) -> None:
        """Listen here; repeatable. tcp://HOST:PORT, unix:///PATH, fd:// or a Twisted endpoint."""
        self["host"].append(address)

    opt_H = opt_host

    def opt_allow_host(self, name: str) -> None:
        """A further name that clients without certificates may call swarmd by; repeatable. With a
        dot before it, all names below it. Its addresses and own names need not be given."""
        self["allow-host"].append(name)

    def opt_filter(self, name: str) -> None:
        """Use this scheduling filter; repeatable. Without it, all are used."""
        self["filter"].append(name)

    opt_f = opt_filter

    def opt_cluster_opt(self, pair: str) -> None:
        """KEY=VALUE; repeatable. For the keys see below."""
        self["cluster-opt"].append(pair)

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
        try:
            super().parseOptions(self._modern(sys.argv[1:] if options is None else options))
        except usage.UsageError as error:
            sys.exit(" ".join(f"swarmd: {error}".split()))

    def parseArgs(self, *args: str) -> None:
        if args and args[0] in _RETIRED_COMMANDS:
            raise usage.UsageError(f"no command {args[0]!r}: {_RETIRED_COMMANDS[args[0]]}")
        if len(args) > 1:
            hint = "; options come before it" if args[1].startswith("-") else ""
            raise usage.UsageError(f"one DISCOVERY is enough{hint}: {' '.join(args)}")
        self["discovery"] = "".join(args)

    def postOptions(self) -> None:
        for name, reason in _REFUSED.items():
            if self[name]:
                raise usage.UsageError(f"--{name} is not supported: {reason}")
        if self["cluster-driver"] != "swarm":
            raise usage.UsageError(f"unsupported cluster {self['cluster-driver']!r}; only swarm")
        if self["engine-refresh-retry"] != "3":
            raise usage.UsageError(
                "--engine-refresh-retry is deprecated. Use --engine-failure-retry"
            )
        try:
            self.settings = from_options(self, os.environ)
        except ValueError as error:
            raise usage.UsageError(str(error)) from None

    def _modern(self, options: Sequence[str]) -> list[str]:
        """Old unit files have ``swarm --debug manage -strategy=binpack … nodes://…``."""
        words = [f"-{word}" if self._has_one_dash(word) else word for word in options]
        try:
            _, rest = getopt.getopt(words, self.shortOpt, self.longOpt)
        except getopt.GetoptError:
            return words
        if rest[:1] in (["manage"], ["m"]):
            del words[len(words) - len(rest)]
        return words

    def _has_one_dash(self, word: str) -> bool:
        name = word[1:].partition("=")[0]
        return word[:1] == "-" and (name in self.longOpt or f"{name}=" in self.longOpt)
