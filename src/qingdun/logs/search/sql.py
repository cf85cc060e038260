"""A query as a WHERE clause. Column names come from the fixed list of columns only; every value is bound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.query import Clause, Op, Query
from qingdun.logs.search.answers import Key, Reach

#: An IPv6 address as 32 hexadecimal digits, null for anything else. Made once per connection.
WIDE = """
CREATE OR REPLACE MACRO wide(x) AS CASE WHEN contains(x, ':') AND NOT contains(x, '.') THEN array_to_string(
  list_transform(list_concat(list_concat(halves(x, 1), list_resize(
    []::VARCHAR[], greatest(0, 8 - len(halves(x, 1)) - len(halves(x, 2))), '0')), halves(x, 2)),
  lambda h: lpad(h, 4, '0')), '') END
"""
HALVES = """
CREATE OR REPLACE MACRO halves(x, n) AS list_filter(string_split(split_part(lower(x), '::', n), ':'), lambda h: h <> '')
"""


@dataclass(slots=True)
class Condition:
    """SQL with `$name` parameters, grown clause by clause."""

    parts: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    @property
    def text(self) -> str:
        return " AND ".join(self.parts) or "true"


def column(name: str) -> str:
    """A column's name in SQL. Raises KeyError for what is not a column of an event."""
    if name not in EVENT:
        raise KeyError(name)
    return f'"{name}"'


def condition(query: Query, reach: Reach, after: Key | None = None) -> Condition:
    """Everything but the time, which belongs to the files (`moments`): clauses, reach, and the place to go on from."""
    made = Condition()
    if reach.sources is not None:
        made.parts.append(_among(made, column("qingdun.source"), sorted(reach.sources)))
    for clause in query.clauses:
        test = _test(made, clause)
        made.parts.append(f"({test}) IS NOT TRUE" if clause.negated else test)
    if after is not None:
        moment, batch, row = made.bind(after.moment), made.bind(after.batch), made.bind(after.row)
        place = f"({moment}::BIGINT, {batch}::VARCHAR, {row}::INT)"
        made.parts.append(f'(epoch_us("@timestamp"), "qingdun.batch", "qingdun.row") < {place}')
    return made


def moments(made: Condition, start: datetime | None, end: datetime | None) -> None:
    """Add the time range; left away where the files lie wholly inside it."""
    if start:
        made.parts.append(f'"@timestamp" >= {made.bind(start)}::TIMESTAMPTZ')
    if end:
        made.parts.append(f'"@timestamp" < {made.bind(end)}::TIMESTAMPTZ')


def _test(made: Condition, clause: Clause) -> str:
    name = column(clause.field)
    match clause.op:
        case Op.IS:
            return f"{name} = {made.bind(clause.values[0])}"
        case Op.IN:
            return _among(made, name, clause.values)
        case Op.RANGE:
            return _between(made, name, clause)
        case Op.EXISTS:
            return f"{name} IS NOT NULL"
        case Op.CIDR:
            return _in_network(made, name, str(clause.values[0]))
        case Op.MATCHES:
            return f"regexp_matches({name}, {made.bind(clause.values[0])})"
        case Op.CONTAINS:
            return _piece(made, name, str(clause.values[0]), "", "")
        case Op.PREFIX:
            return _piece(made, name, str(clause.values[0]), "^", "")
        case Op.ENDS:
            return _piece(made, name, str(clause.values[0]), "", r"\z")


def _among(made: Condition, name: str, values: Sequence[object]) -> str:
    return f"{name} IN ({', '.join(made.bind(value) for value in values)})" if values else "false"


def _between(made: Condition, name: str, clause: Clause) -> str:
    low, high = clause.values
    parts = [f"{name} >= {made.bind(low)}"] if low is not None else []
    parts += [f"{name} <= {made.bind(high)}"] if high is not None else []
    return f"({' AND '.join(parts)})"


def _piece(made: Condition, name: str, text: str, before: str, after: str) -> str:
    """A literal piece, a–z as A–Z. Without letters the plain functions do; with them RE2, each letter as a pair."""
    if not re.search("[A-Za-z]", text):
        function = {("", ""): "contains", ("^", ""): "starts_with"}.get((before, after), "ends_with")
        return f"{function}({name}, {made.bind(text)})"
    pairs = "".join(f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in text)
    return f"regexp_matches({name}, {made.bind(before + pairs + after)}, 's')"


def _in_network(made: Condition, name: str, network: str) -> str:
    """Addresses are text in the lake, dotted or compressed as `ipaddress` writes them."""
    net = ip_network(network)
    if net.version == 6:
        low, high = (f"{int(one):032x}" for one in (net.network_address, net.broadcast_address))
        return f"(wide({name}) BETWEEN {made.bind(low)} AND {made.bind(high)})"
    octets, whole = str(net.network_address).split("."), net.prefixlen // 8
    start = "".join(f"{one}." for one in octets[:whole])
    if whole == 4:
        return f"{name} = {made.bind(str(net.network_address))}"
    if net.prefixlen % 8 == 0 and whole:
        return f"starts_with({name}, {made.bind(start)})"
    first = int(octets[whole])
    among = "|".join(str(one) for one in range(first, first + (1 << 8 - net.prefixlen % 8)))
    end = r"\z" if whole == 3 else "[.]"
    return f"regexp_matches({name}, {made.bind(f'^{re.escape(start)}({among}){end}')})"
