"""The configuration, all files that it names, and the store, without a word to any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from swarmd.config.configuration import Configuration
from swarmd.config.options import Options
from swarmd.config.policy_file import read_policy
from swarmd.config.settings import Settings
from swarmd.config.sources.config_file import ConfigError
from swarmd.config.store_options import StoreOptions
from swarmd.discovery.entry import Entry
from swarmd.doctor import local_checks
from swarmd.doctor.finding import Finding, error, ok, warning
from swarmd.doctor.local_checks import HOSTS
from swarmd.tls.trust import TlsFiles, server_trust

CONFIGURATION = "configuration"


def configured(
    options: Options, environ: Mapping[str, str]
) -> tuple[Configuration | None, list[Finding]]:
    """Of command line, environment and file; None if they cannot be put together."""
    try:
        configuration = options.configure(environ)
    except ConfigError as wrong:
        return None, [error(CONFIGURATION, problem) for problem in wrong.problems]
    except ValueError as wrong:
        return None, [error(CONFIGURATION, str(wrong))]
    return configuration, [warning(CONFIGURATION, text) for text in options.sources.remarks()]


def check_config(
    options: Options,
    environ: Mapping[str, str],
    now: float,
    ask: Callable[[StoreOptions], list[Finding]],
) -> list[Finding]:
    """All that can be known before a start.

    Args:
        now: The wall clock.
        ask: Looks whether the store answers.
    """
    configuration, findings = configured(options, environ)
    if configuration is None:
        return findings
    settings, problems = local_checks.settings_of(configuration, environ)
    findings += problems
    if settings is None:
        return findings
    if configuration.file and not problems:
        findings.append(ok(CONFIGURATION, f"{configuration.file} is understood"))
    entries, problems = local_checks.entries_of(settings)
    findings += local_checks.unreported(problems, findings)
    if entries:
        source = HOSTS if settings.discovery.startswith("file://") else "engines"
        findings.append(ok(source, f"{len(entries)} engine{'s' if len(entries) > 1 else ''}"))
    findings += _of_policy(settings)
    findings += local_files(settings, entries, now)
    findings += local_checks.askable(settings, entries)[1]
    findings += _of_engine_files(settings, entries, now)
    if settings.sharing is not None:
        findings += ask(settings.sharing)
    return list(dict.fromkeys(findings))


def local_files(settings: Settings, entries: Iterable[Entry], now: float) -> list[Finding]:
    """The listener's certificate, and who can read and change our files."""
    entries, findings = list(entries), list[Finding]()
    if settings.tls is not None:
        findings += local_checks.of_server(settings.tls, now)
        findings += local_checks.of_lists(settings.tls)
    findings += local_checks.of_keys(_keys(settings, entries))
    findings += local_checks.of_writers(_files(settings, entries))
    return findings


def _of_policy(settings: Settings) -> Iterator[Finding]:
    if settings.authz is None:
        return
    with suppress(ValueError):  # told with the options
        policy = read_policy(settings.authz)
        if policy.learn:
            text = f'{settings.authz}: mode = "learn" denies nothing'
            yield warning("policy", text, 'mode = "enforce" once it allows what it should')
        else:
            yield ok("policy", f"{settings.authz} has {len(policy.roles)} roles")


def _of_engine_files(settings: Settings, entries: Iterable[Entry], now: float) -> Iterator[Finding]:
    """When the certificates end that engines are shown and judged by."""
    for files in dict.fromkeys(_files(settings, entries)):
        trust = server_trust(files)
        with suppress(ValueError):  # told as what cannot be asked
            trust.read()
            yield from local_checks.of_remarks(trust.current.remarks)
            yield from local_checks.of_time(trust.current.expiries, now)


def _files(settings: Settings, entries: Iterable[Entry]) -> list[TlsFiles]:
    found = [settings.tls, settings.engine_tls]
    for entry in entries:
        with suppress(ValueError):  # told when it is visited
            found.append(settings.tls_for(entry))
    return [files for files in found if files is not None]


def _keys(settings: Settings, entries: Iterable[Entry]) -> Iterator[str]:
    for files in (settings.tls, settings.engine_tls):
        if files is not None:
            yield files.key
    for entry in entries:
        yield entry.tls.key
