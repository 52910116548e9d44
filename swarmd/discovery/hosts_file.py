"""The hosts file's syntax, without the file.

One engine a line: an address, which may hold ranges, then words ``key=value``. ``name``, ``sshkey``
and what begins with ``tls`` are ours, every other key is a label. ``#`` begins a comment, quotes
keep spaces. A bad line costs that line only, and as long as there is one, nobody leaves a fleet
(``HostsFile``); a file in which hardly anything is right is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from swarmd.core.addresses import MOST_ADDRESSES, PLAIN_PORT, TLS_PORT, expand_ranges
from swarmd.discovery.entry import Entry, TlsOverride, bare_entry

_TLS_WORDS = {
    "tls": "mode",
    "tlscacert": "ca",
    "tlscert": "cert",
    "tlskey": "key",
    "tlscrl": "crl",
    "tlsname": "name",
}
_TLS_FILES = ("tlscacert", "tlscert", "tlskey", "tlscrl")
# Words that say nothing without the verification that they are for.
_VERIFYING = ("tlscacert", "tlscrl", "tlsname")
_TLS_MODES = ("off", "on", "verify")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}")
# ``constraint:node==…`` asks for an engine's name, so no label may answer it.
_RESERVED_LABELS = ("node",)
# No list of engines comes near; whatever else the file is, it is given up soon.
LONGEST_LINE = 64 << 10  # characters
MOST_LINES = 100_000
MOST_PROBLEMS = 1000
_MOST_WORK = 3 * MOST_ADDRESSES  # addresses, whether they are taken or not
_LONGEST_PROBLEM = 300  # characters

# As a shell has it: in double quotes, a backslash keeps its meaning before " and itself only.
_PART = re.compile(
    r"""([^\s'"\\\#]+)|'([^']*)'|"((?:[^"\\]|\\.)*+)"|\\(.)|(\s+)|(\#.*)|(['"])|(\\)""", re.DOTALL
)
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(slots=True)
class Hosts:
    """What a hosts file says; ``problems`` are ``line number: reason``, for lines left out."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def parse_hosts(text: str, default_port: int, folder: str = "") -> Hosts:
    """Reads a whole file; every line that is wrong becomes a problem.

    Args:
        folder: Where paths begin that are not absolute; without it there may be none.

    Raises:
        ValueError: It is no hosts file at all.
    """
    if text.count("\n") >= MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES} lines")
    hosts = Hosts()
    first_lines: dict[str, int] = {}
    work = 0
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            found = parse_line(line, default_port, folder)
            work += len(found)
            _check_new(found, first_lines, len(hosts.entries))
        except ValueError as error:
            hosts.problems.append(_brief(f"{number}: {error}"))
            _check_work(len(hosts.problems), work)
            continue
        hosts.entries += found
        first_lines |= dict.fromkeys(_identities(found), number)
    return hosts


def _check_work(problems: int, addresses: int) -> None:
    if problems > MOST_PROBLEMS:
        raise ValueError(f"more than {MOST_PROBLEMS} of its lines are wrong: is it a hosts file?")
    if addresses > _MOST_WORK:
        raise ValueError(f"its lines stand for more than {_MOST_WORK} addresses")


def _brief(problem: str) -> str:
    return problem if len(problem) <= _LONGEST_PROBLEM else f"{problem[:_LONGEST_PROBLEM]}…"


def parse_line(line: str, default_port: int, folder: str = "") -> list[Entry]:
    """The engines of one line, none if it is blank; ValueError if it is wrong."""
    words = _words(line)
    if not words:
        return []
    pairs = _pairs(words[1:])
    addresses = expand_ranges(words[0])
    name = pairs.pop("name", "")
    if name and len(addresses) > 1:
        raise ValueError(f"name={name} is given to {len(addresses)} engines")
    if name and not _NAME.fullmatch(name):
        raise ValueError(f"name={name}: a name has letters, digits, and '_', '.', '-'")
    tls, ssh_key = _tls(pairs, folder), _ssh_key(pairs, folder, words[0])
    port = _port(tls, default_port)
    entries = [bare_entry(address, port) for address in addresses]
    if tls != TlsOverride() and any(entry.is_local_or_ssh for entry in entries):
        raise ValueError("there is no TLS on unix:// and ssh://, so tls words mean nothing")
    return [replace(entry, labels=pairs, name=name, tls=tls, ssh_key=ssh_key) for entry in entries]


