"""威胁情报 (intelligence): indicators from outside, taken in by feed, met with events, looked for in what was stored.

`publish` gives the readers their file, `count` books what they met. Not for: blocking. A feed alone never blocks.
"""

from qingdun.detection.intelligence.material import count, publish

__all__ = ["count", "publish"]
