"""Checks on this machine alone: options, TLS files, the hosts file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from swarmd.certificates.describe import listed, names, subject
from swarmd.certificates.expiry import Expiry, warnings
from swarmd.config.configuration import Configuration
from swarmd.config.settings import Settings, discovery_url, from_options, ssh_files
from swarmd.config.tls_options import check, engine_files
from swarmd.discovery.entry import Entry
from swarmd.discovery.hosts_watch import read_hosts
from swarmd.discovery.node_list import parse_nodes
from swarmd.discovery.source import is_polled
from swarmd.doctor.advice import advice
from swarmd.doctor.finding import Finding, error, ok, warning
from swarmd.tls.trust import TlsFiles, server_trust

OPTIONS, HOSTS, SERVER = "options", "hosts file", "server certificate"
REVOCATION = "revocation"


def settings_of(
    configuration: Configuration, environ: Mapping[str, str]
) -> tuple[Settings | None, list[Finding]]:
    """The daemon's settings; as far as they go if they are wrong, None if nothing can be done."""
    options = configuration.values
    options["host"] = [each for each in options["host"] if not _of_systemd(each)]
    try:
        return from_options(options, environ), []
    except ValueError as wrong:
        findings = [error(OPTIONS, configuration.explained(wrong), advice(str(wrong)))]
    try:
        # Without what they say of TLS, engines would be asked otherwise than the daemon asks them.
        tls = engine_files(options, lambda files: None)
        settings = Settings(discovery_url(options), engine_tls=tls)
    except ValueError:
        return None, findings
    with suppress(ValueError):
        settings = replace(settings, ssh=ssh_files(options))
    return settings, findings


def _of_systemd(listen: str) -> bool:
    """A socket that only the daemon is given."""
    return listen.startswith(("fd:", "systemd:"))


def refused(about: str, wrong: Exception) -> Finding:
    return error(about, str(wrong), advice(str(wrong)))


def entries_of(settings: Settings) -> tuple[list[Entry], list[Finding]]:
    """The engines, and what is wrong with the list of them, with its lines.

    None if somebody else has to be asked for the list: ``run`` does.
    """
    if is_polled(settings.discovery):
        return [], []
    scheme, _, rest = settings.discovery.partition("://")
    try:
        if scheme != "file":
            return parse_nodes(rest, settings.engine_port), []
        hosts = read_hosts(rest, settings.engine_port)
    except ValueError as wrong:
        return [], [refused(HOSTS, wrong)]
    findings = [_misread(rest, problem) for problem in hosts.problems]
    if not hosts.entries:
        findings.append(error(HOSTS, f"{rest} lists no engine"))
    return hosts.entries, findings


def unreported(problems: Iterable[Finding], findings: Iterable[Finding]) -> list[Finding]:
    """Those that no finding has in its words: a start is refused for a list that cannot be read."""
    texts = [one.text for one in findings]
    return [one for one in problems if not any(one.text in text for text in texts)]


def askable(settings: Settings, entries: Iterable[Entry]) -> tuple[list[Entry], list[Finding]]:
    """Engines that can be asked; for the others, our own files that cannot be used are to blame."""
    problems: dict[TlsFiles, str] = {}
    left: dict[str, list[str]] = {}
    able = []
    for entry in entries:
        problem = _problem(settings, entry, problems)
        if problem:
            left.setdefault(problem, []).append(entry.address)
        else:
            able.append(entry)
    findings = [error(listed(each, 8), f"not asked: {problem}") for problem, each in left.items()]
    return able, findings


def _problem(settings: Settings, entry: Entry, known: dict[TlsFiles, str]) -> str:
    try:
        files = settings.tls_for(entry)
    except ValueError:  # told by its link
        return ""
    if files is None:
        return ""
    files = replace(files, name="")
    if files not in known:
        known[files] = ""
        try:
            check(files)
        except ValueError as wrong:
            known[files] = str(wrong)
    return known[files]


_UNTIL_MENDED = "mend the line; until then a swarmd that runs takes no engine off its list"


def _misread(path: str, problem: str) -> Finding:
    line, _, reason = problem.partition(": ")
    return error(f"{path}:{line}", reason, _UNTIL_MENDED)


def of_server(files: TlsFiles, now: float) -> Iterator[Finding]:
    """The listener's own certificate; ``now`` is the wall clock."""
    trust = server_trust(files)
    try:
        trust.read()
    except ValueError as wrong:
        yield refused(SERVER, wrong)
        return
    leaf = trust.current.chain[0]
    held = names(leaf)
    if held:
        yield ok(SERVER, f"{subject(leaf)}, good for clients that say {listed(held)}")
    else:
        yield error(
            SERVER,
            f"{subject(leaf)} has no name in its SAN, so no docker CLI will accept it",
            "make it anew with the names and addresses that clients use: `swarmd certs`",
        )
    if not _may_serve(leaf):
        yield error(SERVER, f"{subject(leaf)} is not made for servers (extendedKeyUsage)")
    yield from of_time(trust.current.expiries, now)


def of_lists(files: TlsFiles) -> Iterator[Finding]:
    """Whether somebody whose certificate is revoked is refused by the listener."""
    trust = server_trust(files)
    try:
        trust.read()
    except ValueError:
        return  # told by the above
    loaded = trust.current
    revoked = sum(len(crl) for crl in loaded.authorities.crls)
    if loaded.files.crl:
        yield ok(REVOCATION, f"whoever is revoked in {loaded.files.crl} is refused ({revoked} are)")
    elif files.verify and not loaded.remarks:
        yield warning(
            REVOCATION,
            "there is no list of revoked certificates: who has one gets in until it ends",
            f"put it where {files.beside} is looked for, or say --tlscrl FILE; `swarmd certs` "
            "makes one for its CA",
        )
    yield from of_remarks(loaded.remarks)


def of_remarks(remarks: Iterable[str]) -> Iterator[Finding]:
    for text in remarks:
        yield warning(REVOCATION, text)


def of_time(expiries: Iterable[Expiry], now: float) -> Iterator[Finding]:
    """Certificates and CRLs that end soon, or have ended."""
    for text in warnings(expiries, now):
        if "has expired" in text:
            yield error("certificates", text, advice(text))
        else:
            yield warning("certificates", text, "make it anew in time")


def _may_serve(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    wanted = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    return any(each in usage for each in wanted)


def of_keys(paths: Iterator[str]) -> Iterator[Finding]:
    """Keys that others than their owner can read."""
    for path in dict.fromkeys(path for path in paths if path):
        try:
            mode = Path(path).stat().st_mode
        except OSError:
            continue  # told by whoever wanted to read it
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            yield warning(path, "everybody on this machine can read this key", f"chmod 600 {path}")
        elif mode & stat.S_IWGRP:
            yield warning(path, "the group of this key can change it", f"chmod 640 {path}")


def of_writers(settings: Iterable[TlsFiles]) -> Iterator[Finding]:
    """Files that say whom to trust, and that everybody can change."""
    paths = [path for files in settings for path in files.paths if path != files.key]
    folders = [os.path.dirname(files.ca) for files in settings if files.ca]
    for path in dict.fromkeys([*paths, *folders]):
        try:
            mode = Path(path).stat().st_mode
        except OSError:
            continue
        # In a sticky folder nobody replaces what is another's, but what is not there can be added.
        if mode & stat.S_IWOTH:
            yield warning(path, "everybody on this machine can change this", f"chmod o-w {path}")
