"""`qingdun audit …`: does the chain hold, where was it signed, with which key, and who could change it in the database?

`verify` prints one JSON object; exit 0 whole, 1 broken, 2 unusable input.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qingdun.lib.command import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from qingdun.audit.core.checkpoints import Checkpoint
    from qingdun.audit.verify import Series

HELP = "核验审计链、签署检查点、管理签名密钥、查看数据库防护"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="verify|report|checkpoint|key|guards")
    verify = words.add_parser("verify", help="核验审计链是否完整，指出第一条被改动或缺失的记录")
    verify.add_argument("--checkpoints", type=Path, metavar="目录", help="另处保存的检查点；不给则用本平台的检查点目录")
    verify.add_argument(
        "--public-key",
        type=Path,
        metavar="文件",
        action="append",
        help="信任的公钥（PEM），可多次；不给则用本平台的公钥",
    )
    verify.set_defaults(act=_verify)
    words.add_parser("report", help="完整性报告：覆盖的时段、核验与检查点、防护、留存、谁看过").set_defaults(
        act=_report
    )
    words.add_parser("checkpoint", help="立即签署一个检查点").set_defaults(act=_checkpoint)
    key = words.add_parser("key", help="打印现用公钥与指纹；也可更换签名密钥")
    change = key.add_mutually_exclusive_group()
    change.add_argument("--rotate", action="store_true", help="换一把新密钥，由旧密钥签名引入")
    change.add_argument("--lost", action="store_true", help="旧密钥已丢失：直接换新，核验的人须另行信任新公钥")
    key.add_argument("--reason", default="", metavar="事由", help="换密钥的事由，记入审计")
    key.set_defaults(act=_key)
    guards = words.add_parser("guards", help="查看数据库防护：触发器是否齐全，平台的数据库账号能否绕开它们")
    guards.add_argument("--sql", action="store_true", help="打印 SQL：把审计表交给另一角色拥有（PostgreSQL）")
    guards.add_argument("--owner", default="qingdun_audit", metavar="角色", help="拥有审计表的角色，默认 qingdun_audit")
    guards.set_defaults(act=_guards)


def run(options: argparse.Namespace) -> int:
    return int(options.act(options))


def _verify(options: argparse.Namespace) -> int:
    from django.db import DatabaseError

    from qingdun.audit.verify import verify

    try:
        verdict = verify(_series(options), progress=_progress if sys.stderr.isatty() else None)
    except DatabaseError as error:
        raise Unusable(
            f"审计记录读不出（{error}）；请核对 QINGDUN_HOME 或 QINGDUN_DATABASE_URL，并先启动过平台"
        ) from None
    print(json.dumps(verdict.as_json(), ensure_ascii=False))
    for problem in verdict.problems:
        print(f"审计链不完整：{problem}", file=sys.stderr)
    return 0 if verdict.whole else 1


def _series(options: argparse.Namespace) -> Series:
    """What was given on the command line, read. Raises Unusable."""
    from qingdun.audit.verify import read_series

    trusted = [_public_key(file) for file in options.public_key] if options.public_key else None
    try:
        series = read_series(options.checkpoints, trusted)
    except OSError as error:
        raise Unusable(f"检查点目录 {options.checkpoints} 读不出（{error.strerror}）；请核对 --checkpoints") from None
    if options.checkpoints and not series.texts:
        raise Unusable(f"{options.checkpoints} 里没有检查点（形如 00000001.json）；请核对 --checkpoints")
    return series


def _public_key(file: Path) -> str:
    from qingdun.audit import keys

    try:
        return keys.public(file.read_bytes())
    except OSError as error:
        raise Unusable(f"公钥文件 {file} 读不出（{error.strerror}）；请核对 --public-key") from None
    except ValueError:
        raise Unusable(f"{file} 不是 Ed25519 公钥（PEM）；请用 qingdun audit key 打印的那一个") from None


def _progress(done: int, total: int) -> None:
    print(f"\r已核验 {done:,} / {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _report(options: argparse.Namespace) -> int:
    from qingdun.audit.report import build

    print(json.dumps(build().as_json(), ensure_ascii=False))
    return 0


def _checkpoint(options: argparse.Namespace) -> int:
    from qingdun.audit import checkpoints

    _signing(lambda: checkpoints.sign(even_if_unmoved=True))
    return 0


def _key(options: argparse.Namespace) -> int:
    from qingdun.audit import checkpoints, keys
    from qingdun.audit.core.checkpoints import fingerprint
    from qingdun.audit.models import Checkpoint

    if options.rotate or options.lost:
        _signing(lambda: checkpoints.change_key(options.reason, lost=options.lost))
    newest = Checkpoint.objects.first()
    if newest is None:
        raise Unusable("还没有签署过检查点，也就还没有密钥；请先运行 qingdun audit checkpoint")
    key = newest.signed.heir
    print(f"{keys.pem(key).decode()}指纹：{fingerprint(key)}")
    return 0


def _signing(act: Callable[[], Checkpoint | None]) -> None:
    """Sign and print what was signed. Raises Unusable."""
    from qingdun.audit import checkpoints, keys

    try:
        signed = act()
    except keys.NoKey as error:
        raise Unusable(f"签名密钥 {error} 不见了；请从备份恢复它，确已丢失则用 qingdun audit key --lost 换新") from None
    except OSError as error:
        raise Unusable(
            f"检查点目录 {checkpoints.folder()} 写不进（{error.strerror}）；请核对 QINGDUN_CHECKPOINTS"
        ) from None
    if signed:
        print(signed.text.decode(), end="")
        print(f"已写入 {checkpoints.folder()}", file=sys.stderr)


def _guards(options: argparse.Namespace) -> int:
    from qingdun.audit import ownership

    if options.sql:
        if not (lines := ownership.statements(options.owner)):
            raise Unusable("SQLite 没有账号之分；把检查点目录放到另一台机器上（QINGDUN_CHECKPOINTS）才能防住改库的人")
        print("\n".join(lines))
        return 0
    found = ownership.look()
    print(json.dumps(found.as_json(), ensure_ascii=False))
    return 1 if found.wrong_guards else 0
