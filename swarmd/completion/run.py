"""``swarmd completion``: the script by which a shell completes command lines of swarmd."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage
from swarmd.completion import bash, fish, words, zsh

SCRIPTS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
_PROSE = """\
bash:  source <(swarmd completion bash)
zsh:   swarmd completion zsh > _swarmd, in a folder of $fpath
fish:  swarmd completion fish | source
The Debian package has brought them already."""


def run(given: Sequence[str]) -> None:
    """Prints a script, and ends the process.

    Raises:
        SystemExit: Always.
    """
    try:
        arguments = Arguments.parse(given, "completion")
        if arguments.help:
            print(usage("completion", _PROSE))
        else:
            _print(arguments)
    except CommandError as error:
        end(error)
    sys.exit(0)


def _print(arguments: Arguments) -> None:
    shell, *more = arguments.words or [""]
    if shell not in SCRIPTS or more:
        raise Misuse(f"usage: swarmd completion {'|'.join(SCRIPTS)}")
    script = SCRIPTS[shell](words.daemon(), words.commands())
    if arguments.json:
        script = orjson.dumps({"Shell": shell, "Script": script}).decode() + "\n"
    print(script, end="")
