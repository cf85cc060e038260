from __future__ import annotations

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.detection.models import Suppression
from qingdun.web.listing import Action, Column, Filter, Listing, States
from qingdun.web.marks import Shape, Tone, mark

MARKS: dict[str, tuple[Shape, Tone]] = {
    "draft": ("diamond", "warn"),
    "active": ("circle", "brand"),
    "ended": ("ring", "plain"),
}


def state_mark(one: Suppression) -> SafeString:
    return mark(one.get_state_display(), *MARKS[one.state])


def hits(one: Suppression) -> str:
    """Hits of the days replayed, without the filter and with it."""
    return f"{one.effect['before']:,} → {one.effect['after']:,}" if one.effect else ""


def _of_rule(value: str) -> Q:
    """Those that name the rule: the records keep the names as a list in JSON."""
    return Q(pk__in=[pk for pk, rules in Suppression.objects.values_list("pk", "rules") if value in rules])


SUPPRESSIONS: Listing[Suppression] = Listing(
    key="detection.suppressions",
    title=pgettext_lazy("list", "告警抑制"),
    purpose=_("不再为已知无害的事告警：一份 Sigma 过滤文档，写明理由和期限，先回放量出效果再生效，到期自行结束。"),
    permission="detection.view",
    rows=Suppression.objects.visible_to,
    related=("owner__person",),
    link=lambda one: one.get_absolute_url(),
    columns=(
        Column("title", _("名称"), lambda one: one.title),
        Column("state", _("状态"), state_mark, export=lambda one: one.get_state_display()),
        Column("effect", _("命中（回放）"), hits, "number"),
        Column("owner", _("负责人"), lambda one: one.owner.person.name, sort=("owner__person__name",)),
        Column("until", _("有效至"), lambda one: one.until, "date", sort=("until",)),
        Column("reason", _("理由"), lambda one: one.reason),
        Column("made", _("提出时间"), lambda one: one.made, "time", sort=("made",), shown=False),
        Column("began", _("生效时间"), lambda one: one.began, "time", sort=("began",), shown=False),
        Column("ended", _("结束时间"), lambda one: one.ended, "time", sort=("ended",), shown=False),
        Column("end_reason", _("结束原因"), lambda one: one.end_reason, shown=False),
    ),
    order=("-made",),
    search=("title", "reason"),
    search_hint=_("名称、理由"),
    filters=(Filter("rule", _("规则"), "hidden", _of_rule),),
    states=States("state", Suppression.State.choices),
    actions=(Action(_("写一份过滤"), "detection:suppression_new", "plus", "detection.tune", primary=True),),
    unit_path="",
    empty=_("告警页上点“不再为此告警”，或在这里写一份 Sigma 过滤文档。"),
    icon="bell-off",
)
