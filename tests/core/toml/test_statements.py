from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.toml.statements import Statement, statements

TEXT = """\
# a = 1
plain = 5 # x = 1
 "quoted \\"key\\"" = "a # no comment"
'a.b'.c . "d" = [ "x", 'y' ,  # "z",
  [1, 2], {k = [3]},
]
moved = \"\"\"
b = 1 ""\"\"\"
raw = '''
c = '1' '''
date = 1979-05-27 07:32:00
inline = { a = 1, "}" = ']' }
[ table . "x y" ]
a = true
[[many]]
a = 1.5
"""


def seen(text: str) -> list[tuple[tuple[str, ...], str, str, list[str]]]:
    return [
        (one.path, str(one.key), str(one.value), [str(item) for item in one.items])
        for one in statements(text)
    ]


def test_every_form_of_key_and_value() -> None:
    tomllib.loads(TEXT)
    expected: list[tuple[tuple[str, ...], str, str, list[str]]] = [
        (("plain",), "2:1", "2:9", []),
        (('quoted "key"',), "3:2", "3:21", []),
        (("a.b", "c", "d"), "4:1", "4:17", ["4:19", "4:24", "5:3", "5:11"]),
        (("moved",), "7:1", "7:9", []),
        (("raw",), "9:1", "9:7", []),
        (("date",), "11:1", "11:8", []),
        (("inline",), "12:1", "12:10", []),
        (("table", "x y"), "13:1", "13:1", []),
        (("table", "x y", "a"), "14:1", "14:5", []),
        (("many",), "15:1", "15:1", []),
        (("many", "a"), "16:1", "16:5", []),
    ]
    assert seen(TEXT) == expected
    assert seen(TEXT.replace("\n", "\r\n")) == expected
    assert [one.path for one in statements(TEXT) if one.table] == [("table", "x y"), ("many",)]


def test_what_is_no_statement_ends_the_walk() -> None:
    for text in ("", "\n# x", "= 1", "a = [1,", "[", "a", 'a = "', "a = [ {", "\x00", "['"):
        list(statements(text))
    assert [one.path for one in statements("a = 1\n= 2\nb = 3")] == [("a",)]


WORDS = st.text(st.sampled_from("ab\"'#[]{},=. -\t"), max_size=6)
VALUES = st.recursive(
    st.integers() | st.booleans() | WORDS, lambda one: st.lists(one, max_size=3), max_leaves=8
)


def written(value: Any, newline: str) -> str:
    if isinstance(value, list):
        return "[" + f", # ]{newline} ".join(written(one, newline) for one in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
    return str(value).lower()


@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_it_finds_what_the_reader_reads(document: dict[str, Any]) -> None:
    text = "".join(
        f"{written(key, '')} = {written(one, chr(10))}\n" for key, one in document.items()
    )
    assert tomllib.loads(text) == document
    found: list[Statement] = list(statements(text))
    assert [one.path for one in found] == [(key,) for key in document]
    lines = text.split("\n")
    for one, value in zip(found, document.values(), strict=True):
        rest = "\n".join(lines[one.value.line - 1 :])[one.value.column - 1 :]
        assert rest.startswith(written(value, "\n"))
        if isinstance(value, list):
            assert len(one.items) == len(value)
