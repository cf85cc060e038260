"""信息系统: a row is the system of its code; a row without one is the system of that name in that unit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.inventory.core.stages import WAY, Stage
from qingdun.inventory.imports.shared import EDIT, AssetSession, unit_column
from qingdun.inventory.models import Host, Site, System
from qingdun.web.imports import Context, Register, Row, field
from qingdun.web.imports.columns import chooser, code


def a_code(text: str, context: Context) -> str:
    cleaned: str = System._meta.get_field("code").clean(code(text), None)
    return cleaned


def a_level(text: str, context: Context) -> int:
    """1 to 5, or 三级, 第三级, S3A3G3 is not taken."""
    word = code(text).removeprefix("第").removesuffix("级")
    found = (
        int(word)
        if word.isdecimal() and len(word) == 1
        else dict(zip("一二三四五", range(1, 6), strict=True)).get(word)
    )
    if found is None or not 1 <= found <= 5:
        raise ValueError(_("“%s”不是等级保护级别，请写 1 至 5 或一级至五级") % text)
    return found


YES_OR_NO = [(True, gettext_lazy("是")), (False, gettext_lazy("否"))]
COLUMNS = (
    field(System, "code", read=a_code, required=False, keep=True, example="YL-0012"),
    field(System, "name", example="一网通办门户"),
    unit_column(),
    field(System, "description"),
    field(System, "contact", example="示例单位信息科"),
    field(System, "mlps_level", read=a_level, example="3"),
    field(System, "internet_since", example="2026-03-02"),
    field(
        System,
        "is_portal",
        read=lambda text, context: chooser(YES_OR_NO)(text),
        write=lambda value: dict(YES_OR_NO)[value],
        options=YES_OR_NO,
    ),
    field(System, "url", example="https://www.example.cn/"),
    field(System, "provisioned", example="2026-01-05"),
    field(System, "ready"),
    field(System, "submitted"),
    field(System, "passed"),
    field(System, "retired"),
)


class Systems(AssetSession):
    model = System
    since = "provisioned"
    columns = {column.key: column for column in COLUMNS}

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        if found := row.values.get("code"):
            yield "code", found
        elif row.before is not None:
            yield "name", row.before.code

    def match(self, rows: Sequence[Row]) -> None:
        coded = {row.values["code"] for row in rows if row.values.get("code")}
        named = {row.values["name"] for row in rows if not row.text.get("code") and "name" in row.values}
        by_code = {one.code: one for one in self.held(System.objects.filter(code__in=coded)).select_related("unit")}
        by_name: dict[tuple[str, Any], list[System]] = {}
        for one in self.held(System.objects.filter(name__in=named)).select_related("unit") if named else ():
            by_name.setdefault((one.name, one.unit), []).append(one)
        for row in rows:
            if row.text.get("code"):
                row.before = by_code.get(row.values.get("code", ""))
            elif "name" in row.values and "unit" in row.values:
                found = by_name.get((row.values["name"], row.values["unit"]), [])
                row.before = found[0] if len(found) == 1 else None
                if row.before is None:
                    several = _("本单位有 %s 个系统叫这个名称，请填写编号") % len(found)
                    row.wrong("code", several if found else _("新系统必须填写编号"))

    def check(self, row: Row) -> None:
        super().check(row)
        dates = [(stage, self.of(row, stage.value)) for stage in WAY]
        for (_earlier, before), (stage, on) in zip(dates, dates[1:], strict=False):
            if on and not before:
                row.wrong(stage.value, _("前一个阶段还没有日期"))
            elif on and before and on < before:
                row.wrong(stage.value, _("早于前一个阶段的日期 %s") % before)

    def check_all(self, rows: Sequence[Row]) -> None:
        """Out of service only when nothing of it runs any more."""
        leaving = {row.before.pk: row for row in rows if row.before is not None and self._leaves(row)}
        for model in (Host, Site):
            used = model._default_manager.filter(system__in=leaving, retired=None).order_by()
            for system in used.values_list("system", flat=True).distinct():
                if not leaving[system].faults:
                    leaving[system].wrong(Stage.RETIRED.value, _("系统下还有在用的主机或互联网应用，请先停用它们"))

    def _leaves(self, row: Row) -> bool:
        on: date | None = row.values.get("retired")
        return on is not None and row.before.retired is None

    def label(self, row: Row) -> str:
        return str(row.values.get("name") or row.text.get("name") or row.text.get("code") or "")


SYSTEMS = Register(
    key="inventory.systems",
    title=gettext_lazy("信息系统"),
    permission=EDIT,
    columns=COLUMNS,
    open=Systems,
    identity=gettext_lazy("编号；没有填编号的行按名称加归属单位找已有的系统"),
    needs=("name", "unit"),
    url_name="inventory:systems",
)
