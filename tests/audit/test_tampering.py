"""A thousand intruders with the database's own rights: whatever they do to the chain is found and named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from qingdun import audit
from qingdun.audit import actions, checkpoints, guards, keys, rows
from qingdun.audit.core.chain import START, Link, Wrong
from qingdun.audit.core.checkpoints import Fault, make, raw
from qingdun.audit.models import CONTENT, Entry, Head, sealed
from qingdun.audit.verify import Series, Verdict, read_series, verify

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES, EVERY = 24, 6  # a chain of so many, with a checkpoint after every so many
Content = dict[str, Any]


@dataclass
class Chain:
    """What stands in the database, in the hands of somebody who may do anything to it."""

    contents: list[Content]
    links: list[Link]
    dice: random.Random

    @classmethod
    def read(cls, dice: random.Random) -> Chain:
        entries = list(Entry.objects.order_by("sequence"))
        return cls([{c: getattr(e, c) for c in CONTENT} for e in entries], [e.link for e in entries], dice)

    def somewhere(self, last: int = ENTRIES) -> int:
        return self.dice.randrange(last)

    def spoil(self, at: int) -> None:
        """Change one column of one entry."""
        column = self.dice.choice([column for column in CONTENT if column != "sequence"])
        value = self.contents[at][column]
        if column == "at":
            value += timedelta(microseconds=self.dice.choice([-1, 1, 86_400_000_000]))
        elif column == "actor_id":
            value = (value or 0) + 1
        elif column == "office":
            value = self.dice.choice([office for office in ("", "system", "audit") if office != value])
        else:
            value = self.dice.choice([value + " ", f"改{value}"[:40]])
        self.contents[at] = self.contents[at] | {column: value}

    def invent(self) -> Content:
        return self.contents[self.somewhere(len(self.contents))] | {"actor": "别人"}

    def seal(self, since: int = 0) -> None:
        """Number everything anew and compute every digest, as if it had always been so."""
        del self.links[since:]
        last = self.links[-1] if self.links else START
        for place in range(since, len(self.contents)):
            self.contents[place] = self.contents[place] | {"sequence": place + 1}
            last = last.next(sealed(self.contents[place]))
            self.links.append(last)

    def write(self, *, head: bool = True) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_entry")
        entries = zip(self.contents, self.links, strict=True)
        rows.insert(Entry, actions.COLUMNS, [actions.row(content, link) for content, link in entries])
        if head:
            last = self.links[-1] if self.links else START
            Head.objects.update(sequence=last.sequence, sha256=last.sha256, sm3=last.sm3)


@dataclass(frozen=True)
class Named:
    """What must be said: the entry, and how it may be broken. `within`: no more than a stretch can be named."""

    entry: int
    wrong: set[Wrong]
    within: bool = False

    def fits(self, verdict: Verdict) -> bool:
        found = verdict.broken
        if found is None or found.wrong not in self.wrong or not verdict.problem:
            return False
        if self.within:
            return found.sure < self.entry <= found.until
        return found.sequence == self.entry


# --- what they do ---------------------------------------------------------------------------------------------------


def edits(chain: Chain) -> Named:
    at = chain.somewhere()
    chain.spoil(at)
    chain.write(head=False)
    return Named(at + 1, {Wrong.CHANGED})


def edits_and_reseals_the_entry(chain: Chain) -> Named:
    at = chain.somewhere(ENTRIES - 1)
    chain.spoil(at)
    chain.links[at] = (chain.links[at - 1] if at else START).next(sealed(chain.contents[at]))
    chain.write(head=False)
    return Named(at + 2, {Wrong.CHANGED})


def edits_the_last_and_reseals_it(chain: Chain) -> Named:
    chain.spoil(ENTRIES - 1)
    chain.seal(ENTRIES - 1)
    chain.write(head=False)
    return Named(ENTRIES, {Wrong.NOT_THE_HEAD})


def edits_and_rebuilds_all(chain: Chain) -> Named:
    at = chain.somewhere()
    chain.spoil(at)
    chain.seal(at)
    chain.write()
    return Named(at + 1, {Wrong.REBUILT}, within=True)


def deletes(chain: Chain) -> Named:
    at = chain.somewhere()
    del chain.contents[at], chain.links[at]
    chain.write(head=False)
    return Named(at + 1, {Wrong.MISSING, Wrong.CUT})


def deletes_and_rebuilds_all(chain: Chain) -> Named:
    at = chain.somewhere()
    del chain.contents[at]
    chain.seal(at)
    chain.write()
    return Named(at + 1, {Wrong.REBUILT, Wrong.CUT_BEFORE_CHECKPOINT}, within=True)


def inserts(chain: Chain) -> Named:
    """An entry of his own, numbered in between; those after it move on and keep their digests."""
    at = chain.somewhere()
    chain.contents.insert(at, chain.invent())
    chain.links.insert(at, chain.links[at])
    for place in range(at, ENTRIES + 1):
        chain.contents[place] = chain.contents[place] | {"sequence": place + 1}
    chain.write(head=False)
    return Named(at + 1, {Wrong.CHANGED})


def inserts_and_rebuilds_all(chain: Chain) -> Named:
    at = chain.somewhere()
    chain.contents.insert(at, chain.invent())
    chain.seal(at)
    chain.write()
    return Named(at + 1, {Wrong.REBUILT}, within=True)


def appends_past_the_head(chain: Chain) -> Named:
    chain.contents.append(chain.invent())
    chain.seal(ENTRIES)
    chain.write(head=False)
    return Named(ENTRIES + 1, {Wrong.BEYOND_THE_HEAD})


def swaps(chain: Chain) -> Named:
    """Two entries change places, with or without their digests."""
    first, second = sorted(chain.dice.sample(range(ENTRIES), 2))
    one, other = chain.contents[first], chain.contents[second]
    chain.contents[first], chain.contents[second] = other | {"sequence": first + 1}, one | {"sequence": second + 1}
    if chain.dice.random() < 0.5:
        chain.links[first], chain.links[second] = chain.links[second], chain.links[first]
    chain.write(head=False)
    return Named(first + 1, {Wrong.CHANGED})


def swaps_and_rebuilds_all(chain: Chain) -> Named:
    first, second = sorted(chain.dice.sample(range(ENTRIES), 2))
    chain.contents[first], chain.contents[second] = chain.contents[second], chain.contents[first]
    chain.seal(first)
    chain.write()
    return Named(first + 1, {Wrong.REBUILT}, within=True)


def cuts_the_tail(chain: Chain) -> Named:
    at = chain.somewhere()
    del chain.contents[at:], chain.links[at:]
    chain.write(head=False)
    return Named(at + 1, {Wrong.CUT})


def cuts_the_tail_and_the_head(chain: Chain) -> Named:
    at = chain.somewhere()
    del chain.contents[at:], chain.links[at:]
    chain.write()
    return Named(at + 1, {Wrong.CUT_BEFORE_CHECKPOINT})


def removes_the_head(chain: Chain) -> Named:
    Head.objects.all().delete()
    return Named(1, {Wrong.BEYOND_THE_HEAD})


def turns_the_head_back(chain: Chain) -> Named:
    at = chain.somewhere(ENTRIES - 1)
    link = chain.links[at]
    Head.objects.update(sequence=link.sequence, sha256=link.sha256, sm3=link.sm3)
    return Named(at + 2, {Wrong.BEYOND_THE_HEAD})


def starts_from_nothing(chain: Chain) -> Named:
    chain.contents, chain.links = [], []
    chain.write()
    return Named(1, {Wrong.CUT_BEFORE_CHECKPOINT})


INTRUDERS: list[Callable[[Chain], Named]] = [
    *(edits, edits_and_reseals_the_entry, edits_the_last_and_reseals_it, edits_and_rebuilds_all),
    *(deletes, deletes_and_rebuilds_all, inserts, inserts_and_rebuilds_all, appends_past_the_head),
    *(swaps, swaps_and_rebuilds_all, cuts_the_tail, cuts_the_tail_and_the_head),
    *(removes_the_head, turns_the_head_back, starts_from_nothing),
]


# --- the chain they find --------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the checkpoints lie, out of the intruder's reach."""
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("QINGDUN_CHECKPOINTS", str(tmp_path / "elsewhere"))
    return tmp_path / "elsewhere"


