"""The pages of importing, the same for every register. A room mounts them with `routes("inventory")` in its urls."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.web import lists, sheets
from qingdun.web.core.tables.read import ROWS
from qingdun.web.core.tables.sniff import FILE_BYTES
from qingdun.web.imports import actions, files, preview
from qingdun.web.imports.actions import NotNow
from qingdun.web.imports.history import history_of
from qingdun.web.imports.reading import NotUsable
from qingdun.web.imports.register import registers
from qingdun.web.imports.rows import What
from qingdun.web.imports.shown import show
from qingdun.web.models import ImportPart
from qingdun.web.requests import htmx


def routes(room: str) -> list[URLPattern]:
    """The addresses of a room's imports, below the room's own."""
    here: dict[str, Any] = {"room": room}
    return [
        path("imports/", history, here, name="imports"),
        *[
            path(f"imports/{one.kind}/{page}", view, here | {"kind": one.kind}, name=f"{name}_{one.kind}")
            for one in registers(room).values()
            for page, view, name in (("new", upload, "import"), ("template", template, "template"))
        ],
        path("imports/<int:pk>/", page, here, name="import"),
        path("imports/<int:pk>/accept", accept, here, name="import_accept"),
        path("imports/<int:pk>/drop", drop, here, name="import_drop"),
        path("imports/<int:pk>/wrong", wrong, here, name="import_wrong"),
    ]


def history(request: HttpRequest, room: str) -> HttpResponseBase:
    return lists.respond(request, history_of(room))


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, room: str, kind: str) -> HttpResponse:
    register = registers()[f"{room}.{kind}"]
    policy.require(request.user, register.permission)
    problem = ""
    if request.method == "POST":
        given = request.FILES.get("file")
        if given is None:
            problem = _("请选择要导入的文件")
        else:
            try:
                made = actions.upload(register, given.name or "", given.read(), by=request.user)
            except NotUsable as refused:
                problem = str(refused)
            else:
                return redirect(f"{room}:import", made.pk)
    context = {
        "register": register,
        "problem": problem,
        "rules": files.rules(register),
        "template_url": reverse(f"{room}:template_{kind}"),
        "list_url": reverse(register.url_name),
        "most": FILE_BYTES,
        "mega": FILE_BYTES // 2**20,
        "rows": f"{ROWS:,}",
        "too_big": _("文件超过 %s MB，不能上传；请拆成几个文件，或去掉图片和多余的工作表") % (FILE_BYTES // 2**20),
    }
    return render(request, "web/import_new.html", context, status=400 if problem else 200)


@require_safe
def template(request: HttpRequest, room: str, kind: str) -> HttpResponse:
    register = registers()[f"{room}.{kind}"]
    policy.require(request.user, register.permission)
    if request.GET.get("form") == "csv":
        return _file(files.template_csv(register), f"{register.title}.csv", "csv")
    return _file(files.template(register), f"{register.title}.xlsx", "xlsx")


@require_safe
def page(request: HttpRequest, room: str, pk: int) -> HttpResponse:
    """Progress while it is read or written, then the preview, then the result."""
    given, register = preview.find(request.user, room, pk)
    part = bool(htmx(request))
    context = {"shown": show(given, register, request.GET, mine=given.by_id == request.user.pk)}
    return render(request, "web/parts/import_body.html" if part else "web/import.html", context)


@require_POST
def accept(request: HttpRequest, room: str, pk: int) -> HttpResponse:
    given, _register = preview.own(request.user, room, pk)
    classes = [What(word) for word in request.POST.getlist("take") if word in (What.NEW, What.CHANGED)]
    try:
        actions.accept(given, classes, by=request.user)
    except NotNow as refused:
        messages.error(request, str(refused))
    return redirect(f"{room}:import", pk)


@require_POST
def drop(request: HttpRequest, room: str, pk: int) -> HttpResponse:
    given, _register = preview.own(request.user, room, pk)
    try:
        actions.drop(given, by=request.user)
    except NotNow as refused:
        messages.error(request, str(refused))
    return redirect(f"{room}:import", pk)


@require_safe
def wrong(request: HttpRequest, room: str, pk: int) -> HttpResponse:
    """The wrong rows as a workbook with the reasons."""
    given, register = preview.own(request.user, room, pk)
    try:
        content = files.wrong_of(register, given)
    except ImportPart.DoesNotExist:
        raise Http404(pk) from None
    return _file(content, f"{register.title}-{pk}.xlsx", "xlsx")


def _file(content: bytes, name: str, form: str) -> HttpResponse:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return HttpResponse(content, content_type=sheets.TYPES[form], headers={"Content-Disposition": disposition})
