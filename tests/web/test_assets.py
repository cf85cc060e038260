"""House rules of what reaches the browser: it must run in Chromium 100 and under a policy without anything inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qingdun.web import assets

STYLES = sorted((assets.PACKAGE / "web" / "static" / "web").glob("*.css"))
SCRIPTS = sorted((assets.PACKAGE / "web" / "static" / "web").glob("*.js"))
TEMPLATES = sorted(assets.PACKAGE.glob("*/templates/**/*.html"))
TOO_NEW = re.compile(r":has\(|@container|@layer|oklch\(|color-mix\(|^\s*&|\bdvh\b|@starting-style", re.M)
INLINE = re.compile(r"""\sstyle=|\son[a-z]+=["']|\shx-on|javascript:|<style|<script(?![^>]*\ssrc=)""")


def test_there_is_something_to_look_at() -> None:
    assert STYLES and SCRIPTS and len(TEMPLATES) > 20


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.name)
def test_styles_use_only_what_chromium_100_knows(file: Path) -> None:
    assert TOO_NEW.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_templates_hold_nothing_inline_and_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    assert INLINE.findall(text) == []
    assert re.findall(r"""(?:src|href)=["']https?:""", text) == []


def test_a_catalogue_is_compiled_beside_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gettext

    folder = tmp_path / "room" / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "主机"\nmsgstr "Host"\n', "utf-8"
    )
    monkeypatch.setattr(assets, "PACKAGE", tmp_path)
    assets.catalogues()
    with (folder / "django.mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("主机") == "Host"
