"""Logs for programs: the same searches, permissions and scope as the pages, as JSON; one file a theme.

A search takes `q` (the text of the search page) and either `last` (15m … 30d, all; 24h when nothing is said) or `from`
and `to`. An answer with `complete` false looked only at what happened after `since`, for time was up.
"""

from ninja import Router

from qingdun.logs.api import events, formats, searches, sources

router = Router()
router.add_router("", events.router)
router.add_router("/sources", sources.router)
router.add_router("/formats", formats.router)
router.add_router("/searches", searches.router)
