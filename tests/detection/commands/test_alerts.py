from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.detection.commands import alerts
from qingdun.lib.command import Unusable

Make = Callable[..., Any]


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    parser = argparse.ArgumentParser()
    alerts.arguments(parser)
    assert alerts.run(parser.parse_args(words)) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_object_a_line_the_newest_first(make_alert: Make, capsys: pytest.CaptureFixture[str]) -> None:
    old = make_alert(first=timezone.now() - timedelta(days=9), last=timezone.now() - timedelta(days=8), level=2)
    new = make_alert(level=5, state="handled", live=False, techniques=["T1110"])
    found = listed(capsys)
    assert [one["id"] for one in found] == [new.pk, old.pk]
    assert (found[0]["techniques"], found[0]["unit"], found[0]["closed"]) == (["T1110"], "city", None)
    for words, wanted in (
        (("--level", "high"), [new.pk]),
        (("--state", "open"), [old.pk]),
        (("--state", "open", "--state", "handled", "--limit", "1"), [new.pk]),
        (("--since", (timezone.localdate() - timedelta(days=1)).isoformat()), [new.pk]),
        (("--rule", old.rule), [old.pk]),
        (("--source", new.source, "--attack", "scanner"), []),
    ):
        assert [one["id"] for one in listed(capsys, *words)] == wanted, words


@pytest.mark.django_db
@pytest.mark.parametrize("words", [("--limit", "0"), ("--since", "gestern")])
def test_nonsense_is_refused_in_one_line(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unusable):
        listed(capsys, *words)
