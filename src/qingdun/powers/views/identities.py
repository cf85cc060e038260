"""External identities: the list, tying one to an account, taking it away. And the request for a lost second factor."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qingdun.access import actions, factors, policy, requests
from qingdun.access.models import Identity
from qingdun.powers.forms import ReasonForm
from qingdun.powers.forms.identities import IdentityForm, LostFactorForm
from qingdun.powers.listings.identities import IDENTITIES
from qingdun.powers.views.shared import me, submit, visible
from qingdun.web import lists


@require_http_methods(["GET", "HEAD", "POST"])
def identities(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, IDENTITIES)


@require_http_methods(["GET", "POST"])
def tie(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.create")
    factors.require_fresh(request)
    form, back = IdentityForm(request.POST or None), reverse("powers:identities")

    def act() -> str:
        actions.tie(**form.cleaned_data, by=me(request))
        return back

    return submit(request, form, act, title=_("登记外部身份"), cancel=back, submit=_("登记外部身份"))


@require_http_methods(["GET", "POST"])
def untie(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible(request, Identity.objects.visible_to(request.user), pk)
    policy.require(request.user, "access.create", found)
    factors.require_fresh(request)
    form, back = ReasonForm(request.POST or None), reverse("powers:identities")

    def act() -> str:
        actions.untie(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    purpose = _("这个身份从此进不了账号 %s，它现在的登录也立即退出。") % found.account
    return submit(
        request, form, act, title=_("取消外部身份 %s") % found, cancel=back, submit=_("取消登记"), purpose=purpose
    )


@require_http_methods(["GET", "POST"])
def ask_factor_reset(request: HttpRequest) -> HttpResponse:
    """For whoever cannot sign in any more: a colleague asks, two officers decide."""
    form = LostFactorForm(request.POST or None)

    def act() -> str:
        requests.ask_factor_reset(form.cleaned_data["account"], by=me(request), reason=form.cleaned_data["reason"])
        return reverse("powers:asked")

    purpose = _(
        "手机、密钥和恢复码都没有了：由两名三员（不含本人与申请人）确认后，清除第二验证方式，本人下次登录重新设置。"
    )
    cancel = reverse("powers:ask")
    return submit(request, form, act, title=_("申请重置第二验证"), cancel=cancel, submit=_("提出申请"), purpose=purpose)
