"""Every address without a parameter, and the permission it asks for. A new one that is missing here fails the suite.

`SIGNED_IN` is any account, whatever its roles; `PUBLIC` is everybody. An address that only takes POST is tried by POST.
"""

from __future__ import annotations

SIGNED_IN = "signed in"
PUBLIC = "public"

PAGES = {
    "/": SIGNED_IN,
    "/search": SIGNED_IN,
    "/language": PUBLIC,
    "/messages/": SIGNED_IN,
    "/messages/read": SIGNED_IN,
    "/system/jobs/": "web.jobs",
    "/system/channels/": "notify.channels",
    "/login/": PUBLIC,
    "/logout/": SIGNED_IN,
    "/password/": SIGNED_IN,
    "/accounts/": "access.view",
    "/accounts/roles/": "access.view",
    "/audit/": "audit.view",
    "/audit/verify/": "audit.verify",
    "/assets/units/": "inventory.view",
    "/assets/units/new": "inventory.edit",
    "/assets/systems/": "inventory.view",
    "/assets/systems/new": "inventory.edit",
    "/assets/hosts/": "inventory.view",
    "/assets/hosts/new": "inventory.edit",
    "/assets/sites/": "inventory.view",
    "/assets/sites/new": "inventory.edit",
    "/assets/devices/": "inventory.view",
    "/assets/devices/new": "inventory.edit",
    "/logs/": SIGNED_IN,
    "/logs/search/": "logs.search",
    "/logs/search/over-time": "logs.search",
    "/logs/search/add": "logs.search",
    "/logs/search/export": "logs.export",
    "/logs/search/save": "logs.search",
    "/logs/sources/": "logs.view_sources",
    "/logs/sources/new": "logs.manage_sources",
    "/logs/unread/": "logs.search",
    "/logs/formats/": "logs.view_sources",
    "/logs/formats/workshop": "logs.manage_formats",
    "/reports/": "reporting.view",
    "/api/v1/openapi.json": SIGNED_IN,
    "/api/v1/access/me": SIGNED_IN,
    "/api/v1/inventory/units": "inventory.view",
    "/api/v1/inventory/systems": "inventory.view",
    "/api/v1/inventory/hosts": "inventory.view",
    "/api/v1/inventory/sites": "inventory.view",
    "/api/v1/inventory/devices": "inventory.view",
    "/api/v1/notify/messages": SIGNED_IN,
    "/api/v1/notify/messages/read": SIGNED_IN,
    "/api/v1/logs/events": "logs.search",
    "/api/v1/logs/histogram": "logs.search",
    "/api/v1/logs/sources": "logs.view_sources",
    "/api/v1/logs/formats": "logs.view_sources",
    "/api/v1/reporting/figures": "reporting.view",
}

#: The platform's own things, which belong to no unit: the right role reaches them from the root of the tree only.
AT_THE_ROOT = {"/logs/formats/workshop", "/system/jobs/", "/system/channels/", "/audit/", "/audit/verify/"}
