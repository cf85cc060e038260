"""Rule files → documents, from the cache where the same text was read before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qingdun.detection.core.rules import Document, Refusal, build, plain

SUFFIXES = (".yml", ".yaml")
Held = dict[str, list[dict[str, Any]]]  # digest of a file's bytes → its documents as JSON holds them


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of rule files says, what of it cannot be used, and what is worth keeping for the next start."""

    documents: tuple[Document, ...]
    refused: tuple[Refusal, ...]
    held: Held
    fresh: bool  # does `held` say more or less than the cache did?


def files(paths: Iterable[Path]) -> list[Path]:
    """The rule files named and those below named folders, each once, in order of their names."""
    found: dict[str, Path] = {}
    for path in paths:
        whole = path.resolve()
        for one in sorted(_below(str(whole))) if whole.is_dir() else [str(whole)]:
            found.setdefault(one, path / one[len(str(whole)) + 1 :] if one != str(whole) else path)
    return list(found.values())


def _below(folder: str) -> Iterator[str]:
    for inside, _folders, names in os.walk(folder):
        yield from (f"{inside}{os.sep}{name}" for name in names if name.endswith(SUFFIXES))


def load(rule_files: Iterable[Path], cached: Mapping[str, list[dict[str, Any]]]) -> Loaded:
    """Every file is either read whole or refused whole, with its key and the reason."""
    documents: list[Document] = []
    refused: list[Refusal] = []
    held: Held = {}
    for path in rule_files:
        try:
            text = path.read_bytes()
        except OSError as error:
            refused.append(Refusal(str(path), "", f"读不出：{error.strerror}"))
            continue
        digest = hashlib.sha256(text).hexdigest()
        found = _from_cache(cached.get(digest), str(path)) or _read(text, str(path), refused)
        if found:
            documents += found
            held[digest] = [plain(document) for document in found] if digest not in cached else cached[digest]
    return Loaded(tuple(documents), tuple(refused), held, held.keys() != cached.keys())


def _from_cache(held: list[dict[str, Any]] | None, file: str) -> list[Document]:
    try:
        return [build(each, file) for each in held or ()]
    except (LookupError, TypeError, ValueError):
        return []


def _read(text: bytes, file: str, refused: list[Refusal]) -> list[Document]:
    parse, documents, wrong = _reader()
    try:
        return documents(parse(text), file)
    except wrong as error:
        refused.append(Refusal(file, error.key, str(error), error.rule_id))
    return []


def _reader() -> tuple[Callable[[bytes], list[Any]], Callable[[list[Any], str], list[Document]], Any]:
    """pySigma takes a fifth of a second to import: only when a file is not in the cache."""
    from qingdun.detection.core import sigma

    return sigma.yaml_documents, sigma.documents, sigma.Wrong
