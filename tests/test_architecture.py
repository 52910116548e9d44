"""The rules of the tree, checked: who may import whom, what stays pure, how long things get."""

from __future__ import annotations

import ast
import gc
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

import swarmd
from swarmd.cluster.engine_record import EngineRecord

T = TypeVar("T")

TREE = Path(__file__).resolve().parents[1]
SOURCES = sorted((TREE / "swarmd").rglob("*.py"))
TESTS = sorted((TREE / "tests").rglob("*.py"))

# Imports point down; two packages of one rank never meet.
RANKS = {
    **{"core": 0},
    **dict.fromkeys(("codec", "certificates", "scheduler", "cluster", "authz"), 1),
    **{"timers": 2, "files": 3, "tls": 4},
    **dict.fromkeys(("front", "streams", "store"), 5),
    **dict.fromkeys(("audit", "engine", "discovery", "cli", "publishing"), 6),
    **{"manager": 7},
    **dict.fromkeys(("api", "config"), 8),
    **{"ui": 9, "doctor": 9, "registration": 9, "service": 10, "completion": 11},
}
TOP = 11
# Ranks 0 and 1 are values and rules: nothing there talks, waits, tells time or throws dice.
PURE = 1
IMPURE = {
    *("twisted", "treq", "OpenSSL", "service_identity", "zope", "asyncio", "threading"),
    *("socket", "ssl", "select", "selectors", "subprocess", "os", "time", "random", "secrets"),
}
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MOST_MODULES = 16  # in one folder, its __init__ aside
# Names of modules that say nothing of what is in them.
VAGUE = {
    *("base", "common", "helper", "helpers", "lib", "misc", "other", "shared", "stuff", "told"),
    *("tools", "util", "utils"),
}
# In names of ours, the field's word stands for these: notify, report, log, write_line, on_action.
TELLING = {"tell", "tells", "telling", "told", "untold"}
# What changes a collection, or a tally.
CHANGES = {
    *("add", "append", "clear", "difference_update", "discard", "extend", "insert"),
    *("intersection_update", "pop", "popitem", "remove", "setdefault", "update"),
    *("hold", "leave", "stay"),
}


def show(path: Path) -> str:
    return str(path.relative_to(TREE))


def parts(path: Path) -> tuple[str, ...]:
    """("cluster", "state") for swarmd/cluster/state.py."""
    return path.relative_to(TREE / "swarmd").with_suffix("").parts


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.fixture(scope="module", autouse=True)
def _parsed_once() -> Iterator[None]:
    """All of swarmd's modules, kept out of what is looked through after each test."""
    for path in SOURCES:
        parsed(path)
    gc.freeze()
    yield
    parsed.cache_clear()


def offenders(paths: Iterable[Path], check: Callable[[Path], Iterable[T]]) -> dict[str, list[T]]:
    """What is wrong, file by file."""
    found = {show(path): list(check(path)) for path in paths}
    return {path: wrong for path, wrong in found.items() if wrong}


def module_name(path: Path) -> str:
    """ "swarmd.cluster.state"; a package has its own name."""
    return ".".join(("swarmd", *parts(path))).removesuffix(".__init__")


def rank(package: str) -> int:
    return RANKS.get(package, TOP)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported module with its level (0 for an absolute import)."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", node.level
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, 0


def upward(path: Path) -> Iterator[str]:
    """Relative imports, and those of packages that are not below."""
    here = parts(path)[0]
    for module, level in imports(path):
        names = module.split(".")
        foreign = names[0] == "swarmd" and len(names) > 1 and names[1] != here
        if level or (foreign and rank(here) != TOP and rank(names[1]) >= rank(here)):
            yield module


def test_imports_point_down() -> None:
    assert offenders(SOURCES, upward) == {}


def imported_modules(path: Path, known: Iterable[str]) -> set[str]:
    """Those of ours that ``path`` imports, wherever in it: for its types and in functions, too."""
    found = {module for module, _ in imports(path)}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom):  # what it takes may be modules themselves
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found.intersection(known)


def way_back(graph: Mapping[str, set[str]], start: str) -> list[str]:
    """The shortest chain of imports from ``start`` to itself; empty if there is none."""
    came_from = dict.fromkeys(graph[start], start)
    waiting = list(came_from)
    for module in waiting:
        if module == start:
            break
        ahead = [each for each in sorted(graph[module]) if each not in came_from]
        came_from.update(dict.fromkeys(ahead, module))
        waiting += ahead
    if start not in came_from:
        return []
    way = [start]
    while len(way) == 1 or way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


