"""Which images a Dockerfile builds on, as far as that can be told without building.

``FROM`` may have arguments in it, those before the first one; ``COPY --from=`` and the mounts of
``RUN`` name a stage, by its name or number, or an image. What cannot be understood names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from swarmd.core.image.image_reference import InvalidReference, parse_reference

SCRATCH = "scratch"
MOST = 64  # images of one file
LONGEST = 1024  # characters of a value: an argument may have another twice in it

_ESCAPE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*", re.I)
_DIRECTIVE = re.compile(r"#\s*[A-Za-z][A-Za-z0-9-]*\s*=")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::([-+])([^{}]*))?\}|(\w+))")
_MOUNT_FROM = re.compile(r"--mount=\S*?\bfrom=([^,\s]+)")


def base_images(text: str, arguments: Mapping[str, str]) -> list[str]:
    """References, each once; ``arguments`` are those that the build is given."""
    known: dict[str, str] = {}
    stages: set[str] = set()
    images: dict[str, None] = {}
    number = 0
    for word, rest in _instructions(text):
        if word == "ARG" and not number:
            _declare(rest, arguments, known)
        elif word == "FROM":
            image, stage = _from(rest, known)
            if image.lower() not in stages:
                images[image] = None
            stages |= {str(number), stage or str(number)}
            number += 1
        elif word in ("COPY", "ADD", "RUN"):
            named = _sources(word, rest)
            images.update(dict.fromkeys(one for one in named if one.lower() not in stages))
    return [image for image in images if image.lower() != SCRATCH and _is_image(image)][:MOST]


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each with its word in capitals; lines that go on are one."""
    escape = _escape(text)
    held = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        line = line.rstrip()
        if line.endswith(escape):
            held += line[:-1]
            continue
        word, _, rest = (held + line).strip().partition(" ")
        held = ""
        if word:
            yield word.upper(), rest.strip()


def _escape(text: str) -> str:
    """Directives stand before everything else."""
    for line in text.splitlines():
        if found := _ESCAPE.fullmatch(line.strip()):
            return found[1]
        if not _DIRECTIVE.match(line.strip()):
            break
    return "\\"


def _declare(rest: str, arguments: Mapping[str, str], known: dict[str, str]) -> None:
    for one in rest.split():
        name, equals, default = one.partition("=")
        if name in arguments:
            known[name] = arguments[name]
        elif equals:
            known[name] = _expanded(default.strip("\"'"), known)


def _from(rest: str, known: Mapping[str, str]) -> tuple[str, str]:
    """The image and the stage's name, which is "" if it has none."""
    words = [word for word in rest.split() if not word.startswith("--")]
    image = _expanded(words[0].strip("\"'"), known) if words else ""
    named = len(words) == 3 and words[1].lower() == "as"
    return image, words[2].lower() if named else ""


def _sources(word: str, rest: str) -> Sequence[str]:
    if word == "RUN":
        return _MOUNT_FROM.findall(rest)
    flags = [flag for flag in rest.split() if flag.startswith("--from=")]
    return [flag.removeprefix("--from=") for flag in flags]


def _expanded(text: str, known: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        is_set = known.get(found[1] or found[4], "")
        if found[2] == "-":
            return is_set or found[3]
        return (found[3] if is_set else "") if found[2] == "+" else is_set

    return _VARIABLE.sub(value, text[:LONGEST])[:LONGEST]


def _is_image(text: str) -> bool:
    try:
        parse_reference(text)
    except InvalidReference:
        return False
    return True
