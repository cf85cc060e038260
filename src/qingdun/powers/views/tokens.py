"""我的接口令牌: making one (its text is shown this once), looking at it, withdrawing it; officers see everybody's."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import factors, policy
from qingdun.access.actions.tokens import create_token, may_hold, revoke_token
from qingdun.access.models import Account, Token
from qingdun.powers.forms.tokens import RevokeForm, TokenForm
from qingdun.powers.listings.tokens import ALL_TOKENS, LIVING, TOKENS, scope_words, state_mark, with_state
from qingdun.web import lists
from qingdun.web.details import Fact
from qingdun.web.forms import add_problems


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, TOKENS)


@require_http_methods(["GET", "HEAD", "POST"])
def everybodys(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, ALL_TOKENS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@factors.asks_again
def create(request: HttpRequest) -> HttpResponse:
    account = cast(Account, request.user)
    if not may_hold(account):
        raise PermissionDenied(_("三员不得持有接口令牌：三员是经第二验证的人，不是程序。"))
    form = TokenForm(request.POST or None, account=account)
    if form.is_valid():
        try:
            made, text = create_token(account, **form.cleaned_data)
        except ValidationError as error:
            add_problems(form, error)
        else:
            return _page(request, seen(request.user, made.pk), text)
    return render(request, "powers/token_new.html", {"form": form})


@require_safe
def token(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, seen(request.user, pk))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    found = seen(request.user, pk)
    form = RevokeForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    revoke_token(found, by=cast(Account, request.user), reason=reason)
    messages.success(request, _("令牌“%s”已作废，用它的程序从现在起被拒绝。") % found.name)
    return redirect("powers:token", pk=pk)


def seen(user: Any, pk: int) -> Any:
    """A token of one's own, or one of an account that this officer sees; else 404."""
    rows = with_state(Token.objects.of(user) | Token.objects.visible_to(user)).select_related("account__person__unit")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, found: Any, text: str = "") -> HttpResponse:
    own = found.account_id == cast(Account, request.user).pk
    context = {
        "found": found,
        "own": own,
        "listing": TOKENS if own else ALL_TOKENS,
        "back": "powers:tokens" if own else "powers:all_tokens",
        "state": state_mark(found),
        "text": text,
        "may_revoke": found.state == LIVING and (own or policy.may(request.user, "access.control", found)),
        "form": RevokeForm(),
        "host": request.get_host(),
        "scheme": request.scheme,
        "facts": [
            Fact(_("账号"), f"{found.account.person}（{found.account}）"),
            Fact(_("前缀"), f"qd_{found.prefix}_…", code=True),
            Fact(_("权限"), "、".join(scope_words(found)), wide=True),
            Fact(_("创建时间"), found.created),
            Fact(_("到期时间"), found.expires),
            Fact(_("最近使用"), found.last_used),
            Fact(_("最近来源"), found.last_address, code=True),
            Fact(_("作废时间"), found.revoked),
        ],
    }
    return render(request, "powers/token.html", context)
