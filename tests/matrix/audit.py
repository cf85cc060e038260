from __future__ import annotations

from tests.matrix.rows import Row

ROWS = (
    Row("audit:entries", "GET", "audit.view", root=True),
    Row("audit:verify", "POST", "audit.verify", root=True),
)
