"""Every way of comparing has its words, and a tree is drawn with what decides."""

from __future__ import annotations

from typing import get_args

from django.template import Context, Template

from qingdun.detection.core import parts
from qingdun.detection.core.parts import Part
from qingdun.detection.core.written import shown
from qingdun.detection.wording_parts import HOW, KINDS, NOTES, how, told

TESTS: list[list[object]] = [
    ["s", ["a"], False],
    ["s", [0, "a", 0], True],
    ["s", ["a", 0], False],
    ["s", [0, "a"], False],
    ["s", ["a", 1], False],
    ["s", [0], False],
    ["n", 1],
    ["b", True],
    ["null"],
    ["exists", False],
    ["re", ["a"], "i"],
    ["cidr", "10.0.0.0/8"],
    ["cmp", "gte", 3],
    ["part", "hour", "lt", 8],
    ["ref", "b", True, True],
]


def test_every_part_of_a_tree_has_words() -> None:
    assert set(get_args(parts.Kind)) == KINDS.keys()
    assert set(get_args(parts.Note)) - {""} == NOTES.keys()
    for test in TESTS:
        key, _wanted = shown(test)
        said = str(how(Part("field", True, how=key)))
        assert said and (said != key), key
    assert str(how(Part("field", True, how="hour_lt"))) == "时 小于"
    assert len(HOW) > len(TESTS)


def test_a_tree_is_drawn_escaped_and_in_order() -> None:
    field = Part("field", True, "a", ("b",), "b", ("<script>",), "contains", ("<script>", "x"), ("<script>",))
    tree = Part("all", False, parts=(field, Part("not", False, parts=(Part("keyword", True, how="contains"),))))
    html = Template("{% load detection %}{% explained tree %}").render(Context({"tree": tree}))
    assert [line.deep for line in told(tree)] == [0, 1, 1, 2]
    assert "<script>" not in html
    assert html.index("全部满足") < html.index("含有") < html.index("不满足下列")
    assert html.count("不成立") == 2
