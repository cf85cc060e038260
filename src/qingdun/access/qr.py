"""A QR code as the path of an SVG, so that a page under the strict policy can draw it: no picture, no script."""

from __future__ import annotations

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


def path_of(text: str) -> tuple[str, int]:
    """(the `d` of the dark modules, modules per side with the quiet zone)."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, set_ in enumerate(row) if set_]
    return "".join(dark), len(rows)
