"""The command: options as for the daemon, then one look at everything."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults
from twisted.internet.task import react

from swarmd.cli.usage import usage
from swarmd.config.link_factory import LinkFactory
from swarmd.config.options import Options
from swarmd.config.settings import Settings
from swarmd.discovery.entry import Entry
from swarmd.discovery.first_list import first_list
from swarmd.discovery.source import is_polled
from swarmd.doctor import local_checks
from swarmd.doctor.config_check import configured, local_files
from swarmd.doctor.engine_checks import of_fleet
from swarmd.doctor.finding import Finding, Level, as_json, count, error, shown
from swarmd.doctor.probe import Probe, probe
from swarmd.doctor.store_check import of_store
from swarmd.streams.link import Link
from swarmd.tls.reload import TlsReload

AT_ONCE = 32  # engines
LIST = 10.0  # seconds for a list of engines that somebody else has
_PROSE = """\
Takes the daemon's command line as it is (see `swarmd --help`), its environment and its
configuration file, and asks each engine once. Nothing is changed."""


class DoctorOptions(Options):
    """The doctor's options: those of the daemon, so that its command line can be looked at."""

    def opt_json(self) -> None:
        """Findings as JSON."""
        self["json"] = True

    def opt_help(self) -> None:
        """Print this and exit; what the daemon's own options are, `swarmd --help` says."""
        print(usage("doctor", _PROSE))
        sys.exit(0)

    opt_h = opt_help

    def postOptions(self) -> None:
        """What is wrong is not the end here, but a finding."""


def run(words: Sequence[str]) -> None:
    """Ends the process: with 0, or with 1 if there is an error.

    Raises:
        SystemExit: Always.
    """
    options = DoctorOptions()
    options.parseOptions(words)
    found: list[Finding] = []

    async def work(reactor: Any) -> None:
        found.extend(await examine(options, os.environ, reactor))

    try:
        react(lambda reactor: Deferred.fromCoroutine(work(reactor)))
    except SystemExit as ended:
        if ended.code:
            raise
    if options.get("json"):
        print(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2).decode())
    else:
        print(shown(found))
    sys.exit(1 if count(found, Level.ERROR) else 0)


async def examine(
    options: DoctorOptions, environ: Mapping[str, str], reactor: Any
) -> list[Finding]:
    configuration, findings = configured(options, environ)
    if configuration is None:
        return findings
    settings, problems = local_checks.settings_of(configuration, environ)
    findings += problems
    if settings is None:
        return findings
    entries, problems = await _entries(settings, reactor)
    findings += local_checks.unreported(problems, findings)
    findings += local_files(settings, entries, time.time())
    tls_reload = TlsReload(reactor, time.time)
    maker = LinkFactory(settings, tls_reload, reactor)
    able, problems = local_checks.askable(settings, entries)
    findings += problems
    links = [(entry, maker(entry)) for entry in able]
    probes = await _probe_all(settings, links, reactor)
    findings += await of_store(settings.sharing, reactor)
    findings += local_checks.of_remarks(tls_reload.remarks())
    findings += local_checks.of_time(tls_reload.expiring(), time.time())
    findings += [one for each in probes for one in each.findings]
    answered = [(each.entry.address, each.spec) for each in probes if each.spec is not None]
    return list(dict.fromkeys([*findings, *of_fleet(answered)]))


async def _entries(settings: Settings, reactor: Any) -> tuple[list[Entry], list[Finding]]:
    """Of whoever lists the engines."""
    if not is_polled(settings.discovery):
        return local_checks.entries_of(settings)
    entries, problems = await first_list(
        settings.discovery, reactor, settings.engine_port, settings.registry, LIST
    )
    return entries, [error("discovery", problem) for problem in problems]


async def _probe_all(
    settings: Settings, links: Iterable[tuple[Entry, Link]], reactor: Any
) -> list[Probe]:
    semaphore = DeferredSemaphore(AT_ONCE)

    async def one(entry: Entry, link: Link) -> Probe:
        async with semaphore:
            return await probe(entry, link, _is_plain(settings, entry), reactor, time.time)

    probes = [Deferred.fromCoroutine(one(*each)) for each in links]
    return list(await gatherResults(probes, consumeErrors=True))


def _is_plain(settings: Settings, entry: Entry) -> bool:
    try:
        return settings.tls_for(entry) is None
    except ValueError:
        return False
