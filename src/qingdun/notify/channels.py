"""The city's channels, read from `$QINGDUN_CONTENT/notify/channels/*.yaml`, and the one way out through them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from qingdun.lib.faults import Unbuildable
from qingdun.lib.home import content
from qingdun.lib.registry import load
from qingdun.notify.core.channels import SCHEMA, Channel, without_secret

FOLDER = "qingdun.notify.channels"
TIMEOUT = 10  # seconds for one try
OTHERS = 0o077


class NotDelivered(Exception):
    """The channel did not take it; the text says why, without the channel's address."""


def channels() -> Mapping[str, Channel]:
    """Every channel by key; a changed file counts at once. Raises BrokenContent."""
    files = [(str(file), file.stat()) for file in sorted(_folder().glob("*"))]
    return _read(tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_mode) for name, stat in files))


@lru_cache(maxsize=1)
def _read(_state: tuple[tuple[str, int, int, int], ...]) -> Mapping[str, Channel]:
    """Looking at an address makes apprise load all it knows, half a second: only when a file changed."""
    return load(FOLDER, _build, schema=SCHEMA, ours=False)


def _folder() -> Path:
    return content() / "notify" / "channels"


def _build(key: str, document: dict[str, Any]) -> Channel:
    import apprise

    if (_folder() / f"{key}.yaml").stat().st_mode & OTHERS:
        raise Unbuildable("文件里有密钥，只能让属主读写：请执行 chmod 600", "url")
    if not apprise.Apprise.instantiate(document["url"], suppress_exceptions=True):
        raise Unbuildable("不是可用的通道地址，写法见 docs/guide/messages.md", "url")
    return Channel(key, document["name"], document["english"], document["url"], tuple(document["kinds"]))


def carry(channel: Channel, title: str, body: str) -> None:
    """One try. Raises NotDelivered."""
    import apprise

    log = logging.getLogger("apprise")
    log.setLevel(logging.CRITICAL)  # its messages repeat the address
    outgoing = apprise.Apprise(asset=apprise.AppriseAsset(service_timeout=TIMEOUT, storage_mode="memory"))
    try:
        taken = outgoing.add(channel.url) and outgoing.notify(body=body or title, title=title if body else "")
    except Exception as error:
        raise NotDelivered(without_secret(f"{type(error).__name__}: {error}", channel.url)) from None
    if not taken:
        raise NotDelivered("对方没有接收，请核对地址、密钥与网络")
