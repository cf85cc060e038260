"""`python -m qingdun.web.core.tables FILE OUT`: titles as JSON on standard input, Parquet out, one JSON object said.

Its parent (`web.imports.reading`) sets the limits; whatever a hostile file does, it does to this process only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from qingdun.web.core.tables.read import read
from qingdun.web.core.tables.sniff import Unreadable


def main() -> int:
    source, target = (Path(word) for word in sys.argv[1:3])
    try:
        table = read(source, json.load(sys.stdin))
    except Unreadable as refused:
        sys.stdout.write(json.dumps({"fault": refused.code, "facts": refused.facts}))
        return 0
    table.frame.write_parquet(target, compression="zstd", compression_level=3, row_group_size=20_000)
    said = {"sheet": table.sheet, "rows": table.frame.height, "columns": table.frame.columns[1:]}
    sys.stdout.write(json.dumps({**said, "ignored": table.ignored, "other_sheets": table.other_sheets}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
