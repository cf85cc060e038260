"""The rules of signing in: the security administrator's page. Whoever may see accounts may read them."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qingdun.access import actions, factors, policy, rules
from qingdun.access.models import Account
from qingdun.powers.forms.policy import RulesForm


@require_http_methods(["GET", "HEAD", "POST"])
def signing_rules(request: HttpRequest) -> HttpResponse:
    """Setting them asks for a fresh proof of identity."""
    policy.require(request.user, "access.rules", policy.ROOT)
    form = RulesForm(rules.current(), request.POST or None)
    if request.method == "POST":
        factors.require_fresh(request)
        if form.is_valid():
            try:
                actions.set_rules(form.rules(), by=cast(Account, request.user), reason=form.cleaned_data["reason"])
            except actions.OutOfBounds as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, _("登录规则已保存，新的登录立即按它执行，已登录的一分钟内按它执行。"))
                return redirect("powers:rules")
    context = {
        "title": _("登录规则"),
        "purpose": _(
            "口令、锁定、闲置与会话。GB/T 22239 第三级只要求有这些规则，没有写数字；上下限取测评中常见的要求。"
        ),
        "form": form,
    }
    return render(request, "web/form.html", context)
