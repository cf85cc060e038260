from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qingdun.operations.models import StopSwitch

PAGES = ("blocks/", "policies/", "protected/", "enforcers/", "stop/", "blocks/new")


def test_the_stop_stands_on_every_page_until_somebody_who_manages_resumes(visitor: Callable[..., Any]) -> None:
    duty = visitor("duty_officer")
    assert duty.post("/operations/stop/", {"reason": "误封了办事大厅"}).status_code == 302
    for page in PAGES:
        shown = duty.get(f"/operations/{page}").content.decode()
        assert "急停中" in shown and "误封了办事大厅" in shown, page
    assert duty.post("/operations/stop/resume", {"reason": "好了"}).status_code == 403
    assert visitor("security_officer").post("/operations/stop/resume", {"reason": "已核实"}).status_code == 302
    assert not StopSwitch.objects.filter(stands=True).exists()
    assert "急停中" not in duty.get("/operations/blocks/").content.decode()


def test_a_stop_needs_a_reason(visitor: Callable[..., Any]) -> None:
    assert visitor("duty_officer").post("/operations/stop/", {"reason": ""}).status_code == 200
    assert not StopSwitch.objects.exists()
