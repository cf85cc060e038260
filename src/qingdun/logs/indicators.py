"""What the logs count. Every count is taken from the hourly tallies, so any past day can be counted again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.policy import Scope
from qingdun.lib.indicator import Figure, Indicator
from qingdun.logs.models import HourTally, HourTallyQuerySet, Source
from qingdun.logs.trend import ATTACKS


def _between(first: date, last: date, scope: Scope) -> HourTallyQuerySet:
    """The tallies of these days, the last one included, by the installation's clock."""
    start, end = (timezone.make_aware(datetime.combine(day, time())) for day in (first, last + timedelta(days=1)))
    tallies: HourTallyQuerySet = HourTally.objects.filter(scope.q("source__unit__path")).between(start, end)
    return tallies


def _month(at: date, scope: Scope) -> HourTallyQuerySet:
    return _between(at.replace(day=1), at, scope)


def _day(at: date, scope: Scope) -> HourTallyQuerySet:
    return _between(at, at, scope)


def _blocked(at: date, scope: Scope) -> Figure:
    return Figure(_month(at, scope).filter(action="blocked").totals()["hits"])


def _attacks(at: date, scope: Scope) -> Figure:
    return Figure(_month(at, scope).filter(action__in=ATTACKS).totals()["hits"])


def _lines(at: date, scope: Scope) -> Figure:
    return Figure(_day(at, scope).totals()["lines"])


def _unread(at: date, scope: Scope) -> Figure:
    sums = _day(at, scope).totals()
    return Figure(sums["unread"], sums["lines"])


def _sending(at: date, scope: Scope) -> Figure:
    until = timezone.make_aware(datetime.combine(at + timedelta(days=1), time()))
    registered = Source.objects.filter(scope.q(), registered=True, created__lt=until)
    heard = registered.filter(pk__in=_day(at, scope).values("source"))
    return Figure(heard.count(), registered.count())


INDICATORS = [
    Indicator(
        "attacks_intercepted",
        _("本月拦截攻击"),
        _("次"),
        _("当月 1 日至当日，处置结果为拦截的日志所报次数之和；设备把多次合为一条的按其所报次数计，不去重。"),
        _blocked,
        "reporting.view",
        ("logs:search", "q=qingdun.action%3Ablocked&from={month}-01&to={at}"),
        1,
        rows="logs.search",
    ),
    Indicator(
        "log_lines",
        _("当日日志"),
        _("行"),
        _("当日发生的日志行数，含未识别的。设备时钟明显错误的按收到时间计。"),
        _lines,
        "reporting.view",
        ("logs:search", "from={at}&to={at}"),
        2,
        rows="logs.search",
    ),
    Indicator(
        "attacks_reported",
        _("本月攻击命中"),
        _("次"),
        _("当月 1 日至当日，处置结果为拦截、告警或诱骗的日志所报次数之和，不去重；其中拦截的另列为拦截攻击。"),
        _attacks,
        "reporting.view",
        ("logs:search", "q=qingdun.action%3A%28blocked+alerted+deceived%29&from={month}-01&to={at}"),
        31,
        rows="logs.search",
    ),
    Indicator(
        "log_sources_sending",
        _("日志来源在报率"),
        _("个"),
        _("当日有日志的已登记来源个数，除以当日已有的已登记来源个数。"),
        _sending,
        "reporting.view",
        ("logs:sources", ""),
        6,
        rows="logs.view_sources",
    ),
    Indicator(
        "log_unread",
        _("未识别占比"),
        _("行"),
        _("当日没有格式能读出的日志行数，除以当日日志行数。"),
        _unread,
        "reporting.view",
        ("logs:search", "q=error.message%3A%2A&from={at}&to={at}"),
        32,
        rows="logs.search",
    ),
]
