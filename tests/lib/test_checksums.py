"""The published test vectors: FIPS 180-4 for SHA-256, GB/T 32905-2016 appendix A for SM3."""

from __future__ import annotations

import pytest

from qingdun.lib.checksums import sha256, sm3


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3(content: bytes, digest: str) -> None:
    assert sm3(content) == digest


def test_sha256() -> None:
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
