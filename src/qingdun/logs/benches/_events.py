"""A month of a city's events, invented fast: the mix, the lengths and the numbers of different values are what counts.

Of 100 lines 55 are web accesses, 15 web attacks, 25 firewall sessions, 4 logins and 1 nothing can read. There are
65,536 outside addresses (a few of them busy), 107 sites, 1,217 hosts, 300 rules and half a million different URLs.
"""
# ruff: noqa: S608 (the statement is put together from our own text)

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl

from qingdun.logs.core.columns import EVENT

NEEDLE = "jd5kshell.jsp"  # hidden in one line of eight million
ONE_IN = 8_000_003
PORTION = 1_000_000

_NUMBERS = """
SELECT i, (hash(i, 1) >> 2)::BIGINT AS h1, (hash(i, 2) >> 2)::BIGINT AS h2, (hash(i, 3) >> 2)::BIGINT AS h3,
  (hash(i, 4) >> 2)::BIGINT AS h4, (hash(i, 5) >> 2)::BIGINT AS h5
FROM range($first, $first + $rows) AS t(i)
"""

_PARTS = """
SELECT *,
  $begin + to_microseconds(($span * (i - $first)) // $rows + h1 % 997) AS moment,
  h1 % 1000 AS kind,
  '198.18.' || (pow((h2 % 65536)::DOUBLE / 65536, 2) * 256)::INT % 256 || '.' || (h2 // 65536 % 256) AS outside,
  '10.' || (20 + h3 % 8) || '.' || (h3 // 8 % 31) || '.' || (h3 // 256 % 40 + 1) AS inside,
  'site' || (h3 % 107) || '.example.cn' AS site,
  'srv-' || (h3 % 1217) AS host,
  (1024 + h4 % 64000)::INT AS port,
  '/' || ['portal', 'api', 'news', 'login', 'upload', 'service', 'query', 'static'][1 + h4 % 8] || '/'
    || ['index.html', 'list.do', 'detail.do', 'save.do', 'img.png', 'app.js', 'doc.pdf', 'info.jsp'][1 + h4 // 8 % 8]
    || '_' || (h4 // 64 % 30) AS path,
  CASE WHEN h5 % 10 < 4 THEN 'id=' || (h5 // 10 % 1000000) || '&page=' || (h5 // 7 % 50) END AS query,
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || (80 + h5 % 50) || '.0.'
    || (h5 // 50 % 60) || '.1 Safari/537.36' AS agent,
  [200, 200, 200, 200, 200, 304, 302, 404, 403, 500][1 + h2 // 100 % 10]::INT AS status,
  h2 // 1000 % 90000 AS bytes,
  2000 + h1 // 1000 % 300 AS rule
FROM numbers
"""

_KINDS = """
SELECT *, path || coalesce('?' || query, '') || CASE WHEN i % $one_in = 77 THEN '/' || $needle ELSE '' END AS url,
  CASE WHEN kind < 550 THEN 'web' WHEN kind < 700 THEN 'waf' WHEN kind < 950 THEN 'fw' WHEN kind < 990 THEN 'ssh' END
    AS f
FROM parts
"""

