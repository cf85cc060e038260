"""Content as files: a folder of YAML documents becomes a checked mapping of values, one file one value.

The file stem is the key and is never repeated inside. A city overlays the package with its own folder: a file
of the same stem under `$QINGDUN_CONTENT/<room>/<folder>/` replaces ours only when it says `replaces: true`,
otherwise it is refused as a duplicate. Every fault of every file is reported at once; nothing is skipped.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from jsonschema import Draft202012Validator

from qingdun.lib.faults import BrokenContent, Fault, Unbuildable, explain
from qingdun.lib.home import content
from qingdun.lib.strictyaml import NotYaml, parse

__all__ = ["BrokenContent", "Fault", "Unbuildable", "load", "one"]

T = TypeVar("T")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")
Documents = dict[str, tuple[Path, dict[str, Any]]]


def load(
    package: str,
    build: Callable[[str, dict[str, Any]], T],
    *,
    schema: Mapping[str, Any] | None = None,
    together: Callable[[Mapping[str, T]], Iterable[tuple[str, Unbuildable]]] | None = None,
    ours: bool = True,
) -> Mapping[str, T]:
    """All files of `package` (and the city's overlay) as key → value, in key order.

    `build(key, document)` turns one checked document into a value and raises `Unbuildable` for what the JSON schema
    cannot express. `together` sees all values and yields (key, Unbuildable) for what is wrong between files.
    With `ours=False` the folder is the city's alone and the package ships none.
    Raises `BrokenContent` with every fault of every file.
    """
    faults: list[Fault] = []
    documents = _documents(package, ours, faults)
    checks = Draft202012Validator(dict(schema)) if schema is not None else None
    values: dict[str, T] = {}
    for key, (file, document) in sorted(documents.items()):
        found = _against(checks, file, document) if checks else []
        faults += found
        if not found:
            try:
                values[key] = build(key, document)
            except Unbuildable as error:
                faults.append(Fault(file, error.key, str(error)))
            except (LookupError, TypeError, ValueError) as error:
                faults.append(Fault(file, "", f"{type(error).__name__}: {error}"))
    if together and not faults:
        faults += [Fault(documents[key][0], error.key, str(error)) for key, error in together(values)]
    if faults:
        raise BrokenContent(faults)
    return MappingProxyType(values)


def one(file: Path, build: Callable[[str, dict[str, Any]], T], schema: Mapping[str, Any]) -> Mapping[str, T]:
    """A single file that somebody names, by the same checks; its key is its stem. Raises `BrokenContent`."""
    faults: list[Fault] = []
    document = _read(file, faults)
    if document is not None:
        faults += _against(Draft202012Validator(dict(schema)), file, document)
    if document is None or faults:
        raise BrokenContent(faults)
    try:
        return MappingProxyType({file.stem: build(file.stem, document)})
    except Unbuildable as error:
        raise BrokenContent([Fault(file, error.key, str(error))]) from None


def folder_of(package: str) -> Path:
    """The folder of a package on disk, found without importing the package's parents' Django apps."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"没有内容目录 {package}")
    return Path(next(iter(spec.submodule_search_locations)))


def _documents(package: str, ours: bool, faults: list[Fault]) -> Documents:
    """Every readable document: ours, then the city's on top of it."""
    found = dict(_read_folder(folder_of(package), faults)) if ours else {}
    for _key, (file, document) in found.items():
        if "replaces" in document:
            faults.append(Fault(file, "replaces", "只有 $QINGDUN_CONTENT 中的文件可以取代别的文件"))
    for key, (file, document) in _read_folder(content().joinpath(*package.split(".")[1:]), faults):
        replaces = document.pop("replaces", False)
        if not isinstance(replaces, bool):
            faults.append(Fault(file, "replaces", "应为 true 或 false"))
        elif replaces and key not in found:
            faults.append(Fault(file, "replaces", "没有同名的内置文件可取代，请核对文件名或去掉 replaces"))
        elif key in found and not replaces:
            faults.append(Fault(file, "", f"与 {found[key][0]} 重名；如确要取代，请在文件中写 replaces: true"))
        else:
            found[key] = (file, document)
    return found


def _read_folder(folder: Path, faults: list[Fault]) -> Iterable[tuple[str, tuple[Path, dict[str, Any]]]]:
    for file in sorted(folder.glob("*")) if folder.is_dir() else ():
        if file.name.startswith((".", "_")) or file.is_dir():
            continue
        if file.suffix != ".yaml":
            faults.append(Fault(file, "", "这里只放 .yaml 文件"))
        elif not KEY.fullmatch(file.stem):
            faults.append(Fault(file, "", "文件名只能用小写字母、数字、- 和 _"))
        elif (document := _read(file, faults)) is not None:
            yield file.stem, (file, document)


def _read(file: Path, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        document = parse(file.read_bytes())
    except OSError as error:
        faults.append(Fault(file, "", f"读不出：{error.strerror}"))
    except NotYaml as error:
        faults.append(Fault(file, "", str(error)))
    else:
        if isinstance(document, dict):
            return document
        faults.append(Fault(file, "", "最外层应是键值表"))
    return None


def _against(checks: Draft202012Validator, file: Path, document: dict[str, Any]) -> list[Fault]:
    errors = sorted(checks.iter_errors(document), key=lambda error: [str(step) for step in error.absolute_path])
    return list(dict.fromkeys(Fault(file, key, sentence) for error in errors for key, sentence in explain(error)))
