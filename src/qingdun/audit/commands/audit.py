"""`qingdun audit verify`: does the audit chain hold? Prints one JSON object; exit 0 whole, 1 broken, 2 unreadable."""

from __future__ import annotations

import argparse
import json
import sys

from qingdun.lib.command import Unusable

HELP = "核验审计链是否完整，指出第一条被改动或缺失的记录"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="verify")
    words.add_parser("verify", help=HELP)


def run(options: argparse.Namespace) -> int:
    from django.db import DatabaseError

    from qingdun.audit.verify import verify

    try:
        verdict = verify()
    except DatabaseError as error:
        raise Unusable(
            f"审计记录读不出（{error}）；请核对 QINGDUN_HOME 或 QINGDUN_DATABASE_URL，并先启动过平台"
        ) from None
    print(json.dumps(verdict.as_json(), ensure_ascii=False))
    if verdict.broken:
        print(f"审计链不完整：{verdict.problem}", file=sys.stderr)
    return 0 if verdict.whole else 1