def _words(line: str) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"it is longer than {LONGEST_LINE >> 10} KiB")
    quoted = any(mark in line for mark in "'\"\\")
    words = _unquoted(line) if quoted else line.partition("#")[0].split()
    if not all(word.isprintable() and "\ufffd" not in word for word in words):
        raise ValueError("it holds characters that are no text in UTF-8")
    return words


def _unquoted(line: str) -> list[str]:
    """The words of a line with quotes."""
    words: list[list[str]] = []
    parts: list[str] | None = None  # of the word that is being read
    for match in _PART.finditer(line):
        plain, single, double, escaped, space, comment, open_quote, lone = match.groups()
        if comment:
            break
        if space:
            parts = None
            continue
        if open_quote or lone:
            raise ValueError("No closing quotation" if open_quote else "No escaped character")
        if parts is None:
            words.append(parts := [])
        if double is not None:
            parts.append(_ESCAPED.sub(r"\1", double))
        else:
            parts += [text for text in (plain, single, escaped) if text is not None]
    return ["".join(parts) for parts in words]


def _pairs(words: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in words:
        key, mark, value = word.partition("=")
        if not (mark and key):
            raise ValueError(f"{word!r} is not key=value")
        if key in pairs:
            raise ValueError(f"{key} is given twice")
        if key in _RESERVED_LABELS:
            raise ValueError(f"{key} cannot be a label; name= names an engine")
        pairs[key] = value
    return pairs


def _tls(pairs: dict[str, str], folder: str) -> TlsOverride:
    """Takes the TLS words out of ``pairs``."""
    given = {word: pairs.pop(word) for word in list(pairs) if word.startswith("tls")}
    unknown = [word for word in given if word not in _TLS_WORDS]
    if unknown:
        raise ValueError(f"there is no word {unknown[0]}=, but {', '.join(_TLS_WORDS)}")
    if ("tlscert" in given) != ("tlskey" in given):
        raise ValueError("tlscert= and tlskey= belong together")
    _check_mode(given)
    for word in given:
        if word in _TLS_FILES:
            given[word] = _path(given[word], folder)
    return TlsOverride(**{_TLS_WORDS[word]: value for word, value in given.items()})


def _check_mode(given: Mapping[str, str]) -> None:
    mode = given.get("tls", "verify")
    if mode not in _TLS_MODES:
        raise ValueError(f"tls={mode} is none of {', '.join(_TLS_MODES)}")
    others = [word for word in given if word != "tls"]
    if mode == "off" and others:
        raise ValueError(f"tls=off speaks plainly: {others[0]}= has no use")
    useless = [word for word in others if word in _VERIFYING]
    if mode == "on" and useless:
        raise ValueError(f"tls=on verifies nothing: {useless[0]}= needs tls=verify")


def _path(path: str, folder: str) -> str:
    if not path or not (folder or os.path.isabs(path)):
        raise ValueError(f"{path!r}: give the absolute path of a file")
    return os.path.normpath(os.path.join(folder, path))


def _port(tls: TlsOverride, default: int) -> int:
    """Of an address without one: what its line says of TLS outweighs the options."""
    if tls.mode == "off":
        return PLAIN_PORT
    return TLS_PORT if tls.mode or tls.ca else default


def _ssh_key(pairs: dict[str, str], folder: str, address: str) -> str:
    """Takes its word out of ``pairs``."""
    path = pairs.pop("sshkey", None)
    if path is None:
        return ""
    if not address.startswith("ssh://"):
        raise ValueError("sshkey= is for ssh:// addresses")
    return _path(path, folder)


def _identities(entries: Iterable[Entry]) -> list[str]:
    """What no two lines may share: addresses and given names."""
    keys = [entry.key for entry in entries]
    return keys + [f"name={entry.name}" for entry in entries if entry.name]


def _check_new(found: list[Entry], first_lines: Mapping[str, int], amount: int) -> None:
    identities = _identities(found)
    for identity in identities:
        if identity in first_lines:
            raise ValueError(f"{identity} is in line {first_lines[identity]} already")
    if len(set(identities)) < len(identities):
        raise ValueError("it names one address twice")
    if amount + len(found) > MOST_ADDRESSES:
        raise ValueError(f"there are more than {MOST_ADDRESSES} engines")
