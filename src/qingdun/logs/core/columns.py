"""The columns of an event, in the names of the Elastic Common Schema 9 and our own `qingdun.*` beside them.

Raw words of a device stay beside what we read into them: `event.action` and `log.level` are the device's own words,
`qingdun.action` (blocked, allowed, alerted, deceived) and `event.severity` (1 info … 5 critical) are ours.
"""

from __future__ import annotations

import polars as pl

TEXT, TIME = pl.String(), pl.Datetime("us", "UTC")

#: Every event has exactly these columns, in this order.
EVENT: dict[str, pl.DataType] = {
    "@timestamp": TIME,  # when it happened by the device's clock, or when it was received if the line says nothing
    "event.ingested": TIME,  # when the collector had it on disk
    "qingdun.batch": TEXT,  # with `qingdun.row` the identity of an event
    "qingdun.row": pl.Int32(),
    "qingdun.source": pl.Int32(),  # logs.Source
    "qingdun.format": TEXT,  # key of the format that read it, `generic` for the generic mapper, null when unread
    "qingdun.action": TEXT,
    "qingdun.count": pl.Int64(),  # how many hits the device itself folded into this line; 1 when it does not say
    "event.action": TEXT,
    "event.category": TEXT,
    "event.code": TEXT,
    "event.kind": TEXT,
    "event.outcome": TEXT,
    "event.severity": pl.Int8(),
    "log.level": TEXT,
    "log.syslog.priority": pl.Int32(),
    "log.syslog.hostname": TEXT,
    "log.syslog.appname": TEXT,
    "log.syslog.procid": TEXT,
    "observer.ip": TEXT,
    "observer.type": TEXT,
    "observer.vendor": TEXT,
    "source.ip": TEXT,
    "source.port": pl.Int32(),
    "source.mac": TEXT,
    "destination.ip": TEXT,
    "destination.port": pl.Int32(),
    "destination.mac": TEXT,
    "network.transport": TEXT,
    "network.protocol": TEXT,
    "network.forwarded_ip": TEXT,
    "host.name": TEXT,
    "user.name": TEXT,
    "process.name": TEXT,
    "rule.id": TEXT,
    "rule.name": TEXT,
    "rule.category": TEXT,
    "rule.ruleset": TEXT,
    "threat.technique.id": TEXT,
    "vulnerability.id": TEXT,
    "url.original": TEXT,
    "url.domain": TEXT,
    "url.path": TEXT,
    "url.query": TEXT,
    "http.request.method": TEXT,
    "http.request.referrer": TEXT,
    "http.response.status_code": pl.Int32(),
    "http.response.body.bytes": pl.Int64(),
    "http.version": TEXT,
    "user_agent.original": TEXT,
    "file.path": TEXT,
    "file.hash.md5": TEXT,
    "message": TEXT,
    # Written by `detection` on the way through, never by a format:
    "qingdun.attack": TEXT,  # key of the attack class (detection/classes), by the device's words or our own recognition
    "qingdun.score": pl.Int16(),  # of our own recognition; null when the class is the device's
    "qingdun.evidence": TEXT,  # what our own recognition saw
    "qingdun.host": pl.Int32(),  # inventory.Host the event is about: the target if registered, else the origin
    "qingdun.system": pl.Int32(),  # inventory.System of that host, or of the site that was asked for
    "qingdun.unit": pl.Int32(),  # access.Unit that answers for it
    "network.direction": TEXT,  # inbound, outbound, internal or external, seen from the own networks
    "threat.indicator.name": TEXT,  # the value of the indicator that was met
    "threat.indicator.type": TEXT,  # its category: c2, mining, scanner, ...
    "threat.indicator.confidence": pl.Int16(),  # its weight, 0 to 100
    "qingdun.extra": TEXT,  # JSON object of what the device said beyond these columns, null when nothing
    "event.original": TEXT,  # the line as received, decoded, secrets masked
    "error.message": TEXT,  # why it could not be read; null for an event that was
}

#: Columns that the reader leaves empty.
ENRICHED = (
    *("qingdun.attack", "qingdun.score", "qingdun.evidence", "qingdun.host", "qingdun.system", "qingdun.unit"),
    *("network.direction", "threat.indicator.name", "threat.indicator.type", "threat.indicator.confidence"),
)

#: What the reader takes: one row per record as cut from the transport.
RAW: dict[str, pl.DataType] = {
    "raw": pl.Binary(),
    "received": TIME,
    "source": pl.Int32(),
    "format": TEXT,  # a format key the source is known to speak, tried first; null to recognise
}
