from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from qingdun.detection.core.signals import Signal
from qingdun.operations import actions, policing, replaying
from qingdun.operations.models import Block, PolicySetting, Replay

KEY = "multi_device"


def test_every_policy_says_its_conditions_in_words(visitor: Callable[..., Any]) -> None:
    reader = visitor("bureau_leader")
    for key, one in policing.policies().found.items():
        page = reader.get(f"/operations/policies/{key}/").content.decode()
        assert one.name in page and one.note in page
        assert f"{one.minutes} 分钟内" in page


def test_its_mode_is_changed_with_a_reason(visitor: Callable[..., Any]) -> None:
    manager = visitor("security_officer")
    assert manager.post(f"/operations/policies/{KEY}/mode", {"mode": "dry", "reason": ""}).status_code == 200
    assert not PolicySetting.objects.exists()
    assert manager.post(f"/operations/policies/{KEY}/mode", {"mode": "dry", "reason": "先看一周"}).status_code == 302
    assert "先看一周" in manager.get(f"/operations/policies/{KEY}/").content.decode()


def test_a_broken_city_file_is_named_and_the_last_good_ones_stay(
    visitor: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = visitor("bureau_leader")
    assert "有错" not in reader.get("/operations/policies/").content.decode()
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    file = tmp_path / "operations" / "policies" / "night.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: 夜间\nenglish: Night\n", "utf-8")
    page = reader.get("/operations/policies/").content.decode()
    assert "night.yaml" in page and "minutes" in page
    assert KEY in page
    file.unlink()
    assert "night.yaml" not in reader.get("/operations/policies/").content.decode()


def seen(source: str, device: int) -> Signal:
    now = timezone.now() - timedelta(minutes=5)
    return Signal(source, device, "sql_injection", "blocked", 4, 15, now, now)


def test_a_replay_tells_who_would_be_blocked_and_blocks_nobody(
    visitor: Callable[..., Any], officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.protect("198.51.100.0/28", "exit", "出口", by=officer)
    actions.block(["203.0.113.10"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=9))
    attackers = ("203.0.113.9", "203.0.113.10", "198.51.100.3")
    found = [seen(source, device) for source in attackers for device in (1, 2)]
    monkeypatch.setattr(replaying, "_events", lambda start, end: [one for one in found if start <= one.last < end])
    manager = visitor("security_officer")
    assert manager.post(f"/operations/policies/{KEY}/replay", {"days": "1"}).status_code == 302
    replay = Replay.objects.get()
    replaying.run(replay, lambda *_words: None)
    replay.refresh_from_db()
    assert (replay.addresses, replay.protected, replay.standing, replay.signals) == (3, 1, 1, 6)
    page = manager.get(f"/operations/policies/{KEY}/").content.decode()
    assert "203.0.113.9" in page and "198.51.100.3 属于受保护的" in page
    assert Block.objects.count() == 1


def test_a_replay_of_an_empty_lake_finds_nothing(visitor: Callable[..., Any], officer: Any) -> None:
    replay = Replay.objects.create(policy=KEY, days=2, by=officer)
    replaying.run(replay, lambda *_words: None)
    assert (replay.addresses, replay.problem, replay.done is None) == (0, "", False)


def test_a_replay_never_runs_beside_itself(visitor: Callable[..., Any]) -> None:
    manager = visitor("security_officer")
    for _again in range(2):
        manager.post(f"/operations/policies/{KEY}/replay", {"days": "1"})
    assert Replay.objects.count() == 1
