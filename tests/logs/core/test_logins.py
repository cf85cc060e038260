"""Daemons refuse in many words; the reader knows a refused log-in by them, and leaves other failures alone."""

# ruff: noqa: E501  (a line as received reads better whole)
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

READER = Reader(formats())
HEAD = "<38>Jul 12 08:58:27 host01 "


def read(line: str) -> dict[str, Any]:
    rows = {"raw": [line.encode()], "received": [datetime(2022, 7, 12, tzinfo=UTC)], "source": [1], "format": [None]}
    return READER.read(pl.DataFrame(rows, schema=RAW)).row(0, named=True)


@pytest.mark.parametrize(
    ("line", "address", "user"),
    [
        ("ftpd[77]: FTP LOGIN FAILED FROM 198.51.100.9, admin", "198.51.100.9", None),
        ("pureftpd: (?@198.51.100.9) [WARNING] Authentication failed for user [root]", "198.51.100.9", "root"),
        ("mailer[9]: imap-login: Aborted login (auth failed, 1 attempts): user=<a@example.com>, rip=198.51.100.9, lip=10.0.0.1", "198.51.100.9", None),
        ("postfix/smtpd[26897]: warning: unknown[198.51.100.9]: SASL LOGIN authentication failed: generic failure", "198.51.100.9", None),
        ("dbd[1]: Access denied for user 'root'@'198.51.100.9' (using password: YES)", "198.51.100.9", None),
        ("vpnd[3]: 198.51.100.9:43110 TLS Auth Error: Auth Username/Password verification failed for peer", "198.51.100.9", None),
        ("panel[12]: webConfigurator authentication error for user 'admin' from: 198.51.100.9", "198.51.100.9", "admin"),
        ("app[5]: [WARN] Wrong password for user 'li' from ip 198.51.100.9", "198.51.100.9", "li"),
        ("web[5]: 用户 admin 登录失败，密码错误，来源 198.51.100.9", "198.51.100.9", None),
    ],
)  # fmt: skip
def test_a_refused_log_in_is_one_whoever_says_so(line: str, address: str, user: str | None) -> None:
    event = read(HEAD + line)
    assert (event["event.category"], event["event.outcome"]) == ("authentication", "failure")
    assert event["source.ip"] == address
    assert user is None or event["user.name"] == user


@pytest.mark.parametrize(
    "line",
    [
        "kernel: usb 5-2: device descriptor read failed, error -71",
        "backup[7]: job nightly failed: disk full",
        "named[8]: client 198.51.100.9#3076 (example.com): query 'example.com/ANY/IN' denied",
        "postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.9]: 554 5.7.1 Service unavailable",
    ],
)
def test_other_failures_are_no_log_ins(line: str) -> None:
    assert read(HEAD + line)["event.category"] != "authentication"


def test_who_got_in_is_told_too() -> None:
    event = read(HEAD + "ftpd[77]: (li@198.51.100.9) [INFO] li is now logged in")
    assert (event["event.category"], event["event.outcome"]) == ("authentication", "success")
