"""The text form of a query, written: `parse(render(query))` is the query again."""

from __future__ import annotations

import re

from qingdun.logs.core.query.values import ADDRESSES, LINE, NUMBERS, Clause, Op, Query, Value

_PLAIN = re.compile(r"[^\s()\"“”*\\~<>:：\-][^\s()\"“”*\\]*")
_FIELD_LIKE = re.compile(r"@?[A-Za-z][A-Za-z0-9_.@]*[:：~]")


def render(query: Query) -> str:
    """The clauses as one line; the time range travels beside it."""
    return " ".join(clause_text(clause) for clause in query.clauses)


def clause_text(clause: Clause) -> str:
    sign = "-" if clause.negated else ""
    if clause.is_full_text:
        return sign + _line_text(str(clause.values[0]))
    joint = "~" if clause.op is Op.MATCHES else ":"
    return f"{sign}{clause.field}{joint}{_value(clause)}"


def _line_text(text: str) -> str:
    return _quote(text) if _FIELD_LIKE.match(text) else _word(text)


def _value(clause: Clause) -> str:
    match clause.op:
        case Op.IS:
            return _exact(clause.field, clause.values[0])
        case Op.IN:
            return f"({' '.join(_exact(clause.field, value) for value in clause.values)})"
        case Op.RANGE:
            low, high = clause.values
            return f"{'' if low is None else low}..{'' if high is None else high}"
        case Op.PREFIX:
            return f"{_word(str(clause.values[0]))}*"
        case Op.ENDS:
            return f"*{_word(str(clause.values[0]))}"
        case Op.CONTAINS:
            return f"*{_word(str(clause.values[0]))}*"
        case Op.EXISTS:
            return "*"
        case Op.CIDR:
            return str(clause.values[0])
        case Op.MATCHES:
            return _quote(str(clause.values[0]))


def _exact(field: str, value: Value) -> str:
    text = str(value)
    return _quote(text) if field in ADDRESSES and "/" in text and field not in NUMBERS else _word(text, field)


def _word(text: str, field: str = LINE) -> str:
    return text if field in NUMBERS or _PLAIN.fullmatch(text) else _quote(text)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
