"""What can be wrong with a content file, said to the person who wrote it: which file, which key, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one file: which file, which key inside it, what is wrong."""

    file: Path
    key: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}（{self.key}）" if self.key else str(self.file)
        return f"{where}：{self.problem}"


class BrokenContent(Exception):
    """One or more registry files are wrong. `faults` names all of them, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class Unbuildable(ValueError):
    """Raised by a `build` function for what a schema cannot say. `key` points into the document."""

    def __init__(self, problem: str, key: str = "") -> None:
        self.key = key
        super().__init__(problem)


TYPES = {
    "object": "键值表",
    "array": "列表",
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "true 或 false",
    "null": "空",
}

#: JSON-schema keyword → the sentence for it, from the keyword's value and the offending value.
SENTENCES: dict[str, Callable[[Any, Any], str]] = {
    "type": lambda wanted, got: f"应为{_types(wanted)}，现为{_shown(got)}",
    "enum": lambda wanted, got: f"应为 {'、'.join(map(str, wanted))} 之一，现为{_shown(got)}",
    "const": lambda wanted, got: f"应为 {wanted}，现为{_shown(got)}",
    "pattern": lambda wanted, got: f"{_shown(got)} 不符合写法 {wanted}",
    "format": lambda wanted, got: f"{_shown(got)} 不是合法的 {wanted}",
    "minLength": lambda wanted, got: "不能为空" if not got else f"至少 {wanted} 个字，现为 {len(got)} 个",
    "maxLength": lambda wanted, got: f"最多 {wanted} 个字，现为 {len(got)} 个",
    "minItems": lambda wanted, got: f"至少 {wanted} 项，现为 {len(got)} 项",
    "maxItems": lambda wanted, got: f"最多 {wanted} 项，现为 {len(got)} 项",
    "minProperties": lambda wanted, got: f"至少 {wanted} 个键，现为 {len(got)} 个",
    "maxProperties": lambda wanted, got: f"最多 {wanted} 个键，现为 {len(got)} 个",
    "minimum": lambda wanted, got: f"不得小于 {wanted}，现为 {got}",
    "maximum": lambda wanted, got: f"不得大于 {wanted}，现为 {got}",
    "exclusiveMinimum": lambda wanted, got: f"须大于 {wanted}，现为 {got}",
    "exclusiveMaximum": lambda wanted, got: f"须小于 {wanted}，现为 {got}",
    "uniqueItems": lambda _wanted, got: f"有重复的项：{'、'.join(_repeated(got))}",
    "not": lambda _wanted, got: f"{_shown(got)} 不允许",
}


def explain(error: ValidationError) -> Iterator[tuple[str, str]]:
    """One schema error as (key, sentence) pairs: one for each missing or unknown key (with repeats)."""
    key = ".".join(map(str, error.absolute_path))
    wanted: Any = error.validator_value
    got: Any = error.instance
    match error.validator:
        case "required":
            for missing in wanted:  # one error a key, none of which says which: the caller drops repeats
                if missing not in got:
                    yield _inside(key, missing), "缺少这个键"
        case "additionalProperties" if wanted is False:
            schema: Any = error.schema
            yield from _unknown(key, got, sorted(schema.get("properties", {})))
        case "anyOf" | "oneOf" if error.context:
            ways = "；或 ".join(dict.fromkeys(sentence for each in error.context for _key, sentence in explain(each)))
            yield key, ways
        case str(keyword) if keyword in SENTENCES:
            yield key, SENTENCES[keyword](wanted, got)
        case keyword:
            yield key, f"不符合规定（{keyword}）：{error.message}"


def _unknown(key: str, got: dict[str, object], known: list[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(set(got) - set(known)):
        near = get_close_matches(name, known, n=1)
        advice = f"是否想写 {near[0]}" if near else f"可用的键：{'、'.join(known)}"
        yield _inside(key, name), f"没有这个键，{advice}"


def _inside(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _types(wanted: str | list[str]) -> str:
    return "或".join(TYPES[one] for one in ([wanted] if isinstance(wanted, str) else wanted))


def _shown(got: object) -> str:
    text = str(got)
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _repeated(items: list[object]) -> list[str]:
    texts = [str(item) for item in items]
    return sorted({text for text in texts if texts.count(text) > 1})
