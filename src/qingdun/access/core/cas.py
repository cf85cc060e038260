"""What a CAS server answers to `serviceValidate` (CAS 2.0) and `p3/serviceValidate` (3.0). Pure, and strict."""

from __future__ import annotations

import re
from xml.etree import ElementTree

NAMESPACE = "{http://www.yale.edu/tp/cas}"
MOST = 64 * 1024  # bytes
DECLARATION = re.compile(r"<!(?!\[CDATA\[|--)")  # DOCTYPE and ENTITY: what makes XML dangerous, and CAS never uses


def identity(answer: bytes, attribute: str = "") -> str:
    """Whom the ticket belongs to: the user, or the one value of an attribute. Empty for anything but a clear yes."""
    root = _parsed(answer)
    if root is None or root.tag != f"{NAMESPACE}serviceResponse" or len(root) != 1:
        return ""
    success = root[0]
    if success.tag != f"{NAMESPACE}authenticationSuccess":
        return ""
    path = f"{NAMESPACE}attributes/{NAMESPACE}{attribute}" if attribute else f"{NAMESPACE}user"
    found = success.findall(path)
    return (found[0].text or "").strip() if len(found) == 1 and not len(found[0]) else ""


def _parsed(answer: bytes) -> ElementTree.Element | None:
    try:
        text = answer.decode("utf-8") if len(answer) <= MOST else ""
        if not text or DECLARATION.search(text):
            return None
        return ElementTree.fromstring(text)  # noqa: S314 (no declaration is left to expand)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        return None
