"""Secrets and identity numbers are hidden before a line leaves the reader (device_formats §1.5).

Masked are the values of keys that name a password, token or secret, Authorization and Cookie headers, resident
identity numbers whose check digit is right (GB 11643-1999), and telephone numbers where the key says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

HIDDEN = "***"
_NAMED = (
    r"(?:password|passwd|passphrase|passwort|pwd|pswd|口令|密码|\\u5bc6\\u7801|\\u53e3\\u4ee4|secret|secret_?key|api_?key|access_?key(?:_?secret)?"
    r"|private_?key|(?:access|refresh|auth|csrf|session|bearer|id|api|security)?[_\-]?token|credential|pwd_text)"
)
_TRIGGERS = [
    *(
        "pass",
        "pwd",
        "pswd",
        "口令",
        "密码",
        "\\u5bc6\\u7801",
        "\\u53e3\\u4ee4",
        "secret",
        "token",
        "api_key",
        "apikey",
        "access_key",
        "accesskey",
    ),
    *("authorization", "cookie", "privatekey", "private_key", "credential"),
]
_PHONE_TRIGGERS = ["phone", "mobile", "tel", "手机", "电话"]
#: A key ends in a secret word; its value runs to the next quote or separator.
_NAME = rf"""[\w.\-]*{_NAMED}["'\\]*\s?[=:：>]\s?"""
_QUOTED = rf"""(?i)({_NAME}\\?")([^"\\]+)"""
_BARE = rf"""(?i)({_NAME}['”“]?)([^\s"'\\&;,，；)\]}}|<”“]+)"""
_AUTHORIZATION = (
    r"""(?i)(authorization["'\\]*\s?[=:]\s?["'\\]*(?:(?:basic|bearer|digest|negotiate|ntlm)\s+)?)([^\s"'\\,;<]+)"""
)
_COOKIE = r"""(?i)((?:set-)?cookie["'\\]*\s?[=:]\s?["'\\]*)([^"\r\n<\\ ][^"\r\n<\\]*)"""
_PHONE = (
    r"""(?i)((?:phone|mobile|\btel|手机号?码?|电话号?码?)["'\\]*\s?[=:：]\s?["'\\]*\+?(?:86)?1[3-9]\d)\d{4}(\d{4})"""
)
_IDENTITY = r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SECRET_KEY = re.compile(
    rf"(?i)(?:^|[\w.\-]){_NAMED}$|^{_NAMED}$|^(?:.*\.)?(?:(?:proxy-)?authorization|(?:set-)?cookie)s?$"
)


def mask(line: pl.Series) -> pl.Series:
    """The same lines with secrets hidden; layout and separators stay as they were."""
    line = _only(line, line.str.contains_any(_TRIGGERS, ascii_case_insensitive=True), _secrets)
    line = _only(line, line.str.contains_any(_PHONE_TRIGGERS, ascii_case_insensitive=True), _phones)
    return _only(line, line.str.contains(_IDENTITY), _identities)


def is_secret(key: str) -> bool:
    """Whether a key names something whose value must never be shown."""
    return _SECRET_KEY.search(key) is not None


def _only(line: pl.Series, where: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Changes the few lines that need it, leaves the rest untouched."""
    rows = where.fill_null(False).arg_true()
    if rows.is_empty():
        return line
    if len(rows) == len(line):
        return change(line)
    changed = pl.DataFrame({"row": rows, "new": change(line.gather(rows))})
    frame = line.to_frame("old").with_row_index("row").join(changed, on="row", how="left", maintain_order="left")
    return frame.select(pl.coalesce("new", "old"))["new"].rename(line.name)


def _secrets(line: pl.Series) -> pl.Series:
    line = line.str.replace_all(_AUTHORIZATION, "${1}" + HIDDEN)
    line = line.str.replace_all(_COOKIE, "${1}" + HIDDEN)
    line = line.str.replace_all(_QUOTED, "${1}" + HIDDEN)
    return line.str.replace_all(_BARE, "${1}" + HIDDEN)


def _phones(line: pl.Series) -> pl.Series:
    return line.str.replace_all(_PHONE, "${1}****${2}")


def _identities(line: pl.Series) -> pl.Series:
    found = line.str.extract_all(rf"\d*{_IDENTITY}\d*").explode().drop_nulls().unique().to_list()
    real = [number for number in found if _is_identity(number)]
    if not real:
        return line
    return line.str.replace_many(real, [number[:3] + "*" * 13 + number[-2:] for number in real])


def _is_identity(number: str) -> bool:
    """GB 11643-1999: 17 digits and a check character, ISO 7064 MOD 11-2."""
    if len(number) != 18:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()
