from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.operations.core.guards import Guard, Limits, NotBlockable, Range, Target, refusal


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" 198.51.100.7 ", "198.51.100.7"),
        ("198.51.100.7/32", "198.51.100.7"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
        ("2001:db8:1::/64", "2001:db8:1::/64"),
    ],
)
def test_an_address_has_one_way_of_being_written(text: str, written: str) -> None:
    assert Target.parse(text).text == written


@pytest.mark.parametrize("text", ["", "attacker", "198.51.100.256", "198.51.100.7/33", "fe80::1%eth0", "1.2.3.4-9"])
def test_what_is_no_address_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(NotBlockable, match="不是 IP 地址或网段"):
        Target.parse(text)


def test_a_network_with_host_bits_names_the_network_that_was_perhaps_meant() -> None:
    with pytest.raises(NotBlockable, match="是否指 198.51.100.0/24"):
        Target.parse("198.51.100.7/24")


def test_nobody_blocks_wider_than_the_limit() -> None:
    Limits().refuse(Target.parse("198.51.100.0/24"))
    Limits().refuse(Target.parse("2001:db8::/64"))
    Limits(widest_v4=20).refuse(Target.parse("198.51.96.0/20"))
    for wide in ("198.51.0.0/16", "2001:db8::/48", "0.0.0.0/0", "::/0"):
        with pytest.raises(NotBlockable, match="太宽"):
            Limits().refuse(Target.parse(wide))


def test_the_narrowest_protecting_range_is_named() -> None:
    guard = Guard([_range("198.51.100.0/24", "云平台"), _range("198.51.100.9", "出口")])
    target = Target.parse("198.51.100.9")
    found = guard.protecting(target)
    assert found is not None
    assert found.text == "198.51.100.9"
    assert refusal(target, found) == "198.51.100.9 属于受保护的 198.51.100.9（出口，保护名单），不得封禁"


def test_a_wider_network_is_refused_with_its_protected_part() -> None:
    target = Target.parse("203.0.113.0/24")
    found = Guard([_range("203.0.113.8/30", "教育局出口")]).protecting(target)
    assert found is not None
    assert "中含有受保护的 203.0.113.8/30（教育局出口" in refusal(target, found)


V4 = st.builds(
    lambda number, prefix: ip_network((number, prefix), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)
V6 = st.builds(
    lambda number, prefix: ip_network((0x20010DB8 << 96 | number, prefix), strict=False),
    st.integers(0, 2**96 - 1),
    st.integers(32, 128),
)


@given(st.lists(V4 | V6, max_size=12), V4 | V6)
def test_protected_means_sharing_any_address(protected: list[object], asked: object) -> None:
    guard = Guard(_range(str(one), "x") for one in protected)
    shares = any(one.version == asked.version and one.overlaps(asked) for one in protected)
    assert (guard.protecting(Target.parse(str(asked))) is not None) == shares


@given(st.integers(0, 2**32 - 1))
def test_the_keys_of_an_address_are_its_own(number: int) -> None:
    target = Target.parse(str(ip_address(number)))
    assert target.first == target.last
    assert target.is_single


def _range(text: str, reason: str) -> Range:
    return Range.of(text, "own", reason, "保护名单")
