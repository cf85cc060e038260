"""Content as files: a folder of YAML documents becomes a checked mapping of values, one file one value.

The file stem is the key and is never repeated inside. A city overlays the package with its own folder: a file
of the same stem under `$QINGDUN_CONTENT/<room>/<folder>/` replaces ours only when it says `replaces: true`,
otherwise it is refused as a duplicate. Every fault of every file is reported at once; nothing is skipped.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import jsonschema
import yaml

from qingdun.lib.home import content

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one file: which file, which key inside it, what is wrong."""

    file: Path
    key: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}（{self.key}）" if self.key else str(self.file)
        return f"{where}：{self.problem}"


class BrokenContent(Exception):
    """One or more registry files are wrong. `faults` names all of them, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class Unbuildable(ValueError):
    """Raised by a `build` function for what a schema cannot say. `key` points into the document."""

    def __init__(self, problem: str, key: str = "") -> None:
        self.key = key
        super().__init__(problem)


class _StrictLoader(yaml.CSafeLoader):
    """YAML without the silent last-one-wins for a key written twice."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"键 “{key}” 重复（第 {key_node.start_mark.line + 1} 行）", key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def folder_of(package: str) -> Path:
    """The folder of a package on disk, found without importing the package's parents' Django apps."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"没有内容目录 {package}")
    return Path(next(iter(spec.submodule_search_locations)))


def load(
    package: str,
    build: Callable[[str, dict[str, Any]], T],
    *,
    schema: Mapping[str, Any] | None = None,
) -> Mapping[str, T]:
    """All files of `package` (and the city's overlay) as key → value, in key order.

    `build(key, document)` turns one checked document into a value and raises `Unbuildable` for what the JSON schema
    cannot express. Raises `BrokenContent` with every fault of every file.
    """
    faults: list[Fault] = []
    values: dict[str, T] = {}
    for key, file in sorted(_files(package, faults).items()):
        document = _read(file, faults)
        if document is None or not _obeys(file, document, schema, faults):
            continue
        document.pop("replaces", None)
        try:
            values[key] = build(key, document)
        except Unbuildable as error:
            faults.append(Fault(file, error.key, str(error)))
        except (KeyError, TypeError, ValueError) as error:
            faults.append(Fault(file, "", str(error)))
    if faults:
        raise BrokenContent(faults)
    return MappingProxyType(values)


def _files(package: str, faults: list[Fault]) -> dict[str, Path]:
    found = {file.stem: file for file in sorted(folder_of(package).glob("*.yaml"))}
    for file in _overlay(package):
        if file.stem in found and not _replaces(file):
            faults.append(Fault(file, "", f"与 {found[file.stem]} 重名；如确要取代，请在文件中写 replaces: true"))
            continue
        found[file.stem] = file
    return found


def _overlay(package: str) -> list[Path]:
    return sorted(content().joinpath(*package.split(".")[1:]).glob("*.yaml"))


def _replaces(file: Path) -> bool:
    try:
        return yaml.load(file.read_text("utf-8"), _StrictLoader).get("replaces") is True  # noqa: S506 (a SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError):
        return True  # broken: let the reader below say how


def _read(file: Path, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        document = yaml.load(file.read_text("utf-8"), _StrictLoader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        faults.append(Fault(file, "", f"读不出：{error.strerror}"))
    except UnicodeDecodeError as error:
        faults.append(Fault(file, "", f"不是 UTF-8（第 {error.start} 字节）"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"第 {mark.line + 1} 行：" if mark else ""
        faults.append(Fault(file, "", f"不是合法的 YAML：{line}{getattr(error, 'problem', error)}"))
    else:
        if isinstance(document, dict):
            return document
        faults.append(Fault(file, "", "最外层应是键值表"))
    return None


def _obeys(file: Path, document: dict[str, Any], schema: Mapping[str, Any] | None, faults: list[Fault]) -> bool:
    if schema is None:
        return True
    errors = sorted(_validator(id(schema), _Frozen(schema)).iter_errors(document), key=lambda e: list(map(str, e.path)))
    for error in errors:
        faults.append(Fault(file, ".".join(map(str, error.path)), error.message))
    return not errors


class _Frozen:
    """Carries a schema through the cache below, which only looks at identity."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.schema is self.schema


@cache
def _validator(_identity: int, frozen: _Frozen) -> jsonschema.Draft202012Validator:
    schema = dict(frozen.schema)
    properties = {**schema.get("properties", {}), "replaces": {"type": "boolean"}}
    return jsonschema.Draft202012Validator({**schema, "properties": properties})
