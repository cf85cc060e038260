"""情报源: the feeds, one of them with its runs, setting one up, fetching it now, a file with its preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.detection.intelligence import actions, taking, uploads
from qingdun.detection.intelligence.actions import MAY
from qingdun.detection.intelligence.fetching import shown
from qingdun.detection.intelligence.files import LARGEST
from qingdun.detection.intelligence.forms import FeedForm, FileForm
from qingdun.detection.intelligence.shapes import shapes
from qingdun.detection.intelligence.taken import Taken, Unreadable
from qingdun.detection.listings.intelligence import FEEDS, counts_of, feed_mark, shape_of
from qingdun.detection.models import Feed
from qingdun.detection.views.intelligence import VIEW, me
from qingdun.web import lists
from qingdun.web.details import Fact, Kpi
from qingdun.web.forms import add_problems

RUNS_SHOWN, VALUES_SHOWN = 10, 20


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, FEEDS)


def _feed(request: HttpRequest, pk: int) -> Feed:
    policy.require(request.user, VIEW)
    return get_object_or_404(Feed.objects.visible_to(request.user), pk=pk)


def _changeable(request: HttpRequest, pk: int) -> Feed:
    feed = _feed(request, pk)
    policy.require(request.user, MAY, feed)
    if feed.by_hand:
        raise Http404
    return feed


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    feed = _feed(request, pk)
    shape = shapes().get(feed.shape)
    context = {
        "feed": feed,
        "state": feed_mark(feed),
        "facts": _facts(feed),
        "kpis": _kpis(feed),
        "runs": feed.runs.select_related("by")[:RUNS_SHOWN],
        "last": feed.runs.first(),
        "may_change": policy.may(request.user, MAY, feed) and not feed.by_hand,
        "may_fetch": bool(feed.address or feed.folder),
        "may_upload": shape is not None and shape.is_file,
    }
    return render(request, "detection/feed.html", context)


def _facts(feed: Feed) -> list[Fact]:
    shape = shapes().get(feed.shape)
    weight = feed.weight if feed.weight is not None else shape.weight if shape else None
    term = feed.term if feed.term is not None else shape.term if shape else None
    return [
        Fact(_("格式"), shape_of(feed)),
        Fact(_("网址"), shown(feed.address) if feed.address else "", code=True, wide=True),
        Fact(_("目录或文件"), feed.folder, code=True),
        Fact(_("凭据的环境变量名"), feed.credential, code=True),
        Fact(_("网址在内网"), feed.inside),
        Fact(_("情报类别"), feed.get_category_display()),
        Fact(_("权重"), weight),
        Fact(_("有效天数"), term or _("长期有效")),
        Fact(_("获取周期"), feed.get_every_display()),
        Fact(_("下次获取"), feed.next_run if feed.on and feed.every else None),
    ]


def _kpis(feed: Feed) -> list[Kpi]:
    counts, base = counts_of(feed), f"{reverse('detection:indicators')}?feed={feed.pk}"
    return [
        Kpi(_("全部情报"), str(counts["all"]), _("条"), base),
        Kpi(_("有效"), str(counts["standing"]), _("条"), f"{base}&standing=standing"),
        Kpi(_("有命中"), str(counts["met"]), _("条"), f"{base}&met=on"),
    ]


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, MAY, policy.ROOT)
    form = FeedForm(request.POST or None)
    return _submit(request, form, actions.add_feed, _("新增情报源"), reverse("detection:feeds"))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    feed = _changeable(request, pk)
    form = FeedForm(request.POST or None, instance=feed)
    return _submit(request, form, actions.change_feed, _("编辑%s") % feed, feed.get_absolute_url())


def _submit(request: HttpRequest, form: FeedForm, act: Any, title: str, cancel: str) -> HttpResponse:
    if form.is_valid():
        try:
            saved = act(form.save(commit=False), by=me(request))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect(saved)
    return render(request, "web/form.html", {"form": form, "title": title, "cancel": cancel})


@require_POST
def run(request: HttpRequest, pk: int) -> HttpResponse:
    feed = _changeable(request, pk)
    try:
        actions.ask_run(feed, by=me(request))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("已排队获取，结果稍后显示在本页。"))
    return redirect(feed)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a file, see what it would change, then accept it."""
    feed = _changeable(request, pk)
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"feed": feed, "form": form, "shape": shape_of(feed)}
    if form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read(LARGEST + 1)
        try:
            taken = actions.read_file(feed, content, file.name)
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            token = uploads.keep(feed.pk, me(request).pk, content)
            context |= _preview(feed, taken) | {"token": token, "name": file.name}
    return render(request, "detection/feed_upload.html", context, status=400 if form.errors else 200)


def _preview(feed: Feed, taken: Taken) -> dict[str, Any]:
    plan, outcome = taking.preview(feed, taken)
    return {"outcome": outcome, "values": plan.new["value"].head(VALUES_SHOWN).to_list()}


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    feed = _changeable(request, pk)
    token, name = request.POST.get("token", ""), request.POST.get("name", "")[:200] or "-"
    content = uploads.taken(feed.pk, me(request).pk, token)
    if content is None:
        messages.error(request, _("预览已过期，请重新选择文件。"))
        return redirect("detection:feed_upload", pk=pk)
    try:
        done = actions.take_file(feed, content, name, by=me(request))
    except Unreadable as error:
        messages.error(request, str(error))
    else:
        uploads.forget(feed.pk, me(request).pk, token)
        told = {"new": done.new, "changed": done.changed, "same": done.unchanged}
        messages.success(request, _("已导入：新增 %(new)d，变更 %(changed)d，未变 %(same)d。") % told)
    return redirect(feed)
