"""What ATT&CK techniques are called, from `techniques.yaml`: number → Chinese and English name.

Names follow MITRE ATT&CK (Enterprise); the Chinese ones are ours. A number that is not listed is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from django.utils.translation import get_language

from qingdun.lib.strictyaml import parse


@cache
def _names() -> Mapping[str, tuple[str, str]]:
    found = parse(Path(__file__).with_name("techniques.yaml").read_bytes())
    assert isinstance(found, dict)
    return MappingProxyType({number: (one[0], one[1]) for number, one in found.items()})


def technique_name(number: str) -> str:
    """In the reader's language; of a sub-technique that is not listed the name of its parent; empty when unknown."""
    number = number.upper().removeprefix("ATTACK.")
    found = _names().get(number) or _names().get(number.partition(".")[0])
    return "" if found is None else found[0 if (get_language() or "zh").startswith("zh") else 1]


def told(number: str) -> str:
    """Number and name as they stand on a page."""
    number = number.upper().removeprefix("ATTACK.")
    return f"{number} {technique_name(number)}".strip()
