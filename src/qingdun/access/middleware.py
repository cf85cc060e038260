"""What every request passes before it reaches a page: signed in, not idle for too long, no one-time password left."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from qingdun.access import signing

API = "/api/"
SEEN = "seen"
SEEN_EVERY = 60  # seconds: a session is written at most this often because of being used
POLL = "Qingdun-Poll"  # the header of what a page asks for by itself: an open screen is not a person at it

#: The views that stay open to an account whose password is still the one it was given.
BEFORE_CHANGE = frozenset({"access:password", "access:logout", "web:language"})


class SignedIn(LoginRequiredMiddleware):
    """Deny by default: a page is public only by saying so. Answers in the language of the one who asked."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseBase:  # type: ignore[override]
        if request.path.startswith(API):
            return JsonResponse({"detail": _("请先登录")}, status=401)
        if request.headers.get("HX-Request"):  # a part of a page cannot show a login form: the whole page goes there
            return HttpResponse(headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        return super().handle_no_permission(request, view_func)


class SessionRules(MiddlewareMixin):
    """Ends a session that was left alone, and leads an account with a one-time password to its change."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return None
        if self._left_alone(request):
            signing.sign_out(request, "闲置超时")
            return None
        match = request.resolver_match
        if not request.user.must_change_password or (match and match.view_name in BEFORE_CHANGE):
            return None
        if request.path.startswith(API):
            return JsonResponse({"detail": _("请先修改口令")}, status=403)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": resolve_url("access:password")})
        return redirect("access:password")

    def _left_alone(self, request: HttpRequest) -> bool:
        now = int(time.time())
        seen = request.session.get(SEEN, now)
        if now - seen > settings.SESSION_IDLE:
            return True
        if (now - seen > SEEN_EVERY or SEEN not in request.session) and POLL not in request.headers:
            request.session[SEEN] = now
        return False
