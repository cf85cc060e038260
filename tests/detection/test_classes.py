"""Devices name attacks in many words; each class knows its own and no others."""

from __future__ import annotations

import polars as pl
import pytest

from qingdun.detection import classes
from qingdun.detection.core.webattack import signals

NAMED = [(one.key, text) for one in classes.classes().values() for text in one.named]
OTHERS = [(one.key, text) for one in classes.classes().values() for text in one.others]


def of(category: str | None, name: str | None) -> str | None:
    found = classes.of_words(pl.Series([category], dtype=pl.String), pl.Series([name], dtype=pl.String))
    return found[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(("key", "text"), NAMED)
def test_a_class_is_known_by_its_words(key: str, text: str) -> None:
    assert of(None, text) == key
    assert of(text, None) == key


@pytest.mark.parametrize(("key", "text"), OTHERS)
def test_other_words_are_not_taken_for_the_class(key: str, text: str) -> None:
    assert of(None, text) != key


def test_the_name_says_more_than_the_category() -> None:
    assert of("暴力破解", "SQL注入攻击") == "sql_injection"
    assert of("SQL注入攻击", "规则 20317") == "sql_injection"
    assert of(None, None) is None


def test_rows_keep_their_order() -> None:
    names = ["端口扫描", None, "正常", "挖矿木马", "端口扫描"]
    found = classes.of_words(pl.Series(["", "弱口令", None, "", ""]), pl.Series(names))
    assert found.to_list() == ["scanner", "weak_password", None, "mining", "scanner"]


def test_every_class_of_web_attacks_is_a_class() -> None:
    assert set(signals.classes()) <= set(classes.classes())


def test_techniques_lead_to_a_class() -> None:
    assert classes.of_techniques(["T1110.003"]) == "brute_force"
    assert classes.of_techniques(["T9999"]) == ""
