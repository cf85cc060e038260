from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qingdun.lib.registry import BrokenContent, Unbuildable, load

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "severity"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "severity": {"enum": ["low", "high"]},
        "ports": {"type": "array", "items": {"type": "integer", "maximum": 65535}, "uniqueItems": True},
        "when": {"type": "string", "pattern": "^[0-9-]+$"},
        "other": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    },
}


@dataclass(frozen=True)
class Kind:
    key: str
    name: str


def build(key: str, document: dict[str, Any]) -> Kind:
    if document["name"] == "forbidden":
        raise Unbuildable("这个名字不行", "name")
    return Kind(key, document["name"])


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterable[Callable[..., Path]]:
    """Write a file of the package `somecity.room.kinds` or, with `city=True`, of the overlay."""
    package = tmp_path / "package" / "somecity"
    (package / "room" / "kinds").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "package"))
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "city"))

    def write(name: str, text: str | bytes, *, city: bool = False) -> Path:
        folder = tmp_path / "city" / "room" / "kinds" if city else package / "room" / "kinds"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    yield write
    for name in [name for name in sys.modules if name.startswith("somecity")]:
        del sys.modules[name]


def kinds(**options: Any) -> Mapping[str, Kind]:
    return load("somecity.room.kinds", build, schema=SCHEMA, **options)


def faults() -> list[tuple[str, str, str]]:
    with pytest.raises(BrokenContent) as broken:
        kinds()
    return [(fault.file.name, fault.key, fault.problem) for fault in broken.value.faults]


def test_one_file_is_one_value_and_its_stem_is_the_key(write: Callable[..., Path]) -> None:
    write("zulu.yaml", "name: 末\nseverity: low\n")
    write("alpha.yaml", "name: 首\nseverity: high\n")
    assert list(kinds().items()) == [("alpha", Kind("alpha", "首")), ("zulu", Kind("zulu", "末"))]


def test_the_result_cannot_be_changed(write: Callable[..., Path]) -> None:
    write("one.yaml", "name: 一\nseverity: low\n")
    with pytest.raises(TypeError):
        kinds()["two"] = Kind("two", "二")  # type: ignore[index]


def test_every_fault_of_every_file_is_reported_at_once(write: Callable[..., Path]) -> None:
    write("a.yaml", "severity: severe\nports: [80, 80, 70000]\nwhen: now\nother: [1]\n")
    write("b.yaml", "name: ''\nseverty: low\n")
    write("c.yaml", "name: forbidden\nseverity: low\n")
    write("d.yaml", "- list\n")
    write("e.yaml", "name: [unclosed\n")
    write("f.yaml", b"name: one\nseverity: \xff\n")
    write("g.yaml", "name: x\nseverity: low\nname: y\n")
    write("h.yaml", "404: x\n")
    write("Not A Key.yaml", "name: x\nseverity: low\n")
    write("notes.yml", "")
    assert sorted(faults()) == sorted(
        [
            ("a.yaml", "name", "缺少这个键"),
            ("a.yaml", "ports", "有重复的项：80"),
            ("a.yaml", "ports.2", "不得大于 65535，现为 70000"),
            ("a.yaml", "severity", "应为 low、high 之一，现为“severe”"),
            ("a.yaml", "when", "“now” 不符合写法 ^[0-9-]+$"),
            ("a.yaml", "other", "应为文字，现为“[1]”；或 应为整数，现为“[1]”"),
            ("b.yaml", "name", "不能为空"),
            ("b.yaml", "severity", "缺少这个键"),
            ("b.yaml", "severty", "没有这个键，是否想写 severity"),
            ("c.yaml", "name", "这个名字不行"),
            ("d.yaml", "", "最外层应是键值表"),
            ("e.yaml", "", "不是合法的 YAML（第 2 行）：did not find expected ',' or ']'"),
            ("f.yaml", "", "不是 UTF-8 编码（第 2 行），请另存为 UTF-8"),
            ("g.yaml", "", "不是合法的 YAML（第 3 行）：键 name 写了两次"),
            ("h.yaml", "", "不是合法的 YAML（第 1 行）：键 404 不是文字，请加引号"),
            ("Not A Key.yaml", "", "文件名只能用小写字母、数字、- 和 _"),
            ("notes.yml", "", "这里只放 .yaml 文件"),
        ]
    )


def test_a_fault_reads_file_key_problem(write: Callable[..., Path]) -> None:
    file = write("a.yaml", "name: x\n")
    with pytest.raises(BrokenContent, match="缺少这个键") as broken:
        kinds()
    assert str(broken.value) == f"{file}（severity）：缺少这个键"


def test_the_city_adds_and_replaces_but_never_by_accident(write: Callable[..., Path]) -> None:
    write("one.yaml", "name: 我们的\nseverity: low\n")
    write("two.yaml", "name: 市里的\nseverity: low\n", city=True)
    assert {key: kind.name for key, kind in kinds().items()} == {"one": "我们的", "two": "市里的"}

    write("one.yaml", "name: 市里的\nseverity: low\n", city=True)
    [(name, key, problem)] = faults()
    assert (name, key) == ("one.yaml", "") and "replaces: true" in problem

    write("one.yaml", "replaces: true\nname: 市里的\nseverity: low\n", city=True)
    assert kinds()["one"].name == "市里的"


@pytest.mark.parametrize(
    ("name", "text", "city", "problem"),
    [
        ("new.yaml", "replaces: true\nname: x\nseverity: low\n", True, "没有同名的内置文件可取代"),
        ("one.yaml", "replaces: always\nname: x\nseverity: low\n", True, "应为 true 或 false"),
        ("one.yaml", "replaces: true\nname: x\nseverity: low\n", False, "只有 $QINGDUN_CONTENT"),
    ],
)
def test_replaces_means_something_or_is_refused(
    write: Callable[..., Path], name: str, text: str, city: bool, problem: str
) -> None:
    write("one.yaml", "name: 我们的\nseverity: low\n")
    write(name, text, city=city)
    assert any(key == "replaces" and said.startswith(problem) for _file, key, said in faults())


def test_faults_between_files_name_their_file(write: Callable[..., Path]) -> None:
    write("one.yaml", "name: 同名\nseverity: low\n")
    write("two.yaml", "name: 同名\nseverity: low\n")

    def no_twins(values: Mapping[str, Kind]) -> Iterable[tuple[str, Unbuildable]]:
        if len({kind.name for kind in values.values()}) < len(values):
            yield "two", Unbuildable("与 one 同名", "name")

    with pytest.raises(BrokenContent, match="two.yaml（name）：与 one 同名"):
        kinds(together=no_twins)


def test_a_missing_folder_of_ours_is_a_mistake_in_the_programme(write: Callable[..., Path]) -> None:
    with pytest.raises(LookupError, match=r"somecity\.room\.nothing"):
        load("somecity.room.nothing", build)
    assert load("somecity.room.nothing", build, ours=False) == {}
