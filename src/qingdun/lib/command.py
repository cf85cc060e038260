"""The command line is one file per command: `<room>/commands/<name>.py`.

A command module offers `HELP` (one line), `arguments(parser)`, `run(options) -> int`, and `DJANGO = True` when it
needs the records. The dispatcher in `config.cli` finds it by its file name and imports nothing else, so an engine
that works on a file starts without Django.
"""

from __future__ import annotations


class Unusable(Exception):
    """Input that cannot be used: one clear line saying what, where and what to do. The command exits 2."""
