from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.audit.core.chain import START, Break, Link, Wrong, canonical, follow

Entries = list[tuple[Link, dict[str, object]]]


def chain(length: int) -> Entries:
    entries: Entries = []
    last = START
    for number in range(1, length + 1):
        content: dict[str, object] = {"sequence": number, "actor": f"人{number}"}
        last = last.next(content)
        entries.append((last, content))
    return entries


def test_the_first_link_is_reproducible_by_hand() -> None:
    """The digests are those of `sha256sum` and `openssl dgst -sm3` over 64 zeros and the JSON."""
    assert canonical({"b": 1, "a": "审"}) == '{"a":"审","b":1}'.encode()
    assert START.next({"b": 1, "a": "审"}) == Link(
        1,
        "6c01efc640a6f1032bf1807e574c368fe52bdc1399a2adcc6ef8db1cd1170cd1",
        "3d13d0e6f7e8d8e0fe479eaca4a3c8a625d88a1501dc02a818ccf59f5515dc75",
    )


def test_a_whole_chain_leads_to_its_last_link() -> None:
    entries = chain(5)
    assert follow(START, entries) == entries[-1][0]
    assert follow(entries[1][0], entries[2:]) == entries[-1][0]
    assert follow(START, []) == START


def change_content(entries: Entries, at: int) -> None:
    entries[at] = (entries[at][0], {**entries[at][1], "actor": "别人"})


def forge_one(entries: Entries, at: int) -> None:
    """Content and digests changed together: this entry holds, the next no longer follows."""
    content = {**entries[at][1], "actor": "别人"}
    before = entries[at - 1][0] if at else START
    entries[at] = (before.next(content), content)


def drop(entries: Entries, at: int) -> None:
    del entries[at]


def swap_sm3(entries: Entries, at: int) -> None:
    link, content = entries[at]
    entries[at] = (Link(link.sequence, link.sha256, "0" * 64), content)


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (change_content, Break(3, Wrong.CHANGED)),
        (forge_one, Break(4, Wrong.CHANGED)),
        (drop, Break(3, Wrong.MISSING, 4)),
        (swap_sm3, Break(3, Wrong.CHANGED)),
    ],
)
def test_the_first_bad_entry_is_named(spoil: Callable[[Entries, int], None], broken: Break) -> None:
    entries = chain(6)
    spoil(entries, 2)
    assert follow(START, entries) == broken


@given(st.integers(0, 7), st.text(max_size=5))
def test_no_single_change_goes_unnoticed(at: int, actor: str) -> None:
    entries = chain(8)
    link, content = entries[at]
    entries[at] = (link, {**content, "actor": actor})
    assert isinstance(follow(START, entries), Break)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), json_values))
def test_anybody_can_write_the_same_bytes(content: dict[str, object]) -> None:
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical(content) == plain.encode()
