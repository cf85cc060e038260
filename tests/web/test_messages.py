"""`scripts/messages.py`: what counts as a message, and what its check refuses."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy
A = _("主机")
B = ngettext("一台", "%(n)s 台", 3)
C = pgettext_lazy("weekday", "日")
D = "不翻译"
"""
TEMPLATE = """{% extends "x" %}
  {% if a %}{% translate "工作台" %}{% else %}
{% blocktranslate with n=name %}你好，{{ n }}{% endblocktranslate %}{% endif %}{{ x|default:_("没有") }}
"""
GOOD = {"主机": "Host", "日": "Sunday", "工作台": "Workbench", "你好，%(n)s": "Hello, %(n)s", "没有": "None"}


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, over a package with one room."""
    spec = importlib.util.spec_from_file_location(
        "messages_script", Path(__file__).resolve().parents[2] / "scripts" / "messages.py"
    )
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "PACKAGE", tmp_path)
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "words.py").write_text(PYTHON, "utf-8")
    (room / "templates" / "page.html").write_text(TEMPLATE, "utf-8")
    return script


def translate(messages: ModuleType, **changed: str) -> list[str]:
    """Extract, translate everything well but for what is `changed`, and check."""
    words = messages.said(messages.PACKAGE / "room")
    for message in words:
        if message.id:
            plural = isinstance(message.id, tuple)
            message.string = ("one", "%(n)s of them") if plural else changed.get(message.id, GOOD[message.id])
    messages.known = lambda _room: words
    return list(messages.check("room", messages.said(messages.PACKAGE / "room")))


def test_python_and_templates_are_read(messages: ModuleType) -> None:
    found = {(message.context, message.id) for message in messages.said(messages.PACKAGE / "room") if message.id}
    assert found == {
        (None, "主机"),
        (None, ("一台", "%(n)s 台")),
        ("weekday", "日"),
        (None, "工作台"),
        (None, "你好，%(n)s"),
        (None, "没有"),
    }


def test_a_complete_catalogue_passes(messages: ModuleType) -> None:
    assert translate(messages) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", "not translated"), ("工作 bench", "still Chinese"), ("Hello, %(m)s", "placeholder")],
)
def test_what_a_reader_would_stumble_over_is_refused(messages: ModuleType, text: str, fault: str) -> None:
    [said] = translate(messages, **{"你好，%(n)s": text})
    assert fault in said


def test_writing_keeps_translations_and_is_the_same_twice(messages: ModuleType) -> None:
    words = messages.said(messages.PACKAGE / "room")
    assert messages.write("room", words) == 6
    file = messages.file_of("room")
    file.write_text(file.read_text("utf-8").replace('msgid "主机"\nmsgstr ""', 'msgid "主机"\nmsgstr "Host"'), "utf-8")
    assert messages.write("room", messages.said(messages.PACKAGE / "room")) == 5
    first = file.read_text("utf-8")
    messages.write("room", messages.said(messages.PACKAGE / "room"))
    assert file.read_text("utf-8") == first and 'msgstr "Host"' in first