@pytest.fixture
def unguarded(elsewhere: Path, make_account: Callable[..., Any]) -> Iterator[None]:
    """A chain with checkpoints, and the triggers gone."""
    officer = make_account("security_admin")
    guards.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry")
        cursor.execute("UPDATE audit_head SET sequence = 0, sha256 = %s, sm3 = %s", [START.sha256, START.sm3])
    for number in range(0, ENTRIES, EVERY):
        with transaction.atomic():
            things = [(f"第 {number + one + 1} 件", {"数": (one, number)}) for one in range(EVERY)]
            audit.record_many(officer if number else None, "audit.view", things, "例行")
        checkpoints.sign()
    yield
    guards.install(connection)


def intrude(intruder: Callable[[Chain], Named], chain: Chain, series: Series) -> tuple[Named, Verdict]:
    """Do it, look at it, and undo it."""
    with transaction.atomic():
        named = intruder(chain)
        verdict = verify(series)
        transaction.set_rollback(True)
    return named, verdict


@pytest.mark.usefixtures("unguarded")
def test_every_one_of_a_thousand_is_found_and_named() -> None:
    dice, series = random.Random(20261122), read_series()
    assert verify(series).breaks == () and len(series.held) == ENTRIES // EVERY
    missed = []
    for number in range(1000):
        intruder = INTRUDERS[number % len(INTRUDERS)]
        named, verdict = intrude(intruder, Chain.read(dice), series)
        if not named.fits(verdict):
            missed.append((number, intruder.__name__, named, verdict.breaks))
    assert missed == []
    assert verify(series).breaks == (), "each left the chain as it was"


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_what_is_done_to_the_checkpoints_is_named(elsewhere: Path, tmp_path: Path, number: int) -> None:
    """On a copy in other hands: taken out, altered, exchanged, signed by somebody else, taken from the end."""
    public, kept = keys.ours(), read_series().held
    assert len(kept) == 4

    def found(change: Callable[[Path], object]) -> list[tuple[int, Fault]]:
        copy = tmp_path / "copy"
        shutil.copytree(elsewhere, copy)
        change(copy / f"{number:08}.json")
        flaws = read_series(copy, public).flaws
        shutil.rmtree(copy)
        return [(flaw.number, flaw.fault) for flaw in flaws]

    stranger = Ed25519PrivateKey.generate()
    before = kept[number - 2] if number > 1 else None
    forged = make(before, kept[number - 1].link, kept[number - 1].at, stranger)
    pretended = forged.text.replace(raw(stranger.public_key()).encode(), public[0].encode())
    gone = [(number, Fault.GONE)] if number < 4 else []
    assert found(lambda file: file.unlink()) == gone, "the end of a copy may lag behind; our own folder may not"
    assert (number, Fault.UNREADABLE) in found(lambda file: file.write_bytes(b"\xff{}"))
    assert (number, Fault.UNREADABLE) in found(lambda file: file.write_bytes(file.read_bytes().replace(b":", b": ", 1)))
    assert (number, Fault.STRANGER) in found(lambda file: file.write_bytes(forged.text))
    assert (number, Fault.UNSIGNED) in found(lambda file: file.write_bytes(pretended))
    assert found(lambda file: (file.parent / "00000005.json").write_bytes(kept[3].text))[0] == (5, Fault.UNREADABLE)


@pytest.mark.usefixtures("unguarded")
def test_a_database_that_was_turned_back_does_not_know_the_checkpoint(elsewhere: Path) -> None:
    """Restored from an old copy, entries, head and checkpoints alike: the folder knows more."""
    with transaction.atomic(), connection.cursor() as cursor:
        chain = Chain.read(random.Random(1))
        del chain.contents[12:], chain.links[12:]
        chain.write()
        cursor.execute("DELETE FROM audit_checkpoint WHERE number > 2")
        verdict = verify()
        transaction.set_rollback(True)
    assert verdict.broken and (verdict.broken.sequence, verdict.broken.until) == (13, 18)
    assert [(flaw.number, flaw.fault) for flaw in verdict.flaws] == [(3, Fault.UNKNOWN)]
