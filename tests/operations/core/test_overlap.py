from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from qingdun.operations.core.guards import Target
from qingdun.operations.core.overlap import Extent, meet, outermost

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def extent(number: int, text: str, *, direction: str = "inbound", days: int | None = 1) -> Extent:
    target = Target.parse(text)
    until = None if days is None else NOW + timedelta(days=days)
    return Extent(number, target.text, target.first, target.last, direction, until)


def test_one_inside_a_standing_network_needs_no_second() -> None:
    net = extent(1, "198.51.100.0/24", days=2)
    assert meet(extent(0, "198.51.100.7"), [net]).covered_by == net


def test_one_that_lasts_longer_is_a_second_all_the_same() -> None:
    net = extent(1, "198.51.100.0/24", days=2)
    assert meet(extent(0, "198.51.100.7", days=3), [net]).covered_by is None
    assert meet(extent(0, "198.51.100.7", days=None), [net]).covered_by is None


def test_a_network_takes_over_the_narrower_ones_that_end_no_later() -> None:
    inside, longer = extent(1, "198.51.100.7"), extent(2, "198.51.100.8", days=9)
    met = meet(extent(0, "198.51.100.0/24", days=2), [inside, longer, extent(3, "203.0.113.1")])
    assert met.takes_over == (inside,)


def test_another_direction_is_another_block() -> None:
    outward = extent(1, "198.51.100.7", direction="outbound")
    assert meet(extent(0, "198.51.100.7"), [outward]).covered_by is None
    assert meet(outward, [extent(2, "198.51.100.7", direction="both")]).covered_by is not None


def test_devices_are_given_the_outer_one_only() -> None:
    net, inside, alone = extent(1, "198.51.100.0/24"), extent(2, "198.51.100.7", days=9), extent(3, "203.0.113.1")
    kept, covered = outermost([inside, alone, net])
    assert kept == [net, alone]
    assert covered == {2: net}


NETS = st.builds(
    lambda low, prefix: ((0xC6336400 | low) >> (32 - prefix) << (32 - prefix), prefix),
    st.integers(0, 255),
    st.integers(24, 32),
)


@given(st.lists(st.tuples(NETS, st.sampled_from(["inbound", "outbound", "both"])), max_size=14))
def test_outer_ones_cover_everything_and_none_covers_another(nets: list[tuple[tuple[int, int], str]]) -> None:
    blocks = [extent(n, str(ip_network(net)), direction=direction) for n, (net, direction) in enumerate(nets)]
    kept, covered = outermost(blocks)
    assert {one.id for one in kept} | set(covered) == {one.id for one in blocks}
    assert {one.id for one in kept}.isdisjoint(covered)
    by_id = {one.id: one for one in blocks}
    assert all(outer.covers(by_id[inner]) and outer in kept for inner, outer in covered.items())
    assert not any(a.covers(b) for a in kept for b in kept if a is not b)
