"""The series of signed checkpoints: one file each, in a folder that should lie on another machine.

`$QINGDUN_CHECKPOINTS`, `checkpoints` inside the installation when unset: that default finds a changed database, but not
somebody who has the whole machine. The database keeps a copy, so that a folder that is changed or lost can be filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from qingdun import audit
from qingdun.audit import keys
from qingdun.audit.core.chain import canonical
from qingdun.audit.core.checkpoints import Checkpoint as Signed
from qingdun.audit.core.checkpoints import make
from qingdun.audit.models import Checkpoint, Head
from qingdun.lib import environment
from qingdun.lib.home import home

_NAME = re.compile(r"(\d{8})\.json")


def folder() -> Path:
    """Where checkpoints are laid down. It may not exist yet, or not be reachable now."""
    named = environment.text("QINGDUN_CHECKPOINTS")
    return Path(named).resolve() if named else home() / "checkpoints"


def lies_outside() -> bool:
    """Does the folder lie outside the installation's own?"""
    return not folder().is_relative_to(home())


def sign(*, even_if_unmoved: bool = False, new_key: bool = False, lost_key: bool = False) -> Signed | None:
    """State where the chain stands now; nothing when it has not moved since, unless asked for.

    `new_key`: make another key, which takes over as this checkpoint says. `lost_key`: sign with another key at once,
    which no signature introduces, so that whoever checks must be told of it. Raises `keys.NoKey` when the key that must
    sign is not here, OSError when the folder cannot be written; the statement is kept in the database even then.
    """
    with transaction.atomic():
        head, _created = Head.objects.select_for_update().get_or_create(pk=1)
        last = newest()
        if last and last.link == head.link and not (even_if_unmoved or new_key or lost_key):
            return None
        key = keys.private(keys.create() if last is None or lost_key else last.heir)
        now = timezone.now().replace(microsecond=0)
        at = max(now, last.at) if last else now  # a clock that was set back must not tear the series
        signed = make(last, head.link, at, key, keys.create() if new_key else "")
        Checkpoint.of(signed).save(force_insert=True)
    if new_key:
        keys.destroy(signed.key)
    lay_down()
    return signed


def change_key(reason: str, *, lost: bool = False) -> Signed:
    """Another key signs from now on; who ran the command on the machine is not known, so it is the platform's act."""
    with transaction.atomic():
        audit.record(None, "audit.change_key", "检查点签名密钥", reason)
    signed = sign(new_key=not lost, lost_key=lost)
    assert signed is not None  # a change of key is always stated
    return signed


def newest() -> Signed | None:
    kept = Checkpoint.objects.order_by("-number").first()
    return kept.signed if kept else None


def require_key() -> None:
    """Raises `keys.NoKey` unless what must sign next can; before the first checkpoint nothing must."""
    if last := newest():
        keys.private(last.heir)


def attest(content: Mapping[str, object]) -> dict[str, str]:
    """Sign something else with the key of the series: {key, signature}. Raises `keys.NoKey`, also before the first."""
    last = newest()
    if last is None:
        raise keys.NoKey(str(keys.folder()))
    return {"key": last.heir, "signature": keys.private(last.heir).sign(canonical(content)).hex()}


def lay_down() -> None:
    """Write the newest checkpoints that the folder lacks, and the public keys. A gap further back stays to be seen."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = max(files(place), default=0)
    for kept in Checkpoint.objects.filter(number__gt=there).order_by("number").iterator():
        _lay(place / f"{kept.number:08}.json", kept.signed.text)
    for key in keys.ours():
        _lay(place / f"{keys.identify(key)}.pem", keys.pem(key))


def _lay(file: Path, content: bytes) -> None:
    """What another process wrote meanwhile stands; whether it is the same is for `verify` to say."""
    if not file.exists():
        with suppress(FileExistsError):
            keys.write_once(file, content)


def files(place: Path) -> dict[int, Path]:
    """The checkpoints in a folder by number; other files in it are passed over. Raises OSError."""
    found = ((_NAME.fullmatch(file.name), file) for file in place.iterdir())
    return {int(match[1]): file for match, file in found if match}


def texts(place: Path) -> dict[int, bytes]:
    """The same, read. Raises OSError."""
    return {number: file.read_bytes() for number, file in sorted(files(place).items())}
