"""The second factor: answering it at the door, setting it up, showing it again, and the own list of factors."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import actions, factors, keys, proofs, rules, sessions, signing
from qingdun.access.core import user_agents
from qingdun.access.forms import CodeForm, ConfirmForm
from qingdun.access.models import Account, Session
from qingdun.access.qr import path_of
from qingdun.access.views import inside
from qingdun.lib import sample

SETTING_UP = "totp"  # in the session, while the app is being set up
Type = Authenticator.Type


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    account = signing.pending(request)
    if request.user.is_authenticated or account is None:
        if not request.user.is_authenticated:
            messages.info(request, _("请先输入账号和口令。"))
        return redirect(inside.with_next("access:login", inside.wanted(request)))
    form = CodeForm(request.POST or None)
    try:
        if request.method == "POST" and (means := _shown(request, account, form)):
            signing.complete(request, account, means)
            return redirect(inside.onward(request))
        proofs.refuse_when_locked(account)
    except proofs.Locked as locked:
        return _too_many(request, locked)
    return render(request, "access/answer.html", _asking(request, account, form))


@never_cache
@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Show once more who is at this screen, before one of the most powerful acts."""
    account = _account(request)
    has = factors.has(account)
    form: Form = (CodeForm if has else ConfirmForm)(request.POST or None)
    try:
        if request.method == "POST" and (means := _shown(request, account, form)):
            signing.prove_again(request, account, means)
            return redirect(inside.onward(request))
        if has:
            proofs.refuse_when_locked(account)
    except proofs.Locked as locked:
        return _too_many(request, locked)
    return render(request, "access/again.html", _asking(request, account, form) | {"has": has})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def totp(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: scan, then type a code to show that it works."""
    account = _account(request)
    factors.require_fresh(request)
    secret = request.session.get(SETTING_UP)
    if not secret:
        secret = request.session[SETTING_UP] = generate_totp_secret()
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if step := proofs.matching(secret, form.cleaned_data["code"]):
            codes = actions.add_totp(account, secret, step)
            del request.session[SETTING_UP]
            return _set_up(request, account, "totp", codes)
        form.add_error("code", _("验证码不对。请核对手机时间是否准确，再输入应用里当前的六位数字。"))
    return render(request, "access/totp.html", _enrolling(request, account, form, secret))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def key(request: HttpRequest) -> HttpResponse:
    """Add a security key or passkey."""
    account, problem = _account(request), ""
    factors.require_fresh(request)
    name = request.POST.get("name", "").replace("\0", "").strip() or _("我的安全密钥")
    if request.method == "POST":
        try:
            return _set_up(
                request, account, "webauthn", keys.add(request, account, name, request.POST.get("credential", ""))
            )
        except keys.NotAKey:
            problem = _("没有收到密钥的有效答复，请再试一次。")
    context = {
        "options": keys.to_add(account),
        "name": name[: keys.NAME],
        "problem": problem,
        "next": inside.wanted(request),
    }
    return render(request, "access/key.html", context | _first(account))


@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown this once."""
    account = _account(request)
    factors.require_fresh(request)
    if not factors.has(account):
        messages.error(request, _("先设置第二验证方式，才有恢复码。"))
        return redirect("access:factors")
    return render(request, "access/codes.html", {"codes": actions.renew_recovery_codes(account)})


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    factors.require_fresh(request)
    try:
        actions.remove_factor(account, int(request.POST.get("factor", "")[:12]))
    except ValueError:
        messages.error(request, _("没有这一项验证方式"))
    except actions.NotRemovable as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("已删除。"))
    return redirect("access:factors")


