"""The only doors through which sources change: permit, save, audit, all in one transaction."""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs.core.formats import formats
from qingdun.logs.folders import folders, may_be_named
from qingdun.logs.models import Source

FIELDS = ("name", "via", "address", "format", "unit", "relay", "silent_after")


@transaction.atomic
def register_source(source: Source, *, by: Account | None, reason: str = "") -> Source:
    """Enter a new source. `by` None is the platform itself. Raises ValidationError.

    A sender that appeared by itself under the same address is claimed, not entered twice: its history stays.
    """
    if by is not None:
        _permit(by, source)
    appeared = Source.objects.filter(via=source.via, address=source.address, registered=False).exclude(address="")
    if (found := appeared.first()) is not None:
        if by is not None:  # until it is claimed it belongs to the platform, with all it ever sent
            policy.require(by, "logs.manage_sources", found)
        source.pk, source.created, source.last_seen = found.pk, found.created, found.last_seen
        source._state.adding = False
    source.registered = True
    _check(source)
    source.save()
    audit.record(by, "logs.manage_sources", source, reason, changes=_changes(Source(), source))
    return source


@transaction.atomic
def change_source(source: Source, *, by: Account, reason: str = "") -> Source:
    """Save an edited source, which also claims one that appeared by itself. Raises ValidationError."""
    before = _locked(source, by)
    _permit(by, source)
    source.registered = True
    _check(source)
    changes = _changes(before, source)
    if changes or not before.registered:
        source.save(update_fields=[*FIELDS, "registered"])
        audit.record(by, "logs.manage_sources", source, reason, changes=changes)
    return source


@transaction.atomic
def new_token(source: Source, *, by: Account, reason: str = "") -> str:
    """Give an HTTP source a fresh token; the one before stops working within seconds. Shown once, never stored."""
    kept = _locked(source, by)
    if kept.via != Source.Via.HTTP:
        raise ValidationError(_("只有 HTTP 推送的来源使用令牌"))
    token = secrets.token_urlsafe(32)
    _set_token(kept, sha256(token.encode()).hexdigest())
    audit.record(by, "logs.manage_sources", kept, reason or _("生成令牌"))
    return token


@transaction.atomic
def forget_token(source: Source, *, by: Account, reason: str = "") -> None:
    """From now on nobody can push as this source."""
    kept = _locked(source, by)
    if kept.token_digest:
        _set_token(kept, "")
        audit.record(by, "logs.manage_sources", kept, reason or _("作废令牌"))


def _permit(by: Account, source: Source) -> None:
    """A relay speaks for any device, and a file may hold any unit's lines: both are the platform's to set up."""
    policy.require(by, "logs.manage_sources", source)
    if source.relay or source.via == Source.Via.FILE:
        policy.require(by, "logs.manage_sources", Source())


def _locked(source: Source, by: Account) -> Source:
    kept = Source.objects.select_for_update().get(pk=source.pk)
    policy.require(by, "logs.manage_sources", kept)
    return kept


def _set_token(source: Source, digest: str) -> None:
    source.token_digest = digest
    source.save(update_fields=["token_digest"])


def _check(source: Source) -> None:
    faults: dict[str, str] = {}
    if source.via == Source.Via.FILE and not Path(source.address).is_absolute():
        faults["address"] = _("“{path}”不是绝对路径").format(path=source.address)
    elif source.via == Source.Via.FILE and not may_be_named(source.address):
        allowed = "、".join(map(str, folders()))
        faults["address"] = _(
            "“{path}”不在允许读取的目录（{allowed}）之内；目录由服务器上的 QINGDUN_LOG_FOLDERS 设定"
        ).format(path=source.address, allowed=allowed)
    if source.via == Source.Via.SYSLOG and not source.address:
        faults["address"] = _("Syslog 来源须有发送方地址或主机名")
    if source.format and source.format not in formats():
        faults["format"] = _("没有格式“{key}”").format(key=source.format)
    if faults:
        raise ValidationError(faults)
    source.full_clean()


def _changes(before: Source, after: Source) -> dict[str, tuple[object, object]]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in FIELDS)
    return {name: (_written(old), _written(new)) for name, old, new in pairs if old != new}


def _written(value: object) -> object:
    return value if isinstance(value, bool | int | str) else str(value or "")
