"""What the register counts. Every count is taken from dates, so any past day can be counted again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Unit
from qingdun.access.policy import Scope
from qingdun.access.tree import units_at
from qingdun.inventory.core.stages import Stage
from qingdun.inventory.models import Difference, Host, HostQuerySet, System, SystemQuerySet
from qingdun.lib.indicator import Figure, Indicator

Count = Callable[[date, Scope], Figure]


def systems(at: date, scope: Scope) -> SystemQuerySet:
    return System.objects.held(scope, at).in_service(at)


def hosts(at: date, scope: Scope) -> HostQuerySet:
    return Host.objects.held(scope, at).in_service(at)


def _units(at: date, scope: Scope) -> Figure:
    standing = Q(since=None) | Q(since__lte=at), Q(ended=None) | Q(ended__gt=at)
    return Figure(units_at(scope, at).filter(*standing).count())


def _systems(at: date, scope: Scope) -> Figure:
    return Figure(systems(at, scope).count())


def _hosts(at: date, scope: Scope) -> Figure:
    return Figure(hosts(at, scope).count())


def _internet_facing(at: date, scope: Scope) -> Figure:
    return Figure(systems(at, scope).internet_facing(at).count())


def _agent_coverage(at: date, scope: Scope) -> Figure:
    return Figure(hosts(at, scope).with_agent(at).count(), hosts(at, scope).count())


def _waf_coverage(at: date, scope: Scope) -> Figure:
    facing = systems(at, scope).internet_facing(at)
    return Figure(facing.behind_waf(at).count(), facing.count())


def _reached(stage: Stage) -> Count:
    return lambda at, scope: Figure(systems(at, scope).reached(stage, at).count())


def _share(stage: Stage, of: Stage) -> Count:
    def count(at: date, scope: Scope) -> Figure:
        whole = systems(at, scope).reached(of, at)
        return Figure(whole.reached(stage, at).count(), whole.count())

    return count


INDICATORS = [
    Indicator(
        "agent_coverage",
        _("主机代理覆盖率"),
        _("台"),
        _("在用主机中当日装有安全代理的台数，除以在用主机台数。"),
        _agent_coverage,
        "inventory.view",
        ("inventory:hosts", "on={at}&agent_by={at}"),
        3,
        goal=1.0,
    ),
    Indicator(
        "waf_coverage",
        _("WAF 防护覆盖率"),
        pgettext_lazy("systems", "个"),
        _(
            "面向互联网的在用系统中，至少登记了一个互联网应用且全部互联网应用都已纳入 WAF 的个数，"
            "除以面向互联网的在用系统个数。没有登记互联网应用的系统算作缺口。"
        ),
        _waf_coverage,
        "inventory.view",
        ("inventory:systems", "on={at}&facing_by={at}&waf_by={at}"),
        4,
        goal=1.0,
    ),
    Indicator(
        "systems_provisioned",
        pgettext_lazy("list", "信息系统"),
        pgettext_lazy("systems", "个"),
        _("已下发资源且未停用的信息系统个数。"),
        _systems,
        "inventory.view",
        ("inventory:systems", "on={at}"),
        5,
    ),
    Indicator(
        "units",
        pgettext_lazy("list", "单位"),
        pgettext_lazy("units", "个"),
        _("单位树中的单位个数：已成立且未撤销、未并入其他单位的。"),
        _units,
        "inventory.view",
        ("inventory:units", "on={at}"),
        20,
    ),
    Indicator(
        "hosts",
        pgettext_lazy("list", "主机"),
        _("台"),
        _("已登记且未停用的主机台数。"),
        _hosts,
        "inventory.view",
        ("inventory:hosts", "on={at}"),
        21,
    ),
    Indicator(
        "internet_facing_systems",
        _("面向互联网的系统"),
        pgettext_lazy("systems", "个"),
        _("在用系统中登记了面向互联网起始日的个数。"),
        _internet_facing,
        "inventory.view",
        ("inventory:systems", "on={at}&facing_by={at}"),
        22,
    ),
    Indicator(
        "golive_ready",
        _("具备上线条件的系统"),
        pgettext_lazy("systems", "个"),
        _("在用系统中已达到“具备上线条件”阶段的个数，含其后已提测、已通过的系统。"),
        _reached(Stage.READY),
        "inventory.view",
        ("inventory:systems", "on={at}&ready_by={at}"),
        23,
    ),
    Indicator(
        "golive_submitted",
        _("上线安全评估提测率"),
        pgettext_lazy("systems", "个"),
        _("在用系统中已提测的个数，除以具备上线条件的个数。"),
        _share(Stage.SUBMITTED, Stage.READY),
        "inventory.view",
        ("inventory:systems", "on={at}&ready_by={at}&submitted_by={at}"),
        24,
    ),
    Indicator(
        "golive_passed",
        _("上线安全测评通过率"),
        pgettext_lazy("systems", "个"),
        _("在用系统中已通过测评的个数，除以已提测的个数。"),
        _share(Stage.PASSED, Stage.SUBMITTED),
        "inventory.view",
        ("inventory:systems", "on={at}&submitted_by={at}&passed_by={at}"),
        25,
    ),
]


def _differences(at: date, scope: Scope) -> Figure:
    return Figure(Difference.objects.within(scope).open_on(at).count())


INDICATORS.append(
    Indicator(
        "differences_open",
        pgettext_lazy("list", "对账差异"),
        pgettext_lazy("list", "条"),
        _("当日未消除的台账对账差异条数，含已说明的。"),
        _differences,
        "inventory.view",
        ("inventory:differences", "on={at}"),
        26,
    )
)

BY_KEY = {one.key: one for one in INDICATORS}


def rows_url(key: str, at: date, unit: Unit | None = None) -> str:
    """The list of the rows a figure counts that day, of a unit with everything below it when one is given."""
    name, query = BY_KEY[key].link or ("inventory:units", "")
    return f"{reverse(name)}?{query.format(at=at)}{_within(at, unit)}"


#: What a ratio's rows are asked for that are in the denominator and not in the numerator.
MISSING = {
    "agent_coverage": "on={at}&no_agent_by={at}",
    "waf_coverage": "on={at}&facing_by={at}&no_waf_by={at}",
    "golive_submitted": "on={at}&ready_by={at}&not_submitted_by={at}",
    "golive_passed": "on={at}&submitted_by={at}&not_passed_by={at}",
}


def missing_url(key: str, at: date, unit: Unit | None = None) -> str:
    """The list of the rows a ratio of that day is short of."""
    name, _query = BY_KEY[key].link or ("inventory:units", "")
    return f"{reverse(name)}?{MISSING[key].format(at=at)}{_within(at, unit)}"


def _within(at: date, unit: Unit | None) -> str:
    """The unit's part of such an address: for a past day, the unit as it stood then."""
    if unit is None:
        return ""
    return f"&unit={unit.code}" if at >= timezone.localdate() and not unit.ended else f"&unit_at={unit.code}@{at}"
