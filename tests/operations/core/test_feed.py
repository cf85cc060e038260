from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.operations.core import feed

HOSTS = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("plain", ["192.0.2.7", "198.51.100.0/24", "2001:db8::1"]),
        ("fortigate", ["192.0.2.7", "198.51.100.0/24", "2001:db8::1"]),
        ("panos", ["192.0.2.7/32", "198.51.100.0/24", "2001:db8::1/128"]),
    ],
)
def test_a_form_writes_hosts_and_networks(form: str, lines: list[str]) -> None:
    given = ["2001:db8::1", "198.51.100.0/24", "192.0.2.7", "192.0.2.7"]
    assert feed.text(given, form).splitlines() == lines


def test_a_full_device_gets_the_first_ones() -> None:
    assert feed.text(["203.0.113.9", "203.0.113.8", "203.0.113.7"], most=2) == "203.0.113.8\n203.0.113.9\n"


def test_nothing_blocked_is_an_empty_file() -> None:
    assert feed.text([]) == ""


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(KeyError):
        feed.text(["192.0.2.7"], "vendor-x")


@given(st.lists(HOSTS), st.sampled_from(sorted(feed.FORMS)))
def test_a_file_is_bare_and_says_the_same_whatever_the_order(addresses: list[str], form: str) -> None:
    text = feed.text(addresses, form)
    assert {ip_network(line) for line in text.splitlines()} == {ip_network(one) for one in addresses}
    assert text == feed.text(addresses[::-1], form)
    assert feed.tag(text.encode()) == feed.tag(feed.text(sorted(addresses), form).encode())
