"""Keeps every room's English catalogue in step with its words.

`python scripts/messages.py` extracts each room's Chinese messages (Python and templates) into
`src/qingdun/<room>/locale/en/LC_MESSAGES/django.po`, keeps the translations there and drops what is no longer said.
`--check` changes nothing and fails, room by room, on what is missing, stale, empty, fuzzy or still Chinese, on broken
placeholders, and on two rooms that translate one message differently: Django knows only one catalogue in the end.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "qingdun"
LAZY = {
    f"{name}_{kind}": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
    for kind in ("lazy", "noop")
}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY}
MOVING = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Generated-By|Language-Team|Report-Msgid|Project-Id)[^\n]*\n',
    re.M,
)
HAN = re.compile(r"[\u4e00-\u9fff]")
Key = tuple[str | None, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a catalogue is not complete")
    parser.add_argument("room", nargs="*", help="only these rooms (default: all)")
    options = parser.parse_args()
    settings.configure()
    rooms = {folder.name: said(folder) for folder in sorted(PACKAGE.iterdir()) if (folder / "__init__.py").exists()}
    rooms = {name: words for name, words in rooms.items() if not options.room or name in options.room}
    rooms = {name: words for name, words in rooms.items() if len(words) or file_of(name).exists()}
    if not options.check:
        for name, words in rooms.items():
            left = write(name, words)
            print(f"{name}: {len(words)} messages, {left} to translate")
        return 0
    faults = [fault for name, words in rooms.items() for fault in check(name, words)] + disagreements(list(rooms))
    print("\n".join(faults) or f"{sum(map(len, rooms.values()))} messages of {len(rooms)} rooms are translated")
    return 1 if faults else 0


def file_of(room: str) -> Path:
    return PACKAGE / room / "locale" / "en" / "LC_MESSAGES" / "django.po"


def said(folder: Path) -> Catalog:
    """Every message of a room, in the order of its files."""
    words = Catalog(locale="en", charset="utf-8", header_comment="", fuzzy=False)
    for file in sorted([*folder.rglob("*.py"), *folder.rglob("*.html")]):
        where = file.relative_to(PACKAGE).as_posix()
        for _line, message, comments, context in extract("python", BytesIO(source(file)), KEYWORDS, ["Translators:"]):
            words.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return words


def source(file: Path) -> bytes:
    """Python that calls gettext: the file itself, or what Django makes of a template (indented at random)."""
    text = file.read_text("utf-8")
    if file.suffix == ".html":
        text = "\n".join(line.strip() for line in templatize(text, origin=str(file)).splitlines()) + "\n"
    return text.encode()


def known(room: str) -> Catalog:
    if not file_of(room).exists():
        return Catalog(locale="en", charset="utf-8", fuzzy=False)
    with file_of(room).open("rb") as file:
        return read_po(file, locale="en")


def write(room: str, words: Catalog) -> int:
    """Update a room's file; gives the number of messages still without a translation."""
    old = known(room)
    for message in words:
        if message.id and (kept := old.get(_id(message), message.context)) and not kept.fuzzy:
            message.string = kept.string
    out = BytesIO()
    write_po(out, words, width=120, include_lineno=False, ignore_obsolete=True)
    file_of(room).parent.mkdir(parents=True, exist_ok=True)
    file_of(room).write_text(MOVING.sub("", out.getvalue().decode()).lstrip(), "utf-8")
    return sum(not translated(message) for message in words if message.id)


def check(room: str, words: Catalog) -> list[str]:
    old = known(room)
    wanted = {(message.context, _id(message)) for message in words if message.id}
    held = {(message.context, _id(message)): message for message in old if message.id}
    faults = [f"{room}: missing {text!r}" for _context, text in sorted(wanted - set(held), key=str)]
    faults += [f"{room}: no longer said {text!r}" for _context, text in sorted(set(held) - wanted, key=str)]
    for message in held.values():
        if not translated(message) or message.fuzzy:
            faults.append(f"{room}: not translated {_id(message)!r}")
        elif HAN.search(str(message.string)):
            faults.append(f"{room}: still Chinese {_id(message)!r}")
        else:
            faults += [f"{room}: {error}: {_id(message)!r}" for error in message.check(old)]
    return faults


def translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def disagreements(rooms: list[str]) -> list[str]:
    """One message, two translations: whichever room comes first would win, so they must be the same."""
    found: defaultdict[Key, dict[str, list[str]]] = defaultdict(dict)
    for room in rooms:
        for message in known(room):
            if message.id and translated(message):
                found[message.context, _id(message)].setdefault(str(message.string), []).append(room)
    return [
        f"{' and '.join(' '.join(where) for where in strings.values())}: {text!r} is {' or '.join(map(repr, strings))}"
        for (_context, text), strings in sorted(found.items(), key=str)
        if len(strings) > 1
    ]


def _id(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple) else message.id)


if __name__ == "__main__":
    sys.exit(main())
