"""What the pages of one person, account, grant … say: the values; `powers/*.html` draw them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.actions import what_ends
from qingdun.access.actions.accounts import offices_of
from qingdun.access.actions.grants import title_of
from qingdun.access.core.roles import OFFICES, Role
from qingdun.access.models import Account, Confirmation, Delegation, Emergency, Grant, Person, Refusal, Unit
from qingdun.access.roster import roles
from qingdun.audit.acts import acts
from qingdun.audit.models import Entry
from qingdun.powers.listings.accounts import state_badge
from qingdun.powers.listings.emergencies import power
from qingdun.powers.listings.grants import permission_title
from qingdun.powers.listings.shared import until
from qingdun.web.details import Event, Fact
from qingdun.web.personal import mark as masked


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a small table: its cells, where the first leads, and what can be done: (title, address)."""

    cells: Sequence[object]
    href: str = ""
    acts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headings: Sequence[str]
    rows: list[Line]
    empty: str

    @property
    def acting(self) -> bool:
        return any(row.acts for row in self.rows)


@dataclass(frozen=True, slots=True)
class Detail:
    subtitle: object
    facts: list[Fact]
    marks: list[SafeString] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Described:
    """A role as its column of the matrix and its line below."""

    title: str
    purpose: str
    officer: bool
    levels: str
    months: int
    excludes: str

    @classmethod
    def of(cls, role: Role, language: str | None) -> Described:
        levels = dict(Unit.Level.choices)
        every = "、".join(str(levels[key]) for key in levels if key in role.levels)
        barred = [
            title_of(key) for key, other in sorted(roles().items()) if not other.officer and not role.meets(other)
        ]
        return cls(
            role.title(language),
            role.described(language),
            role.officer,
            _("各级") if len(role.levels) == len(levels) else every,
            role.months,
            _("其他任何角色") if role.officer else "、".join([*barred, _("三员")]),
        )


def of_person(person: Person, user: Any) -> Detail:
    return Detail(
        subtitle=person.unit,
        facts=[
            Fact(_("单位"), person.unit),
            Fact(_("职务"), person.post),
            Fact(_("电话"), masked(user, person, "phone")),
            Fact(_("邮箱"), masked(user, person, "email")),
            Fact(_("到岗日"), person.joined),
            Fact(_("离任日"), person.left),
        ],
        tables=[_accounts(person), _grants(Grant.objects.filter(account__person=person))],
    )


def of_account(account: Account, user: Any) -> Detail:
    person = account.person
    return Detail(
        subtitle=person.name,
        marks=[state_badge(account)],
        facts=[
            Fact(_("人员"), person, href=person.get_absolute_url()),
            Fact(_("单位"), person.unit),
            Fact(_("建立时间"), account.created),
            Fact(_("上次登录"), account.last_login or _("从未")),
            Fact(_("可发放口令至"), account.password_due),
        ],
        tables=[
            _grants(Grant.objects.filter(account=account)),
            _delegations(Delegation.objects.filter(giver=account) | Delegation.objects.filter(taker=account)),
            _refusals(Refusal.objects.filter(account=account)),
        ],
    )


def of_grant(grant: Grant) -> Detail:
    person = grant.account.person
    facts = [
        Fact(_("持有人"), person, href=person.get_absolute_url()),
        Fact(_("账号"), grant.account.username, href=reverse("powers:account", args=[grant.account_id])),
        Fact(_("范围"), grant.unit),
        Fact(_("生效日"), grant.starts),
        Fact(_("截止日"), grant.ends),
        Fact(_("事由"), grant.reason, wide=True),
    ]
    if grant.delegation_id:
        facts.append(Fact(_("委托"), _("受托得来"), href=reverse("powers:delegation", args=[grant.delegation_id])))
    if grant.ended:
        facts += [Fact(_("提前终止"), grant.ended), Fact(_("终止原因"), grant.ended_why, wide=True)]
    may = sorted(permission_title(key) for key in roles()[grant.role].may) if grant.role in roles() else []
    tables = [
        _delegations(Delegation.objects.filter(grant=grant)),
        Table(
            _("这个角色可以做什么"),
            [_("权限")],
            [Line([name]) for name in may],
            _("角色文件已不存在，这项授权不给任何权限。"),
        ),
    ]
    checked = Confirmation.objects.filter(grant=grant).select_related("campaign", "by__person").order_by("-campaign")
    events = [
        Event(f"{one.campaign} {one.get_verdict_display()}", one.at, str(one.by.person) if one.by else "")
        for one in checked
    ]
    return Detail(subtitle=person.name, facts=facts, tables=tables, events=events)


