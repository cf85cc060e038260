"""People: the list, one person, entering, correcting, a further account, a change of job, leaving."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import actions, policy
from qingdun.access.models import Person
from qingdun.powers import details
from qingdun.powers.forms import AccountForm, LeaveForm, MoveForm, PersonForm
from qingdun.powers.listings import PEOPLE
from qingdun.powers.views.shared import me, submit, visible
from qingdun.web import lists

FORM = ["GET", "POST"]


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, PEOPLE)


@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)
    may_edit = policy.may(request.user, "access.create", found) and not found.left
    context = {"person": found, "detail": details.of_person(found, request.user), "may_edit": may_edit}
    return render(request, "powers/person.html", context)


@require_http_methods(FORM)
def person_new(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.create")
    form = PersonForm(request.POST or None, user=request.user)

    def act() -> str:
        return actions.register_person(form.save(commit=False), by=me(request)).get_absolute_url()

    return submit(request, form, act, title=_("登记人员"), cancel=reverse("powers:people"))


@require_http_methods(FORM)
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _changeable(request, pk)
    form = PersonForm(request.POST or None, instance=found, user=request.user)

    def act() -> str:
        return actions.edit_person(form.save(commit=False), by=me(request)).get_absolute_url()

    back = reverse("powers:person", args=[pk])
    return submit(request, form, act, title=_("编辑%s") % found, cancel=back)


@require_http_methods(FORM)
def account_new(request: HttpRequest, pk: int) -> HttpResponse:
    found = _changeable(request, pk)
    form = AccountForm(request.POST or None)

    def act() -> str:
        made = actions.create_account(form.cleaned_data["username"], found, None, by=me(request))
        return reverse("powers:account", args=[made.pk])

    title = _("为%s建立账号") % found
    purpose = _("账号本身没有任何权力。建立后在账号页发放一次性口令，再由本人申请角色。")
    return submit(request, form, act, title=title, cancel=found.get_absolute_url(), purpose=purpose)


@require_http_methods(FORM)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    found = _changeable(request, pk)
    form = MoveForm(request.POST or None, user=request.user)

    def act() -> str:
        given = form.cleaned_data
        actions.change_job(found, given["unit"], given["post"], by=me(request), reason=given["reason"])
        return found.get_absolute_url()

    return submit(
        request,
        form,
        act,
        title=_("岗位调动：%s") % found,
        cancel=found.get_absolute_url(),
        template="powers/ending.html",
        purpose=_("原岗位上的授权、委托今天就终止；新岗位需要的，到岗后重新申请。"),
        ending=details.of_ending(found, leaving=False),
        submit=_("办理调动"),
    )


@require_http_methods(FORM)
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    found = _changeable(request, pk)
    form = LeaveForm(request.POST or None)

    def act() -> str:
        actions.leave(found, form.cleaned_data["on"], by=me(request), reason=form.cleaned_data["reason"])
        return found.get_absolute_url()

    return submit(
        request,
        form,
        act,
        title=_("离任：%s") % found,
        cancel=found.get_absolute_url(),
        template="powers/ending.html",
        purpose=_("名下账号立即停用、退出登录，授权、委托、令牌一并终止。"),
        ending=details.of_ending(found, leaving=True),
        submit=_("办理离任"),
    )


def _person(request: HttpRequest, pk: int) -> Person:
    return visible(request, Person.objects.visible_to(request.user).select_related("unit"), pk)


def _changeable(request: HttpRequest, pk: int) -> Person:
    found = _person(request, pk)
    policy.require(request.user, "access.create", found)
    return found
