"""Names of images, as engines read them: many spellings, one image.

The grammar is that of distribution's reference package, which every engine has within. A name
without a domain is one of the default registry, whose own images are in ``library/``; a domain is
what has a dot, a colon or a capital, or is ``localhost``. Engines list images in the familiar form,
which leaves out what is the default; by it alone names are compared here.

What no engine takes is refused in the engines' words. Older engines refuse a few more: an IPv6
address as a domain, capitals in a domain without a dot.

A listed form is not to be read again: ``docker.io/docker.io/app`` is listed as ``docker.io/app``,
which as a name means ``app``. And a containerd store keeps a few apart that are listed alike
(``localhost/app`` and ``docker.io/localhost/app``); engines' own stores hold those for one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from swarmd.core.errors import BadParameter

DEFAULT_TAG = "latest"
_DEFAULT_DOMAIN = "docker.io"
_LEGACY_DOMAIN = "index.docker.io"
_OFFICIAL = "library/"
_LONGEST_PATH = 255
_KEPT = 16384  # references that are parsed once
_LONGEST_KEPT = 512  # characters

_PART = r"[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*+"
_DOMAIN = rf"(?:{_PART}(?:\.{_PART})*+|\[[A-Fa-f0-9:]++\])(?::[0-9]++)?+"
_COMPONENT = r"[a-z0-9]++(?:(?:__|[._]|-++)[a-z0-9]++)*+"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*+"
_TAG = r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}+"
_ALGORITHM = r"[A-Za-z][A-Za-z0-9]*+(?:[-_+.][A-Za-z][A-Za-z0-9]*+)*+"
_REFERENCE = re.compile(
    rf"(?:({_DOMAIN})/)?({_PATH})(?::({_TAG}))?(?:@({_ALGORITHM}:[0-9A-Fa-f]{{32,}}+))?"
)
_WHOLE_TAG = re.compile(_TAG)
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")
_START_OF_ID = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")
_HEX = re.compile(r"[0-9a-f]*+")
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


class InvalidReference(BadParameter):
    """A text that no engine takes for the name of an image."""

    def __init__(self, why: str = "invalid reference format") -> None:
        super().__init__(why)


class Reference(NamedTuple):
    """What a text names: an image of a repository, or, without a path, one by its ID.

    Attributes:
        repository: As engines show it, without what is the default: ``busybox``, ``reg:5000/app``.
        tag: "" if none was given.
        digest: With its algorithm; "" if none was given. It decides, whatever the tag.
    """

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def is_id(self) -> bool:
        return not self.repository

    @property
    def is_bare(self) -> bool:
        """Neither a tag nor a digest: for some calls, all tags."""
        return not self.tag and not self.digest

    @property
    def shown(self) -> str:
        """As engines name it in their errors: with all that was given."""
        if not self.tag or not self.digest:
            return str(self)
        return f"{self.repository}:{self.tag}@{self.digest}"

    def __str__(self) -> str:
        """As engines list it."""
        if self.is_id:
            return self.digest
        if self.digest:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag or DEFAULT_TAG}"


# Reading


def parse_reference(text: str) -> Reference:
    """A name, or a whole ID with or without its algorithm; raises InvalidReference."""
    return _kept(text) if len(text) <= _LONGEST_KEPT else _parse(text)


def parse_name(text: str) -> Reference:
    """A name only, where an engine looks for no ID; raises InvalidReference."""
    if _IDENTIFIER.fullmatch(text):
        raise InvalidReference(
            f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
        )
    return _named(text)


def is_reference(text: str) -> bool:
    """Whether an engine takes it for a name or an ID."""
    try:
        return bool(parse_reference(text))
    except InvalidReference:
        return False


def familiar(text: str) -> str:
    """As engines list it: ``busybox:latest``, ``reg/app@sha256:…``; of an ID ``sha256:…``.

    Raises:
        InvalidReference: No engine takes it.
    """
    return str(parse_reference(text))


def familiar_if_valid(text: str) -> str:
    """As ``familiar``; what is no reference is itself."""
    return _kept_form(text) if len(text) <= _LONGEST_KEPT else _form(text)


def familiar_repository(text: str) -> str:
    """The part before tag and digest, as engines list it; what is no name is itself."""
    try:
        return parse_name(text).repository
    except InvalidReference:
        return text


def repository_of(listed: str) -> str:
    """The part before tag and digest of what an engine lists."""
    name = listed.partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    return repository if colon and "/" not in tag else name


def one_tag(text: str) -> str:
    """``text`` for a pull, which without a tag would be of all of them."""
    return f"{text}:{DEFAULT_TAG}" if parse_reference(text).is_bare else text


def start_of_id(text: str) -> str:
    """``sha256:cafe`` of what can be the start of an ID or a whole one; "" of all else.

    Engines look for an ID where they know no image of that name.
    """
    found = _START_OF_ID.fullmatch(text)
    return f"sha256:{found[1]}" if found else ""


def _parse(text: str) -> Reference:
    if _IDENTIFIER.fullmatch(text):
        return Reference("", digest=f"sha256:{text}")
    if ":" in text and not _wrong_digest(text):
        return Reference("", digest=text)
    return _named(text)


def _form(text: str) -> str:
    try:
        return familiar(text)
    except InvalidReference:
        return text


_kept, _kept_form = lru_cache(_KEPT)(_parse), lru_cache(_KEPT)(_form)


def _named(text: str) -> Reference:
    domain, rest = _split_domain(text)
    remote = rest.partition(":")[0]
    if remote.lower() != remote:
        raise InvalidReference(
            f"invalid reference format: repository name ({remote}) must be lowercase"
        )
    whole = f"{domain}/{rest}"
    found = _REFERENCE.fullmatch(whole)
    if found is None:
        if whole.lower() != whole and _REFERENCE.fullmatch(whole.lower()):
            raise InvalidReference("repository name must be lowercase")
        raise InvalidReference
    path, tag, digest = found[2], found[3] or "", found[4] or ""
    if len(path) > _LONGEST_PATH:
        raise InvalidReference(f"repository name must not be more than {_LONGEST_PATH} characters")
    if wrong := digest and _wrong_digest(digest):
        raise InvalidReference(wrong)
    return Reference(_shown(found[1] or "", path), tag, digest)


def _split_domain(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash:
        return _DEFAULT_DOMAIN, _OFFICIAL + text
    if first == _LEGACY_DOMAIN:
        domain = _DEFAULT_DOMAIN
    elif first == "localhost" or "." in first or ":" in first or first.lower() != first:
        domain = first
    else:
        domain, rest = _DEFAULT_DOMAIN, text
    if domain == _DEFAULT_DOMAIN and "/" not in rest:
        rest = _OFFICIAL + rest
    return domain, rest


def _shown(domain: str, path: str) -> str:
    """What looks like a domain and can be none, as in ``a_b.c/app``, is a part of the path."""
    if domain not in ("", _DEFAULT_DOMAIN):
        return f"{domain}/{path}"
    official = domain and path.startswith(_OFFICIAL) and path.count("/") == 1
    return path.removeprefix(_OFFICIAL) if official else path


def _wrong_digest(text: str) -> str:
    """Why it is no digest, in an engine's words; "" if it is one."""
    algorithm, _, digits = text.partition(":")
    if algorithm not in _DIGITS:
        return "unsupported digest algorithm"
    if len(digits) != _DIGITS[algorithm]:
        return "invalid checksum digest length"
    return "" if _HEX.fullmatch(digits) else "invalid checksum digest format"


# Repository and tag in two parameters


def tag_target(repository: str, tag: str) -> Reference:
    """What gets a tag (tag, commit, import, push): a tag beside replaces the one within.

    Raises:
        InvalidReference: It is none, or names an image by its digest.
    """
    named = parse_name(repository)
    if named.digest:
        raise InvalidReference("cannot import digest reference")
    return named._replace(tag=_valid_tag(tag) or named.tag or DEFAULT_TAG)


def pull_target(image: str, tag: str) -> Reference:
    """What a pull is for; its "tag" may be a digest. Without one it is bare: all tags.

    Raises:
        InvalidReference: It is none.
    """
    named = parse_name(image.removesuffix(":"))
    if tag and not _wrong_digest(tag):
        return Reference(named.repository, digest=tag)
    return named._replace(tag=_valid_tag(tag) or named.tag)


def _valid_tag(tag: str) -> str:
    if tag and not _WHOLE_TAG.fullmatch(tag):
        raise InvalidReference("invalid tag format")
    return tag
