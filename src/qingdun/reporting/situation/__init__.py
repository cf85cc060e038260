"""态势 (situation): what attacked whom in a stretch of time, what was stopped, and how late we know.

Every number is a sum over rows that its link opens (`detection.Attack`, `detection.Alert`, `operations.Block`).
"""
