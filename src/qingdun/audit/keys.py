"""The keys that sign checkpoints: `$QINGDUN_HOME/audit-keys/<id>.key`, readable by the platform's own account only.

Only the key in use is kept; beside it stands the public key of every one that ever was, `<id>.pem`, for whoever checks.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qingdun.audit.core.checkpoints import raw
from qingdun.lib.home import home


class NoKey(Exception):
    """The private key that must sign next is not here."""


def folder() -> Path:
    made = home() / "audit-keys"
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def identify(key: str) -> str:
    """The short name of a public key (hex): its first 16 digits."""
    return key[:16]


def create() -> str:
    """Make a new key pair; gives the public key (hex)."""
    private = Ed25519PrivateKey.generate()
    key = raw(private.public_key())
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_once(folder() / f"{identify(key)}.pem", pem(key))
    write_once(folder() / f"{identify(key)}.key", text)
    return key


def private(key: str) -> Ed25519PrivateKey:
    """The private half of a public key. Raises NoKey."""
    file = folder() / f"{identify(key)}.key"
    try:
        found = serialization.load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise NoKey(str(file)) from error
    if not isinstance(found, Ed25519PrivateKey) or raw(found.public_key()) != key:
        raise NoKey(str(file))
    return found


def destroy(key: str) -> None:
    """A key that was replaced signs nothing any more."""
    (folder() / f"{identify(key)}.key").unlink(missing_ok=True)


def ours() -> list[str]:
    """The public keys (hex) of this installation, those of the past included."""
    return [public(file.read_bytes()) for file in sorted(folder().glob("*.pem"))]


def pem(key: str) -> bytes:
    """A public key (hex) in the form that OpenSSL reads."""
    found = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    return found.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def public(text: bytes) -> str:
    """The public key (hex) in a PEM text. Raises ValueError."""
    try:
        found = serialization.load_pem_public_key(text)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(found, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")
    return raw(found)


def write_once(file: Path, content: bytes) -> None:
    """A new file, whole or not at all, its owner's only, on the disk before we go on. Raises FileExistsError."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, file)  # unlike a rename, a link never takes the place of a file that stands
    except FileExistsError:
        part.unlink()
        raise
    except OSError:  # a share that knows no links
        if file.exists():
            raise FileExistsError(file) from None
        part.rename(file)
    else:
        part.unlink()
