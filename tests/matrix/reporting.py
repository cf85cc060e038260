from __future__ import annotations

from tests.matrix.rows import Row

ROWS = (
    Row("reporting:figures", "GET", "reporting.view"),
    Row("reporting_figures", "GET", "reporting.view"),
)
