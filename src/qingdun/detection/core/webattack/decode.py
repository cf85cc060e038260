"""What a server would make of a value: decoded in passes, and laid out in the forms that different attacks hide in.

An attacker encodes twice, writes `/` as an overlong UTF-8 sequence or a full-width letter, splits a command with
quotes and a keyword with comments. Each form here undoes one such trick; the signals say which form they read.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_to_bytes

PASSES = 3
LONGEST = 8_192  # characters of one value; more says nothing new

BROKEN = "\ufffd"  # stands before a value whose bytes are no text in any encoding in use

WIDE = re.compile(rb"%[uU]([0-9a-fA-F]{4})")
OVERLONG = re.compile(rb"[\xc0\xc1]([\x80-\xbf])|\xe0\x80([\x80-\xbf])|\xf0\x80\x80([\x80-\xbf])")
ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|x([0-9a-f]{2}))")
LOGGED = re.compile(rb"\\x([0-9A-Fa-f]{2})")
SPACES = re.compile(r"[\s\x00\xa0]+")
COMMENT = re.compile(r"/\*!?\d{0,6}|\*/")
WHOLE_COMMENT = re.compile(r"/\*\*/|/\*[^!+].{0,200}?\*/")  # an unclosed one is not sought for ever
NOTHING_IN_SHELL = re.compile(
    r"""\\(?=[\w/])|["']{2}|(?<=\w)["'](?=\w)|\$(?:[@*?!_-]|\{[@*]\}|\$)|`\s*`|\$\(\s*\)|[<>]\(\s*\)"""
)
QUOTED_WORD = re.compile(r"""(^|[;|&(\s])(["'])([\w-]{1,20})\2(?=[\s;|]|$)""")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


def logged(text: str) -> str:
    """The text behind an access log's own escapes: `\\x22` as nginx and Apache write it, `\\"` and `\\\\`."""
    if "\\" not in text:
        return text
    raw = LOGGED.sub(lambda found: bytes([int(found[1], 16)]), text.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape").replace('\\"', '"')


def percent(text: str, *, plus: bool) -> str:
    """Percent-decoding until nothing changes, three passes at most; `%uXXXX` and overlong UTF-8 as servers do."""
    for _pass in range(PASSES):
        spaced = text.replace("+", " ") if plus and not _pass else text
        decoded = _once(spaced) if "%" in spaced else spaced
        if decoded == text:
            break
        text = decoded
    return text


def _once(text: str) -> str:
    raw = WIDE.sub(lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), text.encode("utf-8", "replace"))
    raw = OVERLONG.sub(_shortest, unquote_to_bytes(raw))
    for encoding in ("utf-8", "gb18030"):  # addresses in GBK are everyday here
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return BROKEN + raw.decode("latin-1")


def _shortest(found: re.Match[bytes]) -> bytes:
    """`\\xc0\\xaf` is a slash that was made two bytes long to pass a filter."""
    two, three, four = found.groups()
    if two is not None:
        return bytes([(found[0][0] & 1) << 6 | two[0] & 0x3F])
    return bytes([(three or four)[0] & 0x3F])


@dataclass(frozen=True)
class Value:
    """One piece of a request as it was sent, and every form in which it is read. Forms are made when asked for."""

    sent: str
    plus: bool = True
    forms: tuple[str, ...] = field(default=("plain", "sql", "shell", "script", "hidden"), repr=False)

    @cached_property
    def decoded(self) -> str:
        """Percent-decoded and nothing else: line breaks and case stand."""
        return percent(self.sent[:LONGEST], plus=self.plus)

    @cached_property
    def plain(self) -> str:
        """Decoded, entities resolved, full-width letters made plain, lower case, white space single."""
        text = self.decoded
        if "&" in text and ";" in text:
            text = html.unescape(text)
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).replace("。", ".")
        return SPACES.sub(" ", text.lower())

    @cached_property
    def script(self) -> str:
        """As a script engine reads it: `\\u0065val` is `eval`, and comments are gone."""
        text = ESCAPED.sub(lambda found: _letter(found.group(found.lastindex or 0)), self.plain)
        return WHOLE_COMMENT.sub(" ", text)

    @cached_property
    def sql(self) -> str:
        """As a database reads it: what stands in `/*! */` runs, other comments are spaces."""
        return SPACES.sub(" ", COMMENT.sub(" ", WHOLE_COMMENT.sub(" ", self.plain)))

    @cached_property
    def shell(self) -> str:
        """As a shell reads it: `c'a't`, `c\\at` and `c$@at` are all `cat`; `${IFS}` is a space."""
        text = self.plain.replace("${ifs}", " ").replace("$ifs$9", " ").replace("$ifs", " ")
        for _pass in range(PASSES):
            text = NOTHING_IN_SHELL.sub("", text)
        return QUOTED_WORD.sub(r"\1\3", text)

    @cached_property
    def hidden(self) -> str:
        """What base64 hides, when it hides readable text; else empty."""
        return " ".join(filter(None, map(_readable, BASE64.findall(self.decoded)[:4])))


def _letter(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else ""


def _readable(text: str) -> str:
    """Base64 of printable text in lower case; a key, a hash or an image decodes to noise and counts as nothing."""
    padded = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        raw = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        decoded = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    if not all(letter.isprintable() or letter in "\r\n\t" for letter in decoded):
        return ""
    return SPACES.sub(" ", ESCAPED.sub(lambda found: _letter(found.group(found.lastindex or 0)), decoded.lower()))