def of_delegation(one: Delegation) -> Detail:
    facts = [
        Fact(_("委托人"), f"{one.giver.person}（{one.giver}）"),
        Fact(_("受托人"), f"{one.taker.person}（{one.taker}）"),
        Fact(_("委托什么"), f"{one.grant.title}（{one.grant.unit}）" if one.grant else _("待审核事项")),
        Fact(_("生效日"), one.starts),
        Fact(_("截止日"), one.ends),
        Fact(_("事由"), one.reason, wide=True),
    ]
    if one.ended:
        facts += [Fact(_("提前终止"), one.ended), Fact(_("终止原因"), one.ended_why, wide=True)]
    return Detail(subtitle=_("委托"), facts=facts)


def of_refusal(one: Refusal) -> Detail:
    facts = [
        Fact(_("账号"), one.account.username, href=reverse("powers:account", args=[one.account_id])),
        Fact(_("人员"), one.account.person),
        Fact(_("权限"), permission_title(one.permission)),
        Fact(_("范围"), one.unit),
        Fact(_("生效日"), one.starts),
        Fact(_("截止日"), one.ends or _("长期")),
        Fact(_("事由"), one.reason, wide=True),
    ]
    if one.ended:
        facts += [Fact(_("解除时间"), one.ended), Fact(_("解除原因"), one.ended_why, wide=True)]
    return Detail(subtitle=_("明示拒绝"), facts=facts)


def of_emergency(one: Emergency, user: Any) -> Detail:
    """With what was done under it for whoever may read the audit; its number for the others."""
    facts = [
        Fact(_("持有人"), f"{one.account.person}（{one.account}）"),
        Fact(_("权限"), power(one)),
        Fact(_("范围"), one.unit),
        Fact(_("开始"), one.starts),
        Fact(_("结束"), one.over),
        Fact(_("事由"), one.reason, wide=True),
    ]
    if one.reviewed:
        facts += [
            Fact(_("复盘人"), one.reviewer.person if one.reviewer else ""),
            Fact(_("复盘时间"), one.reviewed),
            Fact(_("复盘结论"), one.review, wide=True),
        ]
    tables = [_done_under(one)] if policy.may(user, "audit.view") else []
    return Detail(subtitle=power(one), facts=facts, tables=tables)


def of_mine(account: Account) -> Detail:
    """Everything this account holds, lends, borrows and is lent; with what can be done about each."""
    now, today = timezone.now(), timezone.localdate()
    grants = Grant.objects.filter(account=account).standing(today).select_related("unit")
    lent = Delegation.objects.filter(giver=account) | Delegation.objects.filter(taker=account)
    running = Emergency.objects.filter(account=account).in_force(now).select_related("unit")
    held = [
        Line(
            [one.title, one.unit, until(one, today), _("受托") if one.delegation_id else ""],
            acts=[]
            if one.delegation_id or one.role in OFFICES
            else [(_("续期"), reverse("powers:renew", args=[one.pk]))],
        )
        for one in grants
    ]
    emergencies = [
        Line(
            [one.number, power(one), one.unit, one.ends],
            acts=[(_("结束"), reverse("powers:my_emergency_stop", args=[one.pk]))],
        )
        for one in running
    ]
    tables = [
        Table(_("我的角色"), [_("角色"), _("范围"), _("到何时"), _("来源")], held, _("还没有角色。请申请一个。")),
        _delegations(lent.standing(today)),
    ]
    if emergencies:
        tables.insert(0, Table(_("进行中的应急授权"), [_("编号"), _("权限"), _("范围"), _("截止")], emergencies, ""))
    refused = Refusal.objects.filter(account=account).in_force(today)
    if refused.exists():
        tables.append(_refusals(refused))
    return Detail(subtitle=account.person.unit, facts=[], tables=tables)


def of_ending(person: Person, *, leaving: bool) -> list[Table]:
    """What a change of job, or leaving, will end: named before anybody confirms it."""
    ending = what_ends(person, leaving=leaving)
    today = timezone.localdate()
    tables = [
        Table(
            _("将终止的授权"),
            [_("角色"), _("账号"), _("范围"), _("到何时")],
            [Line([one.title, one.account.username, one.unit, until(one, today)]) for one in ending.grants],
            _("没有授权。"),
        ),
        Table(
            _("将终止的委托"),
            [_("委托人"), _("受托人"), _("截止日")],
            [Line([one.giver.username, one.taker.username, one.ends]) for one in ending.delegations],
            _("没有委托。"),
        ),
    ]
    if ending.emergencies:
        rows = [Line([one.number, power(one)]) for one in ending.emergencies]
        tables.append(Table(_("将结束的应急授权"), [_("编号"), _("权限")], rows, ""))
    if ending.tokens:
        rows = [Line([one.name, one.account.username, one.expires]) for one in ending.tokens]
        tables.append(Table(_("将作废的令牌"), [_("用途"), _("账号"), _("到期时间")], rows, ""))
    if ending.asked:
        rows = [Line([str(one), one.created]) for one in ending.asked]
        tables.append(Table(_("将退回的申请"), [_("申请"), _("申请时间")], rows, ""))
    if ending.waiting:
        rows = [Line([str(one), one.due]) for one in ending.waiting]
        tables.append(Table(_("待其审核、须由他人接手的事项"), [_("申请"), _("期限")], rows, ""))
    if leaving:
        rows = [Line([one.username, one.last_login]) for one in ending.accounts]
        tables.append(Table(_("将停用的账号"), [_("账号"), _("上次登录")], rows, _("没有账号。")))
    return tables


