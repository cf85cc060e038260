"""What a format file may say, as a JSON schema; the workshop and the start-up check share it."""

from __future__ import annotations

from typing import Any

from qingdun.logs.core.columns import ENRICHED, EVENT

#: Classes of devices, as `observer.type`.
DEVICES = (
    *(
        "waf",
        "fw",
        "ips",
        "ids",
        "nta",
        "apt",
        "edr",
        "av",
        "hids",
        "nac",
        "acm",
        "utm",
        "siem",
        "vulnscan",
        "antiddos",
    ),
    *(
        "bastion",
        "audit",
        "dbaudit",
        "dlp",
        "honeypot",
        "vpn",
        "gap",
        "switch",
        "lb",
        "web",
        "mail",
        "dns",
        "os",
        "app",
        "generic",
    ),
)
#: Columns a format may fill; the rest belongs to the reader.
TARGETS = tuple(name for name in EVENT if name not in (
    *("event.ingested", "qingdun.batch", "qingdun.row", "qingdun.source", "qingdun.format", "qingdun.extra"),
    *("event.original", "error.message", "qingdun.action", "event.severity", "log.syslog.priority"), *ENRICHED,
))  # fmt: skip
#: Columns of ours that are read from a raw column of the device.
DERIVED = {"qingdun.action": "event.action", "event.severity": "log.level"}


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
        **more,
    }


def _table(names: tuple[str, ...], value: dict[str, Any]) -> dict[str, Any]:
    """An object whose keys are columns."""
    return {"type": "object", "propertyNames": {"enum": list(names)}, "additionalProperties": value}


_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT, "minItems": 1}
_ONE_OR_MORE: dict[str, Any] = {"anyOf": [_TEXT, _TEXTS]}
_MEANING: dict[str, Any] = {"type": ["string", "integer"]}
_KEYS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

SCHEMA: dict[str, Any] = _object(
    {
        "name": _TEXT,
        "vendor": _TEXT,
        "device": {"enum": list(DEVICES)},
        "when": _object(
            {"all": _TEXTS, "any": _TEXTS, "regex": _TEXT, "app": _TEXTS},
            anyOf=[{"required": ["all"]}, {"required": ["any"]}],
        ),
        "body": {
            "oneOf": [
                {"enum": ["json", "kv", "cef", "leef", "text"]},
                _object({"kv": _object({"equals": _TEXT, "between": _TEXT, "keys": _TEXTS})}, "kv"),
                _object({"columns": _TEXT}, "columns"),
                _object({"regex": _ONE_OR_MORE}, "regex"),
            ]
        },
        "part": _TEXT,
        "extract": _ONE_OR_MORE,
        "fields": _table(TARGETS, _KEYS),
        "values": _table((*TARGETS, *DERIVED), {"type": "object", "additionalProperties": _MEANING}),
        "set": _table((*TARGETS, *DERIVED), _MEANING),
        "zone": _TEXT,
        "samples": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {"raw": _TEXT, "expect": {**_table(tuple(EVENT), {}), "minProperties": 1}}, "raw", "expect"
            ),
        },
    },
    *("name", "vendor", "device", "when", "body", "samples"),
)
