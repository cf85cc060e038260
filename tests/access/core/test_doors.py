from __future__ import annotations

from typing import Any

import pytest

from qingdun.access.core.doors import build
from qingdun.lib.registry import Unbuildable

LDAP = {
    "name": "目录",
    "english": "Directory",
    "kind": "ldap",
    "server": "ldaps://ldap.example.cn",
    "base": "dc=example",
}
OIDC = {"name": "认证", "english": "SSO", "kind": "oidc", "server": "https://sso.example.cn", "client": "q"}


def test_a_door_shows_no_setting_when_it_is_printed() -> None:
    door = build("city", OIDC | {"secret": {"env": "HIDDEN_NAME"}})
    assert (door.key, door.kind, door.id, door.title("en"), door.title("zh-hans")) == (
        "city",
        "oidc",
        "sub",
        "SSO",
        "认证",
    )
    assert "HIDDEN" not in repr(door)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        (OIDC | {"server": "http://sso.example.cn"}, "server"),
        (OIDC | {"server": "ftp://x"}, "server"),
        (OIDC | {"server": "https://"}, "server"),
        (LDAP | {"server": "ldap://ldap.example.cn"}, "server"),
        ({**LDAP, "find": "(uid=*)"}, "find"),
        (LDAP | {"reader": "cn=reader"}, "reader"),
        (LDAP | {"client": "x"}, "client"),
        ({name: value for name, value in OIDC.items() if name != "client"}, "client"),
    ],
)
def test_what_is_missing_foreign_or_in_the_clear_is_refused(document: dict[str, Any], key: str) -> None:
    with pytest.raises(Unbuildable) as refused:
        build("city", document)
    assert refused.value.key == key


@pytest.mark.parametrize("more", [{"server": "ldap://127.0.0.1:389"}, {"server": "ldap://x.cn", "starttls": True}])
def test_a_server_near_or_with_starttls_may_be_spoken_to(more: dict[str, Any]) -> None:
    assert build("city", LDAP | more).id == "uid"
