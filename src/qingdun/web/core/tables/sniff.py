"""What a file is, told by its content and never by its name; what is not taken is refused with a code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Literal

Kind = Literal["workbook", "text"]

FILE_BYTES = 16 * 1024 * 1024
UNPACKED_BYTES = 1024 * 1024 * 1024
BIG_MEMBER, RATIO = 32 * 1024 * 1024, 250  # of honest sheets, the most repetitive packs about 1:100
MEMBERS = 5000

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {
    b"%PDF": "pdf",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
}
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml")


class Unreadable(Exception):
    """The file cannot be taken; `code` says why, `facts` what to name."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def kind_of(path: Path) -> Kind:
    """Workbook or text. Raises Unreadable."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("empty")
    if size > FILE_BYTES:
        raise Unreadable("big", size=size, most=FILE_BYTES)
    content = path.read_bytes()
    if content.startswith(_ZIP):
        return _packed(content)
    if content.startswith(_COMPOUND):
        return _compound(content)
    for head, what in _FOREIGN.items():
        if content.startswith(head):
            raise Unreadable("foreign", what=what)
    if content.lstrip()[:9].lower().startswith(_MARKUP):
        raise Unreadable("foreign", what="markup")
    return "text"


def _packed(content: bytes) -> Kind:
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise Unreadable("broken") from None
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("encrypted")
    swollen = any(m.file_size > BIG_MEMBER and m.file_size > RATIO * max(1, m.compress_size) for m in members)
    if swollen or len(members) > MEMBERS or sum(member.file_size for member in members) > UNPACKED_BYTES:
        raise Unreadable("bomb")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable("macros")
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise Unreadable("foreign", what="document" if "[Content_Types].xml" in names else "archive")
    return "workbook"


def _compound(content: bytes) -> Kind:
    """The old container: an .xls, or a workbook sealed with a password, or another program's document."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise Unreadable("encrypted")
    if not (holds("Workbook") or holds("Book")):
        raise Unreadable("foreign", what="document")
    if holds("_VBA_PROJECT"):
        raise Unreadable("macros")
    return "workbook"
