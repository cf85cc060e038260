from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.access.core.proxies import client_of, parse, trusted

PROXIES = parse("10.0.0.5, 10.1.0.0/24,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy of ours: what it claims counts for nothing
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "1.2.3.4, 198.51.100.1", "198.51.100.1"),  # the client wrote 1.2.3.4 itself
        ("10.0.0.5", "198.51.100.1, 10.1.0.7", "198.51.100.1"),  # two proxies in a row
        ("10.0.0.5", "10.1.0.8, 10.1.0.7", "10.1.0.8"),  # an administrator on a proxy
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "unknown", "10.0.0.5"),
        ("10.0.0.5", "198.51.100.1, evil", "10.0.0.5"),
        ("10.0.0.5", "198.51.100.1:55012", "198.51.100.1"),
        ("10.0.0.5", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.5", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:DB8::7", "2001:db8::7"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_who_the_last_trusted_proxy_heard(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, PROXIES) == client


@given(st.text(max_size=60))
def test_whatever_is_claimed_never_raises_and_an_untrusted_peer_stays_itself(forwarded: str) -> None:
    assert client_of("203.0.113.9", forwarded, PROXIES) == "203.0.113.9"
    assert client_of("10.0.0.5", forwarded, PROXIES)


def test_nothing_is_trusted_by_default() -> None:
    assert parse("") == () and not trusted("127.0.0.1", parse(""))
    with pytest.raises(ValueError, match="proxy1"):
        parse("10.0.0.5,proxy1")
