"""Recertification: the campaigns, and the list of one in which grants are confirmed or ended, many at once."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from qingdun.access import actions, policy
from qingdun.access.actions import NotLawful
from qingdun.access.actions.recertification import LASTS, Verdict
from qingdun.access.models import Campaign, Confirmation
from qingdun.powers.forms.campaigns import CampaignForm
from qingdun.powers.listings import CAMPAIGNS
from qingdun.powers.listings.campaigns import of_campaign
from qingdun.powers.views.shared import me, submit
from qingdun.web import lists


@require_http_methods(["GET", "HEAD", "POST"])
def campaigns(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, CAMPAIGNS)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, pk: int) -> HttpResponseBase:
    policy.require(request.user, "access.view")
    return lists.respond(request, of_campaign(get_object_or_404(Campaign, pk=pk)))


@require_http_methods(["GET", "POST"])
def campaign_new(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.grant", policy.ROOT)
    today = timezone.localdate()
    form = CampaignForm(request.POST or None, initial={"due": today + LASTS})

    def act() -> str:
        opened = actions.open_campaign(today, form.cleaned_data["due"], by=me(request))
        return reverse("powers:campaign", args=[opened.pk])

    purpose = _("列出全部有效授权（三员的任期除外），请部门负责人逐项确认；截止日后未确认的自行终止。")
    title, back = _("发起授权复核"), reverse("powers:campaigns")
    return submit(request, form, act, title=title, cancel=back, purpose=purpose, submit=_("发起"))


@require_POST
def confirm(request: HttpRequest, keep: bool) -> HttpResponse:
    """Decide the selected grants, one after the other; what the rules refuse is named and left open."""
    policy.require(request.user, "access.view")
    keys = [int(key) for key in request.POST.getlist("selected") if key.isascii() and key.isdigit() and len(key) < 19]
    rows = Confirmation.objects.visible_to(request.user).filter(pk__in=keys, verdict=Verdict.OPEN)
    done, refused = 0, []
    for item in rows.select_related("grant__account__person"):
        try:
            actions.confirm(item, keep, by=me(request))
        except (NotLawful, PermissionDenied) as error:
            refused.append(f"{item.grant.account.person}：{error}")
        else:
            done += 1
    if done:
        messages.success(request, _("已复核 %s 项。") % done)
    for line in refused[:5]:
        messages.error(request, line)
    if not done and not refused:
        messages.error(request, _("没有选中待复核的授权。"))
    first = Confirmation.objects.visible_to(request.user).filter(pk__in=keys).first()
    return redirect("powers:campaign", first.campaign_id) if first else redirect("powers:campaigns")
