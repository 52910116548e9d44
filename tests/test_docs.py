"""The pages: well-formed, in the index, and what they name is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

TREE = Path(__file__).resolve().parents[1]
PAGES = sorted((TREE / "docs").glob("*.rst"))
INDEX = TREE / "docs" / "index.rst"
EXAMPLES = sorted((TREE / "conf" / "examples").rglob("README.rst"))
TOP = [TREE / "README.rst", TREE / "CONTRIBUTING.rst", TREE / "CHANGELOG.rst"]
ALL = [*TOP, *PAGES, *EXAMPLES]
# Those that speak of the code, by names of classes and functions.
OF_CODE = [TREE / "CONTRIBUTING.rst", TREE / "docs" / "architecture.rst"]
SOURCES = sorted((TREE / "swarmd").rglob("*.py"))
TESTS = sorted((TREE / "tests").rglob("*.py"))
# Words with a capital that are no classes of ours.
FOREIGN = {"Makefile", "Node", "Protocol", "Status", "ValueError"}

# A path, ``swarmd/core/names.py``, or below ``swarmd/``, ``core/names.py``; with a test behind it.
_PATH = re.compile(r"(?<![\w./-])((?:\.?[\w-]+/)+[\w.*-]*|[\w-]+\.(?:py|rst))((?:::\w+)*)")
_ROOMS = {path.name for path in (TREE / "swarmd").iterdir() if path.is_dir()}
_TOPS = {"swarmd", "tests", "docs", "conf", "twisted", ".ci"}
_ANY = re.compile(r"\b(?:FOLDER|NAME|NOUN)\b|_NAME\b")  # stands for some name
_DOTTED = re.compile(r"(?<![\w./@-])swarmd(?:\.[a-z_]\w*)+(?:\.[A-Z]\w*)?(?![\w/(-])")
_DOCSTRING_LITERAL = re.compile(r"``([^`]+)``")
# Options of ``--cluster-opt`` begin with "swarm."; this is the unit that systemd runs.
_UNIT = "swarmd.service"


def show(path: Path) -> str:
    return str(path.relative_to(TREE))


@cache
def tree_of(page: Path) -> tuple[nodes.document, str]:
    """The page, and what docutils has to say against it."""
    complaints = StringIO()
    settings = {"report_level": 2, "halt_level": 5, "warning_stream": complaints}
    tree = publish_doctree(page.read_text(), str(page), settings_overrides=settings)
    return tree, complaints.getvalue()


@cache
def literals(page: Path) -> list[str]:
    return [" ".join(node.astext().split()) for node in tree_of(page)[0].findall(nodes.literal)]


@pytest.mark.parametrize("page", ALL, ids=show)
def test_a_page_is_well_formed(page: Path) -> None:
    assert tree_of(page)[1] == ""


# A title's place is behind two empty lines.
_PLACE = re.compile(r"\n\n\n(?=\S)(.+)\n(.*)")


@pytest.mark.parametrize("page", ALL, ids=show)
def test_what_stands_where_a_title_does_is_one(page: Path) -> None:
    for line, below in _PLACE.findall(page.read_text()):
        assert len(set(below)) == 1 and len(below) >= len(line), line


def links(page: Path) -> Iterator[str]:
    """To other files of the tree."""
    for node in tree_of(page)[0].findall(nodes.reference):
        target = str(node.get("refuri", "")).partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            yield target


@pytest.mark.parametrize("page", ALL, ids=show)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_index() -> None:
    assert {page.name for page in PAGES} - {INDEX.name} - set(links(INDEX)) == set()


def test_every_decision_has_its_date() -> None:
    sections = tree_of(TREE / "docs" / "decisions.rst")[0].findall(nodes.section)
    undated = [one[0].astext() for one in sections if "Decided" not in fields(one)]
    assert undated == []


def fields(section: nodes.section) -> set[str]:
    """Names of the fields below a heading."""
    lists = (node for node in section.children if isinstance(node, nodes.field_list))
    return {name.astext() for one in lists for name in one.findall(nodes.field_name)}


# Files and modules


def absent(text: str) -> Iterator[str]:
    """The paths in ``text`` that ought to be in the tree, and are not."""
    for name, test in _PATH.findall(text):
        place = _place(name)
        if place is None or _ANY.search(name):
            continue
        found = sorted(place.glob(name.rstrip("/")))
        if not found or (test and not _has(found[0], test)):
            yield name + test


def _place(name: str) -> Path | None:
    """Where ``name`` begins, if it is meant to be in the tree."""
    top, *rest = name.split("/")
    if top in _TOPS or not rest:  # a bare name.py is not enough: which of several?
        return TREE
    return TREE / "swarmd" if top in _ROOMS and name.endswith((".py", "/")) else None


def _has(path: Path, test: str) -> bool:
    """Whether ``path`` has the test ``::Class::method`` or ``::function``, whatever its class."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    there = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}
    return there.issuperset(test.split("::")[1:])


