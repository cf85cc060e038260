"""House rules: what every room promises, checked over the sources themselves."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import qingdun
from qingdun.access.permissions import all_permissions
from qingdun.audit.acts import acts
from qingdun.lib.strictyaml import parse

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(qingdun.__file__).resolve().parent
SOURCES = sorted(file for file in PACKAGE.rglob("*.py") if "migrations" not in file.parts)
ROOMS = sorted(file.parent for file in PACKAGE.glob("*/__init__.py"))
TEMPLATES = sorted(PACKAGE.rglob("*.html"))
CONTENT = sorted(PACKAGE.rglob("*.yaml"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

MODULE_CEILING, FUNCTION_CEILING = 400, 60
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "base", "common", "data", "info", "misc"}


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def names(node: ast.Assign) -> set[str]:
    """The plain names an assignment gives."""
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


# --- sizes and names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_at_its_door_what_it_is_for(room: Path) -> None:
    words = ast.get_docstring(tree(room / "__init__.py")) or ""
    assert 3 <= len(words.splitlines()) <= 8, words
    assert "Not for:" in words or room.name == "config", "and what it is not for"


def test_nothing_is_too_long() -> None:
    modules = [name(file) for file in SOURCES if len(file.read_text("utf-8").splitlines()) > MODULE_CEILING]
    long = [
        f"{name(file)}:{node.name}"
        for file in SOURCES
        for node in functions(file)
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_CEILING
    ]
    assert (modules, long) == ([], [])


def test_every_name_says_something() -> None:
    assert [name(file) for file in SOURCES if file.stem in EMPTY_NAMES or file.parent.name in EMPTY_NAMES] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    files = [*SOURCES, *TEMPLATES, *PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js")]
    assert [name(file) for file in files if "vendor" not in file.parts and later.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("file", TESTS, ids=name)
def test_tests_mirror_the_tree(file: Path) -> None:
    """`tests/<room>/x/test_y.py` is about `<room>/x/y`, or opens by saying which page or behaviour it is about."""
    inside = file.relative_to(ROOT / "tests")
    subject = PACKAGE / inside.parent / file.stem.removeprefix("test_")
    mirrors = subject.with_suffix(".py").exists() or subject.is_dir()
    assert mirrors or ast.get_docstring(tree(file)), "no such module: say in a docstring what is tested"
    assert inside.parts[0] in {*(room.name for room in ROOMS), "browser", "matrix", file.name}, "no such room"


def test_every_command_keeps_the_contract() -> None:
    for file in PACKAGE.glob("*/commands/*.py"):
        if file.stem != "__init__":
            lines = [node for node in tree(file).body if isinstance(node, ast.Assign) and "HELP" in names(node)]
            assert len(lines) == 1 and isinstance(lines[0].value, ast.Constant), name(file)
            assert {"arguments", "run"} <= {node.name for node in functions(file)}, name(file)


# --- content --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", CONTENT, ids=name)
def test_a_content_file_does_not_repeat_its_key(file: Path) -> None:
    document = parse(file.read_bytes())
    assert isinstance(document, dict)
    assert file.stem not in [document.get(key) for key in ("key", "id", "slug", "name")]


# --- power and secrets ----------------------------------------------------------------------------------------------


def test_nobody_is_a_superuser_or_staff() -> None:
    flags = re.compile(r"is_(superuser|staff)\b")
    assert [name(file) for file in PACKAGE.rglob("*.py") if flags.search(file.read_text("utf-8"))] == []


def literal(call: ast.Call, position: int) -> str | None:
    """The call's argument at this position when it is written out as text."""
    argument = call.args[position] if len(call.args) > position else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def calls(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    for file in SOURCES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
                yield file, node


def test_every_permission_asked_for_exists() -> None:
    """A misspelt one would deny everybody, or, with a `not` before it, nobody."""
    asked = [(file, literal(call, 1)) for file, call in calls("may", "require", "scope")]
    asked += [(file, literal(call, 0)) for file, call in calls("has_perm")]
    wrong = [(name(file), key) for file, key in asked if key and "." in key and key not in all_permissions()]
    assert wrong == [] and len(asked) > 5
    templates = [
        (file, key) for file in TEMPLATES for key in re.findall(r"\bperms\.(\w+\.\w+)", file.read_text("utf-8"))
    ]
    assert [(name(file), key) for file, key in templates if key not in all_permissions()] == []


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("*/permissions.py")), ids=name)
def test_permissions_are_named_for_every_reader(file: Path) -> None:
    for node in tree(file).body:
        if isinstance(node, ast.Assign) and names(node) & {"PERMISSIONS", "ACTS"}:
            assert isinstance(node.value, ast.Dict)
            assert all(isinstance(value, ast.Call) for value in node.value.values), "wrap each name in _()"


def test_every_recorded_act_has_a_name() -> None:
    recorded = [(file, literal(call, 1)) for file, call in calls("record")]
    wrong = [(name(file), key) for file, key in recorded if key and "." in key and key not in acts()]
    assert wrong == [] and len(recorded) > 5


def test_settings_hold_no_secret() -> None:
    """A secret comes from the environment or from the installation's own file; none is a text in the sources."""
    suspicious = re.compile(r"SECRET|PASSWORD$|TOKEN|_KEY$")
    for node in ast.walk(tree(PACKAGE / "config" / "settings.py")):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            assert not any(suspicious.search(each) for each in names(node)), names(node)


def test_no_path_of_somebodys_machine_is_committed() -> None:
    mine = re.compile("|".join(["/" + "work/", "/tmp/" + "helpers", "/root/" + r"\.", "/home/" + r"\w+/(src|work)"]))
    listed = subprocess.run(["git", "ls-files"], check=False, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = [ROOT / line for line in listed.stdout.splitlines() if not line.endswith((".png", ".svg", ".pcap"))]
    assert [name(file) for file in texts if file.exists() and mine.search(file.read_text("utf-8", "replace"))] == []


# --- templates ------------------------------------------------------------------------------------------------------

INLINE = {
    "script": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(?!\s*</script>)", re.I),
    "style": re.compile(r"<style\b|\sstyle\s*=", re.I),
    "event attribute": re.compile(r"\son\w+\s*=\s*[\"']|\shx-on\b", re.I),
    "script address": re.compile(r"javascript:", re.I),
    "another host": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//", re.I),
}


@pytest.mark.parametrize("file", TEMPLATES, ids=name)
def test_a_template_has_nothing_inline_and_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    assert {what for what, pattern in INLINE.items() if pattern.search(text)} == set()
    for number, line in enumerate(text.splitlines(), 1):
        unsafe = re.search(r"\|\s*safe\b|autoescape off", line)
        assert not unsafe or "{#" in line, f"line {number}: say in a comment why this is safe"
