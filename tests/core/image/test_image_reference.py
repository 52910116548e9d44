"""The tables say what engines of releases 20.10, 26.1 and 28.5 said (tests/e2e/test_references.py
asks those of this machine again).
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.image.image_reference import (
    InvalidReference,
    Reference,
    familiar,
    familiar_if_valid,
    familiar_repository,
    is_reference,
    one_tag,
    parse_name,
    parse_reference,
    pull_target,
    repository_of,
    start_of_id,
    tag_target,
)

HEX = "a" * 64
DIGEST = f"sha256:{HEX}"
LONG = "sha512:" + "b" * 128

# Spellings of one image each; the first is the one that engines list.
SPELLINGS = [
    (
        "busybox:latest",
        *("busybox", "library/busybox", "docker.io/busybox", "docker.io/library/busybox"),
        *("index.docker.io/busybox", "index.docker.io/library/busybox:latest"),
    ),
    ("busybox:1", "library/busybox:1", "docker.io/busybox:1", "index.docker.io/busybox:1"),
    ("me/app:2", "docker.io/me/app:2", "index.docker.io/me/app:2"),
    ("library/a/b:latest", "library/a/b", "docker.io/library/a/b"),
    ("localhost/app:latest", "localhost/app"),
    ("localhost:latest", "localhost", "library/localhost", "docker.io/localhost"),
    ("localhost:5000/app:latest", "localhost:5000/app"),
    ("localhost:5000", "library/localhost:5000"),  # a tag
    ("localhost/library/app:1",),
    ("reg:5000/app:latest", "reg:5000/app"),
    ("reg.io/library/busybox:latest", "reg.io/library/busybox"),
    ("docker.io:latest", "docker.io", "docker.io/docker.io"),
    ("index.docker.io:1", "docker.io/library/index.docker.io:1"),
    ("docker.io:443/app:latest", "docker.io:443/app"),
    ("registry-1.docker.io/library/busybox:latest", "registry-1.docker.io/library/busybox"),
    ("Reg/app:latest", "Reg/app"),
    ("REG.io/app:Tag", "REG.io/app:Tag"),
    ("reg.io/app:Tag",),
    ("Docker.io/library/busybox:latest", "Docker.io/library/busybox"),
    ("[::1]/app:latest", "[::1]/app"),
    ("[2001:DB8::1]:5000/app:1",),
    ("a_b.c/app:latest", "a_b.c/app", "docker.io/a_b.c/app"),  # can be no domain
    ("a--b/c__d/e.f:latest", "docker.io/a--b/c__d/e.f"),
    (f"busybox@{DIGEST}", f"busybox:1@{DIGEST}", f"docker.io/library/busybox@{DIGEST}"),
    (f"reg:5000/app@{DIGEST}", f"reg:5000/app:3@{DIGEST}"),
    (f"busybox@{LONG}", f"library/busybox@{LONG}"),
    (DIGEST, HEX),
    (LONG,),
    (f"{HEX}:latest", f"library/{HEX}", f"docker.io/library/{HEX}", f"docker.io/{HEX}"),
    (f"reg/{HEX}:1", f"docker.io/reg/{HEX}:1"),
    ("cafe:latest", "cafe", "library/cafe"),
    ("sha256:cafe", "library/sha256:cafe"),
    (f"sha256:{'A' * 64}", f"library/sha256:{'A' * 64}"),
    ("a:" + "t" * 128, "docker.io/a:" + "t" * 128),
    ("r/" + "a" * 253 + ":latest", "r/" + "a" * 253),
    ("r.io/" + "a" * 255 + ":latest", "r.io/" + "a" * 255),
]
KEPT_APART = [
    ("busybox", "busybox/busybox"),
    ("busybox", "localhost/busybox"),
    ("busybox", "reg.io/busybox"),
    ("busybox", "busybox:1"),
    ("a:B", "a:b"),
    ("REG.io/a", "reg.io/a"),
    ("docker.io/a", "docker.io:443/a"),
    ("reg/a", "reg:80/a"),
    ("library/a/b", "a/b"),
    ("a-b", "a--b"),
    (HEX, f"library/{HEX}"),
    (f"a@{DIGEST}", f"b@{DIGEST}"),
    (f"a@{DIGEST}", f"a@{LONG}"),
    (f"a@{DIGEST}", DIGEST),
]
FORMAT = "invalid reference format"
INVALID = [
    *((text, FORMAT) for text in ("", " ", "a b", "a:", ":1", "a/", "/a", "a//b", "-a", "a-")),
    *((text, FORMAT) for text in ("a..b", "a___b", "a._b", "_a", "a_", ".", "..", "a:-1", "a:.1")),
    *((text, FORMAT) for text in ("a:b:c", "a:b/c:d", "a\n", "a:1\n", "a\0", "%41", "*", "a@b")),
    *((text, FORMAT) for text in ("[::1]", "[::1", "[::g]/a", "[::1]:/a", "a:x/b", "-r.io/a")),
    *((text, FORMAT) for text in ("r..io/a", "a@sha256:abc", f"a@{DIGEST}@{DIGEST}", f"@{DIGEST}")),
    *((text, FORMAT) for text in ("a:" + "t" * 129, f"a@{DIGEST}:1", "a:é")),
    ("A", f"{FORMAT}: repository name (library/A) must be lowercase"),
    ("a/B:C", f"{FORMAT}: repository name (a/B) must be lowercase"),
    ("docker.io/B", f"{FORMAT}: repository name (library/B) must be lowercase"),
    ("A__b/c", "repository name must be lowercase"),
    ("é", FORMAT),
    ("r/" + "a" * 254, "repository name must not be more than 255 characters"),
    ("a" * 248, "repository name must not be more than 255 characters"),
    (f"a@md5:{'a' * 32}", "unsupported digest algorithm"),
    (f"a@sha256:{'a' * 32}", "invalid checksum digest length"),
    (f"a@sha256:{'A' * 64}", "invalid checksum digest format"),
    (f"a@SHA256:{HEX}", f"{FORMAT}: repository name (library/a@SHA256) must be lowercase"),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda one: one[0][:40])
def test_all_spellings_of_an_image_are_one(spellings: tuple[str, ...]) -> None:
    listed, *_ = spellings
    for text in spellings:
        assert familiar(text) == listed
    assert len({listed for listed, *_ in SPELLINGS}) == len(SPELLINGS)


@pytest.mark.parametrize(("one", "other"), KEPT_APART)
def test_what_engines_keep_apart_is_apart(one: str, other: str) -> None:
    assert familiar(one) != familiar(other)


@pytest.mark.parametrize(("text", "why"), INVALID)
def test_what_no_engine_takes_is_refused_in_its_words(text: str, why: str) -> None:
    with pytest.raises(InvalidReference) as refused:
        parse_reference(text)
    assert (refused.value.status, refused.value.message) == (400, why)
    assert familiar_if_valid(text) == familiar_repository(text) == text


def test_an_id_is_no_name() -> None:
    assert parse_reference(HEX).is_id and parse_reference(DIGEST).is_id
    with pytest.raises(InvalidReference, match=r"cannot specify 64-byte hexadecimal strings"):
        parse_name(HEX)
    assert parse_name(DIGEST) == Reference("sha256", HEX)  # where only a name can stand


def test_errors_name_all_that_was_asked_for() -> None:
    assert parse_reference(f"library/a:1@{DIGEST}").shown == f"a:1@{DIGEST}"
    assert parse_reference("a").shown == "a:latest"
    assert parse_reference(HEX).shown == DIGEST


@pytest.mark.parametrize(
    ("text", "repository"),
    [
        ("reg:5000/app:3", "reg:5000/app"),
        (f"library/app@{DIGEST}", "app"),
        ("docker.io/app:1", "app"),
        (DIGEST, "sha256"),  # as engines filter events
        (HEX, HEX),
    ],
)
def test_repositories(text: str, repository: str) -> None:
    assert familiar_repository(text) == repository


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("c", "sha256:c"),
        ("cafe", "sha256:cafe"),
        ("sha256:cafe", "sha256:cafe"),
        (HEX, DIGEST),
        *((text, "") for text in ("", "CAFE", "sha256:", "cafe:latest", "library/cafe", "cafe\n")),
        *((text, "") for text in (HEX + "a", "sha512:cafe", "sha256:sha256:a", f"a@{DIGEST}")),
    ],
)
def test_what_may_be_the_start_of_an_id(text: str, start: str) -> None:
    assert start_of_id(text) == start


@pytest.mark.parametrize(
    ("repository", "tag", "name"),
    [
        ("busybox", "", "busybox:latest"),
        ("library/busybox", "", "busybox:latest"),
        ("busybox:1", "", "busybox:1"),
        ("busybox:1", "2", "busybox:2"),  # the one beside counts
        ("reg:5000/app", "1", "reg:5000/app:1"),
        (f"docker.io/library/{HEX}", "1", f"{HEX}:1"),
    ],
)
def test_a_tag_beside_replaces_the_one_within(repository: str, tag: str, name: str) -> None:
    assert str(tag_target(repository, tag)) == name


@pytest.mark.parametrize(
    ("repository", "tag", "why"),
    [
        ("", "", FORMAT),
        ("a:", "1", FORMAT),
        ("a", "-", "invalid tag format"),
        ("a", "b:c", "invalid tag format"),
        ("a", "1\n", "invalid tag format"),
        ("a", DIGEST, "invalid tag format"),
        (f"a@{DIGEST}", "1", "cannot import digest reference"),
        (f"a:1@{DIGEST}", "", "cannot import digest reference"),
        (HEX, "1", f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_what_can_get_no_tag(repository: str, tag: str, why: str) -> None:
    with pytest.raises(InvalidReference) as refused:
        tag_target(repository, tag)
    assert refused.value.message == why


@pytest.mark.parametrize(
    ("image", "tag", "name", "bare"),
    [
        ("busybox", "1", "busybox:1", False),
        ("busybox", "", "busybox:latest", True),
        ("busybox:", "", "busybox:latest", True),
        ("docker.io/library/busybox:1", "", "busybox:1", False),
        ("busybox:1", "2", "busybox:2", False),
        ("busybox:1", DIGEST, f"busybox@{DIGEST}", False),
        (f"busybox@{DIGEST}", "1", f"busybox@{DIGEST}", False),
        ("cafe", "", "cafe:latest", True),
    ],
)
def test_a_pull_takes_a_digest_for_a_tag(image: str, tag: str, name: str, bare: bool) -> None:
    asked = pull_target(image, tag)
    assert (str(asked), asked.is_bare) == (name, bare)


PARTS = st.sampled_from(
    [
        *("a", "a-b", "a..b", "A", "docker.io", "index.docker.io", "library", "localhost", "r:80"),
        *("x.y", "a_b.c", "", "[::1]", "[::1]:80", "é", "cafe", "sha256", HEX),
    ]
)
ENDS = st.sampled_from(
    ["", ":1", ":latest", f"@{DIGEST}", f":1@{DIGEST}", ":", "@x", ":A", f"@{LONG}"]
)
TEXTS = st.builds(lambda parts, end: "/".join(parts) + end, st.lists(PARTS, max_size=4), ENDS)


@given(TEXTS | st.text())
def test_the_parts_of_what_is_listed(text: str) -> None:
    try:
        named = parse_name(text)
    except InvalidReference:
        return
    assert repository_of(str(named)) == named.repository
    if not named.digest:
        assert parse_name(one_tag(text)) == named._replace(tag=named.tag or "latest")


def test_a_listed_form_is_not_read_again() -> None:
    assert (
        familiar("docker.io/docker.io/app") == "docker.io/app:latest" != familiar("docker.io/app")
    )


@pytest.mark.parametrize(
    "part", ["a", "a.", "a-", "a_", "a/", "a:", "a@", "-", ".a/", "[:", "A", "é"]
)
def test_no_text_takes_long(part: str) -> None:
    begun = time.process_time()
    for text in (part * 200_000, part * 200_000 + "!", "r.io/" + part * 200_000):
        familiar_if_valid(text)
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize("text", ["app", "reg:5000/app:1", "a" * 64, "sha256:" + "a" * 64, "cafe"])
def test_what_an_engine_takes(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize("text", ["", "..", "../containers/x", "App", "/x", "a b", "a?b"])
def test_what_no_engine_takes(text: str) -> None:
    assert not is_reference(text)
