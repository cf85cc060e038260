"""审计记录: everybody's acts, the audit administrators' own, and one's own; the same columns, different readers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account
from qingdun.audit.acts import acts
from qingdun.audit.models import Entry
from qingdun.powers.entries import act, at, kind, summary, who
from qingdun.web.listing import Action, Column, Filter, Listing, choice, day, text
from qingdun.web.marks import pair


def _midnight(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min))


def _acts(_user: Any) -> list[tuple[str, str]]:
    return [(key, gettext(name)) for key, name in acts().items()]


def _by(words: str) -> Q:
    """By account or by the natural person behind it: all the accounts of everybody whose name it is part of."""
    found = Account.objects.filter(Q(username__icontains=words) | Q(person__name__icontains=words))
    numbers = list(found.values_list("pk", flat=True)[:500])
    return Q(actor_id__in=numbers) | (Q(actor_id=None) if words in (gettext("平台"), "平台") else Q(pk__in=[]))


def _about(value: str) -> Q:
    """`inventory.host:12`: all acts of one object."""
    label, _colon, number = value.rpartition(":")
    return Q(subject_type=label, subject_id=number)


def _number(value: str) -> Q:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise ValueError(gettext("“%s”不是账号编号。") % value)
    return Q(actor_id=int(value))


FROM = day("from", _("从"), lambda on: Q(at__gte=_midnight(on)))
TO = day("to", _("到"), lambda on: Q(at__lt=_midnight(on + timedelta(days=1))))
WHO = text("who", _("账号或姓名"), _by)
ACT = choice("action", _("动作"), _acts)
ABOUT = text("subject", _("对象"), "subject__icontains")
WHY = text("reason", _("事由"), "reason__icontains")
WHENCE = text("address", _("来源地址"), "address__startswith")
OBJECT = Filter("object", _("同一对象"), "hidden", _about)
ACCOUNT = Filter("account", _("同一账号"), "hidden", _number)

#: Which stretch of the chain, not which of its entries: such a question leaves the chain whole.
BY_TIME = (FROM, TO)


def _why(entry: Entry) -> object:
    told = summary(entry)
    return pair(entry.reason, told) if entry.reason and told else entry.reason or told


_AT: Column[Entry] = Column("at", _("时间"), at, "time", sort=("sequence",))
_WHO: Column[Entry] = Column("who", _("账号"), lambda entry: pair(who(entry), entry.person))
_ACT: Column[Entry] = Column("action", _("动作"), lambda entry: act(entry.action))
_ABOUT: Column[Entry] = Column("subject", _("对象"), lambda entry: pair(entry.subject, kind(entry)))
_WHY: Column[Entry] = Column("reason", _("事由与变更"), _why)
_OFFICE: Column[Entry] = Column("office", _("三员职责"), lambda entry: entry.get_office_display(), shown=False)
_WHENCE: Column[Entry] = Column("address", _("来源地址"), lambda entry: entry.address, "code")
_NUMBER: Column[Entry] = Column("sequence", _("序号"), lambda entry: entry.sequence, "number")


def _link(entry: Entry) -> str:
    return reverse("audit:entry", args=[entry.pk])


ENTRIES: Listing[Entry] = Listing(
    key="audit.entries",
    title=pgettext_lazy("list", "审计记录"),
    purpose=_("谁在何时对什么做了什么。记录只增不改，逐条以 SHA-256 与 SM3 相连；查阅本页也会记录在内。"),
    permission="audit.view",
    rows=Entry.objects.visible_to,
    link=_link,
    columns=(_AT, _WHO, _ACT, _ABOUT, _WHY, _OFFICE, _WHENCE, _NUMBER),
    order=("-sequence",),
    filters=(FROM, TO, WHO, ACT, ABOUT, WHY, WHENCE, OBJECT, ACCOUNT),
    actions=(Action(_("完整性报告"), "audit:report", "shield-check", "audit.verify"),),
    export="audit.export",
    unit_path="",
    empty=_("平台上每做一件事，这里就多一条。"),
    icon="scroll-text",
)

AUDITORS: Listing[Entry] = Listing(
    key="audit.auditors",
    title=pgettext_lazy("list", "审计管理员的操作"),
    purpose=_("审计管理员自己的操作由安全管理员查阅，两者互相监督；查阅本页也会记录在内。"),
    permission="audit.view_auditors",
    rows=Entry.objects.visible_to,
    link=_link,
    columns=(_AT, _WHO, _ACT, _ABOUT, _WHY, _WHENCE, _NUMBER),
    order=("-sequence",),
    filters=(FROM, TO, WHO, ACT, OBJECT, ACCOUNT),
    unit_path="",
    empty=_("审计管理员还没有操作过。"),
    icon="scroll-text",
)

MINE: Listing[Entry] = Listing(
    key="audit.mine",
    title=pgettext_lazy("list", "我的操作记录"),
    purpose=_("您的账号做过的事，包括登录。有不是您做的，请立即修改口令并报告安全管理员。"),
    permission="",
    rows=Entry.objects.of,
    link=_link,
    columns=(_AT, _ACT, _ABOUT, _WHY, _WHENCE, _NUMBER),
    order=("-sequence",),
    filters=(FROM, TO, ACT),
    unit_path="",
    empty=_("您还没有做过需要记录的事。"),
    icon="history",
)
