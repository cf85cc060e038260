from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.inventory.core.addresses import NotAnAddress, canonical, key, parse, parse_many, span

v4 = st.ip_addresses(v=4)
v6 = st.ip_addresses(v=6)


@given(st.lists(v4, min_size=2), st.lists(v6, min_size=2))
def test_keys_sort_as_addresses_do(fours: list[IPv4Address], sixes: list[IPv6Address]) -> None:
    for family in (fours, sixes):
        plain = [one for one in family if getattr(one, "ipv4_mapped", None) is None]
        assert sorted(plain) == sorted(plain, key=lambda one: key(str(one)))


@given(v4, st.integers(0, 32))
def test_a_network_spans_exactly_its_addresses(address: IPv4Address, length: int) -> None:
    network = ip_network(f"{address}/{length}", strict=False)
    first, last = span(f"{address}/{length}") or ("", "")
    assert (first, last) == (key(str(network[0])), key(str(network[-1])))
    assert first <= key(str(address)) <= last


def test_an_address_spans_itself() -> None:
    assert span(" 10.20.3.4 ") == (key("10.20.3.4"), key("10.20.3.4"))


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_host() -> None:
    assert key("::ffff:10.20.3.4") == key("10.20.3.4") == "0" * 20 + "ffff0a140304"


@pytest.mark.parametrize("text", ["", "10.20.3", "10.20.3.256", "www.example.cn", "10.0.0.1/33"])
def test_other_text_is_no_address(text: str) -> None:
    assert span(text) is None
    with pytest.raises(NotAnAddress, match="不是 IP 地址"):
        parse(text)


def test_many_addresses_are_read_from_any_separator_once() -> None:
    assert parse_many("10.0.0.1，2001:DB8::1\n10.0.0.1; 10.0.0.2 ") == ["10.0.0.1", "2001:db8::1", "10.0.0.2"]


@given(st.one_of(v4, v6))
def test_the_short_way_to_a_key_is_the_long_one(address: IPv4Address | IPv6Address) -> None:
    number = int(parse(str(address)))
    mapped = number | 0xFFFF << 32 if isinstance(parse(str(address)), IPv4Address) else number
    assert key(str(address)) == f"{mapped:032x}"
    assert canonical(str(address)) == str(parse(str(address)))


@pytest.mark.parametrize(
    "text", ["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.", "1.2.3.4\n5", "١.2.3.4", "0x1.2.3.4", "1.2.3.4.5"]
)
def test_the_short_way_takes_nothing_the_long_one_refuses(text: str) -> None:
    for way in (key, canonical):
        with pytest.raises(NotAnAddress):
            way(text)
