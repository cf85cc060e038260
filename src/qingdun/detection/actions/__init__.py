"""The only doors through which people change alerts and suppressions: permit, decide, save, note, audit.

`alerts.py`: one alert or many at once; `suppressions.py`: filters of the site. The alerts themselves are raised by
`settling`, in the transaction that counts the events.
"""

from qingdun.detection.actions.alerts import Done, become, judge, judge_many

__all__ = ["Done", "become", "judge", "judge_many"]
