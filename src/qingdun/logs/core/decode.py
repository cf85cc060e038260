r"""Bytes of a record → text: strict UTF-8, then GB18030, then the bytes written out as `\xNN`. Nothing is lost."""

from __future__ import annotations

import re

import polars as pl

#: Polars validates a whole column at once, so one bad row sends its batch through `_slow`, about 0.2 µs a row.
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def text(raw: pl.Series) -> pl.Series:
    r"""Every value as a string without line ends and outer NULs; an inner NUL is written `\x00`, null becomes ""."""
    try:
        decoded = raw.cast(pl.String())
    except pl.exceptions.ComputeError:
        decoded = pl.Series(raw.name, [_slow(value) for value in raw.to_list()], dtype=pl.String())
    decoded = decoded.fill_null("").str.strip_chars("\r\n\x00\ufeff")
    if decoded.str.contains("\x00", literal=True).any():
        decoded = decoded.str.replace_all("\x00", "\\x00", literal=True)
    return decoded


def _slow(raw: bytes | None) -> str:
    if raw is None:
        return ""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    if _mostly_utf8(raw):  # cut inside a character by a datagram's end, or a few spoilt bytes
        return raw.decode(errors="backslashreplace")
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode(errors="backslashreplace")


def _mostly_utf8(raw: bytes) -> bool:
    good = sum(len(run) for run in _MULTIBYTE.findall(raw))
    high = len(raw) - len(raw.translate(None, bytes(range(128, 256))))
    return good * 4 > high * 3
