from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs.collect import doors
from qingdun.logs.collect.doors import pieces, plain_address
from qingdun.logs.spool import Via


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b".") + b"\n"), max_size=40))
def test_a_long_payload_falls_into_pieces_at_line_ends_only(lines: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors, "PIECE", 100)
        entries = pieces(Via.FILE, "/var/log/a", b"".join(lines), source=3, format="nginx_access", mark="here")
    assert b"".join(entry.payload for entry in entries) == b"".join(lines)
    assert all(entry.payload.endswith(b"\n") for entry in entries)
    assert [entry.head.mark for entry in entries[:-1]] == [""] * (len(entries) - 1 if entries else 0)
    assert all(entry.head.mark == "here" for entry in entries[-1:])
    assert {(entry.head.source, entry.head.format) for entry in entries} <= {(3, "nginx_access")}


def test_a_line_longer_than_a_piece_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "PIECE", 100)
    body = b"a" * 250 + b"\n" + b"b" * 250
    assert [entry.payload for entry in pieces(Via.HTTP, "", body)] == [b"a" * 250 + b"\n", b"b" * 250]


@pytest.mark.parametrize(
    ("given_", "plain"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("not an address", "not an address"),
    ],
)
def test_an_address_is_written_one_way(given_: str, plain: str) -> None:
    assert plain_address(given_) == plain
