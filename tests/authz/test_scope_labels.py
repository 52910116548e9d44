from __future__ import annotations

import json
from typing import Any

import pytest

from swarmd.authz import scope_labels
from swarmd.core.errors import BadParameter
from swarmd.core.names import IDENTITY, SWARM_LABELS
from swarmd.core.request.scope import Scope

ML = Scope("team", "ml")


def test_the_scopes_label_wins() -> None:
    body: dict[str, Any] = {"Labels": {"team": "web", "a": "b"}}
    scope_labels.label_body(body, ML, role="r")
    assert body["Labels"] == {"team": "ml", "a": "b", SWARM_LABELS + "role": "r"}
    query = {"labels": ['{"team":"web"}']}
    scope_labels.label_build(query, ML)
    assert json.loads(query["labels"][0]) == {"team": "ml"}
    query = {"changes": ["LABEL team=web"]}
    scope_labels.label_changes(query, ML)
    assert query["changes"][-1] == 'LABEL "team"="ml"'
    query = {"filters": ['{"label":{"x":true},"until":["1h"]}']}
    scope_labels.label_filter(query, ML)
    assert json.loads(query["filters"][0]) == {"label": ["x", "team=ml"], "until": ["1h"]}
    assert scope_labels.label_volume({"Type": "volume"}, ML)["VolumeOptions"]["Labels"] == {
        "team": "ml"
    }


@pytest.mark.parametrize(
    "text",
    [
        "ENV x=y\\",
        "LABEL team=web \\ \t",
        "LABEL team=web\nENV x=y\\\n",
        "ENV x=y\\\r",
        "ENV x=y\\\n# and on",
        "ENV x=y\\\n\n",
        "# escape=`\nENV x=y`",
        'CMD ["a", \\',
        'ONBUILD RUN <<\'LABEL "team"="ml"\'',
        "ONBUILD COPY <<-x /y",
    ],
)
def test_nothing_swallows_the_label_behind_it(text: str) -> None:
    """As engines read a Dockerfile: seen there with team=web on what team=ml had committed."""
    for changes in ([text], ["LABEL team=web", text], [text, "ENV a=b"]):
        with pytest.raises(BadParameter, match="changes"):
            scope_labels.label_changes({"changes": changes}, ML)


@pytest.mark.parametrize(
    "text", ['CMD ["a\\\\b"]', "ENV a=b\nUSER x\n", "LABEL a=\\$b", "ENV a=<b"]
)
def test_changes_that_end_with_their_line(text: str) -> None:
    query = {"changes": [text]}
    scope_labels.label_changes(query, ML)
    assert query["changes"] == [text, 'LABEL "team"="ml"']


def test_only_swarmd_says_whose_copy_something_is() -> None:
    kept = SWARM_LABELS + "constraints"
    body: dict[str, Any] = {"Labels": {IDENTITY: "x", kept: "[]", "a": "b"}}
    scope_labels.strip_labels(body)
    assert body["Labels"] == {kept: "[]", "a": "b"}
    body = {"Labels": {IDENTITY: "x", SWARM_LABELS + "y": "z"}}
    scope_labels.strip_identity(body)
    assert body["Labels"] == {SWARM_LABELS + "y": "z"}


def test_a_bind_of_a_volume_as_a_mount() -> None:
    assert scope_labels.mount_of("data:/srv:ro,nocopy", "nfs") == {
        "Type": "volume",
        "Source": "data",
        "Target": "/srv",
        "ReadOnly": True,
        "VolumeOptions": {"NoCopy": True, "DriverConfig": {"Name": "nfs"}},
    }


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"label":"x"}', '{"label":[1]}', '{"a":{"b":1},"c":3}']
)
def test_filters_that_are_none(text: str) -> None:
    with pytest.raises(BadParameter):
        scope_labels.label_filter({"filters": [text]}, ML)
