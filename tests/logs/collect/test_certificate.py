from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from qingdun.lib.command import Unusable
from qingdun.logs.collect import certificate


def test_one_is_made_once_and_only_its_owner_reads_the_key(tmp_path: Path) -> None:
    certificate.context(None, None, tmp_path / "tls")
    key = tmp_path / "tls" / "syslog.key"
    first = key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    certificate.context(None, None, tmp_path / "tls")
    assert key.read_bytes() == first


def test_the_bureaus_own_is_used(tmp_path: Path) -> None:
    certificate.context(None, None, tmp_path / "tls")
    files = tmp_path / "tls" / "syslog.crt", tmp_path / "tls" / "syslog.key"
    tls = certificate.context(*files, tmp_path / "elsewhere")
    assert tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not (tmp_path / "elsewhere").exists()


def test_files_that_can_not_serve_are_said(tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("no certificate")
    for given in ((junk, junk), (tmp_path / "absent", junk), (junk, None)):
        with pytest.raises(Unusable, match="TLS"):
            certificate.context(*given, tmp_path / "tls")
