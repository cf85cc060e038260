"""What I hold and what I can ask for: everybody's own page about power."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import actions, requests
from qingdun.access.actions.accounts import offices_of
from qingdun.access.models import Approval, Emergency, Grant
from qingdun.powers import details
from qingdun.powers.forms import DelegateForm, EmergencyForm, NewcomerForm, ReasonForm, RenewForm, RoleForm
from qingdun.powers.views.shared import me, submit

FORM = ["GET", "POST"]


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    account = me(request)
    context = {"detail": details.of_mine(account), "officer": bool(offices_of(account.person_id))}
    return render(request, "powers/mine.html", context)


@require_http_methods(FORM)
def ask_role(request: HttpRequest) -> HttpResponse:
    account, earlier = me(request), _earlier(request, "access.role")
    form = RoleForm(request.POST or None, user=account, initial=_initial(request, earlier))

    def act() -> str:
        given = form.cleaned_data
        holder = given.get("account") or account
        requests.ask_role(
            holder, given["role"], given["unit"], given["ends"], by=account, reason=given["reason"], earlier=earlier
        )
        return reverse("powers:mine")

    purpose = _("先由部门负责人签署意见，再由安全管理员授予。申请人不能审批自己的申请。")
    return _asked(request, form, act, _("申请角色"), purpose)


@require_http_methods(FORM)
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    account = me(request)
    held = get_object_or_404(Grant.objects.filter(account=account).standing(timezone.localdate()), pk=pk)
    form = RenewForm(request.POST or None, held=held)

    def act() -> str:
        given = form.cleaned_data
        requests.ask_role(account, held.role, held.unit, given["ends"], by=account, reason=given["reason"], renews=held)
        return reverse("powers:mine")

    purpose = _("现有授权到 %s；批准后从次日接续。") % held.ends
    return _asked(
        request, form, act, _("续期：%(role)s（%(unit)s）") % {"role": held.title, "unit": held.unit}, purpose
    )


@require_http_methods(FORM)
def delegate(request: HttpRequest) -> HttpResponse:
    account = me(request)
    form = DelegateForm(request.POST or None, user=account)

    def act() -> str:
        given = form.cleaned_data
        actions.delegate(given["taker"], form.grant, given["starts"], given["ends"], by=account, reason=given["reason"])
        return reverse("powers:mine")

    purpose = _("限期交给另一人使用，最长三个月；不得再转委托，随本人授权一同终止，审批记录上会写明是受托。")
    return submit(
        request,
        form,
        act,
        title=_("委托"),
        cancel=reverse("powers:mine"),
        purpose=purpose,
        submit=_("委托"),
        done=_("已委托。"),
    )


@require_http_methods(FORM)
def ask_emergency(request: HttpRequest) -> HttpResponse:
    account, earlier = me(request), _earlier(request, "access.emergency")
    form = EmergencyForm(request.POST or None, user=account, initial=_initial(request, earlier))

    def act() -> str:
        given = form.cleaned_data
        requests.ask_emergency(given["power"], given["unit"], given["minutes"], by=account, reason=given["reason"])
        return reverse("powers:mine")

    purpose = _("两人批准后立即开始，到时自行结束；期间所做都在审计中带应急编号，事后复盘。")
    return _asked(request, form, act, _("申请应急授权"), purpose)


@require_http_methods(FORM)
def ask_account(request: HttpRequest) -> HttpResponse:
    """For somebody who has none yet; whoever knows that it is needed asks."""
    account, earlier = me(request), _earlier(request, "access.account")
    form = NewcomerForm(request.POST or None, user=account, initial=_initial(request, earlier))

    def act() -> str:
        requests.ask_account(**form.cleaned_data, by=account, earlier=earlier)
        return reverse("powers:mine")

    purpose = _("给还没有账号的人申请：部门负责人签署意见，系统管理员建立，再由本人申请角色。")
    return _asked(request, form, act, _("申请账号"), purpose)


@require_http_methods(FORM)
def stop_emergency(request: HttpRequest, pk: int) -> HttpResponse:
    """The holder's own: it is no longer needed."""
    found = get_object_or_404(Emergency.objects.filter(account=me(request)), pk=pk)
    form, back = ReasonForm(request.POST or None), reverse("powers:mine")

    def act() -> str:
        actions.stop_emergency(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    return submit(request, form, act, title=_("结束应急授权 %s") % found, cancel=back, submit=_("结束"))


def _earlier(request: HttpRequest, kind: str) -> Approval | None:
    """The own returned request that is being changed and put again."""
    key = request.GET.get("earlier", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return get_object_or_404(Approval.objects.asked_by(request.user), pk=key, kind=kind)


def _initial(request: HttpRequest, earlier: Approval | None) -> dict[str, object]:
    if earlier is None:
        return dict(request.GET.items())
    power = earlier.asked.get("role") or earlier.asked.get("permission")
    return {**earlier.asked, "power": power, "account": earlier.asked.get("username"), "reason": earlier.reason}


def _asked(request: HttpRequest, form: object, act: object, title: str, purpose: str) -> HttpResponse:
    return submit(
        request,
        form,  # type: ignore[arg-type]
        act,  # type: ignore[arg-type]
        title=title,
        cancel=reverse("powers:mine"),
        purpose=purpose,
        submit=_("提交申请"),
        done=_("申请已提交，结果会发到消息里。"),
    )
