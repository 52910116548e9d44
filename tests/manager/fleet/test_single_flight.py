from __future__ import annotations

from twisted.internet.defer import Deferred

from swarmd.manager.fleet.single_flight import SingleFlight
from tests.manager.wired import Running


class Question:
    def __init__(self) -> None:
        self.answers: list[Deferred[int]] = []

    async def ask(self) -> int:
        self.answers.append(Deferred())
        return await self.answers[-1]


def test_who_comes_meanwhile_shares_the_answer() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    question = Question()
    asking = [Running(flight.ask("a", question.ask)) for _ in range(2)]
    other = Running(flight.ask("b", question.ask))
    assert len(question.answers) == 2
    question.answers[0].callback(7)
    assert [running.results for running in asking] == [[7], [7]] and not other.done


def test_who_comes_later_asks_anew() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    question = Question()
    for number in (1, 2):
        running = Running(flight.ask("a", question.ask))
        question.answers[-1].callback(number)
        assert running.results == [number]


def test_an_error_is_everybodys() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    question = Question()
    asking = [Running(flight.ask("a", question.ask)) for _ in range(2)]
    question.answers[0].errback(ValueError("no"))
    assert all(isinstance(running.error, ValueError) for running in asking)


def test_who_gives_up_ends_it_for_nobody_else() -> None:
    flight: SingleFlight[str, int] = SingleFlight()
    question = Question()
    first, second = (Running(flight.ask("a", question.ask)) for _ in range(2))
    first.deferred.cancel()
    question.answers[0].callback(7)
    assert first.error is not None and second.results == [7]
