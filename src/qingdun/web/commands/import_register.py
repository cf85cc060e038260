"""`qingdun import-register KIND FILE`: a table into a register, from the command line, as the platform itself."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from qingdun.lib.command import Unusable

HELP = "把表格导入一个台账，打印读到、新增、变更、未变与有误的行（JSON）"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help="台账：units、systems、hosts、sites、devices")
    parser.add_argument("file", type=Path, metavar="FILE", help=".xlsx、.xls、.ods 或 CSV")
    parser.add_argument("--dry-run", action="store_true", help="只比对，不写入")


def run(options: argparse.Namespace) -> int:
    from qingdun.web.imports import Refused, alone
    from qingdun.web.imports.reading import NotUsable

    try:
        register = alone.register_called(options.kind)
        content = options.file.read_bytes()
        shown = _progress if sys.stderr.isatty() else _silent
        said: dict[str, Any] = alone.whole(register, options.file.name, content, shown, dry=options.dry_run)
    except OSError as error:
        raise Unusable(f"读不了 {options.file}：{error.strerror or error}；请检查路径") from None
    except (NotUsable, Refused, LookupError) as error:
        raise Unusable(f"{options.file}：{error}" if not isinstance(error, LookupError) else error.args[0]) from None
    print(json.dumps(said, ensure_ascii=False))
    return 0


def _progress(done: int, total: int = 0, message: object = "") -> None:
    print(f"\r{message} {done:,} / {total:,}\033[K", end="", file=sys.stderr, flush=True)


def _silent(done: int, total: int = 0, message: object = "") -> None:
    """No terminal, no progress."""
