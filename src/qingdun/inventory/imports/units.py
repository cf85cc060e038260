"""单位: a row is the unit of its code. The rows are a tree, so they are decided together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access.models import Unit
from qingdun.inventory.core.tree import loop, paths
from qingdun.inventory.imports.shared import EDIT, units
from qingdun.inventory.imports.writing import enter_units
from qingdun.web.imports import Column, Context, Refused, Register, Row, Session, field
from qingdun.web.imports.columns import code

RESTRUCTURE = "inventory.restructure"


def a_code(text: str, context: Context) -> str:
    cleaned: str = Unit._meta.get_field("code").clean(code(text).lower(), None)
    return cleaned


def a_parent(text: str, context: Context) -> str:
    """The code as given: its unit may stand in this table, so it is looked for when all rows are known."""
    found = units(context).get(text.strip())
    return found.code if found else code(text).lower()


COLUMNS = (
    field(Unit, "code", read=a_code, hint=gettext_lazy("小写字母、数字和横线，登记后不再变"), example="edu"),
    field(Unit, "name", example="示例市教育局"),
    field(Unit, "short_name", example="教育局"),
    field(Unit, "level", example="市级"),
    Column(
        "parent",
        gettext_lazy("上级单位"),
        a_parent,
        now=lambda unit: unit.parent.code if unit.parent else None,
        hint=gettext_lazy("上级单位的代码，可以是本表中的单位；只有最上级的单位留空"),
        example="city",
    ),
)


class Units(Session):
    def whole(self, rows: Sequence[Row]) -> None:
        """No unit may stand above itself. Raises Refused, naming the round."""
        known = dict(Unit.objects.values_list("code", "parent__code"))
        given = {row.values["code"]: row for row in rows if "code" in row.values}
        parents = known | {key: row.values["parent"] for key, row in given.items() if "parent" in row.values}
        if found := loop(parents):
            lines = "、".join(str(given[one].number) for one in found if one in given)
            words = _("单位互为上级：%(round)s（第 %(lines)s 行）；请改正上级单位后重新上传，整个表格都没有导入")
            raise Refused(words % {"round": " → ".join([*found, found[0]]), "lines": lines})
        self.known, self.given = known, given

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        if "code" in row.values:
            yield "code", row.values["code"]

    def match(self, rows: Sequence[Row]) -> None:
        standing = Unit.objects.filter(code__in=self.given).select_related("parent")
        if self.context.lock:
            standing = standing.select_for_update(of=("self",))
        found = {unit.code: unit for unit in standing}
        for row in rows:
            row.before = found.get(row.values.get("code", ""))

    def check(self, row: Row) -> None:
        if row.before is not None and not self.context.scope(EDIT).covers(row.before.path):
            row.before = None
            row.wrong("code", _("已由其他单位登记"))
            return
        if row.before is not None and self._differs(row):
            if row.before.ended:
                row.wrong("", _("已撤销的单位不再修改"))
            elif not self.context.scope(RESTRUCTURE).covers(row.before.path):
                row.wrong("", _("更名、划转需要“调整单位”的权限"))
        parent = row.values.get("parent")
        if "parent" in row.values and row.before is not None and parent == (self.known[row.before.code]):
            return
        if parent is None:
            row.wrong("parent", _("单位树只能有一个根，请填写上级单位的代码"))
        elif parent not in units(self.context) and not self._new_here(parent):
            row.wrong("parent", _("“%s”不存在，或不在您的登记范围内") % parent)

    def _differs(self, row: Row) -> bool:
        return any(UNITS.by_key[key].now(row.before) != value for key, value in row.values.items())

    def _new_here(self, parent: str) -> bool:
        return parent in self.given and parent not in self.known

    def check_all(self, rows: Sequence[Row]) -> None:
        """A unit below one that cannot be entered cannot be entered either; a path must fit its column."""
        longest = Unit._meta.get_field("path").max_length or 0
        parents = self.known | {key: row.values.get("parent", self.known.get(key)) for key, row in self.given.items()}
        good = {row.number: row for row in rows}
        for key, path in paths(parents).items():
            row, parent = self.given.get(key), self.given.get(parents[key] or "")
            if row is None or row.number not in good:
                continue
            if parent is not None and parent.faults and parent.before is None:
                row.wrong("parent", _("上级单位所在的第 %s 行有误") % parent.number)
            elif len(path) > longest:
                row.wrong("parent", _("层级太深：路径超过 %s 个字符") % longest)

    def label(self, row: Row) -> str:
        return str(row.values.get("name") or row.text.get("name") or row.text.get("code") or "")

    def write(self, new: Sequence[Row], changed: Sequence[Row]) -> None:
        pairs = [(row.before, row.values) for row in changed]
        enter_units([row.values for row in new], pairs, by=self.context.by)

    def finish(self) -> None:
        """Each unit was recorded by its own act."""


UNITS = Register(
    key="inventory.units",
    title=gettext_lazy("单位"),
    permission=EDIT,
    columns=COLUMNS,
    open=Units,
    identity=gettext_lazy("单位代码"),
    needs=("code",),
    url_name="inventory:units",
    at_once=True,
)
