"""What every request passes before it reaches a page: signed in, not idle, no one-time password, factor shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qingdun.access import factors, rules, signing
from qingdun.access.core import proxies
from qingdun.access.models import Account
from qingdun.access.sessions import LIMITS, ORIGIN, SEEN, stamp
from qingdun.access.views import inside

Answer = Callable[[HttpRequest], HttpResponse]
API = "/api/v1/"
SEEN_EVERY = 60  # seconds: a session is written at most this often because of being used
POLL = "Qingdun-Poll"  # the header of what a page asks for by itself: an open screen is not a person at it

ALWAYS = frozenset({"access:logout", "web:language"})


@dataclass(frozen=True, slots=True)
class Due:
    """What an account must do before anything else opens: the page for it, and the views that stay open meanwhile."""

    page: str
    words: str
    opens: frozenset[str]


PASSWORD = Due("access:password", gettext_noop("请先修改口令"), ALWAYS | {"access:password"})
SET_UP = Due(
    "access:totp", gettext_noop("请先设置第二验证方式"), ALWAYS | {"access:totp", "access:key", "access:again"}
)
SHOW = Due("access:again", gettext_noop("请先完成第二验证"), ALWAYS | {"access:again"})


def _due(request: HttpRequest) -> Due | None:
    account = cast(Account, request.user)
    proofs = request.session.get(factors.PROVEN, {})
    given = account.must_change_password and not any(means.startswith(factors.DOOR) for means in proofs)
    if given or request.session.get(signing.EXPIRED):
        return PASSWORD
    if factors.proven(request) or not factors.needs(account):
        return None
    return SHOW if factors.has(account) else SET_UP


def _lead(request: HttpRequest, page: str, words: str) -> HttpResponseBase:
    """To that page, in the way the one who asked can follow."""
    if request.path.startswith(API):
        return JsonResponse({"detail": words}, status=403)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": resolve_url(page)})
    return redirect(page)


def known_origin(get_response: Answer) -> Answer:
    """First of all: a request that a trusted proxy (`settings.PROXIES`) hands over is its client's.

    From here on REMOTE_ADDR is the one address that lock-out, audit and sessions go by. What anybody else claims in
    the forwarding headers is dropped.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        meta, peer = request.META, request.META.get("REMOTE_ADDR") or ""
        if proxies.trusted(peer, settings.PROXIES):
            meta["REMOTE_ADDR"] = proxies.client_of(peer, meta.get("HTTP_X_FORWARDED_FOR", ""), settings.PROXIES)
        else:
            meta.pop("HTTP_X_FORWARDED_FOR", None)
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
        return get_response(request)

    return respond


class SignedIn(LoginRequiredMiddleware):
    """Deny by default: a page is public only by saying so. Answers in the language of the one who asked."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        if request.path.startswith(API):
            return JsonResponse({"detail": _("请先登录")}, status=401)
        if request.headers.get("HX-Request"):  # a part of a page cannot show a login form: the whole page goes there
            return HttpResponse(headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        return super().handle_no_permission(request, view_func)


class SessionRules(MiddlewareMixin):
    """Ends a session that was left alone; leads an account to what it must do first: own password, second factor."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if not request.user.is_authenticated or getattr(request, "token", None):  # a token has no session
            return None
        if why := self._over(request):
            signing.sign_out(request, why)
            return None
        match = request.resolver_match
        due = _due(request)
        if due is None or (match and match.view_name in due.opens):
            return None
        return _lead(request, due.page, _(due.words))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """An act that asks for a fresh proof leads to it and back."""
        if not isinstance(error, factors.NotFresh):
            return None
        return _lead(request, inside.with_next("access:again", inside.came_from(request)), str(error))

    def _over(self, request: HttpRequest) -> str:
        """Why this session has ended by itself; empty while it has not."""
        now, session = int(time.time()), request.session
        seen = session.get(SEEN, now)
        idle, longest = session.get(LIMITS, (settings.SESSION_IDLE, 0))
        since = session.get(ORIGIN, ("", "", None))[2]
        if now - seen > idle:
            return "闲置超时"
        if since and longest and now - since > longest:
            return "登录时间到"
        if (now - seen > SEEN_EVERY or LIMITS not in session) and POLL not in request.headers:
            stamp(request, rules.current())
        return ""
