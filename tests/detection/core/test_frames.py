"""Events by their columns and events as objects: the engine says the same of both."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qingdun.detection import book
from qingdun.detection.core.engine import Engine
from qingdun.detection.core.frames import objects
from qingdun.detection.core.load import files, load
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.sigma import Wrong, documents, yaml_documents
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

ZONE = "Asia/Shanghai"
LETTERS = 'abAB*\\"-/ 1.$éж'
TEXT = st.text(LETTERS, max_size=6)
NAMES = ["message", "url.original", "rule.name", "source.ip", "destination.port", "qingdun.score", "own", "own.inner"]
SAID = st.fixed_dictionaries(
    {},
    optional={
        "message": TEXT,
        "url.original": TEXT,
        "rule.name": st.sampled_from(["a", "B", "ab"]),
        "source.ip": st.sampled_from(["10.0.0.1", "192.0.2.7", "2001:db8::1"]),
        "destination.port": st.integers(0, 99),
        "qingdun.score": st.integers(0, 9),
        "observer.type": st.sampled_from(["web", "fw", "os"]),
        "qingdun.format": st.sampled_from(["nginx_access", "sshd", "generic"]),
        "qingdun.extra": st.dictionaries(st.sampled_from(["own", "other"]), TEXT, max_size=2).map(json.dumps),
        "event.original": st.one_of(
            TEXT,
            st.builds(lambda said: json.dumps({"own": {"inner": said}}, ensure_ascii=False), TEXT),
            st.builds(lambda said: json.dumps({"own": said, "message": said}), TEXT),
        ),
        "@timestamp": st.datetimes(datetime(2020, 1, 1), datetime(2023, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    },
)
ITEM = st.one_of(
    st.tuples(
        st.builds(
            "{}{}".format,
            st.sampled_from(NAMES),
            st.sampled_from(["", "|contains", "|startswith", "|endswith|cased", "|contains|all"]),
        ),
        st.lists(TEXT, min_size=2, max_size=3),
    ),
    st.tuples(st.sampled_from(["destination.port|gte", "qingdun.score|lt"]), st.integers(0, 60)),
    st.tuples(st.sampled_from(["message|exists", "own|exists", "own.inner|exists"]), st.booleans()),
    st.tuples(st.sampled_from(["message", "own.inner"]), st.none()),
    st.tuples(st.just("message|fieldref"), st.sampled_from(["url.original", "own"])),
    st.tuples(st.just("source.ip|cidr"), st.just("10.0.0.0/8")),
    st.tuples(st.just("@timestamp|hour"), st.integers(0, 23)),
)
SELECTION = st.one_of(
    st.lists(ITEM, min_size=1, max_size=2).map(dict), st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1)
)
SOURCE = st.sampled_from(
    [
        {"category": "webserver"},
        {"product": "linux", "service": "sshd"},
        {"category": "firewall"},
        {"product": "qingdun"},
    ]
)


def frame(events: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: event.get(name) for name in EVENT} for event in events], schema=EVENT)


def program(rules: list[tuple[dict[str, str], list[Any], str]]) -> Program:
    made = []
    for number, (source, selections, condition) in enumerate(rules):
        detection = {**dict(zip(("one", "two"), selections, strict=True)), "condition": condition}
        text = yaml.safe_dump({"title": f"r{number}", "logsource": source, "detection": detection}, allow_unicode=True)
        try:
            made += documents(yaml_documents(text.encode()), "x.yml")
        except Wrong:
            continue
    return link(made, pipelines())


def both(rules: Program, events: pl.DataFrame) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What the engine says of the columns, and of the rows as objects (those that a format could read)."""
    read = events["qingdun.format"].is_not_null().arg_true().to_list()
    by_columns = Engine(rules, lambda: 0.0).match_frame(events, ZONE)
    as_objects = Engine(rules, lambda: 0.0).match(objects(events[read], ZONE)) if read else []
    return [(one.event, one.rule) for one in by_columns], [(read[one.event], one.rule) for one in as_objects]


@settings(max_examples=120, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(
        st.tuples(
            SOURCE,
            st.lists(SELECTION, min_size=2, max_size=2),
            st.sampled_from(["one", "one and two", "one or two", "one and not two", "not one"]),
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(SAID, min_size=1, max_size=12),
)
def test_columns_say_what_objects_say(rules: list[Any], events: list[dict[str, Any]]) -> None:
    by_columns, as_objects = both(program(rules), frame(events))
    assert by_columns == as_objects


def samples() -> pl.DataFrame:
    """Every sample line of every format, as the reader reads it."""
    known = formats()
    raw = [
        (str(sample["raw"] if isinstance(sample, dict) else sample[0]), key)
        for key, one in known.items()
        for sample in one.samples
    ]
    received = datetime(2022, 7, 12, 9, tzinfo=UTC)
    rows = pl.DataFrame(
        [{"raw": text.encode(), "received": received, "source": 1, "format": key} for text, key in raw], schema=RAW
    )
    return Reader(known, zone=ZONE).read(rows)


def test_lines_of_every_format_with_the_rules_of_the_book() -> None:
    rules = link(book.documents().documents, pipelines())
    by_columns, as_objects = both(rules, samples())
    assert by_columns == as_objects
    assert by_columns, "some of the samples are failed log-ins"


@pytest.mark.corpus
def test_lines_of_every_format_with_thousands_of_rules() -> None:
    loaded = load(files([Path(os.environ["QINGDUN_CORPORA"]) / "sigma_rules"]), {})
    rules = link(loaded.documents, pipelines())
    by_columns, as_objects = both(rules, samples())
    assert by_columns == as_objects


def test_hours_are_those_of_the_installation() -> None:
    rules = program([({"product": "qingdun"}, [{"@timestamp|hour": 3}, ["-"]], "one")])
    events = frame([{"qingdun.format": "sshd", "@timestamp": datetime(2022, 7, 11, 19, 30, tzinfo=UTC)}])
    assert both(rules, events)[0] == [(0, 0)], "19:30 UTC is 03:30 in Shanghai"
    assert Engine(rules, lambda: 0.0).match_frame(events, "UTC") == []


def test_a_field_that_only_the_line_itself_names_is_found() -> None:
    rules = program([({"category": "webserver"}, [{"own": "x"}, ["-"]], "one")])
    events = frame(
        [
            {"qingdun.format": "generic", "observer.type": "web", "qingdun.extra": '{"own": "X"}'},
            {"qingdun.format": "generic", "observer.type": "web", "qingdun.extra": '{"other": "x"}'},
        ]
    )
    assert both(rules, events)[0] == [(0, 0)]
