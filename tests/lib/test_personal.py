from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.lib.personal import NotPersonal, Personal, Unreadable, key, mask, same

PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(PHONES)
def test_a_phone_reads_as_its_mask_wherever_it_goes(phone: str) -> None:
    value = Personal.seal(phone, "phone")
    for text in (str(value), f"{value}", json.dumps({"phone": value}), repr(value), value.column, "，".join([value])):
        assert phone not in text
    assert str(value) == mask(phone, "phone")
    again = Personal.stored(value.column)
    assert (again, again.open()) == (value, phone)


def test_the_mask_of_each_kind() -> None:
    assert mask("13800001234", "phone") == "138****1234"
    assert mask("0591-87654321", "phone") == "059****4321"
    assert mask("8765432", "phone") == "****32"
    assert mask("zhang@example.cn", "email") == "z***@example.cn"


def test_masks_alone_do_not_tell_two_values_apart() -> None:
    one, other, again = (Personal.seal(phone, "phone") for phone in ("13800001234", "13855551234", "13800001234"))
    assert one == other and not same(one, other)
    assert one.sealed != again.sealed and same(one, again)
    assert not same(one, "") and same("", "")


@pytest.mark.parametrize("text", ["", "abc", "138****1234", "1" * 40, "13800001234\n"[:-1] + "x"])
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(NotPersonal):
        Personal.seal(text, "phone")


def test_another_installations_key_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "one"))
    value = Personal.seal("13800001234", "phone")
    assert stat.S_IMODE((tmp_path / "one" / "personal.key").stat().st_mode) == 0o600
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "other"))
    with pytest.raises(Unreadable, match="personal.key"):
        value.open()


def test_processes_that_begin_at_once_agree_on_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    with ThreadPoolExecutor(1) as pool:
        assert len(set(pool.map(lambda _: key(), range(8)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["personal.key"]
