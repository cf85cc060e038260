"""Accounts: the list, one account, on and off, one-time passwords; and the roles as a table."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import actions, factors, policy
from qingdun.access.actions import NotLawful
from qingdun.access.core.roles import Role
from qingdun.access.models import Account
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.lib.rooms import modules
from qingdun.powers import details
from qingdun.powers.forms import ReasonForm
from qingdun.powers.listings import ACCOUNTS
from qingdun.powers.listings.accounts import rows
from qingdun.powers.views.shared import me, submit, visible
from qingdun.web import lists


@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, ACCOUNTS)


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    found = _account(request, pk)
    another = found.person_id != me(request).person_id
    context = {
        "account": found,
        "detail": details.of_account(found, request.user),
        "may_control": another and policy.may(request.user, "access.control", found.person),
        "may_issue": another and details.may_issue(found, request.user),
    }
    return render(request, "powers/account.html", context)


@require_http_methods(["GET", "POST"])
@factors.asks_again
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    found = _controlled(request, pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        actions.disable(found, by=me(request), reason=form.cleaned_data["reason"])
        return reverse("powers:account", args=[pk])

    purpose = _("立即退出登录，此后不能登录；授权保留，启用后继续有效。")
    return _reasoned(request, form, act, _("停用账号 %s") % found, pk, purpose, _("停用"))


@require_http_methods(["GET", "POST"])
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    found = _controlled(request, pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        actions.enable(found, by=me(request), reason=form.cleaned_data["reason"])
        return reverse("powers:account", args=[pk])

    return _reasoned(
        request, form, act, _("启用账号 %s") % found, pk, _("可以重新登录，仍有效的授权随之生效。"), _("启用")
    )


@never_cache
@require_http_methods(["GET", "POST"])
@factors.asks_again
def password(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue a one-time password and show it this once: no page with it is stored anywhere."""
    found = _account(request, pk)
    if not details.may_issue(found, request.user):
        raise PermissionDenied(_("没有权限：%s") % _("启用停用账号与重置口令"))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = actions.issue_password(found, by=me(request), reason=form.cleaned_data["reason"])
        except NotLawful as refused:
            form.add_error(None, str(refused))
        else:
            return render(request, "powers/password.html", {"account": found, "password": issued})
    purpose = _("口令只显示一次，请当面交给本人；首次登录必须修改。该账号现有的登录全部退出。")
    title = _("向 %s 发放一次性口令") % found
    context = {"form": form, "title": title, "purpose": purpose, "submit": _("发放"), "cancel": _page(pk)}
    return render(request, "web/form.html", context)


@dataclass(frozen=True, slots=True)
class Row:
    """A permission and which roles hold it, as one row of the matrix."""

    room: str
    name: str
    held: tuple[bool, ...]


@require_safe
def role_matrix(request: HttpRequest) -> HttpResponse:
    """Which role may do what: the files themselves, as a table."""
    policy.require(request.user, "access.view")
    language = get_language()
    columns = sorted(roles().values(), key=lambda role: (role.officer, role.key))
    described = [details.Described.of(role, language) for role in columns]
    return render(request, "powers/roles.html", {"roles": described, "rows": _matrix(columns)})


def _matrix(columns: list[Role]) -> list[Row]:
    rooms = {module.__name__.split(".")[1]: module.PERMISSIONS for module in modules("permissions")}
    return [
        Row(room, _(all_permissions()[key]), tuple(key in role.may for role in columns))
        for room, permissions in rooms.items()
        for key in permissions
    ]


def _reasoned(
    request: HttpRequest, form: ReasonForm, act: object, title: str, pk: int, purpose: str, button: str
) -> HttpResponse:
    return submit(request, form, act, title=title, cancel=_page(pk), purpose=purpose, submit=button)  # type: ignore[arg-type]


def _page(pk: int) -> str:
    return reverse("powers:account", args=[pk])


def _account(request: HttpRequest, pk: int) -> Account:
    return visible(request, rows(request.user).select_related("person__unit"), pk)


def _controlled(request: HttpRequest, pk: int) -> Account:
    found = _account(request, pk)
    policy.require(request.user, "access.control", found.person)
    return found
