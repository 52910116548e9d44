"""The grammar of scheduling expressions and the words of its refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.errors import BadParameter
from swarmd.core.expressions import LIMIT, MOST, parse_expression, parse_expressions

GOOD = [
    # text, key, equal, soft, value
    ("zone==a", "zone", True, False, "a"),
    ("zone!=a", "zone", False, False, "a"),
    ("zone==~a", "zone", True, True, "a"),
    ("zone!=~~a", "zone", False, True, "a"),
    ("z==a", "z", True, False, "a"),
    ("com.example/zone-1==a,b@c", "com.example/zone-1", True, False, "a,b@c"),
    ("a!=b==c", "a", False, False, "b==c"),
    ("a===b", "a", True, False, "=b"),
    (" zone == a b ", "zone", True, False, "a b"),
    ("node==/node-[12]/", "node", True, False, "/node-[12]/"),
    ("node==~/(?i)N/", "node", True, True, "/(?i)N/"),
    ("path==/", "path", True, False, "/"),
]


@pytest.mark.parametrize(("text", "key", "equal", "soft", "value"), GOOD)
def test_parts(text: str, key: str, equal: bool, soft: bool, value: str) -> None:
    expression = parse_expression(text)
    assert (expression.key, expression.equal, expression.soft) == (key, equal, soft)
    assert expression.value == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zone", "One of operator ==, != is expected (position 5 of 'zone')"),
        ("zone=a", "One of operator ==, != is expected"),
        ("1a==b", "Key '1a' is invalid (position 1 of '1a==b')"),
        ("a b==c", "Key 'a b' is invalid (position 2 of"),
        ("==c", "Key '' is invalid (position 1 of"),
        ("zone==", "Value '' is invalid: it is empty (position 7 of 'zone==')"),
        ("zone==~", "Value '' is invalid"),
        ("zone==//", "Value '//' is invalid"),
        ("zone==/a(/", "Value '/a(/' is invalid: missing ): a( (position 8 of"),
        ("zone==~/a[/", "Value '/a[/' is invalid: missing ]: [ (position 10 of"),
        ("zone==a\x00b", "control character (position 8 of"),
        ("a==" + "b" * LIMIT, "longer than 4096"),
        ("a==*" + "b" * 2000, "longer than 1024"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_expression(text)
    assert caught.value.status == 400
    assert message in caught.value.message


def test_text_leaves_out_the_soft_mark() -> None:
    assert str(parse_expression("a!=~/x/")) == "a!=/x/"
    assert parse_expression("a==/x/").is_regex
    assert not parse_expression("a==x").is_regex


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused_with_400(text: str) -> None:
    try:
        parse_expression(text)
    except BadParameter as refusal:
        assert "position" in refusal.message


@given(st.from_regex(r"\A[a-z_][a-z0-9._-]{0,9}\Z"), st.booleans(), st.booleans())
def test_text_of_an_expression_parses_to_it(key: str, equal: bool, soft: bool) -> None:
    text = f"{key}{'==' if equal else '!='}{'~' if soft else ''}v*"
    expression = parse_expression(text)
    again = parse_expression(str(expression))
    assert (again.key, again.equal, again.value) == (key, equal, "v*")
    assert expression.soft is soft


def test_a_list_keeps_its_order() -> None:
    assert [str(each) for each in parse_expressions(["b==1", "a!=2"])] == ["b==1", "a!=2"]
    assert parse_expressions([]) == ()


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["a==b"] * (MOST + 1), "has 65 scheduling expressions, and at most 64 are taken"),
        (["a==" + "b" * 4000] * 3, "characters of scheduling expressions, and at most 8192"),
        ([f"a==/{n}[a-z]{{0,60}}x/" for n in range(40)], "steps of patterns in its scheduling"),
    ],
)
def test_all_of_one_request_are_bounded(texts: list[str], words: str) -> None:
    with pytest.raises(BadParameter) as refusal:
        parse_expressions(texts)
    assert words in refusal.value.message
    assert parse_expressions(texts[:2])


def test_as_many_as_a_request_may_have() -> None:
    assert len(parse_expressions([f"node!=/^db-{n}[0-9]$/" for n in range(MOST)])) == MOST
