"""导入记录: who imported what into a room's registers, and what came of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from qingdun.web.imports.register import registers
from qingdun.web.imports.rows import What
from qingdun.web.listing import Column, Listing, States, choice
from qingdun.web.marks import Shape, Tone, mark
from qingdun.web.models import Import

State = Import.State
MARKS: dict[str, tuple[Shape, Tone]] = {
    State.READING: ("ring", "plain"),
    State.READY: ("diamond", "warn"),
    State.WRITING: ("ring", "brand"),
    State.DONE: ("circle", "ok"),
    State.SAME: ("circle", "plain"),
    State.REFUSED: ("square", "bad"),
    State.DROPPED: ("square", "plain"),
}


def state_mark(given: Import) -> SafeString:
    return mark(given.get_state_display(), *MARKS[given.state])


def written(given: Import, what: What) -> int | None:
    """Rows that came in; while nothing has, None."""
    return given.result.get(what.value) if given.state == State.DONE else None


@cache
def history_of(room: str) -> Listing[Import]:
    """The list of a room's imports, permitted as its first register is."""
    here = registers(room)
    permission = next(iter(here.values())).permission

    def rows(user: Any) -> QuerySet[Import]:
        own = Q(pk__in=[])
        for key, one in here.items():
            own |= Q(pk__in=Import.objects.filter(register=key).visible_to(user, one.permission).values("pk"))
        return Import.objects.filter(own)

    return Listing(
        key=f"{room}.imports",
        title=_("导入记录"),
        purpose=_("每一次导入：谁、何时、哪个文件、结果如何。"),
        permission=permission,
        rows=rows,
        related=("by__person",),
        link=lambda given: reverse(f"{room}:import", args=[given.pk]),
        columns=(
            Column("name", _("文件"), lambda given: given.name),
            Column("register", _("台账"), lambda given: here[given.register].title),
            Column("by", _("导入人"), lambda given: given.by.person if given.by else _("命令行")),
            Column("at", _("上传时间"), lambda given: given.at, "time", sort=("at",)),
            Column("state", _("状态"), state_mark, export=lambda given: given.get_state_display()),
            Column("read", _("读到"), lambda given: given.count("read") or None, "number"),
            Column("new", _("新增"), lambda given: written(given, What.NEW), "number"),
            Column("changed", _("变更"), lambda given: written(given, What.CHANGED), "number"),
            Column("wrong", _("有误"), lambda given: given.count(What.WRONG) or None, "number"),
        ),
        order=("-id",),
        search=("name", "by__person__name"),
        search_hint=_("文件、导入人"),
        filters=(choice("into", _("台账"), [(key, one.title) for key, one in here.items()], field="register"),),
        states=States("state", State.choices),
        empty=_("在任何一个列表右上角点“导入”，用模板填好表格上传。"),
        icon="file-up",
    )
