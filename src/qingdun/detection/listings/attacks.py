from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit
from qingdun.detection.models import Attack
from qingdun.detection.periods import moment
from qingdun.detection.wording import attack_name, attack_options
from qingdun.inventory.listings.shared import unit_filter
from qingdun.logs import labels
from qingdun.logs.core.query import Clause, Op, Query, render
from qingdun.logs.views.asked import written
from qingdun.web.listing import Column, Filter, Listing, choice, flag, text
from qingdun.web.marks import pair

KEY = "detection.attacks"
NONE = "none"  # stands for an empty value in an address


def lines_url(one: Attack) -> str:
    """The search page over this attack's own lines: its source, its time, its result."""
    clauses = [Clause("source.ip", Op.IS, (one.source,))] if one.source else []
    if one.action:
        clauses.append(Clause("qingdun.action", Op.IS, (one.action,)))
    until = one.last.replace(microsecond=0) + timedelta(seconds=1)
    asked = {"q": render(Query(tuple(clauses))), "from": written(one.first), "to": written(until)}
    return f"{reverse('logs:search')}?{urlencode(asked)}"


def _asset(one: Attack) -> object:
    known = one.host or one.system
    return pair(known, one.target) if known and one.target else known or one.target


def _class(one: Attack) -> str:
    return str(attack_name(one.attack)) if one.attack else gettext("未分类")


def _since(value: str) -> Q:
    return Q(hour__gte=moment(value))


def _until(value: str) -> Q:
    return Q(hour__lt=moment(value, closing=True))


def _own_unit(value: str) -> Q:
    """Those that exactly this unit answers for, none of the units below it."""
    if value == NONE:
        return Q(unit=None)
    return Q(unit__in=Unit.objects.filter(code=value))


ATTACKS: Listing[Attack] = Listing(
    key=KEY,
    title=pgettext_lazy("list", "攻击"),
    purpose=_("同一源地址对同一目标、同一类别、同一处置结果，一小时内无论命中多少次算一起；“次数”是设备所报的命中。"),
    permission="detection.view",
    rows=Attack.objects.visible_to,
    related=("unit", "host", "system"),
    link=lines_url,
    columns=(
        Column("source", _("源地址"), lambda one: one.source or "—", "code"),
        Column("target", _("目标"), _asset, export=lambda one: one.target),
        Column("attack", _("攻击类别"), _class),
        Column(
            "action",
            _("处置结果"),
            lambda one: labels.action(one.action) if one.action else "—",
            export=lambda one: labels.words("qingdun.action", one.action) if one.action else "",
        ),
        Column("hits", _("次数"), lambda one: one.hits, "number", sort=("hits",)),
        Column("hour", _("小时"), lambda one: one.hour, "time", sort=("hour",)),
        Column("unit", _("归属单位"), lambda one: one.unit),
        Column("system", _("信息系统"), lambda one: one.system, shown=False),
        Column("first", _("首次"), lambda one: one.first, "time", shown=False),
        Column("last", _("末次"), lambda one: one.last, "time", shown=False),
    ),
    order=("-hour",),
    filters=(
        Filter("since", _("不早于"), "date", _since),
        Filter("until", _("不晚于"), "date", _until),
        Filter(
            "attack",
            _("攻击类别"),
            "choice",
            lambda value: Q(attack="" if value == NONE else value),
            lambda _user: [(NONE, _("未分类")), *attack_options()],
        ),
        choice("action", _("处置结果"), [(key, words) for key, (words, _tone) in labels.ACTIONS.items()]),
        unit_filter(),
        text("source", _("源地址"), "source"),
        flag("portal", _("门户网站与集约化平台"), Q(system__is_portal=True)),
        Filter("from", _("不早于"), "hidden", _since),
        Filter("to", _("不晚于"), "hidden", _until),
        Filter("target", _("目标"), "hidden", lambda value: Q(target=value)),
        Filter("system", _("信息系统"), "hidden", lambda value: Q(system__code=value)),
        Filter("own_unit", _("只看本单位"), "hidden", _own_unit),
    ),
    export="logs.export",
    empty=_("设备拦截、告警的攻击和平台认出的攻击，随日志入湖计到这里。"),
    icon="swords",
)


def attacks_url(**filters: object) -> str:
    """The list, narrowed; what is empty is left out."""
    given = {name: str(value) for name, value in filters.items() if value not in ("", None)}
    return f"{reverse('detection:attacks')}?{urlencode(given)}"
