"""统计: every figure of the platform, collected from the rooms' `indicators.py` and shown with its parts.

Not for: counting itself. A room counts its own rows; nobody types a figure.
"""
