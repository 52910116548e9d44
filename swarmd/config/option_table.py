"""Every option of the daemon, once: for the command line, the environment and the file. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

_ACCEPTED = "Accepted for old unit files; "
_REFUSED = "Refused: not supported."


class OptionKind(StrEnum):
    """What an option takes, as its value is written in the file."""

    FLAG = "true or false"
    TEXT = "text in quotes"
    NUMBER = "a number"
    LIST = "a list of texts in quotes"


FLAG, TEXT, NUMBER, LIST = OptionKind


@dataclass(frozen=True, slots=True)
class Option:
    """An option of swarmd: a row of the option table.

    Attributes:
        meaning: For ``--help``; of lists, it stands with their method.
        letter: Its short form.
        usual: What counts without it, where that is found out later.
        path: It names a file or a folder.
        live: A changed value counts from SIGHUP on, without a restart.
        old: It is of old command lines only, and no key of the file.
    """

    name: str
    kind: OptionKind
    meaning: str = ""
    default: str | None = None
    letter: str | None = None
    usual: str = ""
    path: bool = False
    live: bool = False
    old: bool = False

    @property
    def variable(self) -> str:
        """Of the environment."""
        return "SWARMD_" + self.name.upper().replace("-", "_")


def _file(name: str, meaning: str, default: str | None = None, *, live: bool = False) -> Option:
    return Option(name, TEXT, meaning, default, path=True, live=live)


def _old(name: str, kind: OptionKind, meaning: str, default: str | None = None) -> Option:
    return Option(name, kind, meaning, default, old=True)


TABLE = (
    # Engines
    _file("hosts", "Hosts file: one engine a line, read again when it changes."),
    Option("discovery", TEXT),
    Option("discovery-opt", LIST),
    Option("heartbeat", TEXT, "Pause between two health checks of an engine, 1s or more. (In "
           "classic Swarm: between two readings of discovery.)", "5s", live=True),
    Option("engine-failure-retry", NUMBER, "Failures in a row that make an engine unhealthy.",
           "3", live=True),
    Option("engine-refresh-min-interval", TEXT, "Each engine is asked again for what has changed, "
           "every fifth time for everything, after random times not shorter than this.", "30s",
           live=True),
    Option("engine-refresh-max-interval", TEXT, "The longest such time.", "60s", live=True),
    _file("ssh-key", "Private key to log in to ssh:// hosts with; without it, what ssh finds by "
          "itself: an agent's (SSH_AUTH_SOCK), and those of ~/.ssh."),
    _file("ssh-known-hosts", "The host keys of ssh:// hosts.", "~/.ssh/known_hosts"),
    # Clients
    Option("host", LIST, letter="H", usual="tcp://127.0.0.1:2375"),
    Option("insecure", FLAG, "Allow listening where others can connect, without --tlsverify."),
    Option("reuse-port", FLAG, "Share the ports of tcp:// with other swarmds of this machine: the "
           "kernel spreads connections over them."),
    Option("allow-host", LIST, live=True),
    Option("max-connections", NUMBER, "Client connections at one time.", "10000", live=True),
    _file("authz", "Policy file (TOML): who may do what. Whatever it does not allow is denied."),
    _file("audit-log", "Append a JSON line for each call that changes something to this file, or "
          "to - (standard output) or journald.", live=True),
    Option("ui", TEXT, "The page for browsers at /swarmd/: on, or off.", "on"),
    # Published ports
    Option("publish", LIST),
    Option("publish-range", TEXT, "With --publish, the ports for those that engines choose: "
           "FIRST-LAST, apart from what else is used on this machine.", "20000-29999"),
    # Observation
    Option("metrics-listen", LIST),
    Option("ready-nodes", NUMBER, "How many nodes have to be healthy for /readyz to say ready; "
           "0: it is enough that all were asked.", "1", live=True),
    Option("log-format", TEXT, "Of the log and of the access log: text, or json with an object a "
           "line.", "text", live=True),
    _file("access-log", "Append a line for each request to this file, or to - (standard output).",
          live=True),
    Option("trace-requests", FLAG, "Give requests that bring no traceparent (W3C) one of their "
           "own, for engines and the access log.", live=True),
    # TLS
    Option("tls", FLAG, "Use TLS for clients and engines; certificates are not demanded."),
    Option("tlsverify", FLAG, "Use TLS; demand a certificate of the CA from both sides."),
    _file("tlscacert", "PEM file: CA that signed clients' and engines' certificates."),
    _file("tlscert", "PEM file: certificate shown to clients and engines."),
    _file("tlskey", "PEM file: key of --tlscert."),
    _file("tlscrl", "PEM file: certificates that --tlscacert has revoked. Whoever shows one is "
          "refused; so is everybody once the list has expired. Default: crl.pem beside "
          "--tlscacert, if there is one."),
    Option("engine-tls", FLAG, "Use TLS towards engines, whatever clients use."),
    Option("engine-tlsverify", FLAG, "Use TLS towards engines; verify their certificates and "
           "names."),
    Option("no-engine-tls", FLAG, "Speak plainly to engines although clients use TLS."),
    _file("engine-tlscacert", "CA of the engines, where it is another."),
    _file("engine-tlscert", "Certificate shown to engines, where it is another."),
    _file("engine-tlskey", "Key of --engine-tlscert."),
    _file("engine-tlscrl", "CRL of --engine-tlscacert, found alike."),
    # Placement
    Option("strategy", TEXT, "How engines are ranked: spread, binpack, random, spread:usage (what "
           "containers really use), or spread:LABEL to even over that engine label's values first.",
           "spread", live=True),
    Option("filter", LIST, letter="f", live=True),
    Option("cluster-opt", LIST, live=True),
    Option("volume-scope", TEXT, "A new volume is made on one engine, or on all as classic Swarm "
           "did.", "one"),
    Option("default-network-driver", TEXT, "Of networks that are created without naming one; "
           "classic Swarm's was overlay.", "bridge", live=True),
    Option("distribute-builds", TEXT, "Copy built images to all engines, or to those that a "
           "constraint allows.", live=True),
    # Operation
    _file("state-dir", "Folder where operators' decisions outlive a restart."),
    # Several swarmds
    Option("store", TEXT, "Agree with other swarmds of this fleet by this store: "
           "etcd://HOST:PORT,.../PREFIX, consul://HOST:PORT/PREFIX or zk://HOST:PORT,.../PREFIX."),
    _file("store-login", "File with USER:PASSWORD in one line, or a token, for --store."),
    _file("store-tlscacert", "CA of the store: it is then spoken to by TLS, and verified."),
    _file("store-tlscert", "Certificate shown to the store."),
    _file("store-tlskey", "Key of --store-tlscert."),
    _file("store-key", "Key that all swarmds share, for what is secret in the store; swarmd "
          "store-key makes one. Without it no configuration of a container is written there."),
    Option("store-ttl", TEXT, "How long a swarmd that fell silent counts as there, 5s to 60s; "
           "10s without it."),
    Option("advertise", TEXT, "How this swarmd is named to others and to people, HOST:PORT; "
           "without it, by where it listens."),
    Option("drain-time", TEXT, "At a restart, how long the process before may take to finish its "
           "streams.", "10m", live=True),
    Option("reschedule", TEXT, "For containers that do not say it themselves: off, or "
           "on-node-failure to make them again elsewhere when their node is lost.", "off",
           live=True),
    Option("reschedule-grace", TEXT, "A node that has not answered for so long is lost.", "60s",
           live=True),
    Option("reschedule-confirm", FLAG, "No node counts as lost before an operator has said so: "
           "swarmd node lost NODE.", live=True),
    Option("log-level", TEXT, "debug, info (the default), warn, error or fatal.", letter="l",
           usual="info", live=True),
    Option("debug", FLAG, "Short for --log-level debug.", live=True),
    # Of classic Swarm
    _old("experimental", FLAG, f"{_ACCEPTED}changes nothing."),
    _old("refresh-on-node-filter", FLAG, f"{_ACCEPTED}ps is always fresh."),
    _old("container-name-refresh-filter", TEXT, f"{_ACCEPTED}ps is always fresh."),
    Option("cluster-driver", TEXT, f"{_ACCEPTED}only swarm.", "swarm", "c", old=True),
    _old("engine-refresh-retry", TEXT, "Deprecated: use --engine-failure-retry.", "3"),
    _old("replication-ttl", TEXT, f"{_ACCEPTED}with --store, another name of --store-ttl."),
    _old("addr", TEXT, f"{_ACCEPTED}another name of --advertise."),
    _old("replication", FLAG, f"{_ACCEPTED}needs --store, with which it says nothing more."),
    _old("api-enable-cors", FLAG, _REFUSED),
    _old("cors", FLAG, _REFUSED),
)  # fmt: skip

OPTIONS = {option.name: option for option in TABLE}
# What may stand in the file and the environment.
CURRENT = {option.name: option for option in TABLE if not option.old}


def nearest(name: str, more: Iterable[str] = ()) -> str:
    """The option, or which of ``more``, is meant by a name that is none; "" if none is near."""
    known = [*CURRENT, *more]
    plain = name.strip().lower().replace("_", "-").replace(".", "-").removeprefix("--")
    return plain if plain in known else "".join(get_close_matches(plain, known, 1, 0.7))
