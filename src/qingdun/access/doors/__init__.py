"""外部登录: an identity proven elsewhere (OIDC, SAML, CAS, LDAP) leads to an account that is already registered for it.

It never makes an account and never goes by e-mail or name: the system administrator ties door and external id to an
account beforehand. Whoever needs a second factor needs ours, here as behind the password.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import requests

from qingdun.access.core.doors import SCHEMA, Door, build
from qingdun.lib.registry import load

TIMEOUT = 10  # seconds
MOST = 256 * 1024  # bytes of an answer


class NotProven(Exception):
    """The other side did not say, clearly and to us, who this is. The text is for the log of the platform."""


@cache
def doors() -> Mapping[str, Door]:
    """Every door on file by key. Raises `BrokenContent`."""
    return load("qingdun.access.doors", build, schema=SCHEMA, ours=False)


def secret(door: Door) -> str:
    """The door's secret, read when it is needed and kept nowhere. Raises NotProven when it is not to be had."""
    where = door.settings.get("secret") or {}
    if "env" in where:
        found = os.environ.get(where["env"], "")
    else:
        try:
            found = Path(where["file"]).read_text("utf-8").strip() if where else ""
        except OSError as error:
            raise NotProven(f"外部登录 {door.key} 的密钥文件读不出：{error.strerror}") from None
    if where and not found:
        raise NotProven(f"外部登录 {door.key} 的密钥是空的")
    return found


def fetch(door: Door, url: str, **asked: Any) -> bytes:
    """What the other side answers, to POST when there is `data`. No redirects, within seconds, of bounded size.

    Raises NotProven.
    """
    method = "POST" if "data" in asked else "GET"
    try:
        with requests.request(
            method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, verify=door["ca"] or True, **asked
        ) as answer:
            body = answer.raw.read(MOST + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise NotProven(f"外部登录 {door.key}：对方没有应答（{type(error).__name__}）") from None
    if answer.status_code != requests.codes.ok or len(body) > MOST:
        raise NotProven(f"外部登录 {door.key}：对方应答 HTTP {answer.status_code}")
    return bytes(body)
