"""What a register's columns are and how a cell becomes a value. `field(Host, "name")` is a whole declaration."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.web.core import cells

Text = str | Promise


@dataclass(slots=True)
class Context:
    """What one run of an import knows: who imports, and whatever its session looked up (`found`)."""

    by: Any  # an account; None is the platform itself
    lock: bool = False  # inside the transaction that writes: what is matched is held
    found: dict[str, Any] = part(default_factory=dict)

    def scope(self, permission: str) -> policy.Scope:
        """Where this run may do it; the platform everywhere."""
        return policy.scope(self.by, permission) if self.by else policy.Scope(permission, (policy.ROOT,))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register.

    `read(text, context)` gives the value, or raises ValueError or ValidationError with words. `now(thing)` is what
    stands in the register, comparable with a value; `write(value)` is a value as it leaves in a file and is shown in a
    preview. `keep`: an empty cell leaves what stands (and takes the default in a new row). `also`: other titles.
    `options`: what may be chosen. `once` False: values are nearly all distinct, so none is remembered.
    """

    key: str
    title: Text
    read: Callable[[str, Context], Any]
    now: Callable[[Any], Any]
    write: Callable[[Any], object] = lambda value: value
    required: bool = False
    empty: Any = None
    keep: bool = False
    hint: Text = ""
    example: str = ""
    options: Sequence[tuple[Any, Text]] = ()
    also: tuple[str, ...] = ()
    attribute: str = ""  # of the model; empty: the session sets it itself

    def out(self, thing: Any) -> object:
        """What of a thing leaves in a file."""
        value = self.now(thing)
        return "" if value is None else self.write(value)

    def words(self, value: Any) -> str:
        """A value as the preview shows it."""
        if value is None or value == "":
            return ""
        return cells.plain(self.write(value))

    @property
    def titles(self) -> list[str]:
        """Every title it may stand under: both languages, the key, the others."""
        named = []
        for language in ("zh-hans", "en"):
            with translation.override(language):
                named.append(str(self.title))
        return [*named, self.key, *self.also]


def field(model: type[models.Model], name: str, **more: Any) -> Column:
    """The column of a model's own field: its title, choices, limits and validators are the model's."""
    own = model._meta.get_field(name)
    assert isinstance(own, models.Field)
    options: list[tuple[Any, Any]] = [(value, title) for value, title in own.choices or () if value != ""]
    given = {
        "key": name,
        "title": own.verbose_name,
        "read": _reader(own, options),
        "now": _to_the_second(name) if isinstance(own, models.DateTimeField) else attrgetter(name),
        "write": (lambda value: dict(options).get(value, value)) if options else _identity,
        "required": not own.blank and not own.has_default(),
        "empty": None if own.null else "",
        "keep": own.has_default() and not own.null,
        "hint": own.help_text,
        "options": options,
        "attribute": name,
    }
    return Column(**{**given, **more})


def _to_the_second(name: str) -> Callable[[Any], Any]:
    """A moment as a file can hold it."""

    def now(thing: Any) -> datetime | None:
        value: datetime | None = getattr(thing, name)
        return value.replace(microsecond=0) if value else None

    return now


def _identity(value: Any) -> Any:
    return value


def _reader(own: models.Field[Any, Any], options: list[tuple[Any, Any]]) -> Callable[[str, Context], Any]:
    """Text → a value of this field, checked by the field itself."""
    parse: Callable[[str], Any]
    if options:
        parse = chooser(options)
    elif isinstance(own, models.DateTimeField):
        parse = moment
    elif isinstance(own, models.DateField):
        parse = day
    elif isinstance(own, models.IntegerField):
        parse = whole
    elif isinstance(own, models.TextField):
        parse = several_lines
    else:
        parse = one_line
    return lambda text, context: own.clean(parse(text), None)


def halved(text: str) -> str:
    """Full-width letters, digits and marks as ordinary ones: what an input method leaves in codes and addresses."""
    return unicodedata.normalize("NFKC", text).strip()


def one_line(text: str) -> str:
    return " ".join(part.strip() for part in cells.bare(text).splitlines()).replace("\t", " ")


def several_lines(text: str) -> str:
    return "\n".join(cells.bare(text).splitlines())


def code(text: str) -> str:
    """A code, a domain, an address: no space, no full-width sign."""
    return halved(cells.bare(text))


def whole(text: str) -> int:
    word = halved(text)
    if not word.removesuffix(".0").isdecimal():
        raise ValueError(_("“%s”不是整数") % text)
    return int(word.removesuffix(".0"))


def chooser(options: Sequence[tuple[Any, Text]]) -> Callable[[str], Any]:
    """By title in either language, or by the key itself."""
    known: dict[str, Any] = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            known |= {halved(str(title)).lower(): value for value, title in options}
    known |= {str(value).lower(): value for value, _title in options}

    def choose(text: str) -> Any:
        try:
            return known[halved(text).lower()]
        except KeyError:
            offered = "、".join(str(title) for _value, title in options)
            raise ValueError(_("“%(text)s”不在可选范围内：%(offered)s") % {"text": text, "offered": offered}) from None

    return choose


def day(text: str) -> date:
    found = cells.day(halved(text))
    if found is None:
        raise ValueError(_("“%s”不是日期，请写成 2026-01-31 这样") % text)
    return found


def moment(text: str) -> datetime:
    found = cells.moment(halved(text))
    if found is None:
        raise ValueError(_("“%s”不是时间，请写成 2026-01-31 08:30 这样") % text)
    return timezone.make_aware(found)


def problem(error: Exception) -> str:
    """What a reader refused, in words."""
    return "；".join(error.messages) if isinstance(error, ValidationError) else str(error)
