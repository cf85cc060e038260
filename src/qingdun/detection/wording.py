"""What this room's keys are called on pages: attack classes and rules of the book."""

from __future__ import annotations

from typing import Any

from qingdun.detection.models import Alert


def attack_name(key: str) -> str:
    return key


def attack_options() -> list[tuple[str, str]]:
    """The classes that alerts name."""
    keys = Alert.objects.exclude(attack="").order_by("attack").values_list("attack", flat=True).distinct()
    return [(key, attack_name(key)) for key in keys]


def entry(rule: str) -> Any:
    return None


def explainer() -> Any:
    return None
