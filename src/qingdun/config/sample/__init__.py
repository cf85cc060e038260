"""样例: an invented city that fills every room, so that a newcomer meets a living platform.

`load("small")` fills an empty, migrated database; `send("small", port)` sends a day of device lines through the real
collector, `go_on(…)` what happens after it. `small.yaml` is the city; a bigger one is another file.
Not for: tests of single rooms (they build what they need) and not for real installations.
"""

from qingdun.config.sample.records import load
from qingdun.config.sample.sender import go_on, send

__all__ = ["go_on", "load", "send"]
