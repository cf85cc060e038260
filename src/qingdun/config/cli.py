"""`qingdun COMMAND …`: finds `<room>/commands/<command>.py` and runs it (DESIGN §7)."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import qingdun
from qingdun.lib.command import Unusable
from qingdun.lib.registry import BrokenContent


def commands() -> dict[str, str]:
    """Every command's name and the module that runs it, found by file name alone."""
    root = Path(qingdun.__file__).parent
    return {
        file.stem.replace("_", "-"): f"qingdun.{file.parent.parent.name}.commands.{file.stem}"
        for file in sorted(root.glob("*/commands/*.py"))
        if not file.stem.startswith("_")
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit 0 when done, 2 for unusable input with one clear line."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.umask(0o077)  # whatever a process of the platform writes is its owner's only
    found = commands()
    if words and words[0] in found:
        return _until_nobody_reads(lambda: _run(words[0], found[words[0]], words[1:]))
    if words and words[0] in ("-V", "--version"):
        print(f"qingdun {version('qingdun')}")
        return 0
    _overview(found, to_error=bool(words) and words[0] not in ("-h", "--help"))
    return 0 if words and words[0] in ("-h", "--help") else 2


def _until_nobody_reads(run: Callable[[], int]) -> int:
    """`qingdun parse … | head` ends quietly. Not by the signal: a closed connection must never end a server."""
    try:
        status = run()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 128 + signal.SIGPIPE
    return status


def _run(name: str, path: str, words: list[str]) -> int:
    try:
        module = importlib.import_module(path)
        parser = argparse.ArgumentParser(prog=f"qingdun {name}", description=module.HELP)
        module.arguments(parser)
        options = parser.parse_args(words)
        return _with_records(module, options) if getattr(module, "DJANGO", False) else int(module.run(options))
    except (Unusable, BrokenContent) as error:
        print(f"qingdun {name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _with_records(module: ModuleType, options: argparse.Namespace) -> int:
    """Run a command that needs the records. Raises Unusable when they cannot be had."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingdun.config.settings")
    import django
    from django.db import OperationalError, ProgrammingError

    from qingdun.lib.home import home

    django.setup()
    try:
        return int(module.run(options))
    except (OperationalError, ProgrammingError) as error:
        hint = f"请先用 qingdun up 启动一次，或检查 QINGDUN_HOME（现为 {home()}）与 QINGDUN_DATABASE_URL"
        raise Unusable(f"记录库不可用：{str(error).splitlines()[0]}；{hint}") from error


def _overview(found: dict[str, str], *, to_error: bool) -> None:
    out = sys.stderr if to_error else sys.stdout
    print("用法：qingdun 命令 [参数]；qingdun 命令 --help 看一条命令的说明\n", file=out)
    for name, module in found.items():
        print(f"  {name:<18}{importlib.import_module(module).HELP}", file=out)


if __name__ == "__main__":
    sys.exit(main())