def circles(graph: Mapping[str, set[str]]) -> list[str]:
    """One way round for each group of modules that lead to each other."""
    found, seen = [], set[str]()
    for start in sorted(graph):
        way = [] if start in seen else way_back(graph, start)
        if way:
            found.append(" -> ".join(way))
            seen.update(way)
    return found


def test_a_circle_is_found_and_shown() -> None:
    graph = {"a": {"b", "d"}, "b": {"c", "d"}, "c": {"a"}, "d": set(), "e": {"e"}}
    assert circles(graph) == ["a -> b -> c -> a", "e -> e"]


def test_no_import_leads_back_to_where_it_began() -> None:
    """Neither within a package nor for a type: modules can be read from the bottom up."""
    modules = {module_name(path): path for path in SOURCES}
    assert circles({name: imported_modules(path, modules) for name, path in modules.items()}) == []


def test_pure_packages_stay_pure() -> None:
    pure = [path for path in SOURCES if rank(parts(path)[0]) <= PURE]
    found = offenders(pure, lambda path: [module.split(".")[0] for module, _ in imports(path)])
    assert {path for path, modules in found.items() if IMPURE.intersection(modules)} == set()


def test_files_stay_short() -> None:
    sizes = {show(path): len(path.read_text().splitlines()) for path in (*SOURCES, *TESTS)}
    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


def test_names_of_modules_say_what_is_in_them() -> None:
    vague = {
        show(path)
        for path in (*SOURCES, *TESTS)
        for name in path.relative_to(TREE).with_suffix("").parts
        if name.removeprefix("test_") in VAGUE
    }
    assert vague == set()


def defined_names(tree: ast.AST) -> Iterator[str]:
    """Of functions, classes, parameters, attributes, variables, and what is imported by another."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)):
                yield name


def words_of(name: str) -> list[str]:
    """["on", "ping", "result"] for ``_on_ping_result`` and ``OnPingResult``."""
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def test_words_of_a_name_are_found() -> None:
    tree = ast.parse("class NothingTold:\n    def _tell_x(self, untold):\n        self.b, C = 1, 2")
    names = ["NothingTold", "_tell_x", "self", "untold", "b", "C"]
    assert sorted(defined_names(tree)) == sorted(names)
    assert {word for name in names for word in words_of(name)} & TELLING == {
        "told",
        "tell",
        "untold",
    }


def telling(path: Path) -> list[str]:
    return [n for n in defined_names(parsed(path)) if not TELLING.isdisjoint(words_of(n))]


def test_names_do_not_tell() -> None:
    assert offenders(SOURCES, telling) == {}


def long_functions(path: Path) -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        f"{node.name}: {length} lines"
        for node in ast.walk(parsed(path))
        if isinstance(node, functions)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def test_functions_stay_short() -> None:
    assert offenders(SOURCES, long_functions) == {}


def public_classes(path: Path) -> Iterator[tuple[str, bool]]:
    """Their names, and whether they are Protocols."""
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, any(ast.unparse(one).startswith("Protocol") for one in node.bases)


def test_a_public_name_is_one_class_and_at_most_its_protocol() -> None:
    places: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for path in SOURCES:
        for kind in public_classes(path):
            places[kind].append(show(path))
    alike = {name: where for (name, _), where in places.items() if len(where) > 1}
    assert alike == {}


NO_NOUN = re.compile(r"(Args|Attributes|Raises):|`|(It|Its|They|Their|Them|By|Of|For|One for)\b")


def heads_without_noun(path: Path) -> list[tuple[str, str]]:
    """Classes whose parameters come first; a path of the API may stand for the resource."""
    heads = [
        (node.name, (ast.get_docstring(node) or "Args:").splitlines()[0].replace("``/", "/"))
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    return [(name, head) for name, head in heads if NO_NOUN.match(head)]


def test_a_class_says_first_what_it_is() -> None:
    assert offenders(SOURCES, heads_without_noun) == {}


def changed(node: ast.AST) -> list[ast.expr]:
    """What ``node`` assigns to, deletes, or changes by a method."""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return targets
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.For(target=target):
            return [target]
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in CHANGES:
            return [value]
    return []


def targets(node: ast.AST) -> Iterator[ast.expr]:
    """The same, one by one: of tuples their items, of items what they are in."""
    waiting = [*changed(node)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.Tuple | ast.List):
            waiting += one.elts
        elif isinstance(one, ast.Subscript):
            waiting.append(one.value)
        else:
            yield one


def other_names(tree: ast.AST) -> set[str]:
    """Names that are no engine's, as their annotations say, and ``self``."""
    noted = [(node.arg, node.annotation) for node in ast.walk(tree) if isinstance(node, ast.arg)]
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            noted.append((node.target.id, node.annotation))
    kinds = {(name, ast.unparse(kind)) for name, kind in noted if kind is not None}
    return {"self"} | {name for name, _ in kinds} - {n for n, kind in kinds if "Engine" in kind}


