from __future__ import annotations

import pytest

from swarmd.core.container import id_map
from swarmd.core.container.id_map import IdMap, Translation

OWN, SHOWN, OTHER = "a1" * 32, "b2" * 32, "c3" * 32


def mapped() -> IdMap:
    ids = IdMap()
    ids.put(OWN, SHOWN)
    return ids


def test_nothing_is_touched_where_nothing_is_kept() -> None:
    said = f'"{OWN}"'.encode()
    assert IdMap().shown_in(said) is said and not IdMap()
    assert IdMap().own(SHOWN) == IdMap().own_in(SHOWN) == SHOWN


def test_both_ways() -> None:
    ids = mapped()
    assert ids and ids.has(SHOWN) and not ids.has(OWN)
    assert ids.own(SHOWN) == OWN and ids.own(OTHER) == OTHER
    said = f'{{"Id":"{OWN}","by":"{OTHER}","m":"container:{OWN}"}}'
    assert ids.shown_in(said.encode()).decode() == said.replace(OWN, SHOWN)


def test_many_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    said = f'["{OWN}","{OWN[:12]}","{OTHER}"]'.encode()
    few = mapped().shown_in(said)
    monkeypatch.setattr(id_map, "FEW", 0)
    assert mapped().shown_in(said) == few != said


def test_a_short_id_is_one_where_it_is_the_whole_text() -> None:
    """As in ``Aliases``; in the midst of a text it may be anything."""
    said = f'["{OWN[:12]}", "x{OWN[:12]}", "{OWN[:13]}"]'.encode()
    assert mapped().shown_in(said) == said.replace(
        f'"{OWN[:12]}"'.encode(), f'"{SHOWN[:12]}"'.encode()
    )


@pytest.mark.parametrize(
    "text",
    [
        "/v1.41/containers/{}/json",
        "/containers/json?all=1&filters=%7B%22id%22%3A%7B%22{}%22%3Atrue",
    ],
)
def test_paths_and_queries(text: str) -> None:
    """The last digit of an escape is no digit of an ID."""
    assert mapped().own_in(text.format(SHOWN)) == text.format(OWN)
    assert mapped().own_in(text.format(OTHER)) == text.format(OTHER)


def test_what_is_gone_is_known_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_map, "REMEMBERED", 1)
    ids = mapped()
    ids.gone(SHOWN)
    ids.gone(OTHER)
    assert ids.own(SHOWN) == OWN
    ids.put("d4" * 32, OTHER)
    ids.gone(OTHER)
    assert not ids.has(SHOWN) and ids.has(OTHER)
    assert ids.shown_in(OWN.encode()) == OWN.encode()


def test_what_is_there_again_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_map, "REMEMBERED", 1)
    ids = mapped()
    ids.gone(SHOWN)
    ids.put(OWN, SHOWN)
    for number in range(3):
        ids.put(f"{number}e" * 32, f"{number}f" * 32)
        ids.gone(f"{number}f" * 32)
    assert ids.own(SHOWN) == OWN


SAID = (
    f'HTTP/1.1 200 OK\r\n\r\n{{"id":"{OWN}","name":"/web","n":["{OWN[:12]}"],"o":"{OTHER}"}}\n'
).encode()


@pytest.mark.parametrize("cut", range(len(SAID) + 1))
def test_an_id_in_two_pieces(cut: int) -> None:
    translation = Translation(mapped())
    made = translation.feed(SAID[:cut]) + translation.feed(SAID[cut:]) + translation.rest()
    assert made == mapped().shown_in(SAID) and made != SAID and len(made) == len(SAID)


def test_what_cannot_be_the_beginning_of_one_is_not_held() -> None:
    translation = Translation(mapped())
    assert translation.feed(SAID) == mapped().shown_in(SAID)
    assert translation.feed(b"5\r\n{}\n\r\n") == b"5\r\n{}\n\r\n"
