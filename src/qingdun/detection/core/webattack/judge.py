"""Is this request an attack, of which class, and what shows it? The expensive stage: suspects only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qingdun.detection.core.webattack import sql
from qingdun.detection.core.webattack.decode import Value
from qingdun.detection.core.webattack.signals import ENOUGH, classes, sieves

EVIDENCE = 160  # characters
UNSPACED = ("path", "user_agent", "method")  # parts in which a plus sign is a plus sign
MOST = 64  # parameters of one request that are looked at


@dataclass(frozen=True, slots=True)
class Request:
    """What an access log keeps of a request. Empty text where it keeps nothing."""

    target: str
    method: str = ""
    referer: str = ""
    user_agent: str = ""
    own_referer: bool = False  # the referer is known to be a page of the same site


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is the key of the class that scores highest, empty below ENOUGH; `evidence` what its best signal saw."""

    kind: str
    score: int
    signal: str
    evidence: str

    @property
    def is_attack(self) -> bool:
        return bool(self.kind)


NOTHING = Verdict("", 0, "", "")


def judge(request: Request) -> Verdict:
    """The verdict on a whole request."""
    return _weighed(_parts(request))


def judge_value(value: str) -> Verdict:
    """The verdict on one bare value, as a parameter or as the end of a path."""
    return _weighed(iter([("value", Value(value)), ("path", Value(value, plus=False))]))


def _parts(request: Request) -> Iterator[tuple[str, Value]]:
    """Every part of a request that a visitor fills in, with how it is to be read."""
    path, _mark, query = request.target.partition("?")
    yield "path", Value(path, plus=False)
    yield "target", Value(request.target)
    for part in query.split("&", MOST)[:MOST] if query else ():
        name, mark, value = part.partition("=")
        yield "name", Value(name)
        yield "value", Value(value if mark else name)
    if len(request.referer) > 1:
        page, _mark, asked = request.referer.partition("?")
        yield "referer", Value(page)
        if not request.own_referer:
            yield "foreign_referer", Value(page)
        for part in asked.split("&", MOST)[:MOST]:
            yield "referer", Value(part)
    if len(request.user_agent) > 1:
        yield "user_agent", Value(request.user_agent, plus=False)
    if request.method:
        yield "method", Value(request.method, plus=False)


def speaks(part: str, text: str) -> bool:
    """Does any signal say anything about this piece of a request, standing alone?"""
    return any(True for _sign in _signs(part, Value(text, plus=part not in UNSPACED)))


@dataclass(slots=True)
class Tally:
    """What one class has against a request."""

    score: int = 0
    best: int = 0
    signal: str = ""
    evidence: str = ""

    def add(self, score: int, signal: str, evidence: str) -> None:
        self.score += score
        if score > self.best:
            self.best, self.signal, self.evidence = score, signal, evidence


def _weighed(parts: Iterator[tuple[str, Value]]) -> Verdict:
    tallies: dict[str, Tally] = {}
    seen: set[tuple[str, str]] = set()
    for part, value in parts:
        for kind, score, signal, evidence in _signs(part, value):
            if (kind, signal) not in seen:
                seen.add((kind, signal))
                tallies.setdefault(kind, Tally()).add(score, signal, evidence)
    kind, most = max(tallies.items(), key=lambda pair: (pair[1].score, pair[1].best), default=("", Tally()))
    if most.score < ENOUGH:
        return NOTHING
    return Verdict(kind, most.score, most.signal, most.evidence)


def _signs(part: str, value: Value) -> Iterator[tuple[str, int, str, str]]:
    for form, sieve in sieves()[part].items():
        text = getattr(value, form)
        if text:
            for kind, signal in sieve.caught(text):
                yield kind.key, signal.score, signal.id, _evidence(signal.search.search(text), text)
    if part in ("value", "path", "user_agent"):
        for key, kind in classes().items():
            if kind.reads_sql:
                score, name = sql.judged(value.sql)
                if score:
                    yield key, score, name, value.sql[:EVIDENCE]


def _evidence(found: object, text: str) -> str:
    return found[0][:EVIDENCE] if found else text[:EVIDENCE]  # type: ignore[index]  # re2 carries no types
