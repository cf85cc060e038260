"""Units and systems named in a cell, and what all registered things have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access.models import Unit
from qingdun.inventory.actions import change_many, enter
from qingdun.inventory.imports.acts import Acts
from qingdun.inventory.models import System
from qingdun.inventory.models.register import of_units
from qingdun.web.imports import Column, Context, Row, Session
from qingdun.web.imports.columns import code

EDIT = "inventory.edit"
REASON = "导入表格"


def units(context: Context) -> dict[str, Unit]:
    """The units one may write to, by code and by each name that is nobody else's; read once a run."""
    if "units" not in context.found:
        every = list(Unit.objects.filter(context.scope(EDIT).q("path"), ended=None))
        names = [name for unit in every for name in {unit.name, unit.short_name} if name]
        known = {name: unit for unit in every for name in (unit.name, unit.short_name) if names.count(name) == 1}
        context.found["units"] = known | {unit.code: unit for unit in every}
    found: dict[str, Unit] = context.found["units"]
    return found


def a_unit(text: str, context: Context) -> Unit:
    """By code or name. Of a unit elsewhere nothing is said, not even that it exists."""
    found = units(context).get(text.strip()) or units(context).get(code(text).lower())
    if found is None:
        raise ValueError(_("“%s”不存在，或不在您的登记范围内") % text)
    return found


def a_system(text: str, context: Context) -> System:
    """By code; in service, within the scope of the importer."""
    if "systems" not in context.found:
        editable = System.objects.filter(retired=None).select_related("unit")
        scope = context.scope(EDIT)
        if not scope.everywhere:
            editable = editable.filter(of_units(scope.q("path")))
        context.found["systems"] = {system.code: system for system in editable.only("code", "name", "unit")}
    found: System | None = context.found["systems"].get(code(text))
    if found is None:
        raise ValueError(_("没有编号为“%s”的在用系统，或不在您的登记范围内") % text)
    return found


def unit_column() -> Column:
    return Column(
        "unit",
        gettext_lazy("归属单位"),
        a_unit,
        now=lambda thing: thing.unit,
        write=lambda unit: unit.code,
        required=True,
        hint=gettext_lazy("单位代码；名称不重复时也可写名称"),
        example="edu",
        attribute="unit",
    )


def system_column(*, required: bool) -> Column:
    return Column(
        "system",
        gettext_lazy("信息系统"),
        a_system,
        now=lambda thing: thing.system,
        write=lambda system: system.code,
        required=required,
        hint=gettext_lazy("信息系统的编号"),
        example="YL-0012",
        attribute="system",
    )


class AssetSession(Session):
    """Registered things: dates not ahead of today, nothing out of service changes, written in sets."""

    model: type[models.Model]
    since = "registered"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.today = timezone.localdate()
        self.scope = context.scope(EDIT)
        self.acts = Acts(self.model)

    def held(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return rows.select_for_update(of=("self",)) if self.context.lock else rows

    def check(self, row: Row) -> None:
        for key, value in row.values.items():
            if isinstance(value, date) and type(value) is date and value > self.today:
                row.wrong(key, _("日期不能晚于今天"))
        retired, since = self.of(row, "retired"), self.of(row, self.since)
        if retired and since and retired < since:
            row.wrong("retired", _("停用日期 {on} 早于登记日期 {registered}").format(on=retired, registered=since))
        if row.before is not None:
            self._check_before(row)

    def of(self, row: Row, key: str) -> Any:
        """What the row says, or else what stands; a new row without either takes the default."""
        if key in row.values:
            return row.values[key]
        if row.before is not None:
            return getattr(row.before, key)
        return self.model._meta.get_field(key).get_default()  # type: ignore[union-attr]

    def _check_before(self, row: Row) -> None:
        if not self.scope.covers(row.before.unit_path):
            row.before = None
            row.wrong("", _("已由其他单位登记"))
        elif row.before.retired and self._differs(row):
            row.wrong("", _("已停用的记录不再修改"))

    def _differs(self, row: Row) -> bool:
        return any(self.columns[key].now(row.before) != value for key, value in row.values.items())

    columns: dict[str, Column]

    def write(self, new: Sequence[Row], changed: Sequence[Row]) -> None:
        made = [self.model(**self.filled(row)) for row in new]
        pairs = [self.changed(row) for row in changed]
        enter(made, by=self.context.by, reason=REASON, audited=False)
        change_many(pairs, by=self.context.by, reason=REASON, audited=False)
        self.acts.add([(None, thing) for thing in made] + pairs)

    def finish(self) -> None:
        self.acts.record(self.context.by)

    def close(self) -> None:
        self.acts.close()

    def changed(self, row: Row) -> tuple[Any, Any]:
        """What stood and what will stand."""
        after = type(row.before)(**{f.attname: getattr(row.before, f.attname) for f in _stored(row.before)})
        after._state.adding = False
        return row.before, self.fill(after, row)

    def fill(self, thing: Any, row: Row) -> Any:
        for attribute, value in self.filled(row).items():
            setattr(thing, attribute, value)
        return thing

    def filled(self, row: Row) -> dict[str, Any]:
        """Attribute of the model → what the row says."""
        columns = self.columns
        return {name: value for key, value in row.values.items() if (name := columns[key].attribute)}


def _stored(thing: models.Model) -> Iterable[models.Field[Any, Any]]:
    return [field for field in thing._meta.concrete_fields if not field.generated]


def by_key(things: Iterable[Any], key: Any) -> dict[Any, Any]:
    return {key(thing): thing for thing in things}
