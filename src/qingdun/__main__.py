"""`python -m qingdun` is the `qingdun` command."""

from __future__ import annotations

import sys

from qingdun.config.cli import main

sys.exit(main())
