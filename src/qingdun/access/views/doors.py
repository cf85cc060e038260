"""Coming in by an external identity. Every failure is told in one way; what went wrong stands in the platform's log."""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import signing
from qingdun.access.core.doors import Door
from qingdun.access.doors import NotProven, cas, doors, ldap, oidc, saml
from qingdun.access.forms import LoginForm
from qingdun.access.views import inside
from qingdun.access.views.signing import locked_out

logger = logging.getLogger("qingdun.access")
WAITING = "door"  # in the session: at which door, since when, and what the answer must fit
PATIENCE = 600  # seconds
HANDED = "qingdun_saml"  # the signed cookie between an assertion, which comes without our session, and its session
HANDED_FOR = 120  # seconds


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, key: str) -> HttpResponse:
    """Leave for the other side, or for a directory ask name and password here."""
    door = _door(key)
    if request.user.is_authenticated:
        return redirect(inside.onward(request))
    if door.kind == "ldap":
        return _directory(request, door)
    try:
        address, waits = _leave(request, door)
    except NotProven as error:
        return _failed(request, error)
    request.session[WAITING] = {"key": key, "at": int(time.time()), "next": inside.wanted(request), **waits}
    return redirect(address)


@login_not_required
@never_cache
@require_safe
def back(request: HttpRequest, key: str) -> HttpResponse:
    """The browser is back. What the session waited for is good once."""
    door, waits = _door(key), request.session.pop(WAITING, {})
    if waits.get("key") != key or time.time() - waits["at"] > PATIENCE:
        return _failed(request, NotProven(f"外部登录 {key}：不是从这里出发的，或太久了"))
    try:
        external_id = _returned(request, door, waits)
    except NotProven as error:
        return _failed(request, error)
    response = _admit(request, door, external_id, waits["next"])
    response.delete_cookie(HANDED, path=reverse("access:login"))
    return response


@csrf_exempt  # the provider's page sends it; the signature and, at `back`, the session's own request id stand in
@login_not_required
@never_cache
@require_POST
def acs(request: HttpRequest, key: str) -> HttpResponse:
    """A SAML assertion. It comes without our session's cookie, so what was verified is handed on to `back`, signed."""
    door = _door(key, "saml")
    try:
        proven = saml.proven(door, _address(request, door), request.POST.get("SAMLResponse", ""))
    except NotProven as error:
        return _failed(request, error)
    response = redirect("access:door_back", key=key)
    response.set_signed_cookie(
        HANDED,
        json.dumps(proven),
        salt=key,
        max_age=HANDED_FOR,
        path=reverse("access:login"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@login_not_required
@require_safe
def metadata(request: HttpRequest, key: str) -> HttpResponse:
    """What a SAML identity provider is given to know this installation."""
    door = _door(key, "saml")
    return HttpResponse(saml.metadata(door, _address(request, door)), content_type="application/samlmetadata+xml")


def _door(key: str, kind: str = "") -> Door:
    door = doors().get(key)
    if door is None or kind not in ("", door.kind):
        raise Http404
    return door


def _leave(request: HttpRequest, door: Door) -> tuple[str, dict[str, Any]]:
    """(where to send the browser, what its session must remember)."""
    if door.kind == "oidc":
        asked = oidc.Asked.fresh()
        return oidc.leave_for(door, _back(request, door), asked), asdict(asked)
    if door.kind == "saml":
        address, number = saml.leave_for(door, _address(request, door))
        return address, {"request": number}
    state = secrets.token_urlsafe(24)
    return cas.leave_for(door, f"{_back(request, door)}?state={state}"), {"state": state}


def _returned(request: HttpRequest, door: Door, waits: dict[str, Any]) -> str:
    """The external id the other side proves to this very session. Raises NotProven."""
    if door.kind == "saml":
        return _handed_over(request, door, waits)
    if not constant_time_compare(request.GET.get("state", ""), waits.get("state", "-")):
        raise NotProven(f"外部登录 {door.key}：state 不符")
    if door.kind == "oidc":
        if not (code := request.GET.get("code", "")):
            raise NotProven(f"外部登录 {door.key}：对方没有给授权码")
        asked = oidc.Asked(waits["state"], waits["nonce"], waits["verifier"])
        return oidc.proven(door, _back(request, door), asked, code)
    return cas.proven(door, f"{_back(request, door)}?state={waits['state']}", request.GET.get("ticket", ""))


def _handed_over(request: HttpRequest, door: Door, waits: dict[str, Any]) -> str:
    try:
        external_id, answered = json.loads(request.get_signed_cookie(HANDED, salt=door.key, max_age=HANDED_FOR) or "")
    except (BadSignature, KeyError, ValueError):
        raise NotProven(f"外部登录 {door.key}：没有断言") from None
    if not constant_time_compare(answered, waits.get("request", "-")):
        raise NotProven(f"外部登录 {door.key}：断言不是应这次登录的请求")
    return str(external_id)


def _directory(request: HttpRequest, door: Door) -> HttpResponse:
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        if signing.locked_elsewhere(request, door, username):
            return locked_out(request, None, {"username": f"{door.key}/{username}"})
        try:
            external_id = ldap.proven(door, username, form.cleaned_data["password"])
        except NotProven as error:
            return _failed(request, error)
        if external_id:
            signing.forget_failures(request, door, username)
            return _admit(request, door, external_id, inside.wanted(request))
        signing.refuse_elsewhere(request, door, username)
        form.add_error(None, _("账号或口令不对。"))
    context = {"form": form, "door": door.title(get_language()), "next": inside.wanted(request)}
    return render(request, "access/directory.html", context)


def _admit(request: HttpRequest, door: Door, external_id: str, onward: str) -> HttpResponse:
    account = signing.begin_from(request, door, external_id)
    if account is None:
        messages.error(
            request, _("您在“%s”的身份还没有登记到账号，请联系本局系统管理员。") % door.title(get_language())
        )
        return redirect("access:login")
    if not request.user.is_authenticated:
        return redirect(inside.with_next("access:answer", onward))
    return redirect(onward or inside.onward(request))


def _failed(request: HttpRequest, error: NotProven) -> HttpResponse:
    logger.warning("%s", error)
    messages.error(request, _("外部登录没有成功，请再试一次；一直不行时请告诉本局系统管理员。"))
    return redirect("access:login")


def _back(request: HttpRequest, door: Door) -> str:
    return request.build_absolute_uri(reverse("access:door_back", args=[door.key]))


def _address(request: HttpRequest, door: Door) -> saml.Address:
    places = (reverse(f"access:door_{name}", args=[door.key]) for name in ("acs", "metadata"))
    return saml.Address(f"{request.scheme}://{request.get_host()}", *map(request.build_absolute_uri, places))
