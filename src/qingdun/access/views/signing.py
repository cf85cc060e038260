"""Signing in, signing out, and the own password.

`access` lies below `web` and so uses its templates and styles by name, never its code.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from qingdun.access import actions, rules, sessions, signing
from qingdun.access.forms import LoginForm, PasswordForm
from qingdun.access.models import Account
from qingdun.access.roster import roles
from qingdun.access.views import inside
from qingdun.lib import sample


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(inside.onward(request))
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if signing.sign_in(request, form.cleaned_data["username"], form.cleaned_data["password"]):
            signed_in = request.user.is_authenticated
            return redirect(
                inside.onward(request) if signed_in else inside.with_next("access:answer", inside.wanted(request))
            )
        form.add_error(None, _("账号或口令不对。连续 %d 次不对将暂停登录。") % rules.current().tries)
    context = {
        "form": form,
        "doors": inside.on_offer(),
        "samples": _samples(),
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }
    return render(request, "access/login.html", context)


def _samples() -> list[tuple[sample.SampleAccount, str]]:
    """A sample installation's accounts with their roles' names: those with the most to see first, officers last."""
    kept = sample.accounts() if settings.SAMPLE else []
    known = [(one, roles()[one.role]) for one in kept if one.role in roles()]
    known.sort(key=lambda pair: (pair[1].officer, -len(pair[1].may)))
    return [(one, role.title(get_language())) for one, role in known]


def locked_out(
    request: HttpRequest, original: HttpResponse | None = None, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """django-axes' answer while an account is locked from an address; the same for names that do not exist."""
    username = (credentials or {}).get("username") or request.POST.get("username", "")
    until = signing.locked_until(request, username)
    response = render(request, "access/locked_out.html", {"until": until}, status=429)
    response["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds())))
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    signing.sign_out(request)
    return redirect("access:login")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The own password. The current one is asked for, so that an open screen is not enough."""
    account = request.user
    assert isinstance(account, Account)
    form = PasswordForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if signing.confirm(request, account, form.cleaned_data["current"]):
            actions.change_password(account, form.cleaned_data["new"])
            update_session_auth_hash(request, account)
            request.session.pop(signing.EXPIRED, None)
            sessions.end(account, but=request.session.session_key)
            messages.success(request, _("口令已修改，其他设备上的登录已全部退出。"))
            return redirect(settings.LOGIN_REDIRECT_URL)
        form.add_error("current", _("现在的口令不对。"))
    expired = bool(request.session.get(signing.EXPIRED))
    due = account.must_change_password or expired
    template = "access/first_password.html" if due else "access/password.html"
    return render(request, template, {"form": form, "expired": expired, "days": rules.current().max_age_days})
