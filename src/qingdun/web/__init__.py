"""页面: the page shell, the list and detail patterns, panels, charts and job progress every room's pages are built of.

Not for: any bureau subject. A lower room's page shows an upper room's content through `web.panels`, never by import.
"""
