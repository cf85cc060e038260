from __future__ import annotations

import json
from typing import Any

import pytest

from qingdun.detection.core.events import flat, leaves, look, text

INNER = {"Channel": "Security", "EventID": 4625, "TargetUserName": "root", "message": "theirs"}


@pytest.mark.parametrize(
    "original",
    [
        json.dumps(INNER),
        f"<13>Jan  1 00:00:00 host tag: {json.dumps(INNER)}\n",
        json.dumps({"Event": {"System": INNER}}),
    ],
    ids=["JSON", "in an envelope", "nested"],
)
def test_an_event_of_our_lake_keeps_what_the_device_called_things(original: str) -> None:
    event = {
        "qingdun.format": "windows_json",
        "message": "ours",
        "event.original": original,
        "qingdun.extra": '{"x": 1}',
    }
    found = flat(event)
    assert (found["Channel"], found["EventID"], found["TargetUserName"], found["x"]) == ("Security", 4625, "root", 1)
    assert found["message"] == "ours" and found["event.original"] == original


@pytest.mark.parametrize(
    "original", ["GET /${jndi:ldap://x} HTTP/1.1", "{broken}", "", "{", None, 7, '["a"]', "a {1} b }"]
)
def test_a_line_that_is_no_json_changes_nothing(original: Any) -> None:
    event = {"qingdun.format": "nginx_access", "event.original": original}
    assert flat(event) == event


def test_a_line_within_a_line_is_not_opened() -> None:
    inner = json.dumps({"a": 1, "event.original": json.dumps({"b": 2}), "qingdun.extra": {"c": 3}})
    found = flat({"event.original": inner})
    assert found == {"a": 1, "event.original": inner}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ("x", "x"), ({"a": [1]}, '{"a":[1]}')],
)
def test_every_value_is_text(value: Any, shown: str) -> None:
    assert text(value) == shown


def test_leaves_are_all_values_and_no_names() -> None:
    assert list(leaves({"a": {"b": ["x", None, {"c": 1}]}, "d": True})) == ["x", "1", "true"]


def test_a_name_is_looked_for_whole_before_it_is_taken_apart() -> None:
    event = {"a.b": 1, "a": {"b": 2, "c.d": 3, "e": None}}
    assert [look(event, name) for name in ("a.b", "a.c.d", "a.e", "a.x", "a")] == [
        (True, 1),
        (True, 3),
        (True, None),
        (False, None),
        (True, event["a"]),
    ]
