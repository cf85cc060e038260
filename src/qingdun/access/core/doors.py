"""外部登录: the files `$QINGDUN_CONTENT/access/doors/*.yaml`, one file an external way in.

None ships with the platform: without a file there is only the password. A secret stands in the environment or in a file
of its own, never in the door's file. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from qingdun.lib.registry import Unbuildable

NEAR = ("localhost", "127.0.0.1", "::1")
#: Kind → what its file must say beside name, english and kind; and what it may.
NEEDED = {
    "oidc": ("server", "client"),
    "saml": ("issuer", "server", "certificate"),
    "cas": ("server",),
    "ldap": ("server", "base"),
}
ALLOWED = {
    "oidc": ("secret", "scope", "id", "ca"),
    "saml": ("id",),
    "cas": ("id", "ca"),
    "ldap": ("find", "id", "reader", "secret", "ca", "starttls"),
}
ID = {"oidc": "sub", "saml": "", "cas": "", "ldap": "uid"}
SCHEMES = {"oidc": "https", "saml": "https", "cas": "https", "ldap": "ldaps"}

_TEXT = {"type": "string", "minLength": 1, "maxLength": 4000}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "kind"],
    "properties": {
        "name": _TEXT,
        "english": _TEXT,
        "kind": {"enum": ["oidc", "saml", "cas", "ldap"]},
        **dict.fromkeys(
            ("server", "client", "issuer", "certificate", "base", "find", "id", "reader", "scope", "ca"), _TEXT
        ),
        "starttls": {"type": "boolean"},
        "secret": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {"env": _TEXT, "file": _TEXT},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Door:
    """One external way in. `id`: the claim or attribute that is the external identity; empty is the protocol's own."""

    key: str
    name: str
    english: str
    kind: str
    id: str
    settings: Mapping[str, Any] = field(repr=False)

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name

    def __getitem__(self, name: str) -> str:
        return str(self.settings.get(name, ""))


def build(key: str, document: dict[str, Any]) -> Door:
    """Raises Unbuildable for a setting that is missing, foreign to the kind, or would send secrets in the clear."""
    kind = document["kind"]
    own = {name for name in document if name not in ("name", "english", "kind")}
    if missing := [name for name in NEEDED[kind] if name not in own]:
        raise Unbuildable(f"{kind} 须写明 {'、'.join(missing)}", missing[0])
    if foreign := sorted(own - {*NEEDED[kind], *ALLOWED[kind]}):
        raise Unbuildable(f"{kind} 没有这项设置", foreign[0])
    if kind == "ldap" and "{username}" not in document.get("find", "{username}"):
        raise Unbuildable("查找条件里须有 {username}", "find")
    if ("reader" in own) != ("secret" in own) and kind == "ldap":
        raise Unbuildable("reader 与 secret 须同时写，或都不写（匿名查找）", "reader")
    _refuse_open(document, kind)
    settings = MappingProxyType({name: document[name] for name in own})
    return Door(key, document["name"], document["english"], kind, document.get("id", ID[kind]), settings)


def _refuse_open(document: dict[str, Any], kind: str) -> None:
    """Passwords and tickets travel encrypted; only a server on this very machine may be spoken to in the clear."""
    address = urlsplit(document["server"])
    clear = "ldap" if kind == "ldap" else "http"
    if address.scheme == SCHEMES[kind] and address.hostname:
        return
    if address.scheme == clear and (address.hostname in NEAR or document.get("starttls")):
        return
    raise Unbuildable(f"须是 {SCHEMES[kind]}:// 开头的地址", "server")
