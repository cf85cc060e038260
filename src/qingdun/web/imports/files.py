"""The files an import gives back: the register's template, and the wrong rows with their reasons, to be corrected."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import polars as pl
from django.utils.translation import gettext as _

from qingdun.web.core import workbook
from qingdun.web.core.tables.read import ROW
from qingdun.web.imports import actions, verdicts
from qingdun.web.imports.columns import Column
from qingdun.web.imports.register import Register
from qingdun.web.imports.rows import Fault, What
from qingdun.web.models import Import, ImportPart


def template(register: Register) -> bytes:
    """An empty workbook: titles with hints, what may be chosen, and a sheet that explains and gives an example."""
    explained = [[_("列"), _("必填"), _("说明"), _("可选值"), _("示例")]]
    explained += [
        [str(one.title), _("必填") if one.required else "", str(one.hint), "、".join(_offered(one)), one.example]
        for one in register.columns
    ]
    explained += [[], *([words] for words in rules(register))]
    made = workbook.frame(
        str(register.title), [_heading(one) for one in register.columns], more=[(_("填写说明"), explained)]
    )
    return workbook.whole(made, [])


def template_csv(register: Register) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([str(column.title) for column in register.columns])
    return out.getvalue().encode("utf-8-sig")


def rules(register: Register) -> list[str]:
    """What whoever fills in a table has to know."""
    return [
        _("怎样认出已有的记录：%s。") % register.identity,
        _("表里没有的列不会改动；有列而单元格空着，表示清空（有默认值的列除外）。"),
        _("日期写成 2026-01-31；公式只取它的结果。"),
    ]


def _heading(column: Column) -> workbook.Heading:
    offered = _offered(column)
    parts = [
        _("必填") if column.required else "",
        str(column.hint),
        _("例如：%s") % column.example if column.example else "",
    ]
    if offered:
        parts.append(_("可选：%s") % "、".join(offered))
    return workbook.Heading(
        str(column.title), "\n".join(part for part in parts if part), tuple(offered), must=column.required
    )


def _offered(column: Column) -> Sequence[str]:
    return [str(title) for _value, title in column.options]


def wrong_rows(
    register: Register, table: pl.DataFrame, found: pl.DataFrame, late: Sequence[tuple[int, str, list[Fault]]]
) -> bytes:
    """The wrong rows as they were given, with their row numbers and reasons in front; `late`: wrong at acceptance."""
    faults = {
        row[ROW]: verdicts.faults(row) for row in found.filter(pl.col("what") == What.WRONG).iter_rows(named=True)
    }
    faults |= {number: list(words) for number, _label, words in late}
    columns = [register.by_key[key] for key in table.columns[1:]]
    reason = workbook.Heading(_("原因"), width=60)
    made = workbook.frame(
        str(register.title), [workbook.Heading(_("原行号"), width=8), reason, *[_heading(one) for one in columns]]
    )
    rows = verdicts.of_rows(table, faults)
    return workbook.whole(made, [[row[0], in_words(register, faults[row[0]]), *row[1:]] for row in rows.iter_rows()])


def in_words(register: Register, faults: Sequence[Fault]) -> str:
    """All reasons of a row, each with its column's title."""
    colon = _("：")
    return "；".join(
        f"{register.by_key[key].title}{colon}{words}" if key in register.by_key else words for key, words in faults
    )


def wrong_of(register: Register, given: Import) -> bytes:
    """The wrong rows of one import. Raises ImportPart.DoesNotExist once its content was cleared away."""
    late = [(number, label, faults) for number, label, faults in given.result.get("problems", [])]
    table, found = (actions.part(given, name) for name in (ImportPart.Name.TABLE, ImportPart.Name.VERDICTS))
    return wrong_rows(register, table, found, late)
