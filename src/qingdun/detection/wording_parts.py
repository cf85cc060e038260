"""The parts of an explained condition in words, for pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.detection.core.parts import Part

Text = str | Promise
HOW: dict[str, Text] = {
    "equals": _("等于"),
    "equals_cased": _("等于（区分大小写）"),
    "contains": _("含有"),
    "contains_cased": _("含有（区分大小写）"),
    "starts": _("开头是"),
    "starts_cased": _("开头是（区分大小写）"),
    "ends": _("结尾是"),
    "ends_cased": _("结尾是（区分大小写）"),
    "like": _("形如"),
    "like_cased": _("形如（区分大小写）"),
    "present": _("有值"),
    "number": _("等于数"),
    "bool": _("等于"),
    "null": _("没有值"),
    "exists": _("有这个字段"),
    "exists_not": _("没有这个字段"),
    "re": _("匹配正则"),
    "cidr": _("在网段内"),
    "lt": _("小于"),
    "lte": _("不大于"),
    "gt": _("大于"),
    "gte": _("不小于"),
    "eq": _("等于"),
    "neq": _("不等于"),
    "ref": _("等于字段"),
    "ref_contains": _("含有字段"),
    "ref_starts": _("开头是字段"),
    "ref_ends": _("结尾是字段"),
}
UNITS: dict[str, Text] = {
    "minute": pgettext_lazy("part of a time", "分"),
    "hour": pgettext_lazy("part of a time", "时"),
    "day": pgettext_lazy("part of a time", "日"),
    "week": pgettext_lazy("part of a time", "周"),
    "month": pgettext_lazy("part of a time", "月"),
    "year": pgettext_lazy("part of a time", "年"),
}
NOTES: dict[str, Text] = {
    "absent": _("事件里没有这个字段"),
    "empty": _("字段是空的"),
    "no_field": _("这一日志源没有这个字段"),
    "elsewhere": _("事件属于别的日志源"),
    "missing": _("引用的规则没有载入"),
    "never": _("这条规则不可能命中"),
}
KINDS: dict[str, Text] = {
    "rule": _("规则"),
    "source": _("日志源"),
    "when": _("日志源条件"),
    "all": _("全部满足"),
    "any": _("任一满足"),
    "not": _("不满足下列"),
    "field": _("字段"),
    "keyword": _("全文"),
    "correlation": _("关联"),
    "group": _("分组字段"),
}


def how(part: Part) -> Text:
    """How the values are compared."""
    unit, _sign, operator = part.how.partition("_")
    if unit in UNITS and operator in HOW:
        return f"{UNITS[unit]} {HOW[operator]}"
    return HOW.get(part.how, part.how)


@dataclass(frozen=True, slots=True)
class Told:
    """One part as a page draws it; `deep` is how far it is indented."""

    part: Part
    deep: int

    @property
    def kind(self) -> Text:
        return KINDS[self.part.kind]

    @property
    def how(self) -> Text:
        return how(self.part)

    @property
    def note(self) -> Text:
        return NOTES.get(self.part.note, "")

    @property
    def found(self) -> str:
        """What stood there."""
        return "、".join(self.part.values)

    @property
    def wanted(self) -> list[tuple[str, bool]]:
        """Each wanted value, and whether it was met."""
        return [(text, text in self.part.met) for text in self.part.wanted]

    @property
    def where(self) -> str:
        """The event's field where it differs from the one asked for."""
        stands = self.part.stands or "、".join(self.part.columns)
        return "" if stands == self.part.name else stands


def told(part: Part, deep: int = 0) -> Iterator[Told]:
    """A part and all below it, in reading order."""
    yield Told(part, min(deep, 6))
    for each in part.parts:
        yield from told(each, deep + 1)
