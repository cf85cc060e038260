"""What installation makes once (`python -m qingdun.web.assets`): catalogues, the chart bundle, hashed statics."""

from __future__ import annotations

import os
from pathlib import Path

import vl_convert
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parent.parent


def catalogues() -> None:
    """Compile every room's `.po` beside itself; no gettext on the machine is needed."""
    for po in PACKAGE.glob("*/locale/*/LC_MESSAGES/django.po"):
        with po.open("rb") as text, po.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text))


def chart_bundle() -> None:
    """Vega, Vega-Lite and vega-embed as one script of our own host, from the wheel of vl-convert."""
    target = PACKAGE / "web" / "static" / "vendor" / "vega.js"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), "utf-8")


def statics() -> None:
    """Collect, hash and compress static files for whitenoise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingdun.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


def build() -> None:
    catalogues()
    chart_bundle()
    statics()


if __name__ == "__main__":
    build()
