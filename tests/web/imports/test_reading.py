"""Real odd files: each gives its rows, or one clear line saying what is wrong and what to do."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from qingdun.web.core.tables.sniff import FILE_BYTES
from qingdun.web.imports import verdicts
from qingdun.web.imports.reading import NotUsable, Read, read

TITLES = {"名称": "name", "Name": "name", "地址": "address", "日期": "day"}
HEADER = ("名称", "地址", "日期")


def book(fill: Callable[[Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, options)
    fill(made)
    made.close()
    return out.getvalue()


def sheet(*rows: tuple[Any, ...], name: str = "表") -> bytes:
    def fill(made: Any) -> None:
        page = made.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)

    return book(fill)


def rows(content: bytes) -> list[dict[str, Any]]:
    return verdicts.unpacked(read(content, TITLES).table).to_dicts()


def refused(content: bytes) -> str:
    with pytest.raises(NotUsable) as error:
        read(content, TITLES)
    return str(error.value)


def test_a_title_above_hints_in_titles_and_unknown_columns_do_not_disturb() -> None:
    def fill(made: Any) -> None:
        page = made.add_worksheet("台账")
        page.merge_range(0, 1, 0, 3, "某局 2026 年台账")
        page.write_row(2, 1, ("序号", "名 称*", "地址（必填）", "备注"))
        page.write_row(4, 1, (1, "  甲 ", "10.0.0.1", "x"))
        page.write_row(9, 1, (2, "乙", " ", ""))
        page.write_row(30, 1, ("", "", "", " "))

    content = book(fill)
    given = read(content, TITLES)
    assert (given.columns, given.ignored, given.sheet) == (("name", "address"), ("序号", "备注"), "台账")
    assert rows(content) == [
        {"row": 5, "name": "甲", "address": "10.0.0.1"},
        {"row": 10, "name": "乙", "address": None},
    ]


def test_cells_come_as_the_text_they_show() -> None:
    def fill(made: Any) -> None:
        page = made.add_worksheet()
        page.write_row(0, 0, HEADER)
        page.write(1, 0, 20260302)
        page.write_formula(1, 1, '="10."&"0.0.1"', None, "10.0.0.1")
        page.write(1, 2, 46083, made.add_format({"num_format": "yyyy-mm-dd"}))
        page.write_row(2, 0, (13800000000123, True, 46083))
        page.set_column(1, 1, None, None, {"hidden": True})

    first, second = rows(book(fill))
    assert (first["name"], first["address"], first["day"][:10]) == ("20260302", "10.0.0.1", "2026-03-02")
    assert (second["name"], second["day"]) == ("13800000000123", "46083")


def test_the_sheet_that_fits_is_taken_and_the_others_are_named() -> None:
    def fill(made: Any) -> None:
        made.add_worksheet("封面").write(0, 0, "说明")
        for name in ("空", "一", "二"):
            page = made.add_worksheet(name)
            page.write_row(0, 0, HEADER)
            if name != "空":
                page.write_row(1, 0, (name, "", ""))

    given = read(book(fill), TITLES)
    assert (given.sheet, given.rows, given.other_sheets) == ("一", 1, ("二",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_text_in_any_usual_encoding(encoding: str, mark: str) -> None:
    lines = [mark.join(HEADER), mark.join(("㐂甲", "10.0.0.1", "")), "", mark.join(("导出：某人 20260302", "", ""))]
    assert rows("\r\n".join(lines).encode(encoding)) == [{"row": 2, "name": "㐂甲", "address": "10.0.0.1", "day": None}]


def far() -> bytes:
    """5 KB whose dense form is half a terabyte."""
    return book(lambda made: _corners(made.add_worksheet()))


def _corners(page: Any) -> None:
    page.write_row(0, 0, HEADER)
    page.write(1_048_575, 16_383, "x")


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_X", "."), content)
    return out.getvalue()


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (os.urandom(64) * (FILE_BYTES // 64 + 1), "超过 16.0 MB"),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "有打开口令"),
        (COMPOUND + "WordDocument".encode("utf-16-le"), "不是表格（其他文档）"),
        (COMPOUND + "Workbook".encode("utf-16-le") + bytes(600), "已损坏"),
        (b"PK\x03\x04" + bytes(200), "已损坏"),
        (packed(xl__workbook_Xxml=b"<a/>", xl__vbaProject_Xbin=b"x"), "含有宏"),
        (packed(xl__workbook_Xxml=b"<a/>", xl__sheet_Xxml=bytes(40 * 2**20)), "大得不正常"),
        (packed(word__document_Xxml=b"<a/>"), "不是表格（压缩包）"),
        (b"%PDF-1.7", "不是表格（PDF）"),
        (b"<html><table><tr><td>x", "不是表格（网页或 XML）"),
        (bytes(range(256)) * 20, "二进制内容"),
        (far(), "展开后过大"),
        (sheet(("甲", "乙"), ("1", "2")), "没有找到表头（工作表：表）"),
        (sheet(HEADER), "没有数据行"),
        (sheet((*HEADER, "名称"), ("1", "2", "3", "4")), "列名重复：名称"),
        ("名称,地址\n".encode() + b"x,y\n" * 300_100, "超过 300,000 行"),
        (("名称,地址," + "x," * 400).encode(), "超过 300 列"),
        ('名称,地址\n"'.encode() + b"x" * 200_000, "第 2 行读不了"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_used_is_refused_in_one_line(content: bytes, words: str) -> None:
    said = refused(content)
    assert words in said and "\n" not in said and ("请" in said)


def test_a_hostile_file_costs_its_own_process_only() -> None:
    """The far corner again: the platform's process is still here, and reads the next file."""
    assert "展开后过大" in refused(far())
    assert isinstance(read(sheet(HEADER, ("甲", "", "")), TITLES), Read)
