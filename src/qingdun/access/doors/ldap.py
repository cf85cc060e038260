"""LDAP: the directory finds the one entry of this name, and lets it bind with the password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qingdun.access.core.doors import Door
from qingdun.access.doors import TIMEOUT, NotProven, secret


def proven(door: Door, username: str, password: str) -> str:
    """The external id of the entry whose password this is; empty when name or password is wrong. Raises NotProven.

    An empty password is refused here: to a directory it means an anonymous bind, which succeeds.
    """
    from ldap3.core.exceptions import LDAPException

    if not username or not password:
        return ""
    try:
        entry = _find(door, username)
        if entry is None:
            return ""
        with _bound(door, entry["dn"], password) as person:
            if person is None:
                return ""
    except LDAPException as error:
        raise NotProven(f"外部登录 {door.key}：目录没有应答（{type(error).__name__}）") from None
    values = entry["attributes"].get(door.id) or []
    values = values if isinstance(values, list) else [values]
    if len(values) != 1 or not str(values[0]).strip():
        raise NotProven(f"外部登录 {door.key}：条目没有唯一的 {door.id}")
    return str(values[0]).strip()


def _find(door: Door, username: str) -> dict[str, Any] | None:
    """The one entry; None when there is none, or more than one."""
    from ldap3.utils.conv import escape_filter_chars

    condition = (door["find"] or "(uid={username})").replace("{username}", escape_filter_chars(username))
    with _bound(door, door["reader"] or None, secret(door) or None) as reader:
        if reader is None:
            raise NotProven(f"外部登录 {door.key}：查找用的账号登录不了目录")
        reader.search(door["base"], condition, attributes=[door.id], size_limit=2, time_limit=TIMEOUT)
        found = [one for one in reader.response or [] if one.get("type") == "searchResEntry"]
    return found[0] if len(found) == 1 else None


@contextmanager
def _bound(door: Door, dn: str | None, password: str | None) -> Iterator[Any]:
    """A bound connection; None when the directory refuses the credentials. Closed in any case. Raises LDAPException."""
    from ldap3 import ANONYMOUS, NONE, SIMPLE, Connection, Server, Tls

    tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=door["ca"] or None, version=ssl.PROTOCOL_TLS_CLIENT)
    server = Server(door["server"], tls=tls, get_info=NONE, connect_timeout=TIMEOUT)
    kind = SIMPLE if dn else ANONYMOUS
    connection = Connection(
        server, dn, password, authentication=kind, read_only=True, auto_referrals=False, receive_timeout=TIMEOUT
    )
    try:
        connection.open()
        if door.settings.get("starttls"):
            connection.start_tls()
        yield connection if connection.bind() else None
    finally:
        connection.unbind()
        if connection.socket is not None:  # ldap3 leaves the socket of a connection that was refused
            connection.socket.close()
