from __future__ import annotations

from typing import Generic, TypeVar

from ninja import Field, Schema
from pydantic import ConfigDict

T = TypeVar("T")


class Body(Schema):
    """What a program sends. A field nobody asked for is refused by name, so nothing is set by the way."""

    model_config = ConfigDict(extra="forbid")


class Turn(Schema):
    """One page of a list: `page` from 1, `size` rows (above 100 an export). `total=false` leaves out the count."""

    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(100, ge=1, le=1000)
    total: bool = True


class Rows(Schema, Generic[T]):
    """One page. `total` counts the rows of the whole filter; `next` is the next page's address, null at the end."""

    total: int | None
    page: int
    size: int
    next: str | None
    rows: list[T]


class Problem(Schema):
    """Why a request was refused (RFC 9457). `errors`: per field, the empty one standing for the whole."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: dict[str, list[str]] | None = None
