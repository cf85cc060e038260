from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Prefetch, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Account, Grant
from qingdun.powers.listings.shared import role_filter, unit_filter, until
from qingdun.web.listing import Action, Column, Listing, States
from qingdun.web.marks import badge, pair

STATES = (("active", _("启用")), ("waiting", _("待首次登录")), ("disabled", _("停用")))


def rows(user: Any) -> QuerySet[Account]:
    """With their state in one word, and the grants that hold or will."""
    state = Case(
        When(is_active=False, then=Value("disabled")),
        When(must_change_password=True, then=Value("waiting")),
        default=Value("active"),
        output_field=CharField(),
    )
    standing = Prefetch("grants", Grant.objects.standing(timezone.localdate()).select_related("unit"), to_attr="held")
    return Account.objects.visible_to(user).annotate(state=state).prefetch_related(standing)


def state_badge(account: Account) -> SafeString:
    if not account.is_active:
        return badge(__("停用"))
    return badge(__("待首次登录"), "warn") if account.must_change_password else badge(__("启用"), "ok")


def held(account: Any) -> SafeString | str:
    """The roles of an account, one below the other, each with its unit and its day."""
    today = timezone.localdate()
    parts = [(pair(one.title, f"{one.unit} · {until(one, today)}"),) for one in account.held]
    return format_html("<span>{}</span>", format_html_join("", "<span>{}</span>", parts)) if parts else ""


def _held_plain(account: Any) -> str:
    return "；".join(f"{one.title}（{one.unit}，{one.ends}）" for one in account.held)


def _holds(role: str) -> Q:
    held_now = Grant.objects.in_force(timezone.localdate()).filter(role=role)
    return Q(pk__in=held_now.values("account"))


ACCOUNTS: Listing[Account] = Listing(
    key="powers.accounts",
    title=pgettext_lazy("list", "账号"),
    purpose=_("谁能登录、属于哪个单位、持有哪些角色、到哪一天为止。角色到期自行失效。"),
    permission="access.view",
    rows=rows,
    related=("person__unit",),
    link=lambda account: reverse("powers:account", args=[account.pk]),
    columns=(
        Column("username", _("账号"), lambda one: one.username, "code", sort=("username",)),
        Column("person", _("姓名"), lambda one: one.person.name, sort=("person__name", "username")),
        Column("unit", _("单位"), lambda one: one.person.unit, sort=("person__unit__path", "username")),
        Column("held", _("角色、范围与期限"), held, export=_held_plain),
        Column("state", _("状态"), state_badge, export=lambda one: dict(STATES)[one.state]),  # type: ignore[attr-defined]
        Column("login", _("上次登录"), lambda one: one.last_login, "time", sort=("last_login",)),
        Column("created", _("建立时间"), lambda one: one.created, "time", sort=("created",), shown=False),
    ),
    order=("username",),
    search=("username", "person__name"),
    search_hint=_("账号或姓名"),
    filters=(role_filter(_holds), unit_filter("person__unit")),
    states=States("state", STATES),
    actions=(
        Action(_("角色与权限"), "powers:roles", "table-2"),
        Action(_("登记人员"), "powers:person_new", "user-plus", "access.create", primary=True),
    ),
    unit_path="person__unit__path",
    empty=_("登记人员后，在人员页为其建立账号。"),
    icon="users",
)
