"""Pages of the register. Every kind has the same five: list, one thing, enter, edit, retire (and remove)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import policy
from qingdun.access.actions import create_unit
from qingdun.access.models import Account, Unit
from qingdun.history.past import end_of
from qingdun.inventory import actions, details
from qingdun.inventory import forms as ours
from qingdun.inventory.core.stages import Stage, WrongStage
from qingdun.inventory.listings import AGENTS, CONTACTS, DEVICES, HOSTS, PROTECTIONS, SITES, SYSTEMS, UNITS
from qingdun.inventory.models import System, units_open_to
from qingdun.web import history as written
from qingdun.web import lists
from qingdun.web.forms import add_problems
from qingdun.web.listing import Listing, Text


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of registered thing: where its pages are and what they are made of."""

    key: str
    listing: Listing[Any]
    form: type[ours.RegisterForm]
    detail: Callable[[Any, Any], details.Detail]
    acts: tuple[str, ...] = ()  # pages of its own beside the five

    def visible_to(self, user: Any) -> QuerySet[Any]:
        return self.listing.rows(user).select_related(*self.listing.related)

    def url(self, act: str, pk: int) -> str:
        return reverse(f"inventory:{self.key}_{act}", args=[pk])

    @property
    def list_url(self) -> str:
        return reverse(f"inventory:{self.key}s")

    @property
    def new_title(self) -> Text:
        return self.listing.actions[0].title


SYSTEM = Kind("system", SYSTEMS, ours.SystemForm, details.of_system, ("stage",))
HOST = Kind("host", HOSTS, ours.HostForm, details.of_host)
SITE = Kind("site", SITES, ours.SiteForm, details.of_site)
DEVICE = Kind("device", DEVICES, ours.DeviceForm, details.of_device)
CONTACT = Kind("contact", CONTACTS, ours.ContactForm, details.of_contact)
AGENT = Kind("agent", AGENTS, ours.AgentForm, details.of_agent)
PROTECTION = Kind("protection", PROTECTIONS, ours.ProtectionForm, details.of_protection)
KINDS = (SYSTEM, HOST, SITE, DEVICE, CONTACT, AGENT, PROTECTION)


def index(request: HttpRequest, listing: Listing[Any]) -> HttpResponseBase:
    return lists.respond(request, listing)