@never_cache
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """The own factors and recovery codes."""
    account = _account(request)
    rows = list(Authenticator.objects.filter(user_id=account.pk).order_by("created_at"))
    recovery = next((row for row in rows if row.type == Type.RECOVERY_CODES), None)
    context = {
        "factors": [_shown_row(row) for row in rows if row is not recovery],
        "codes_left": len(RecoveryCodes(recovery).get_unused_codes()) if recovery else None,
        "needed": factors.needs(account),
        "sessions": [_shown_session(request, row) for row in sessions.of(account)],
    }
    return render(request, "access/factors.html", context)


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out elsewhere: one named session, or all but this one."""
    account, marked = _account(request), request.POST.get("session", "")
    ended = actions.end_sessions(account, but=request.session.session_key, marked=marked)
    if ended:
        messages.success(request, _("已退出 %d 处登录。") % ended)
    else:
        messages.info(request, _("没有别处的登录。"))
    return redirect("access:factors")


def _account(request: HttpRequest) -> Account:
    return cast(Account, request.user)


def _shown_row(row: Any) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "kind": _(factors.NAMES[row.type]),
        "name": row.data.get("name", ""),
        "key": row.type == Type.WEBAUTHN,
        "created": row.created_at,
        "used": row.last_used_at,
    }


def _shown_session(request: HttpRequest, row: Session) -> dict[str, Any]:
    here = row.session_key == request.session.session_key
    browser = user_agents.named(row.agent)
    return {"mark": sessions.mark(row.session_key), "here": here, "browser": browser, "row": row}


def _shown(request: HttpRequest, account: Account, form: Form) -> str:
    """Which means the sent form proves; empty, with the problem on the form, when none. Raises Locked."""
    if sent := request.POST.get("credential"):
        if keys.answer(request, account, sent):
            return "webauthn"
        form.add_error(None, _("安全密钥没有通过验证，请再试一次。"))
        return ""
    if not form.is_valid():
        return ""
    if isinstance(form, ConfirmForm):
        if signing.confirm(request, account, form.cleaned_data["password"]):
            return "password"
        form.add_error("password", _("口令不对。"))
        return ""
    means = proofs.answer(account, form.cleaned_data["code"])
    if not means:
        form.add_error("code", _wrong_code())
    return means


def _set_up(request: HttpRequest, account: Account, means: str, codes: list[str]) -> HttpResponse:
    """A factor now stands: this session has shown it, under a new key, and the other sessions end."""
    sessions.end(account, but=request.session.session_key)
    request.session.cycle_key()
    factors.prove(request, means)
    if not codes:
        messages.success(request, _("验证方式已添加。"))
        return redirect("access:factors")
    return render(request, "access/codes.html", {"codes": codes, "first": True, "onward": inside.onward(request)})


def _asking(request: HttpRequest, account: Account, form: Form) -> dict[str, Any]:
    kinds = set(Authenticator.objects.filter(user_id=account.pk).values_list("type", flat=True))
    return {
        "form": form,
        "account": account,
        "next": inside.wanted(request),
        "key_options": keys.to_ask(account) if Type.WEBAUTHN in kinds else "",
        "sample_code": sample_code(account),
    }


def _enrolling(request: HttpRequest, account: Account, form: Form, secret: str) -> dict[str, Any]:
    from allauth.mfa.adapter import get_adapter

    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    path, size = path_of(get_adapter().build_totp_url(account, secret))
    context = {"form": form, "secret": spaced, "path": path, "size": size, "next": inside.wanted(request)}
    return context | _first(account)


def _first(account: Account) -> dict[str, bool]:
    """Does the account need a factor, and is this going to be its first?"""
    return {"needed": factors.needs(account), "first": not factors.has(account)}


def sample_code(account: Account) -> tuple[str, str] | None:
    """(secret, code to type now) of a sample installation's account, which everybody may know; None anywhere else."""
    if not settings.SAMPLE:
        return None
    one = next((one for one in sample.accounts() if one.username == account.username and one.totp), None)
    return (one.totp, proofs.code_of(account, one.totp)) if one else None


def _wrong_code() -> str:
    return _("验证码不对，或已经用过。连续 %d 次不对将暂停验证。") % rules.current().tries


def _too_many(request: HttpRequest, locked: proofs.Locked) -> HttpResponse:
    response = render(request, "access/factor_locked.html", {"until": locked.until}, status=429)
    response["Retry-After"] = str(max(1, int((locked.until - timezone.now()).total_seconds())))
    return response
