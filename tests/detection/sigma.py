"""Rules written in a test, events written beside them: which events do they fire on?"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from qingdun.detection.core.events import flat
from qingdun.detection.core.pipelines import Pipeline
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.sigma import documents, yaml_documents
from qingdun.detection.core.stream import Found, Stream

HEAD = "title: 测试规则\nlogsource: {category: test}\n"


def program(text: str, pipelines: Mapping[str, Pipeline] | None = None) -> Program:
    """The documents of a YAML text, linked."""
    return link(documents(yaml_documents(textwrap.dedent(text).encode()), "测试.yml"), pipelines or {})


def found(text: str, events: list[Any], pipelines: Mapping[str, Pipeline] | None = None) -> list[Found]:
    """All matches."""
    return Stream(program(text, pipelines), lambda: 0.0).feed([flat(event) for event in events])


def fires(detection: str, *events: Any) -> list[int]:
    """The events on which a rule with this detection section fires."""
    body = textwrap.indent(textwrap.dedent(detection).strip("\n"), "  ")
    if "condition:" not in detection:
        body += "\n  condition: selection"
    return [match.event for match in found(f"{HEAD}detection:\n{body}\n", list(events))]