@require_safe
def detail(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = _thing(request, kind, pk)
    may_edit = policy.may(request.user, "inventory.edit", thing) and not thing.retired
    context = {
        "kind": kind,
        "thing": thing,
        "detail": kind.detail(thing, request.user),
        "may_edit": may_edit,
        "urls": {act: kind.url(act, pk) for act in ("edit", "retire", *kind.acts)},
        "history_url": kind.url("history", pk),
        "slot": f"inventory.{kind.key}",
        "side_slot": f"inventory.{kind.key}.side",
    }
    return render(request, "inventory/thing.html", context)


@require_safe
def history(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    return _history(request, _thing(request, kind, pk), kind.listing)


@require_safe
def unit_history(request: HttpRequest, pk: int) -> HttpResponse:
    policy.require(request.user, "inventory.view")
    return _history(request, get_object_or_404(units_open_to(request.user), pk=pk), UNITS)


def _history(request: HttpRequest, thing: Any, listing: Listing[Any]) -> HttpResponse:
    """What happened to it, and how it looked on the day that is asked for."""
    form = ours.OnForm(request.GET if "on" in request.GET else None)
    on = form.cleaned_data["on"] if form.is_valid() else None
    page = request.GET.get("page", "")
    entries, found = written.entries(thing, request.user, int(page) if page.isascii() and page.isdigit() else 1)
    context = {
        "thing": thing,
        "listing": listing,
        "list_url": reverse(listing.key.replace(".", ":")),
        "back": reverse("inventory:unit", args=[thing.pk]) if isinstance(thing, Unit) else thing.get_absolute_url(),
        "entries": entries,
        "page": found,
        "form": form,
        "on": on,
        "facts": written.facts_at(thing, end_of(on), request.user) if on else None,
    }
    return render(request, "inventory/history.html", context)


@require_safe
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    policy.require(request.user, "inventory.view")
    found = get_object_or_404(units_open_to(request.user).select_related("parent", "merged_into"), pk=pk)
    may_edit = policy.may(request.user, "inventory.edit", found)
    context = {
        "listing": UNITS,
        "thing": found,
        "detail": details.of_unit(found, request.user),
        "history_url": reverse("inventory:unit_history", args=[pk]),
        "may_restructure": not found.ended and policy.may(request.user, "inventory.restructure", found),
        "may_edit": may_edit,
    }
    return render(request, "inventory/unit.html", context)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, kind: Kind) -> HttpResponse:
    policy.require(request.user, "inventory.edit")
    form = kind.form(request.POST or None, user=request.user, initial=request.GET.dict())

    def act() -> str:
        return str(actions.register(form.save(commit=False), by=me(request)).get_absolute_url())

    return submit(request, form, act, kind.new_title, reverse(f"inventory:{kind.key}s"))


@require_http_methods(["GET", "POST"])
def create_a_unit(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "inventory.edit")
    form = ours.UnitForm(request.POST or None, user=request.user, initial=request.GET.dict())

    def act() -> str:
        unit = create_unit(**form.cleaned_data, since=timezone.localdate(), by=me(request))
        return reverse("inventory:unit", args=[unit.pk])

    return submit(request, form, act, UNITS.actions[0].title, reverse("inventory:units"))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = editable(request, kind, pk)
    back: str = thing.get_absolute_url()
    form = kind.form(request.POST or None, instance=thing, user=request.user)

    def act() -> str:
        edited(form, me(request))
        return back

    return submit(request, form, act, _("编辑%s") % thing, back)


@require_http_methods(["GET", "POST"])
def stage(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    system = editable(request, kind, pk)
    back: str = system.get_absolute_url()
    form = ours.StageForm(request.POST or None, system=system)

    def act() -> str:
        given = form.cleaned_data
        actions.move(system, Stage(given["stage"]), given["on"], by=me(request), reason=given["reason"])
        return back

    return submit(request, form, act, _("变更阶段：%s") % system, back)


@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = editable(request, kind, pk)
    back: str = thing.get_absolute_url()
    form = ours.RetireForm(request.POST or None)

    def act() -> str:
        on, reason = form.cleaned_data["on"], form.cleaned_data["reason"]
        if isinstance(thing, System):
            actions.move(thing, Stage.RETIRED, on, by=me(request), reason=reason)
        else:
            actions.retire(thing, on, by=me(request), reason=reason)
        return back

    more = {"submit": _("办理停用"), "remove": reverse(f"inventory:{kind.key}_remove", args=[pk])}
    return submit(request, form, act, _("停用%s") % thing, back, "inventory/retire.html", **more)


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = editable(request, kind, pk)
    cancel = thing.get_absolute_url()
    form = ours.RemoveForm(request.POST or None, name=str(thing))

    def act() -> str:
        actions.remove(thing, by=me(request), reason=form.cleaned_data["reason"])
        return reverse(f"inventory:{kind.key}s")

    purpose = _("只用于登记有误的记录；真正用过的请停用。删除会记入审计。")
    return submit(request, form, act, _("删除%s") % thing, cancel, submit=_("删除"), purpose=purpose)


def _thing(request: HttpRequest, kind: Kind, pk: int) -> Any:
    """One thing this reader may see: 403 for whoever sees none of its kind, 404 for the things of others."""
    policy.require(request.user, "inventory.view")
    return get_object_or_404(kind.visible_to(request.user), pk=pk)


def editable(request: HttpRequest, kind: Kind, pk: int) -> Any:
    """The same for changing it. What is out of service stays as it was."""
    thing = _thing(request, kind, pk)
    policy.require(request.user, "inventory.edit", thing)
    if thing.retired:
        raise PermissionDenied(_("已停用的记录不再修改。"))
    return thing


def edited(form: Any, by: Account) -> None:
    """Save what a form changed: as of today, or, where it says so, because it was never right."""
    reason = form.cleaned_data.get("reason", "")
    act = actions.correct if form.cleaned_data.get("mistaken") else actions.change
    act(form.save(commit=False), by=by, reason=reason)


def me(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # the middleware lets nobody else in
    return request.user


def submit(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[[], str],
    title: Text,
    cancel: str,
    template: str = "web/form.html",
    **more: str,
) -> HttpResponse:
    """Show the form; when it holds, act and go where the act leads. What the act refuses stands in the form."""
    if form.is_valid():
        try:
            where = act()
        except WrongStage as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect(where)
    return render(request, template, {"form": form, "title": title, "cancel": cancel, **more})