@dataclass(frozen=True, slots=True)
class Office:
    """One of the three offices and who holds it."""

    key: str
    title: str
    purpose: str
    holders: list[Line]


def of_offices(user: Any) -> list[Office]:
    """The offices with their holders as far as this reader may look."""
    today = timezone.localdate()
    rows = Grant.objects.visible_to(user).filter(role__in=OFFICES).standing(today)
    held = list(rows.select_related("account__person__unit", "unit"))
    return [
        Office(
            key,
            title_of(key),
            roles()[key].described(get_language()) if key in roles() else "",
            [_holder(one) for one in held if one.role == key],
        )
        for key in OFFICES
    ]


def problem(found: Mapping[str, Any]) -> Line:
    """One finding of the nightly check in words."""
    about = found["about"]
    match found["rule"]:
        case "meets":
            words = _("同时持有互斥的角色：%s") % "、".join(title_of(key) for key in about)
        case "separated":
            words = _("同时持有应当分开的权限：%s") % "、".join(permission_title(key) for key in about)
        case _:
            words = _("持有全部权限")
    kind = _("人员") if found["of"] == "person" else _("账号")
    return Line([found["name"], kind, words], reverse("powers:account", args=[found["account"]]))


def may_issue(account: Account, user: Any) -> bool:
    """May this reader hand out a one-time password for that account? `access.actions` decides again."""
    if account.person_id == getattr(user, "person_id", None) or not account.is_active:
        return False
    agreed = account.password_due is not None and account.password_due > timezone.now()
    if agreed and policy.may(user, "access.create", account.person):
        return True
    return policy.may(user, "access.control", account.person) and (agreed or not offices_of(account.person_id))


def _holder(one: Grant) -> Line:
    acts = [
        (_("申请免职"), reverse("powers:officer_remove", args=[one.pk])),
        (_("申请重置口令"), reverse("powers:officer_reset", args=[one.pk])),
    ]
    cells = [one.account.username, one.account.person, one.account.person.unit, one.ends]
    return Line(cells, reverse("powers:account", args=[one.account_id]), acts)


def _accounts(person: Person) -> Table:
    rows = [
        Line([one.username, state_badge(one), one.last_login], reverse("powers:account", args=[one.pk]))
        for one in person.accounts.all()
    ]
    return Table(_("账号"), [_("账号"), _("状态"), _("上次登录")], rows, _("还没有账号。"))


def _grants(rows: QuerySet[Grant]) -> Table:
    today = timezone.localdate()
    ordered = rows.select_related("unit", "account").order_by("-ends")[:50]
    lines = [
        Line(
            [one.title, one.account.username, one.unit, one.starts, _ended(one, today)],
            reverse("powers:grant", args=[one.pk]),
        )
        for one in ordered
    ]
    headings = [_("角色"), _("账号"), _("范围"), _("生效日"), _("到何时")]
    return Table(_("授权"), headings, lines, _("没有授权。"))


def _ended(one: Grant, today: Any) -> str:
    if one.ended:
        return _("%s 提前终止") % timezone.localtime(one.ended).date()
    return _("%s 已到期") % one.ends if one.ends < today else _("到 %s") % one.ends


def _delegations(rows: QuerySet[Delegation]) -> Table:
    shown = rows.select_related("giver", "taker", "grant").order_by("-pk")[:50]
    lines = [
        Line(
            [one.grant.title if one.grant else _("待审核事项"), one.giver.username, one.taker.username, one.ends],
            reverse("powers:delegation", args=[one.pk]),
        )
        for one in shown
    ]
    return Table(_("委托"), [_("委托什么"), _("委托人"), _("受托人"), _("截止日")], lines, _("没有委托。"))


def _refusals(rows: Iterable[Refusal]) -> Table:
    shown = rows.select_related("unit") if isinstance(rows, QuerySet) else rows
    lines = [Line([permission_title(one.permission), one.unit, one.ends or _("长期"), one.reason]) for one in shown]
    return Table(_("明示拒绝"), [_("权限"), _("范围"), _("截止日"), _("事由")], lines, _("没有明示拒绝。"))


def _done_under(one: Emergency) -> Table:
    """The audit entries that carry its number."""
    found = Entry.objects.filter(actor_id=one.account_id, at__gte=one.starts, reason__startswith=f"【{one.number}】")
    lines = [Line([entry.at, _(acts().get(entry.action, entry.action)), entry.subject]) for entry in found[:200]]
    return Table(_("期间的审计记录"), [_("时间"), _("动作"), _("对象")], lines, _("期间没有留下审计记录。"))
