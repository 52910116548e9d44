"""What labels say of a container's place in a Compose project."""

from __future__ import annotations

from swarmd.manager.projects.compose_labels import ONE_OFF, PROJECT, of_project, project_of
from tests.manager.rig import Rig


def test_what_compose_run_makes_is_no_part_of_a_project() -> None:
    assert project_of({PROJECT: "p"}) == project_of({PROJECT: "p", ONE_OFF: "False"}) == "p"
    assert project_of({}) == project_of({PROJECT: "p", ONE_OFF: "True"}) == ""


def test_those_of_a_project_on_all_nodes() -> None:
    rig = Rig(2)
    rig.has_container(1, "a" * 64, "one", Labels={PROJECT: "p"})
    rig.has_container(2, "b" * 64, "two", Labels={PROJECT: "p"})
    rig.has_container(2, "c" * 64, "other", Labels={PROJECT: "q"})
    assert [one.name for one in of_project(rig.state, "p")] == ["one", "two"]
    assert list(of_project(rig.state, "r")) == []