#: Column → how it is made; the others are empty.
_COLUMNS = {
    "@timestamp": "moment",
    "event.ingested": "moment + INTERVAL 1 SECOND",
    "qingdun.batch": "'bench-' || (i // 20000)",
    "qingdun.row": "i % 20000",
    "qingdun.source": "1 + h3 % 60",
    "qingdun.format": "CASE f WHEN 'web' THEN 'nginx_access' WHEN 'waf' THEN 'chaitin_safeline'"
    " WHEN 'fw' THEN 'hillstone' WHEN 'ssh' THEN 'sshd' END",
    "qingdun.action": "CASE f WHEN 'waf' THEN CASE WHEN h5 % 3 = 0 THEN 'alerted' ELSE 'blocked' END"
    " WHEN 'fw' THEN CASE WHEN h5 % 5 = 0 THEN 'blocked' ELSE 'allowed' END END",
    "qingdun.count": "1",
    "event.action": "CASE f WHEN 'waf' THEN 'deny'"
    " WHEN 'fw' THEN CASE WHEN h5 % 5 = 0 THEN 'deny' ELSE 'permit' END END",
    "event.category": "CASE f WHEN 'ssh' THEN 'authentication' WHEN 'web' THEN 'web'"
    " WHEN 'waf' THEN 'intrusion_detection' WHEN 'fw' THEN 'network' END",
    "event.outcome": "CASE f WHEN 'ssh' THEN CASE WHEN h5 % 4 = 0 THEN 'failure' ELSE 'success' END END",
    "event.severity": "CASE f WHEN 'waf' THEN 3 + h2 % 3 ELSE 1 END",
    "log.syslog.hostname": "'log' || h3 % 60",
    "observer.ip": "'10.9.0.' || (h3 % 60)",
    "source.ip": "CASE WHEN f IS NOT NULL THEN outside END",
    "source.port": "CASE WHEN f IN ('fw', 'ssh') THEN port END",
    "destination.ip": "CASE WHEN f IN ('waf', 'fw') THEN inside END",
    "destination.port": "CASE WHEN f IN ('waf', 'fw') THEN 443 END",
    "network.transport": "CASE f WHEN 'fw' THEN 'tcp' END",
    "host.name": "CASE f WHEN 'ssh' THEN host END",
    "user.name": "CASE f WHEN 'ssh' THEN 'user' || h5 % 400 END",
    "rule.id": "CASE f WHEN 'waf' THEN rule::VARCHAR END",
    "rule.name": "CASE f WHEN 'waf' THEN '规则' || rule END",
    "rule.category": "CASE f WHEN 'waf' THEN ['SQL 注入', '命令执行', 'XSS', '目录穿越', '扫描器'][1 + h5 % 5] END",
    "url.original": "CASE WHEN f IN ('waf', 'web') THEN url END",
    "url.domain": "CASE WHEN f IN ('waf', 'web') THEN site END",
    "url.path": "CASE WHEN f IN ('waf', 'web') THEN path END",
    "url.query": "CASE WHEN f IN ('waf', 'web') THEN query END",
    "http.request.method": "CASE WHEN f IN ('waf', 'web') THEN 'GET' END",
    "http.response.status_code": "CASE f WHEN 'web' THEN status WHEN 'waf' THEN 403 END",
    "http.response.body.bytes": "CASE f WHEN 'web' THEN bytes END",
    "user_agent.original": "CASE WHEN f IN ('waf', 'web') THEN agent END",
    "message": "CASE f WHEN 'waf' THEN rule || ' ' || url WHEN 'ssh' THEN 'Accepted password for user' || h5 % 400 END",
    "error.message": "CASE WHEN f IS NULL THEN '没有格式能读这一行' END",
    "event.original": """CASE f
      WHEN 'web' THEN outside || ' - - [' || strftime(moment, '%d/%b/%Y:%H:%M:%S') || ' +0800] "GET ' || url
        || ' HTTP/1.1" ' || status || ' ' || bytes || ' "https://' || site || '/" "' || agent || '"'
      WHEN 'waf' THEN '<134>{"event_id":"' || hex(h1) || '","timestamp":"' || strftime(moment, '%Y-%m-%d %H:%M:%S')
        || '","src_ip":"' || outside || '","dest_ip":"' || inside || '","host":"' || site || '","urlpath":"' || url
        || '","rule_id":"' || rule || '","action":"deny","payload":"' || CASE WHEN h5 % 7 = 0
        THEN '1 union select ' || h2 % 100000 ELSE '../../etc/passwd' END || '","ua":"' || agent || '"}'
      WHEN 'fw' THEN '<190>Nov  1 ' || strftime(moment, '%H:%M:%S') || ' FW-01 1104' || h3 % 60 || ' SESSION: '
        || outside || ':' || port || '->' || inside || ':443(TCP), interface ethernet0/1, vr trust-vr, policy '
        || h4 % 200 || ', user -@-, host -, send packets ' || h5 % 900 || ',send bytes ' || bytes || ',receive packets '
        || h5 // 900 % 900 || ', session end, TCP FIN'
      WHEN 'ssh' THEN '<38>Nov  1 ' || strftime(moment, '%H:%M:%S') || ' ' || host || ' sshd[' || h5 % 30000
        || ']: Accepted password for user' || h5 % 400 || ' from ' || outside || ' port ' || port || ' ssh2'
      ELSE 'unknown device line ' || hex(h2) || ' state ' || h3 % 50 END""",
}


def portions(events: int, days: int, begin: datetime) -> Iterator[pl.DataFrame]:
    """`events` over `days` from `begin`, in order of time, in frames of at most `PORTION`, none across a day."""
    columns = ", ".join(f'({how}) AS "{name}"' for name, how in _COLUMNS.items())
    steps = f"WITH numbers AS ({_NUMBERS}), parts AS ({_PARTS}), kinds AS ({_KINDS})"
    made, day = 0, timedelta(days=1)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for number in range(days):
            rows = events * (number + 1) // days - events * number // days
            cuts = -(-rows // PORTION)
            for cut in range(cuts):
                first, last = rows * cut // cuts, rows * (cut + 1) // cuts
                given = {
                    "first": made + first,
                    "rows": last - first,
                    "begin": begin + number * day + day * cut / cuts,
                    "span": int((day / cuts).total_seconds() * 1_000_000),
                    "needle": NEEDLE,
                    "one_in": ONE_IN,
                }
                found = pl.DataFrame(
                    connection.sql(f"{steps} SELECT {columns} FROM kinds", params=given).to_arrow_table()
                )
                yield _whole(found)
            made += rows


def _whole(found: pl.DataFrame) -> pl.DataFrame:
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in EVENT.items() if name not in found.columns]
    return found.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in EVENT.items())


def month_before(now: datetime, days: int) -> datetime:
    """The midnight (UTC) `days` before the last one."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days)
