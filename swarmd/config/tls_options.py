"""The TLS options: which files are used towards clients and towards engines.

Docker's meaning: ``--tls`` encrypts, ``--tlsverify`` also demands a certificate of the CA from the
other side. One set serves both directions unless ``--engine-tls*`` gives another. A CRL belongs to
its CA: where engines have another CA, the common CRL does not count for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from swarmd.tls.trust import TlsFiles as TlsFiles
from swarmd.tls.trust import server_trust

_FILE_OPTIONS = ("tlscacert", "tlscert", "tlskey", "tlscrl")


def check(files: TlsFiles) -> None:
    """ValueError, with the reason, unless every file can be read and key and certificate match."""
    server_trust(files).read()


def listen_files(
    options: Mapping[str, Any], check: Callable[[TlsFiles], None] = check
) -> TlsFiles | None:
    """TLS of the listeners, None for plain; ValueError if the options or files do not fit."""
    verify = bool(options["tlsverify"])
    files = _given(options, "", verify)
    if not verify and not options["tls"]:
        if files != TlsFiles():
            raise ValueError(
                "--tlscert, --tlskey and --tlscacert require the use of either --tls or --tlsverify"
            )
        return None
    if files.crl and not verify:
        raise ValueError("--tlscrl requires the use of --tlsverify")
    if not (files.cert and files.key):
        raise ValueError("--tlscert and --tlskey must be provided when using --tls or --tlsverify")
    if verify and not files.ca:
        raise ValueError("--tlscacert must be provided when using --tlsverify")
    check(files)
    return files


def engine_files(
    options: Mapping[str, Any], check: Callable[[TlsFiles], None] = check
) -> TlsFiles | None:
    """TLS towards the engines, None for plain; ValueError as ``listen_files``."""
    common = listen_files(options, check)
    own = _given(options, "engine-", bool(options["engine-tlsverify"]))
    if options["no-engine-tls"]:
        if own != TlsFiles() or options["engine-tls"]:
            raise ValueError("--no-engine-tls contradicts the other --engine-tls options")
        return None
    if own == TlsFiles() and not options["engine-tls"]:
        return common
    if common is None and not (options["engine-tls"] or own.verify):
        raise ValueError(
            "--engine-tlscert, --engine-tlskey and --engine-tlscacert require the use of either "
            "--engine-tls or --engine-tlsverify"
        )
    files = _merged(own, common or TlsFiles(), weaker=bool(options["engine-tls"]))
    if files.verify and not files.ca:
        raise ValueError("--engine-tlscacert must be provided when using --engine-tlsverify")
    if own.crl and not files.verify:
        raise ValueError("--engine-tlscrl requires the use of --engine-tlsverify")
    check(files)
    return files


def _given(options: Mapping[str, Any], prefix: str, verify: bool) -> TlsFiles:
    paths = [options[prefix + name] for name in _FILE_OPTIONS]
    ca, cert, key, crl = (os.path.abspath(path) if path else "" for path in paths)
    if bool(cert) != bool(key):
        raise ValueError(f"--{prefix}tlscert and --{prefix}tlskey must be provided together")
    return TlsFiles(ca, cert, key, verify, crl=crl)


def _merged(own: TlsFiles, common: TlsFiles, *, weaker: bool) -> TlsFiles:
    """``own`` where given, else ``common``; ``weaker`` means that --engine-tls asked for less."""
    pair = own if own.cert else common
    verify = own.verify or (common.verify and not weaker)
    inherited = common.crl if verify and own.ca in ("", common.ca) else ""
    return TlsFiles(own.ca or common.ca, pair.cert, pair.key, verify, crl=own.crl or inherited)
