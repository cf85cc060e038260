"""The accounts of a sample installation, which its login page shows. Such an installation listens on 127.0.0.1 only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from qingdun.lib.home import home


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """One account a visitor may sign in with: `role` is the key, `name` and `english` are the role's names."""

    role: str
    name: str
    english: str
    unit: str
    username: str
    password: str
    totp: str = ""  # the secret of its authenticator app, for a role that needs a second factor


def accounts() -> list[SampleAccount]:
    """The accounts on file; none in a real installation."""
    file = _file()
    text = file.read_text("utf-8") if file.exists() else ""
    return [SampleAccount(**account) for account in json.loads(text)] if text else []


def keep(those: Iterable[SampleAccount]) -> None:
    """Write the accounts down, readable by the installation's owner only."""
    _file().touch(mode=0o600)
    _file().write_text(json.dumps([asdict(account) for account in those], ensure_ascii=False, indent=1), "utf-8")


def _file() -> Path:
    return home() / "sample"