def engine_writes(tree: ast.AST) -> list[str]:
    """Where something of an ``Engine`` is changed, or of what may be one."""
    known, others = {field.name for field in fields(EngineRecord)}, other_names(tree)
    return [
        f"line {target.lineno}: {ast.unparse(target)}"
        for node in ast.walk(tree)
        for target in targets(node)
        if isinstance(target, ast.Attribute) and target.attr in known
        if not (isinstance(target.value, ast.Name) and target.value.id in others)
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("engine.health = 1", "self.engine.failures += 1", "engine.named['a'], x = 1, 2"),
        *("engine.dirty.add(1)", "del self._of(key).images['a']", "for engine.health in (): pass"),
        *("engine.tally.leave(container)", "found.containers.setdefault(1, 2)", "engine.tally.x"),
    ],
)
def test_a_write_to_an_engine_is_found(line: str) -> None:
    source = f"def f(self, engine: Engine, result: Visit) -> None:\n    {line}\n    result.spec = 1"
    assert len(engine_writes(ast.parse(source))) == (line != "engine.tally.x")


def test_only_the_cluster_writes_to_engines() -> None:
    others = [path for path in SOURCES if parts(path)[0] != "cluster"]
    assert offenders(others, lambda path: engine_writes(parsed(path))) == {}


def _has_code(path: Path) -> bool:
    """Not for a page of Protocols, a package's description, or a record without a function."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    does = any(isinstance(node, functions) for node in ast.walk(parsed(path)))
    return does and path.stem not in {"__init__", "interfaces"}


def expected_tests(path: Path) -> Path:
    *packages, module = parts(path)
    return TREE.joinpath("tests", *packages, f"test_{module.strip('_')}.py")


def test_every_module_has_its_tests() -> None:
    wanted = [expected_tests(path) for path in SOURCES if _has_code(path)]
    assert [show(path) for path in wanted if not path.exists()] == []


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    folders = Counter(path.parent for path in SOURCES if path.stem != "__init__")
    assert {show(folder): many for folder, many in folders.items() if many > MOST_MODULES} == {}


def test_the_top_holds_packages_only() -> None:
    loose = {path.stem for path in SOURCES if len(parts(path)) == 1}
    assert loose == {"__init__", "__main__"}


def test_every_folder_of_tests_is_a_package() -> None:
    """Else two test files of one name would hide each other."""
    folders = {path.parent for path in TESTS}
    assert [show(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("file", ["twisted/__init__.py", "twisted/plugins/__init__.py"])
def test_twisteds_own_packages_are_left_alone(file: str) -> None:
    """Installed, it would overwrite Twisted's; from the tree, it would hide Twisted."""
    assert not (TREE / file).exists()


def test_every_rank_is_meant_for_a_package_that_exists() -> None:
    packages = {path.parent.name for path in SOURCES if path.parent.parent == TREE / "swarmd"}
    assert packages == set(RANKS)


def test_every_loop_is_a_periodic_service() -> None:
    """An error would end one of Twisted's loops, and nobody would hear of it."""
    loops = [show(path) for path in SOURCES if "LoopingCall" in path.read_text()]
    assert loops == ["swarmd/timers/periodic.py"]


def test_every_package_is_in_the_map() -> None:
    folders = {path.parent for path in SOURCES if path.parent != TREE / "swarmd"}
    names = {str(folder.relative_to(TREE / "swarmd")).replace("/", ".") for folder in folders}
    mapped = set(re.findall(r"^(?:\d+\.)? +``([\w.]+)`` ", swarmd.__doc__ or "", re.MULTILINE))
    assert mapped == names
