"""抑制: is a text one Sigma filter that makes a difference to the rules there are? How one begins, from an alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import yaml

from qingdun.detection.core import sigma
from qingdun.detection.core.pipelines import Pipeline
from qingdun.detection.core.program import applies, link
from qingdun.detection.core.rules import Correlation, Document, Filter, LogSource, Rule

LONGEST = 20_000  # characters of a document


class Refused(ValueError):
    """The document cannot be used. `key` points into it."""

    def __init__(self, problem: str, key: str = "") -> None:
        self.key = key
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Checked:
    """A filter that would change at least one of the rules it is for."""

    filter: Filter
    rules: tuple[Rule, ...]


def check(text: str, documents: Iterable[Document], pipelines: Mapping[str, Pipeline]) -> Checked:
    """Raises `Refused` for what is no filter, names a rule that is not there, or would never make a difference."""
    given = _filter(text)
    known = [one for one in documents if one != given]
    if given.id and any(one.id.lower() == given.id.lower() for one in known):
        raise Refused(f"已有文档用了同一个 id：{given.id}", "id")
    rules = _named(given, known)
    if not given.rules:
        rules = [one for one in known if isinstance(one, Rule) and applies(given, one)]
        if not rules:
            raise Refused(f"没有规则属于日志源 {given.source}，这份过滤不会起作用", "logsource")
    outside = [one for one in rules if not given.source.covers(one.source)]
    if outside:
        told = "、".join(f"“{one.title}”（{one.source}）" for one in outside[:3])
        raise Refused(f"日志源 {given.source} 不包含规则 {told}，这份过滤对它不起作用", "logsource")
    _changes(given, rules, pipelines)
    return Checked(given, tuple(rules))


def _filter(text: str) -> Filter:
    if len(text) > LONGEST:
        raise Refused(f"文档不得超过 {LONGEST} 个字符")
    try:
        found = sigma.documents(sigma.yaml_documents(text.encode()), "抑制")
    except sigma.Wrong as error:
        raise Refused(str(error), error.key) from None
    if len(found) != 1:
        raise Refused(f"应是一份文档，现有 {len(found)} 份")
    if not isinstance(found[0], Filter):
        raise Refused("应是 Sigma 过滤文档，要有 filter 一节", "filter")
    return found[0]


def _named(given: Filter, known: Sequence[Document]) -> list[Rule]:
    by_name = {name.lower(): one for one in reversed(known) for name in (one.id, one.name) if name}
    found: list[Rule] = []
    for name in given.rules:
        one = by_name.get(name.lower())
        if one is None:
            raise Refused(f"没有规则 {name}", "filter.rules")
        if isinstance(one, Correlation):
            below = "、".join(one.rules)
            raise Refused(f"“{one.title}”是关联规则，不能直接过滤；请过滤它引用的规则 {below}", "filter.rules")
        if not isinstance(one, Rule):
            raise Refused(f"{name} 不是检测规则", "filter.rules")
        found.append(one)
    return found


def _changes(given: Filter, rules: Iterable[Rule], pipelines: Mapping[str, Pipeline]) -> None:
    """At least one rule must be another with the filter, and still be able to fire."""
    silenced = None
    for rule in rules:
        alone, narrowed = link([rule], pipelines), link([rule, given], pipelines)
        if narrowed.refused:
            raise Refused(narrowed.refused[0].reason, "filter")
        if alone.branches and not narrowed.branches:
            silenced = rule
        elif alone.branches != narrowed.branches:
            return
    if silenced is not None:
        problem = f"加上这份过滤，规则“{silenced.title}”再也不会命中；要停用规则，请在规则页停用"
        raise Refused(problem, "filter.condition")
    raise Refused("过滤条件在这些规则的日志源中永远不成立，不会起作用", "filter.selection")


# --- from an alert --------------------------------------------------------------------------------------------------


def concerned(name: str, documents: Sequence[Document]) -> list[Rule]:
    """The rules behind an alert's rule: itself, or what a correlation counts; of one log source, that of the first."""
    by_name = {each.lower(): one for one in reversed(documents) for each in (one.id, one.name) if each}
    found: dict[str, Rule] = {}
    waiting, seen = [name.lower()], set[str]()
    while waiting:
        each = waiting.pop(0)
        one = by_name.get(each)
        if each in seen or one is None:
            continue
        seen.add(each)
        if isinstance(one, Rule):
            found.setdefault(one.id or one.name, one)
        elif isinstance(one, Correlation):
            waiting += [below.lower() for below in one.rules]
    rules = list(found.values())
    return [one for one in rules if one.source == rules[0].source]


def begun(title: str, key: str, rules: Sequence[Rule], fields: Sequence[str], value: str, description: str = "") -> str:
    """A filter by which these rules no longer speak where one of these fields has this value. `key`: its id."""
    source: LogSource = rules[0].source
    options = [{name: _written(value)} for name in fields]
    document = {
        "title": title,
        "id": key,
        **({"description": description} if description else {}),
        "logsource": source.parts(),
        "filter": {
            "rules": [one.id or one.name for one in rules],
            "selection": options[0] if len(options) == 1 else options,
            "condition": "not selection",
        },
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)


def _written(value: str) -> str:
    """As a rule writes text that holds no wildcard (rules specification, "Escaping")."""
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
