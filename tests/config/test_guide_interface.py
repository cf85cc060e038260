"""The curl examples of `docs/guide/interface.md`, run by curl as they stand against a served platform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qingdun.access.actions.tokens import create_token

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "interface.md"
EXAMPLES = re.findall(r"```bash\n(curl [^\n]+)\n```", GUIDE.read_text("utf-8"))


@pytest.mark.process
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this machine")
@pytest.mark.django_db(transaction=True)
def test_the_examples_do_what_the_guide_says(live_server: Any, make_account: Any, make_unit: Any) -> None:
    account = make_account("operations_engineer", unit=make_unit())
    _token, text = create_token(account, "手册", ["inventory.view", "inventory.edit"], 1)
    me, listed, made, refused = (_run(line, live_server.url, text) for line in EXAMPLES)
    assert me["username"] == account.username and set(me["permissions"]) == {"inventory.view", "inventory.edit"}
    assert listed["rows"] == [] and listed["next"] is None
    assert made["addresses"] == ["10.20.3.41"]
    assert refused["type"] == "/api/#refused" and refused["errors"] == {"size": ["不得小于 1。"]}
    assert _run(EXAMPLES[2], live_server.url, text) == made  # sent again: done once


def _run(line: str, url: str, token: str) -> Any:
    given = os.environ | {"QINGDUN": url, "TOKEN": token, "no_proxy": "*"}
    done = subprocess.run(["bash", "-c", line], env=given, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)
