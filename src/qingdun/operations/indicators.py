"""What blocking counts, by the time of the events that led to a block, so a replayed month counts as that month."""

from __future__ import annotations

from datetime import date

from django.db.models import Min, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access.policy import Scope
from qingdun.detection.periods import end, moment, month
from qingdun.lib.indicator import Figure, Indicator
from qingdun.operations.models import Block
from qingdun.operations.models.blocks import BlockQuerySet

#: What was decided and took effect, whatever became of it since.
DONE = (Block.State.STANDING, Block.State.LIFTED, Block.State.EXPIRED)


def sources_in(value: str) -> Q:
    """Of `2022-07-01..2022-07-31` the first policy block of each address: the rows of `sources_blocked_by_policy`."""
    return _firsts(value, Block.objects.filter(origin=Block.Origin.POLICY))


def addresses_in(value: str) -> Q:
    """The same for whoever decided; both ends may be hours, `2022-07-01T08`."""
    return _firsts(value, Block.objects.all())


def _firsts(value: str, blocks: BlockQuerySet) -> Q:
    first, dots, last = value.partition("..")
    if not dots:
        raise ValueError(gettext("“%s”不是一段日期，请写成 2026-01-01..2026-01-31 这样。") % value)
    decided = blocks.filter(state__in=DONE, decided__gte=moment(first), decided__lt=moment(last, closing=True))
    return Q(pk__in=decided.order_by().values("address").annotate(one=Min("pk")).values("one"))


def stood_on(value: str) -> Q:
    """Blocks in force at the end of that day: the rows of `blocks_standing`."""
    try:
        closing = end(date.fromisoformat(value))
    except ValueError:
        raise ValueError(gettext("“%s”不是日期，请写成 2026-01-31 这样。") % value) from None
    begun = Q(state__in=DONE, valid_from__lt=closing)
    return begun & (Q(valid_until=None) | Q(valid_until__gte=closing)) & (Q(ended=None) | Q(ended__gte=closing))


def _sources(at: date, _scope: Scope) -> Figure:
    first, last = month(at)
    found = Block.objects.filter(origin=Block.Origin.POLICY, state__in=DONE, decided__gte=first, decided__lt=last)
    return Figure(found.order_by().values("address").distinct().count())


def _standing(at: date, _scope: Scope) -> Figure:
    return Figure(Block.objects.filter(stood_on(at.isoformat())).count())


INDICATORS = [
    Indicator(
        "sources_blocked_by_policy",
        _("本月策略封禁地址"),
        pgettext_lazy("addresses", "个"),
        _(
            "当月 1 日至当日由封禁策略决定封禁的不同地址个数，以引起封禁的事件时间为准；"
            "同一地址当月多次封禁计一个，候选、待审批、被拒绝和与保护名单冲突的不计。封禁名单全市一份，不分单位。"
        ),
        _sources,
        "reporting.view",
        ("operations:blocks", "sources_in={month}-01..{at}"),
        2,
        rows="operations.view",
    ),
    Indicator(
        "blocks_standing",
        _("生效中的封禁"),
        pgettext_lazy("blocks", "条"),
        _("到当日结束时在期限内、没有解封的封禁条数，含人工、策略、省级名单。封禁名单全市一份，不分单位。"),
        _standing,
        "reporting.view",
        ("operations:blocks", "stood_on={at}"),
        37,
        rows="operations.view",
    ),
]
