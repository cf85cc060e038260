"""The rules of signing in are the security administrator's, for the whole installation."""

from __future__ import annotations

from dataclasses import asdict

from qingdun.access.core.rules import Rules
from tests.matrix.rows import Row

SET = {**asdict(Rules()), "one_session": "", "tries": 4, "reason": "按新制度"}

ROWS = (
    Row("powers:rules", "GET", "access.rules", root=True),
    Row("powers:rules", "POST", "access.rules", data=SET, root=True),
    Row("powers_rules", "GET", "access.rules", root=True),
    Row("powers_rules_set", "PUT", "access.rules", data=SET | {"one_session": False}, root=True),
)
