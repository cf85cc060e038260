"""威胁情报: the indicators, one of them, entering by hand, false positives, and the bundle to share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.core.indicators import Kind
from qingdun.detection.intelligence import actions
from qingdun.detection.intelligence.actions import MAY
from qingdun.detection.intelligence.forms import MarkForm, ValuesForm
from qingdun.detection.intelligence.lookback import RULE
from qingdun.detection.listings.intelligence import INDICATORS, state_mark
from qingdun.detection.models import Alert, Indicator
from qingdun.web import lists
from qingdun.web.details import Event, Fact
from qingdun.web.forms import add_problems

VIEW = "detection.view"
ALERTS_SHOWN = 10


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, INDICATORS)


def me(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # the middleware lets nobody else in
    return request.user


def _indicator(request: HttpRequest, pk: int) -> Indicator:
    policy.require(request.user, VIEW)
    return get_object_or_404(Indicator.objects.visible_to(request.user).select_related("feed", "marked_by"), pk=pk)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "detection/indicator.html", _shown(request, _indicator(request, pk)))


def _shown(request: HttpRequest, one: Indicator, form: MarkForm | None = None) -> dict[str, Any]:
    others = Indicator.objects.filter(kind=one.kind, value=one.value).exclude(pk=one.pk).select_related("feed")
    return {
        "one": one,
        "state": state_mark(one),
        "facts": _facts(one),
        "others": [(other, state_mark(other)) for other in others[:20]],
        "alerts": _alerts(request, one),
        "searches": _searches(one),
        "may_change": policy.may(request.user, MAY, one),
        "form": form or MarkForm(),
    }


def _facts(one: Indicator) -> list[Fact]:
    return [
        Fact(_("值"), one.value, code=True, wide=True),
        Fact(_("类型"), one.get_kind_display()),
        Fact(_("情报类别"), one.get_category_display()),
        Fact(_("权重"), one.weight),
        Fact(_("情报源"), one.feed, one.feed.get_absolute_url()),
        Fact(_("说明"), one.note),
        Fact(_("收录时间"), one.added),
        Fact(_("生效时间"), one.valid_from),
        Fact(_("失效时间"), one.valid_until or _("长期有效")),
        Fact(_("命中"), one.hits),
        Fact(_("最近命中"), one.last_seen),
        Fact(_("已回溯"), one.looked_back),
    ]


#: Where the value of a kind can stand in a log.
_FIELDS = {
    Kind.ADDRESS: ("destination.ip", "source.ip"),
    Kind.NETWORK: ("destination.ip", "source.ip"),
    Kind.DOMAIN: ("url.domain",),
    Kind.URL: ("url.original",),
    Kind.MD5: ("file.hash.md5",),
}


def _search(field: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    written = value if field.endswith(".ip") else f'"{quoted}"'
    return f"{reverse('logs:search')}?{urlencode({'q': f'{field}:{written}', 'last': 'all'})}"


def _searches(one: Indicator) -> list[tuple[str, str]]:
    """Logs flagged on their way in, and those that hold the value: looking back does not rewrite old logs."""
    flagged = (_("入库时标出的"), _search("threat.indicator.name", one.value))
    return [flagged, *((field, _search(field, one.value)) for field in _FIELDS.get(Kind(one.kind), ()))]


def _alerts(request: HttpRequest, one: Indicator) -> list[Event]:
    about = Q(source=one.value) | Q(target=one.value) | Q(rule=RULE, grouped__startswith=f"{one.value}|")
    found = Alert.objects.visible_to(request.user).filter(about).order_by("-last")[:ALERTS_SHOWN]
    return [
        Event(alert.title, alert.last, alert.get_state_display(), href=reverse("detection:alert", args=[alert.pk]))
        for alert in found
    ]


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, MAY, policy.ROOT)
    form = ValuesForm(request.POST or None)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            made = actions.add_by_hand(given.pop("values"), **given, by=me(request))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已登记 %d 条。") % len(made))
            return redirect(made[0]) if len(made) == 1 else redirect("detection:indicators")
    purpose = _("登记后几秒内开始比对新日志，并自动在已有日志里回溯一次。单凭情报不会封禁任何地址。")
    context = {"form": form, "title": _("登记情报"), "purpose": purpose, "cancel": reverse("detection:indicators")}
    return render(request, "web/form.html", context)


@require_POST
def marked(request: HttpRequest, pk: int) -> HttpResponse:
    one = _indicator(request, pk)
    form = MarkForm(request.POST)
    if not form.is_valid():
        policy.require(request.user, MAY, one)
        return render(request, "detection/indicator.html", _shown(request, one, form), status=400)
    actions.mark(one, form.cleaned_data["reason"], by=me(request))
    messages.success(request, _("已标为误报，几秒后不再比对；原有命中与告警不变。"))
    return redirect(one)


@require_POST
def unmarked(request: HttpRequest, pk: int) -> HttpResponse:
    one = _indicator(request, pk)
    actions.unmark(one, by=me(request))
    messages.success(request, _("已撤销误报标记，几秒后重新参与比对。"))
    return redirect(one)


@require_safe
def stix(request: HttpRequest) -> HttpResponse:
    """What counts now, as a file to share."""
    response = HttpResponse(actions.exported(by=me(request)), content_type="application/stix+json;version=2.1")
    response["Content-Disposition"] = 'attachment; filename="indicators.json"'
    return response
