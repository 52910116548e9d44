from swarmd.scheduler.refusal import NoCandidate, Verdict
from swarmd.scheduler.rule import Rule


def rule(name: str, condition: str, headline: str = "") -> Rule:
    return Rule(name, condition, list, lambda engine: "", headline=headline)


def test_conditions_are_listed_as_ever_then_the_reasons() -> None:
    rules = [
        rule("health", ""),
        rule("port", "port 80 (Bridge mode)"),
        rule("constraint", "ostype==linux"),
        rule("constraint", "rank==2"),
    ]
    verdicts = {
        "node-1": Verdict("constraint", "has no label rank"),
        "node-2": Verdict("port", "port 80/tcp is in use"),
        "node-3": Verdict("constraint", "has no label rank"),
    }
    refusal = NoCandidate(rules, verdicts)
    assert refusal.status == 500
    assert refusal.verdicts == verdicts
    assert refusal.message == (
        "Unable to find a node that satisfies the following conditions \n"
        "[port 80 (Bridge mode)]\n"
        "[ostype==linux rank==2]\n"
        "node-1, node-3: has no label rank (constraint)\n"
        "node-2: port 80/tcp is in use (port)"
    )


def test_a_headline_stands_in_its_place() -> None:
    rules = [rule("port", "port 80"), rule("health", "", "No healthy node")]
    assert NoCandidate(rules, {}).message == "No healthy node"


def test_many_nodes_and_many_reasons_are_cut() -> None:
    same = {f"n{number}": Verdict("port", "in use") for number in range(8)}
    assert NoCandidate([rule("port", "p", "none")], same).message.endswith(
        "n0, n1, n2, n3, n4 and 3 more: in use (port)"
    )
    different = {f"n{number}": Verdict("port", f"no {number}") for number in range(20)}
    lines = NoCandidate([rule("port", "p", "none")], different).message.split("\n")
    assert len(lines) == 14
    assert lines[-1] == "and 8 more reasons"