@cache
def attributes(path: Path) -> set[str]:
    """What a module has at its top."""
    found = set[str]()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {one.id for one in targets if isinstance(one, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.ImportFrom(names=names):
                found |= {one.asname or one.name for one in names}
    return found


def is_there(dotted: str) -> bool:
    """``swarmd.core.names``, or what is in it: ``swarmd.core.names.random_name``."""
    path = TREE.joinpath(*dotted.split("."))
    if path.is_dir() or path.with_suffix(".py").exists():
        return True
    module = path.parent / "__init__.py" if path.parent.is_dir() else path.parent.with_suffix(".py")
    return module.exists() and path.name in attributes(module)


def misnamed(text: str) -> list[str]:
    dotted = [name for name in _DOTTED.findall(text) if name != _UNIT and not is_there(name)]
    return [*absent(text), *dotted]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("core/names.py", 0),
        ("swarmd/core/names.py", 0),
        ("core/nomes.py", 1),
        ("swarmd/core/nomes.py", 1),
        ("swarmd/streams", 0),
        ("tests/stream", 1),
        ("names.py", 1),
        ("tests/test_docs.py::test_links_lead_somewhere", 0),
        ("tests/test_docs.py::test_links_lead", 1),
        ("tests/core/test_*.py", 0),
        ("scheduler/filters/", 0),
        ("swarmd.core.names", 0),
        ("swarmd.core.names.random_name", 0),
        ("swarmd.core.nomes", 1),
        ("swarmd.core.names.randomname", 1),
        ("system df, GET /images/json, images/json, /etc/docker/daemon.json, ca.pem", 0),
    ],
)
def test_what_is_not_there_is_found(text: str, wrong: int) -> None:
    assert len(misnamed(text)) == wrong


@pytest.mark.parametrize("page", [page for page in ALL if page.stem != "CHANGELOG"], ids=show)
def test_files_and_modules_that_a_page_names_are_there(page: Path) -> None:
    assert [name for text in literals(page) for name in misnamed(text)] == []


def docstrings(path: Path) -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, kinds):
            yield ast.get_docstring(node) or ""


def test_modules_that_docstrings_name_are_there() -> None:
    wrong = {}
    for path in [*SOURCES, *TESTS]:
        texts = [one for doc in docstrings(path) for one in _DOCSTRING_LITERAL.findall(doc)]
        wrong[show(path)] = [name for text in texts for name in _DOTTED.findall(text)]
    lost = {where: [one for one in names if not is_there(one)] for where, names in wrong.items()}
    assert {where: names for where, names in lost.items() if names} == {}


# Classes and functions


@cache
def known() -> tuple[set[str], dict[str, set[str]]]:
    """All functions, and of each class, by name, what it has; bases included."""
    functions, classes, bases = set[str](), dict[str, set[str]](), dict[str, set[str]]()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.add(node.name)
            elif isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, set()).update(members(node))
                names = {ast.unparse(base).partition("[")[0] for base in node.bases}
                bases.setdefault(node.name, set()).update(names)
    for name in classes:
        for base in bases[name]:
            classes[name] |= classes.get(base, set())
    return functions, classes


def members(kind: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(kind):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def unknown(text: str) -> bool:
    """Whether ``text`` is a class, ``Class.member`` or ``function()`` that there is not."""
    functions, classes = known()
    if found := re.fullmatch(r"([A-Z][a-z]\w+)\.(\w+)(?:\(\))?", text):
        return found[2] not in classes.get(found[1], set())
    if found := re.fullmatch(r"(\w+)\(\)", text):
        return found[1] not in functions
    return bool(re.fullmatch(r"[A-Z][a-z]\w+", text)) and text not in {*classes, *FOREIGN}


def test_an_unknown_class_or_function_is_found() -> None:
    texts = ["State", "State.dispatch", "forward()", "docker run", "GET"]
    assert not any(map(unknown, texts))
    assert all(map(unknown, ["Stat", "State.dispath", "forwards()"]))


@pytest.mark.parametrize("page", OF_CODE, ids=show)
def test_classes_and_functions_that_a_page_names_are_there(page: Path) -> None:
    assert [text for text in literals(page) if unknown(text)] == []
