"""``swarmd store-key``: makes the key by which swarmds keep secrets in a store that they share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from swarmd.certificates.shared_key import make_key
from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import DONE, CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage

_PROSE = """\
Give the same file to each swarmd of a fleet: --store-key FILE. What a lost container was, its
environment included, is then in the store, encrypted, and any swarmd can make it again; without a
key only those can that knew it before its node was lost."""


def run(words: Sequence[str]) -> None:
    """Makes a file that was not there, and ends the process.

    Raises:
        SystemExit: Always; with one line on stderr if it failed.
    """
    try:
        arguments = Arguments.parse(words, "store-key")
        if arguments.help:
            print(usage("store-key", _PROSE))
            sys.exit(DONE)
        if len(arguments.words) != 1:
            raise Misuse("usage: swarmd store-key FILE")
        _make(arguments.words[0])
        if arguments.json:
            print(json.dumps({"Key": arguments.words[0]}))
    except CommandError as error:
        end(error, "store-key")
    sys.exit(DONE)


def _make(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    with open(descriptor, "wb") as file:
        file.write(make_key())
