"""What detection counts. Attacks stand in two figures, named in each definition: hits as devices reported them, and
de-duplicated attacks; both are sums over the same rows (`models.Attack`)."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.policy import Scope
from qingdun.detection.models import Alert, Attack
from qingdun.detection.models.alerts import AlertQuerySet
from qingdun.detection.models.attacks import AttackQuerySet
from qingdun.detection.periods import end, month
from qingdun.lib.indicator import Figure, Indicator

BACKDOOR = "backdoor"  # key of the attack class


def attacks(at: date, scope: Scope) -> AttackQuerySet:
    """Those of the month up to that day."""
    found: AttackQuerySet = Attack.objects.filter(scope.q("unit__path")).between(*month(at))
    return found


def begun(at: date, scope: Scope) -> AlertQuerySet:
    """Alerts whose first event lies in the month up to that day."""
    first, last = month(at)
    found: AlertQuerySet = Alert.objects.filter(scope.q("unit__path"), first__gte=first, first__lt=last)
    return found


def open_on(on: date) -> Q:
    """Alerts that had begun by the end of that day and were not closed by then."""
    return Q(first__lt=end(on)) & (Q(closed=None) | Q(closed__gte=end(on)))


def _deduplicated(at: date, scope: Scope) -> Figure:
    return Figure(attacks(at, scope).count())


def _portal(at: date, scope: Scope) -> Figure:
    hit = attacks(at, scope).filter(action="blocked", system__is_portal=True)
    return Figure(hit.aggregate(hits=Sum("hits"))["hits"] or 0)


def _backdoors(at: date, scope: Scope) -> Figure:
    return Figure(begun(at, scope).filter(attack=BACKDOOR).count())


def _raised(at: date, scope: Scope) -> Figure:
    return Figure(begun(at, scope).count())


def _open(at: date, scope: Scope) -> Figure:
    return Figure(Alert.objects.filter(scope.q("unit__path")).filter(open_on(at)).count())


INDICATORS = [
    Indicator(
        "attacks_deduplicated",
        _("本月攻击（去重）"),
        pgettext_lazy("attacks", "起"),
        _(
            "当月 1 日至当日的攻击起数：同一源地址对同一目标、同一类别、同一处置结果，一小时内无论命中多少次计一起。"
            "设备拦截、告警、诱骗的，以及平台自己认出攻击类别的，都算。命中次数另见“本月拦截攻击”“本月攻击命中”。"
        ),
        _deduplicated,
        "reporting.view",
        ("detection:attacks", "since={month}-01&until={at}"),
        30,
        rows="detection.view",
    ),
    Indicator(
        "attacks_portal",
        _("门户网站与集约化平台拦截"),
        _("次"),
        _(
            "当月 1 日至当日，目标属于标为“门户网站与集约化平台”的信息系统、处置结果为拦截的命中次数之和，不去重；"
            "明细是这些攻击（去重），其“次数”一列之和即本数。系统按现在的标记算。"
        ),
        _portal,
        "reporting.view",
        ("detection:attacks", "since={month}-01&until={at}&action=blocked&portal=1"),
        33,
        rows="detection.view",
    ),
    Indicator(
        "backdoor_alerts",
        _("本月后门告警"),
        pgettext_lazy("alerts", "条"),
        _("首次事件在当月 1 日至当日、攻击类别为后门的告警条数；同一规则、同源同目标的命中归并为一条。"),
        _backdoors,
        "reporting.view",
        ("detection:alerts", "attack=backdoor&first_from={month}-01&first_to={at}"),
        34,
        rows="detection.view",
    ),
    Indicator(
        "alerts_raised",
        _("本月告警"),
        pgettext_lazy("alerts", "条"),
        _("首次事件在当月 1 日至当日的告警条数；同一规则、同源同目标的命中归并为一条。"),
        _raised,
        "reporting.view",
        ("detection:alerts", "first_from={month}-01&first_to={at}"),
        35,
        rows="detection.view",
    ),
    Indicator(
        "alerts_open",
        _("未关闭告警"),
        pgettext_lazy("alerts", "条"),
        _("首次事件不晚于当日、到当日结束时还没有关闭（已处置、误报、忽略）的告警条数。"),
        _open,
        "reporting.view",
        ("detection:alerts", "open_on={at}"),
        36,
        rows="detection.view",
    ),
]
