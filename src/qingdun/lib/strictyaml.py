"""YAML that means what it shows: the core schema of YAML 1.2, text keys only, no key twice.

In YAML 1.1, which PyYAML speaks, `no` is false, `12:30` is 750 and of a key written twice the last one silently wins.
Here `no`, `12:30` and `2026-01-01` are text, and a repeated key is an error with its line.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for tag, pattern, first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise ConstructorError(None, None, f"键 {key!r} 不是文字，请加引号", key_node.start_mark)
        if key in seen:
            raise ConstructorError(None, None, f"键 {key} 写了两次", key_node.start_mark)
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class NotYaml(ValueError):
    """The text is no YAML document of ours; says the line and what is wrong."""


def parse(text: bytes) -> Any:
    """The one document in `text` (UTF-8, a byte-order mark is forgiven). Raises NotYaml."""
    try:
        return yaml.load(text.decode("utf-8-sig"), _Loader)  # noqa: S506 (built on the safe loader)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise NotYaml(f"不是 UTF-8 编码（第 {line} 行），请另存为 UTF-8") from None
    except yaml.reader.ReaderError as error:
        raise NotYaml(f"含有不允许的控制字符（第 {error.position} 字节）") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line_text = f"（第 {mark.line + 1} 行）" if mark else ""
        raise NotYaml(f"不是合法的 YAML{line_text}：{getattr(error, 'problem', None) or error}") from None
