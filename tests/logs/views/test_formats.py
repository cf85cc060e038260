from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.urls import reverse

from qingdun.audit.models import Entry
from qingdun.logs import known
from qingdun.logs.core.formats import formats

pytestmark = pytest.mark.django_db
ROLE = "operations_engineer"
WORKSHOP = "/logs/formats/workshop"
LINES = "\n".join(f"dev=QFW9 laiyuan=198.51.100.{n} dip=10.20.3.{n} dpt=443 op=jujue lv=3" for n in range(1, 5))
CHOSEN = {
    "lines": LINES,
    "was": "key=value",
    "body": "key=value",
    "key": "chengbei_fw",
    "name": "城北防火墙",
    "vendor": "某厂",
    "device": "fw",
    "literals": "dev=QFW9",
    "key-0": "laiyuan",
    "suggested-0": "",
    "tie-0": "source.ip",
    "column-0": "qingdun.action",
    "raw-0": "jujue",
    "meaning-0": "blocked",
}


@pytest.fixture(autouse=True)
def _no_site_formats() -> Iterator[None]:
    shutil.rmtree(known.folder(), ignore_errors=True)
    yield
    shutil.rmtree(known.folder(), ignore_errors=True)


def test_pasted_lines_are_cut_and_ties_suggested(visitor: Any) -> None:
    html = visitor(ROLE).post(WORKSHOP, {"lines": LINES}).content.decode()
    assert 'value="key=value" checked' in html and "10.20.3.1" in html
    assert '<option value="destination.ip" selected>' in html and "jujue" in html
    assert "还不能保存" not in html  # nothing was asked to be saved


def test_a_format_made_in_the_browser_reads_from_then_on_and_can_be_removed(visitor: Any, make_source: Any) -> None:
    client = visitor(ROLE)
    preview = client.post(WORKSHOP, CHOSEN).content.decode()
    assert "拦截" in preview and "198.51.100.4" in preview
    saved = client.post(WORKSHOP, CHOSEN | {"act": "save"})
    assert saved.headers["Location"] == reverse("logs:format", args=["chengbei_fw"])
    document = yaml.safe_load((known.folder() / "chengbei_fw.yaml").read_text("utf-8"))
    assert document["samples"][0]["expect"]["source.ip"] == "198.51.100.1"
    assert "chengbei_fw" in formats() and known.known()["chengbei_fw"].name == "城北防火墙"
    shown = client.get(saved.headers["Location"]).content.decode()
    assert "城北防火墙" in shown and "删除" in shown and "198.51.100.1" in shown
    assert "本单位" in client.get("/logs/formats/").content.decode()
    bound = make_source(format="chengbei_fw")
    remove = reverse("logs:format_remove", args=["chengbei_fw"])
    client.post(remove)
    assert "chengbei_fw" in known.known()  # a source is bound to it
    bound.delete()
    client.post(remove)
    assert "chengbei_fw" not in known.known()
    made, gone = (json.loads(entry.changes)["yaml"] for entry in recorded())
    assert made[0] is None and yaml.safe_load(made[1]) == document == yaml.safe_load(gone[0]) and gone[1] is None


def recorded() -> list[Entry]:
    return list(Entry.objects.filter(action="logs.manage_formats").order_by("sequence"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key": "sshd"}, "已有格式 sshd"),
        ({"key": "../../x"}, "格式的代号用小写字母"),
        ({"key": "A"}, "格式的代号用小写字母"),
        ({"literals": "不在日志里的文字"}, "识别用的文字没有出现在粘贴的日志里"),
        ({"device": "toaster"}, "没有设备类别"),
        ({"tie-0": "no.such"}, "没有这样的字段"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is_written(visitor: Any, changed: dict[str, str], words: str) -> None:
    html = visitor(ROLE).post(WORKSHOP, CHOSEN | {"act": "save"} | changed).content.decode()
    assert "还不能保存" in html and words in html
    assert not list(known.folder().glob("*")) if known.folder().exists() else True


def test_programs_get_the_same_preview(visitor: Any) -> None:
    asked, address = {"lines": LINES, "ties": {"source.ip": ["laiyuan"]}}, "/api/v1/logs/formats/chengbei_fw/preview"
    answer = visitor(ROLE).post(address, asked, content_type="application/json")
    body = answer.json()
    assert answer.status_code == 200 and body["body"] == "key=value" and body["faults"] == []
    assert [row["source.ip"] for row in body["preview"]] == [f"198.51.100.{n}" for n in range(1, 5)]
    assert visitor("security_officer").post(address, asked, "application/json").status_code == 403


def test_formats_belong_to_the_platform(visitor: Any, make_unit: Any) -> None:
    below = visitor(ROLE, unit=make_unit("below", parent=make_unit()))
    assert below.post(WORKSHOP, CHOSEN | {"act": "save"}).status_code == 403
    assert visitor("security_officer").post(reverse("logs:format_remove", args=["x1y"])).status_code == 403
    assert not known.of_site("chengbei_fw")


def test_ours_cannot_be_removed(visitor: Any) -> None:
    client = visitor(ROLE)
    assert client.post(reverse("logs:format_remove", args=["sshd"])).status_code == 302
    client.get("/")  # takes the message of the refusal away
    assert known.of_package("sshd") and "sshd/remove" not in client.get("/logs/formats/sshd/").content.decode()


def test_coverage_is_counted_by_format(visitor: Any, make_source: Any, fill: Any) -> None:
    source = make_source().pk
    read = {"qingdun.source": source, "qingdun.format": "sshd"}
    fill(read, read, {"qingdun.source": source, "error.message": "没有格式"}, {**read, "qingdun.format": "generic"})
    html = visitor(ROLE).get("/logs/formats/").content.decode()
    assert html.count("25%") == 2 and html.count("50%") == 2
    assert "2 行，占 50%" in visitor(ROLE).get("/logs/formats/sshd/").content.decode()


def test_a_broken_file_of_the_site_is_shown_and_nothing_falls_over(visitor: Any) -> None:
    known.folder().mkdir(parents=True)
    (known.folder() / "bad.yaml").write_text("name: 1\n", "utf-8")
    client = visitor(ROLE)
    assert "bad.yaml" in client.get("/logs/formats/").content.decode()
    assert client.get("/logs/formats/bad/").status_code == 404


def test_unread_lines_of_one_shape_lead_to_the_workshop(visitor: Any, make_source: Any, fill: Any) -> None:
    source = make_source("奇怪设备").pk
    odd = [
        {"qingdun.source": source, "error.message": "没有格式", "event.original": f"fan tray {n} speed changed"}
        for n in range(5)
    ]
    fill(*odd, {"qingdun.source": source, "event.original": "read"})
    client = visitor(ROLE)
    html = client.get("/logs/unread/").content.decode()
    assert "<strong>5</strong>" in html and "奇怪设备" in html and html.count('class="cluster"') == 1
    assert "共 5 行未识别" in html and "fan tray 4 speed changed" in html
    assert WORKSHOP in html and WORKSHOP not in visitor("security_officer").get("/logs/unread/").content.decode()
