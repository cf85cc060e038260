"""`qingdun bench NAME …`: a bench is one file, `<room>/benches/<name>.py`, written like a command."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from types import ModuleType

import qingdun

HELP = "在本机实测性能，打印机器、输入与离散"


def benches() -> dict[str, ModuleType]:
    root = Path(qingdun.__file__).parent
    files = [file for file in sorted(root.glob("*/benches/*.py")) if not file.stem.startswith("_")]
    return {
        file.stem.replace("_", "-"): importlib.import_module(f"qingdun.{file.parent.parent.name}.benches.{file.stem}")
        for file in files
    }


def arguments(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, module in benches().items():
        one = names.add_parser(name, help=module.HELP, description=module.HELP)
        module.arguments(one)
        one.set_defaults(measure=module.run)


def run(options: argparse.Namespace) -> int:
    return int(options.measure(options))
