from __future__ import annotations

from qingdun.lib.rooms import modules


def test_a_room_without_the_file_is_passed_over() -> None:
    found = [module.__name__ for module in modules("permissions")]
    assert "qingdun.access.permissions" in found and "qingdun.audit.permissions" in found
    assert "qingdun.lib.permissions" not in found
    assert list(modules("no_such_file")) == []
