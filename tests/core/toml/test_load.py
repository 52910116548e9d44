from __future__ import annotations

import pytest

from swarmd.core.toml.load import TomlError, load_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = yes", "line 1, column 5: Invalid value"),
        ("\n\ta b = 1", "line 2, column 4: Expected '=' after a key"),
        ("a = [1,", "line 1, column 8: Invalid value: the file ends too early"),
        ("a = 1\nb = \n\n", "line 2, column 5: Invalid value"),
        ("a = 1\n  a = 2", "line 2, column 3: a is given twice, before in line 1"),
        ('"a" = 1\nb = 1\na = 2\nc = 3', "line 3, column 1: a is given twice, before in line 1"),
        ("[t]\nx.y = 1\n'x' .y = 2", "line 3, column 1: t.x.y is given twice, before in line 2"),
        ("a.b = 1\na = 2", "Cannot overwrite a value"),
        ('a = "' + "\x01" + '"', "line 1, column 6: Illegal character"),
        ("a." * 100_000, "line 1, column 1: a key of so many parts"),
        (
            "\nb = 1\n  a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r = 1",
            "line 3, column 3: a key of so many",
        ),
    ],
)
def test_each_error_has_its_place(text: str, said: str) -> None:
    with pytest.raises(TomlError) as caught:
        load_toml(text)
    assert said in str(caught.value)
    assert str(caught.value.spot.line) in str(caught.value)


def test_what_is_right_is_read() -> None:
    assert load_toml("a = 1\r\n[t]\r\nb.c = 'x'") == {"a": 1, "t": {"b": {"c": "x"}}}
