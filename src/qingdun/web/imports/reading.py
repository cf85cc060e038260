"""The file is read by a process of its own, with a ceiling on memory and time; here its answer becomes words."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from qingdun.web.core.tables.header import plain
from qingdun.web.core.tables.sniff import FILE_BYTES

MEMORY = 2 * 1024**3  # bytes of address space
SECONDS = 120


class NotUsable(ValueError):
    """The file as a whole cannot be imported; the text says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Read:
    """`table`: Parquet of `row` and the known columns, as text."""

    table: bytes
    rows: int
    columns: tuple[str, ...]
    sheet: str
    ignored: tuple[str, ...]
    other_sheets: tuple[str, ...]


def read(content: bytes, titles: Mapping[str, str]) -> Read:
    """`titles`: every title a column may stand under → the column's key. Raises NotUsable."""
    if len(content) > FILE_BYTES:
        raise NotUsable(too_big(len(content)))
    known = json.dumps({plain(title): key for title, key in titles.items()})
    with tempfile.TemporaryDirectory(prefix="qingdun-import-") as folder:
        source, target = Path(folder, "given"), Path(folder, "table")
        source.write_bytes(content)
        said = _ask(source, target, known)
        if "fault" in said:
            raise NotUsable(_words(said["fault"], said["facts"]))
        table = target.read_bytes()
    names = {key: tuple(said[key]) for key in ("columns", "ignored", "other_sheets")}
    return Read(table, said["rows"], sheet=said["sheet"], **names)


def too_big(size: int) -> str:
    return _words("big", {"size": size, "most": FILE_BYTES})


def _ask(source: Path, target: Path, known: str) -> dict[str, Any]:
    # One thread and one arena: address space is what is limited, and each thread reserves its own.
    bounds = {"POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}
    paths = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "qingdun.web.core.tables", str(source), str(target)]
    try:
        done = subprocess.run(
            command, input=known, capture_output=True, text=True, timeout=SECONDS, check=False,
            env=bounds | paths, preexec_fn=_limit,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotUsable(_words("swollen", {})) from None
    if done.returncode:
        raise NotUsable(_words("swollen", {}))
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _words(code: str, facts: Mapping[str, Any]) -> str:
    match code:
        case "empty":
            return _("文件是空的；请选择填好的表格")
        case "big":
            mega = {key: f"{facts[key] / 2**20:.1f}" for key in ("size", "most")}
            return _("文件有 %(size)s MB，超过 %(most)s MB；请拆成几个文件，或去掉图片和多余的工作表") % mega
        case "encrypted":
            return _("文件有打开口令，读不了；请在 WPS 或 Excel 中去掉口令后再上传")
        case "macros":
            return _("文件含有宏；请另存为不带宏的 .xlsx 再上传")
        case "bomb":
            return _("文件展开后大得不正常，没有打开；请把数据复制到新的工作簿再上传")
        case "swollen":
            return _(
                "表格展开后过大，或文件已损坏；请检查最右、最下的角落有没有多余内容，或把数据复制到新的工作簿再上传"
            )
        case "broken":
            return _("文件已损坏，或不是表格；请用 WPS 或 Excel 打开后另存为 .xlsx 再上传")
        case "broken_text":
            return _("CSV 第 %(line)s 行读不了（引号不成对或内容过长）；请改正，或另存为 .xlsx 再上传") % facts
        case "foreign":
            return _("这不是表格（%s）；请上传 .xlsx、.xls、.ods 或 CSV") % _foreign(facts["what"])
        case "no_rows":
            return _("表头下面没有数据行；请填写后再上传")
        case "many_rows":
            return _("表格超过 %(most)s 行；请拆成几个文件") % {"most": f"{facts['most']:,}"}
        case "many_columns":
            return _("表格有 %(columns)s 列，超过 %(most)s 列；请删去多余的列") % facts
        case "title_twice":
            return _("列名重复：%s；请删去多余的，同一列只能出现一次") % "、".join(facts["titles"])
        case "no_header":
            sheets = _("（工作表：%s）") % "、".join(facts["sheets"]) if facts["sheets"] else ""
            return _("没有找到表头%s：前 20 行里没有认得的列名；请用本页的模板，或检查是不是选错了文件") % sheets
        case _:
            raise LookupError(code)


def _foreign(what: str) -> str:
    kinds = {
        "pdf": "PDF",
        "picture": _("图片"),
        "archive": _("压缩包"),
        "document": _("其他文档"),
        "markup": _("网页或 XML"),
        "binary": _("二进制内容"),
    }
    return kinds[what]
