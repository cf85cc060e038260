"""The book holds every rule, ours and the city's, and says of each it cannot use why."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingdun.detection import book

CITY = """
title: 本市规则
id: 11111111-2222-3333-4444-555555555555
description: 试
logsource: {product: qingdun}
tags: [attack.t1110]
detection:
  one: {user.name: someone}
  condition: one
level: high
"""


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "home"))
    folder = tmp_path / "detection" / "rules" / "deep"
    folder.mkdir(parents=True)
    return folder


def test_own_rules_are_whole(city: Path) -> None:
    assert [str(one) for one in book.documents().refused] == []
    for entry in book.book().values():
        assert entry.own
        assert entry.serves or (entry.title_en and entry.attack and entry.next and entry.next_en and entry.group)


def test_a_rule_of_the_city_stands_beside_ours(city: Path) -> None:
    (city / "ours.yml").write_text(CITY)
    entry = book.book()["11111111-2222-3333-4444-555555555555"]
    assert (entry.own, entry.level, entry.attack, entry.kind) == (False, 4, "brute_force", "rule")
    assert entry.text == CITY
    assert any(one.title == "本市规则" for one in book.documents().documents)


def test_a_changed_file_is_read_anew(city: Path) -> None:
    (city / "ours.yml").write_text(CITY)
    book.book()
    (city / "ours.yml").write_text(CITY.replace("level: high", "level: low   "))
    assert book.book()["11111111-2222-3333-4444-555555555555"].level == 2


@pytest.mark.parametrize(
    ("added", "key", "reason"),
    [
        ("qingdun: {attack: nothing}\n", "qingdun.attack", "没有攻击类别"),
        ("qingdun: {attak: scanner}\n", "qingdun.attak", "没有这个键"),
        ("qingdun: [1]\n", "qingdun", ""),
    ],
)
def test_a_broken_key_of_ours_is_refused_with_file_key_and_reason(
    city: Path, added: str, key: str, reason: str
) -> None:
    (city / "ours.yml").write_text(CITY + added)
    (refusal,) = book.documents().refused
    assert (refusal.file, refusal.key[: len(key)]) == (str(city / "ours.yml"), key)
    assert reason in refusal.reason
    assert "11111111-2222-3333-4444-555555555555" not in book.book()


def test_what_is_no_rule_is_refused(city: Path) -> None:
    (city / "ours.yml").write_text("title: [")
    assert [one.file for one in book.documents().refused] == [str(city / "ours.yml")]


def test_the_same_id_twice_is_refused_once(city: Path) -> None:
    (city / "a.yml").write_text(CITY)
    (city / "b.yml").write_text(CITY)
    (refusal,) = book.documents().refused
    assert refusal.file == str(city / "b.yml")
