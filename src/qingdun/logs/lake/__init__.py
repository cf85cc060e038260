"""日志湖: every event ever read, as columns in Parquet files under one Delta table, a folder a day.

Writers add whole files, readers see whole versions, and a file that was replaced stays on disk for a while for those
still reading it. Not for: what has not been read yet (see `logs.spool`), nor for asking questions (see `logs` search).
"""

from __future__ import annotations

from qingdun.logs.lake.files import Added, LakeFile
from qingdun.logs.lake.table import Lake

__all__ = ["Added", "Lake", "LakeFile"]
