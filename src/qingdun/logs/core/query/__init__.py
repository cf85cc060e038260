"""检索条件: what to look for in the lake, as a frozen value with a text form for the address bar and the command line.

Pure: it knows the columns of an event and nothing of where or how they are stored. `search` answers it.
"""

from __future__ import annotations

from qingdun.logs.core.query.parse import QueryError, parse
from qingdun.logs.core.query.render import render
from qingdun.logs.core.query.span import Span
from qingdun.logs.core.query.values import Clause, Op, Query

__all__ = ["Clause", "Op", "Query", "QueryError", "Span", "parse", "render"]
