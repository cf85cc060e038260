"""The specification of Sigma 2.1, one test for each modifier, value and condition form.

The name of the class is the document and the heading it tests: "rules" is sigma-rules-specification, "modifiers" is
sigma-appendix-modifiers, "filters" sigma-filters-specification. Correlations are in test_correlations.
"""

from __future__ import annotations

import pytest

from qingdun.detection.core.pipelines import Pipeline
from qingdun.detection.core.sigma import Wrong, documents, yaml_documents
from tests.detection.sigma import HEAD, fires, found, program

BOM = "\ufeff"


class TestRulesGeneral:
    """rules, "General"."""

    def test_strings_are_compared_without_case(self) -> None:
        assert fires("selection: {a: Whoami.EXE}", {"a": "WHOAMI.exe"}, {"a": "whoami.exe "}) == [0]

    def test_case_is_unicode_s_not_only_ascii_s(self) -> None:
        assert fires("selection: {a: ÉCOLE-ЖУК-ΣΑΣ}", {"a": "école-жук-σας"}, {"a": "ecole-жук-σας"}) == [0]

    def test_one_character_stays_one_character(self) -> None:
        assert fires("selection: {a: 'İ?'}", {"a": "İx"}, {"a": "İ"}) == [0]

    def test_numbers_match_as_numbers_and_as_text(self) -> None:
        events = [{"a": 4625}, {"a": "4625"}, {"a": 4625.0}, {"a": 46250}, {"a": "x4625"}]
        assert fires("selection: {a: 4625}", *events) == [0, 1, 2]

    def test_a_text_of_digits_matches_a_number(self) -> None:
        assert fires("selection: {a: '4625'}", {"a": 4625}) == [0]

    def test_booleans_match_as_booleans_and_as_text(self) -> None:
        assert fires("selection: {a: true}", {"a": True}, {"a": "True"}, {"a": 1}, {"a": False}) == [0, 1]


class TestRulesStringWildcard:
    """rules, "String Wildcard"."""

    def test_a_question_mark_is_one_character(self) -> None:
        assert fires("selection: {a: 'prog?.exe'}", {"a": "progA.exe"}, {"a": "prog.exe"}, {"a": "progAB.exe"}) == [0]

    def test_an_asterisk_is_any_number(self) -> None:
        rule = r"selection: {a: 'antivirus_V*.exe'}"
        assert fires(rule, {"a": "antivirus_V1.exe"}, {"a": "antivirus_V.exe"}, {"a": "antivirus_V.dll"}) == [0, 1]

    def test_both_reach_over_line_ends(self) -> None:
        assert fires("selection: {a: 'one*two?three'}", {"a": "one\n\ntwo\nthree"}) == [0]

    def test_at_the_ends_they_are_startswith_endswith_and_contains(self) -> None:
        events = [{"a": "abc"}, {"a": "xabc"}, {"a": "abcx"}, {"a": "xabcx"}]
        assert fires("selection: {a: 'abc*'}", *events) == [0, 2]
        assert fires("selection: {a: '*abc'}", *events) == [0, 1]
        assert fires("selection: {a: '*abc*'}", *events) == [0, 1, 2, 3]

    def test_an_asterisk_alone_is_any_value(self) -> None:
        assert fires("selection: {a: '*'}", {"a": "x"}, {"a": ""}, {"a": None}, {"b": "x"}) == [0, 1]

    def test_a_dot_is_a_dot(self) -> None:
        assert fires("selection: {a: 'a.b*c(d'}", {"a": "a.b-c(d"}, {"a": "axb-c(d"}) == [0]


class TestRulesEscaping:
    """rules, "Escaping"."""

    @pytest.mark.parametrize(
        ("written", "meant", "not_meant"),
        [
            (r"C:\Windows\x", r"C:\Windows\x", r"C:\\Windows\\x"),
            (r"C:\\Windows", r"C:\Windows", r"C:\\Windows"),
            (r"a\*b", "a*b", "axb"),
            (r"a\?b", "a?b", "axb"),
            (r"a\\*b", r"a\xxb", "a*b"),
            (r"a\\\*b", r"a\*b", r"a\xb"),
            (r"a\\\\b", r"a\\b", r"a\b"),
        ],
    )
    def test_backslashes(self, written: str, meant: str, not_meant: str) -> None:
        assert fires(f"selection: {{a: '{written}'}}", {"a": meant}, {"a": not_meant}) == [0]


class TestRulesLists:
    """rules, "Lists"."""

    def test_values_of_a_list_are_alternatives(self) -> None:
        assert fires("selection: {a: [one, two, 3]}", {"a": "two"}, {"a": 3}, {"a": "four"}) == [0, 1]

    def test_maps_of_a_list_are_alternatives(self) -> None:
        rule = "selection: [{a|endswith: .exe}, {b|contains: test}]"
        assert fires(rule, {"a": "x.exe"}, {"b": "a test"}, {"a": "x.dll", "b": "nothing"}) == [0, 1]

    def test_a_field_with_several_values_matches_by_any(self) -> None:
        assert fires("selection: {a: two}", {"a": ["one", "two"]}, {"a": ["one"]}, {"a": []}) == [0]

    def test_several_values_may_fulfil_all_between_them(self) -> None:
        assert fires("selection: {a|contains|all: [one, two]}", {"a": ["one", "two"]}, {"a": ["one"]}) == [0]


class TestRulesMaps:
    """rules, "Maps"."""

    def test_all_elements_must_hold(self) -> None:
        assert fires("selection: {a: 1, b: 2}", {"a": 1, "b": 2}, {"a": 1}, {"b": 2}) == [0]


class TestRulesFieldUsage:
    """rules, "Field Usage"."""

    def test_windows_events_by_the_names_of_their_header_and_body(self) -> None:
        event = {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": "Service Control Manager"}},
                    "EventID": {"#text": 7045, "#attributes": {"Qualifiers": 16384}},
                    "Execution": {"#attributes": {"ProcessID": 788}},
                    "Channel": "System",
                },
                "EventData": {"ServiceName": "MpKsl4eaa0a76"},
            }
        }
        rule = """
            selection:
              Provider_Name: Service Control Manager
              EventID: 7045
              Execution_ProcessID: 788
              ServiceName|startswith: mpksl
            """
        assert fires(rule, event) == [0]

    def test_other_spellings_of_the_same_event(self) -> None:
        named = [{"@Name": "Image", "#text": r"C:\a.exe"}, {"@Name": "User", "#text": "SYSTEM"}]
        spellings = [
            {"Event": {"System": {"EventID": 1}, "EventData": {"Data": named}}},
            {"Event.System.EventID": 1, "Event.EventData.Image": r"C:\a.exe"},
            {"winlog": {"event_id": 1, "event_data": {"Image": r"C:\a.exe"}}},
            {"EventID": "1", "Image": r"C:\a.exe"},
            {"Event": {"System": {"EventID": 1}, "UserData": {"EventXML": {"Image": r"C:\a.exe"}}}},
        ]
        assert fires(r"selection: {EventID: 1, Image|endswith: '\a.exe'}", *spellings) == [0, 1, 2, 3, 4]

    def test_a_dotted_name_reaches_into_objects(self) -> None:
        events = [
            {"user": {"type": "Root"}},
            {"user.type": "root"},
            {"user": [{"type": "x"}, {"type": "Root"}]},
            {"user": "Root"},
        ]
        assert fires("selection: {user.type: Root}", *events) == [0, 1, 2]


class TestRulesSpecialFieldValues:
    """rules, "Special Field Values"."""

    EVENTS = ({"a": None}, {"b": 1}, {"a": ""}, {"a": "x"})

    def test_null_is_an_absent_or_empty_field(self) -> None:
        assert fires("selection: {a: null}", *self.EVENTS) == [0, 1]

    def test_an_empty_text_is_only_that(self) -> None:
        assert fires("selection: {a: ''}", *self.EVENTS) == [2]

    def test_not_null(self) -> None:
        rule = "selection: {b: 1}\nfilter: {a: null}\ncondition: selection and not filter"
        assert fires(rule, {"b": 1, "a": "x"}, {"b": 1}, {"b": 1, "a": None}) == [0]

    def test_null_among_other_values(self) -> None:
        assert fires("selection: {a: [null, '', x]}", *self.EVENTS) == [0, 1, 2, 3]


class TestRulesFieldExistence:
    """rules, "Field Existence"."""

    EVENTS = ({"a": "x"}, {"a": None}, {"a": ""}, {"b": 1})

    def test_exists(self) -> None:
        assert fires("selection: {a|exists: true}", *self.EVENTS) == [0, 1, 2]
        assert fires("selection: {a|exists: false}", *self.EVENTS) == [3]


class TestRulesKeywordsSearch:
    """rules, "Keywords search"."""

    def test_any_of_a_list_in_any_value(self) -> None:
        events = [{"a": "x EVENT::clear y"}, {"b": {"c": ["event::DROP"]}}, {"event::clear": "in a name only"}]
        assert fires("selection: ['event::clear', 'event::drop']", *events) == [0, 1]

    def test_all(self) -> None:
        rule = "selection: {'|all': ['OabVirtualDirectory', ' -ExternalUrl ']}"
        assert fires(rule, {"a": "OabVirtualDirectory", "b": "x -ExternalUrl y"}, {"a": "OabVirtualDirectory"}) == [0]

    def test_wildcards_backslashes_quotes_numbers_and_short_ones(self) -> None:
        assert fires("selection: ['foo*bar']", {"a": "x foo 1 bar y"}, {"a": "foo", "b": "bar"}) == [0]
        assert fires(r"selection: ['\mimilib.dll']", {"a": r"C:\x\mimilib.dll"}) == [0]
        assert fires("""selection: ['say "hi"']""", {"a": 'they say "hi" there'}) == [0]
        assert fires("selection: [4625]", {"a": 4625}, {"a": "id 46250"}, {"a": 1}) == [0, 1]
        assert fires("selection: ['%#']", {"a": "x%#y"}, {"a": "x%"}) == [0]

    def test_without_case_in_any_script(self) -> None:
        assert fires("selection: ['МИМИКАТЗ']", {"a": "x мимикатз y"}, {"a": "мимика"}) == [0]
        assert fires("selection: ['mimikatz']", {"a": "x Mimi\u212aatz é"}, {"a": "mimi\u017fatz"}) == [0]

    def test_regular_expressions(self) -> None:
        assert fires("selection: {'|re': ['drop\\s+table']}", {"a": "drop   table x"}, {"a": "Drop table"}) == [0]


class TestRulesPlaceholders:
    """rules, "Placeholders"."""

    RULE = HEAD + "detection: {selection: {a|expand: '%servers%'}, condition: selection}"

    def test_values_of_the_pipeline_with_their_wildcards(self) -> None:
        pipelines = {"x": Pipeline.build("x", {"name": "x", "placeholders": {"servers": ["srv*", "db1"]}})}
        events = [{"a": "SRV7"}, {"a": "db1"}, {"a": "db12"}, {"a": "%servers%"}]
        assert [match.event for match in found(self.RULE, events, pipelines)] == [0, 1]

    def test_a_rule_whose_placeholder_has_no_values_never_fires_and_says_so(self) -> None:
        made = program(self.RULE)
        assert [idle.reason for idle in made.idle] == ["占位符 %servers% 没有取值，请在处理管线的 placeholders 中写明"]
        assert found(self.RULE, [{"a": "%servers%"}, {"a": ""}, {}]) == []

    def test_without_expand_it_is_text(self) -> None:
        assert fires("selection: {a: '%servers%'}", {"a": "%SERVERS%"}, {"a": "srv1"}) == [0]


class TestModifiersGeneric:
    """modifiers, "Generic Modifiers"."""

    def test_all(self) -> None:
        assert fires("selection: {a|contains|all: [x, y]}", {"a": "y then x"}, {"a": "x"}) == [0]

    def test_startswith_endswith_contains(self) -> None:
        events = [{"a": "Adm-root"}, {"a": "xadm"}, {"a": "x adm x"}, {"a": "am"}]
        assert fires("selection: {a|startswith: adm}", *events) == [0]
        assert fires("selection: {a|endswith: adm}", *events) == [1]
        assert fires("selection: {a|contains: adm}", *events) == [0, 1, 2]

    @pytest.mark.parametrize("length", [1, 2, 3, 40_000])
    def test_literals_of_every_length_in_values_of_every_length(self, length: int) -> None:
        text = ("ab" * length)[:length]
        for modifier, before, after in (("startswith", "", "Z"), ("endswith", "Z", ""), ("contains", "Z", "Z")):
            events = [{"a": f"{before}{text}{after}"}, {"a": "Z" * (length + 2)}, {"a": "Z" * 40_000 + "q"}]
            assert fires(f"selection: {{a|{modifier}: '{text}'}}", *events) == [0], modifier

    def test_cased(self) -> None:
        events = [{"a": "Whoami"}, {"a": "whoami"}]
        assert fires("selection: {a|cased: Whoami}", *events) == [0]
        assert fires("selection: {a|contains|cased: hoAM}", {"a": "whoAMi"}, {"a": "whoami"}) == [0]
        assert fires("selection: {a|cased|startswith: Who}", *events) == [0]
        assert fires("selection: {a|cased|endswith: AMI}", {"a": "whoAMI"}, {"a": "whoami"}) == [0]
        assert fires("selection: {a|cased: 'W?o*i'}", *events) == [0]

    def test_neq(self) -> None:
        assert fires("selection: {a|neq: x}", {"a": "X"}, {"a": "y"}, {"b": 1}) == [1, 2]
        assert fires("selection: {a|neq: [x, y]}", {"a": "x"}, {"a": "y"}, {"a": "z"}) == [2]
        assert fires("selection: {a|neq: 5}", {"a": 5}, {"a": 6}) == [1]


class TestModifiersString:
    """modifiers, "String Modifiers"."""

    @pytest.mark.parametrize("dash", list("-/–—―"))
    def test_windash(self, dash: str) -> None:
        rule = "selection: {a|windash|contains: ' -enc'}"
        assert fires(rule, {"a": f"powershell {dash}ENC xx"}, {"a": "powershell enc"}) == [0]

    def test_windash_permutes_each_of_several(self) -> None:
        rule = "selection: {a|windash|contains|all: [' -a', ' /b -c']}"
        assert fires(rule, {"a": "x /a –b —c"}, {"a": "x -a"}, {"a": "x -a /b c"}) == [0]


class TestModifiersRegularExpression:
    """modifiers, "Regular Expression"."""

    def test_case_counts_and_any_part_will_do(self) -> None:
        assert fires(r"selection: {a|re: 'wh[oO]a.i\d{1,2}'}", {"a": "x whOami12 y"}, {"a": "WHOAMI12"}) == [0]

    def test_anchors(self) -> None:
        assert fires("selection: {a|re: '^ab+c$'}", {"a": "abbc"}, {"a": "xabbc"}, {"a": "abbc\n"}, {"a": "abbcx"}) == [
            0,
            2,
        ]
        assert fires(r"selection: {a|re: 'a[$]b\$c'}", {"a": "a$b$c"}) == [0]

    def test_i(self) -> None:
        assert fires("selection: {a|re|i: 'whoami|жук'}", {"a": "WhoAmI"}, {"a": "ЖУК"}, {"a": "who"}) == [0, 1]

    def test_m(self) -> None:
        assert fires("selection: {a|re|m: '^two$'}", {"a": "one\ntwo\nthree"}) == [0]
        assert fires("selection: {a|re: '^two$'}", {"a": "one\ntwo\nthree"}) == []

    def test_s(self) -> None:
        assert fires("selection: {a|re|s: 'one.two'}", {"a": "one\ntwo"}) == [0]
        assert fires("selection: {a|re: 'one.two'}", {"a": "one\ntwo"}) == []

    def test_flags_together(self) -> None:
        assert fires("selection: {a|re|i|m|s: '^TWO.three$'}", {"a": "one\ntwo\nthree"}) == [0]

    def test_a_list_and_all(self) -> None:
        assert fires("selection: {a|re|all: [x+, y+]}", {"a": "xy"}, {"a": "x"}) == [0]

    @pytest.mark.parametrize("pattern", ["a(?=b)", "(?<!a)b", r"(a)\1", "(?>a)b", "a++"])
    def test_what_no_linear_engine_runs_is_refused_with_the_reason(self, pattern: str) -> None:
        text = f"{HEAD}detection: {{selection: {{a|re: '{pattern}'}}, condition: selection}}"
        with pytest.raises(Wrong, match="线性") as refused:
            documents(yaml_documents(text.encode()), "x.yml")
        assert refused.value.key == "detection"

    def test_repeats_beyond_re2_run_on_hyperscan(self) -> None:
        assert fires("selection: {a|re: '^a{1,3000}b'}", {"a": "a" * 2000 + "b"}, {"a": "a" * 3500 + "b"}) == [0]


class TestModifiersEncoding:
    """modifiers, "Encoding"."""

    def test_base64(self) -> None:
        assert fires("selection: {a|base64: 'http://'}", {"a": "aHR0cDovLw=="}, {"a": "http://"}) == [0]

    @pytest.mark.parametrize("encoded", ["Zm9vYmFy", "IGZvb2Jhcg==", "ICBmb29iYXI="])
    def test_base64offset(self, encoded: str) -> None:
        assert fires("selection: {a|base64offset|contains: foobar}", {"a": f"x{encoded}"}, {"a": "foobar"}) == [0]

    @pytest.mark.parametrize("modifier", ["wide", "utf16le"])
    def test_utf16le(self, modifier: str) -> None:
        assert fires(f"selection: {{a|{modifier}|contains: cmd}}", {"a": "xc\0m\0d\0"}, {"a": "cmd"}) == [0]
        assert fires(f"selection: {{a|{modifier}|base64offset|contains: cmd}}", {"a": "YwBtAGQA"}) == [0]

    def test_utf16be(self) -> None:
        assert fires("selection: {a|utf16be|contains: cmd}", {"a": "\0c\0m\0d"}, {"a": "cmd"}) == [0]
        assert fires("selection: {a|utf16be|base64: cmd}", {"a": "AGMAbQBk"}) == [0]

    def test_utf16_with_byte_order_mark(self) -> None:
        assert fires("selection: {a|utf16|base64: cmd}", {"a": "//5jAG0AZAA="}) == [0]

    def test_other_scripts(self) -> None:
        assert fires("selection: {a|wide|base64offset|contains: 密码}", {"a": "xxxx" + "xlsBeA=="}) == [0]


class TestModifiersNumeric:
    """modifiers, "Numeric Modifiers"."""

    EVENTS = ({"a": 4}, {"a": "5"}, {"a": 5.5}, {"a": "six"}, {"a": "-7"}, {})

    def test_lt_lte_gt_gte(self) -> None:
        assert fires("selection: {a|lt: 5}", *self.EVENTS) == [0, 4]
        assert fires("selection: {a|lte: 5}", *self.EVENTS) == [0, 1, 4]
        assert fires("selection: {a|gt: 5}", *self.EVENTS) == [2]
        assert fires("selection: {a|gte: 5}", *self.EVENTS) == [1, 2]

    def test_large_numbers_are_exact(self) -> None:
        assert fires("selection: {a|gt: 9007199254740992}", {"a": 9007199254740993}, {"a": 9007199254740992}) == [0]


class TestModifiersTime:
    """modifiers, "Time Modifiers"."""

    EVENT = {"a": "2026-01-05T22:41:07+08:00"}

    @pytest.mark.parametrize(
        ("part", "value"), [("minute", 41), ("hour", 22), ("day", 5), ("week", 2), ("month", 1), ("year", 2026)]
    )
    def test_each_part_as_it_is_written(self, part: str, value: int) -> None:
        assert fires(f"selection: {{a|{part}: {value}}}", self.EVENT, {"a": "no time"}, {"a": "2025-12-31"}) == [0]

    def test_compared(self) -> None:
        assert fires("selection: {a|hour|gte: 22}", self.EVENT, {"a": "2026-01-05 21:59:59.123"}) == [0]
        assert fires("selection: {a|hour|lt: 6}", self.EVENT, {"a": "2026-01-05T05:59:59.1234567Z"}) == [1]


class TestModifiersIp:
    """modifiers, "IP (Internet Protocol) Modifiers"."""

    def test_ipv4(self) -> None:
        events = [{"a": "10.2.3.4"}, {"a": "11.2.3.4"}, {"a": "10.2.3.4.5"}, {"a": "::ffff:10.9.9.9"}, {"a": "x"}]
        assert fires("selection: {a|cidr: 10.0.0.0/8}", *events) == [0, 3]

    def test_ipv6_in_every_spelling(self) -> None:
        events = [{"a": "2001:DB8::1"}, {"a": "2001:0db8:0:0:0:0:0:2"}, {"a": "fe80::1%eth0"}, {"a": "10.0.0.1"}]
        assert fires("selection: {a|cidr: '2001:db8::/32'}", *events) == [0, 1]
        assert fires("selection: {a|cidr: 'fe80::/10'}", *events) == [2]

    def test_a_list(self) -> None:
        assert fires("selection: {a|cidr: [10.0.0.0/8, 192.168.0.0/16]}", {"a": "192.168.1.1"}, {"a": "8.8.8.8"}) == [0]


class TestModifiersSpecific:
    """modifiers, "Specific Modifiers"."""

    def test_fieldref(self) -> None:
        assert fires("selection: {a|fieldref: b}", {"a": "x", "b": "x"}, {"a": "x", "b": "y"}, {"a": "x"}, {}) == [0]
        assert fires("selection: {a|fieldref: b}", {"a": 5, "b": "5"}, {"a": ["1", "2"], "b": ["2", "3"]}) == [0, 1]

    def test_fieldref_with_neq(self) -> None:
        assert fires("selection: {a|fieldref|neq: b}", {"a": "x", "b": "x"}, {"a": "x", "b": "y"}) == [1]

    def test_fieldref_with_startswith_endswith_contains(self) -> None:
        events = [{"a": "xyz", "b": "xy"}, {"a": "xyz", "b": "yz"}, {"a": "xyz", "b": "y"}, {"a": "xyz", "b": "q"}]
        assert fires("selection: {a|fieldref|startswith: b}", *events) == [0]
        assert fires("selection: {a|fieldref|endswith: b}", *events) == [1]
        assert fires("selection: {a|fieldref|contains: b}", *events) == [0, 1, 2]


class TestRulesCondition:
    """rules, "Condition"."""

    EVENTS = ({"a": 1}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1, "c": 1}, {"c": 1}, {})
    NAMED = "sel_a: {a: 1}\nsel_b: {b: 1}\nother: {c: 1}\n_hidden: {a: 1}\n"

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("sel_a and sel_b", [2, 3]),
            ("sel_a or sel_b", [0, 1, 2, 3]),
            ("not sel_a", [1, 4, 5]),
            ("sel_a and not other", [0, 2]),
            ("not (sel_a or other)", [1, 5]),
            ("sel_a or sel_b and other", [0, 2, 3]),
            ("(sel_a or sel_b) and other", [3]),
            ("not sel_a and not sel_b", [4, 5]),
            ("not not sel_a", [0, 2, 3]),
            ("1 of sel_*", [0, 1, 2, 3]),
            ("any of sel_*", [0, 1, 2, 3]),
            ("all of sel_*", [2, 3]),
            ("1 of *_b", [1, 2, 3]),
            ("1 of them", [0, 1, 2, 3, 4]),
            ("all of them", [3]),
            ("all of sel_* and not 1 of oth*", [2]),
            ("not all of sel_*", [0, 1, 4, 5]),
        ],
    )
    def test_forms(self, condition: str, expected: list[int]) -> None:
        assert fires(f"{self.NAMED}condition: {condition}", *self.EVENTS) == expected

    def test_a_list_of_conditions_is_alternatives(self) -> None:
        assert fires(f"{self.NAMED}condition: [sel_a and sel_b, other]", *self.EVENTS) == [2, 3, 4]

    @pytest.mark.parametrize("condition", ["missing", "1 of none_*", "sel_a and", "sel_a | count() > 5", "sel_a sel_b"])
    def test_what_is_no_condition_is_refused(self, condition: str) -> None:
        text = f"{HEAD}detection: {{sel_a: {{a: 1}}, condition: '{condition}'}}"
        with pytest.raises(Wrong) as refused:
            documents(yaml_documents(text.encode()), "x.yml")
        assert refused.value.key == "detection.condition"


class TestFilters:
    """filters, "Global Filter"."""

    RULE = """
        title: A rule
        id: 11111111-1111-4111-8111-111111111111
        name: a_rule
        logsource: {category: process_creation, product: windows}
        detection: {selection: {a: 1}, condition: selection}
        ---
        title: Another
        name: another
        logsource: {category: file_event, product: windows}
        detection: {selection: {a: 1}, condition: selection}
        ---
        """
    FILTER = """
        title: A filter
        logsource: LOGSOURCE
        filter:
          rules: RULES
          selection: {user|startswith: adm_}
          selection_2: {user: nobody}
          condition: not 1 of selection*
        """

    def _events(self, rules: str, logsource: str = "{product: windows}") -> list[tuple[int, str]]:
        events = [{"a": 1}, {"a": 1, "user": "ADM_x"}, {"a": 1, "user": "nobody"}]
        text = self.RULE + self.FILTER.replace("RULES", rules).replace("LOGSOURCE", logsource)
        return [(match.event, match.rule.name) for match in found(text, events)]

    @pytest.mark.parametrize("rules", ["[a_rule]", "a_rule", "[11111111-1111-4111-8111-111111111111]"])
    def test_named_rules_are_filtered_and_no_others(self, rules: str) -> None:
        assert self._events(rules) == [(0, "a_rule"), (0, "another"), (1, "another"), (2, "another")]

    def test_any_rule_of_the_log_source(self) -> None:
        assert self._events("any") == [(0, "a_rule"), (0, "another")]
        narrow = self._events("any", "{product: windows, category: file_event}")
        assert narrow == [(0, "a_rule"), (0, "another"), (1, "a_rule"), (2, "a_rule")]

    def test_a_filter_for_rules_that_are_not_there_is_listed(self) -> None:
        made = program(self.RULE + self.FILTER.replace("RULES", "[gone]").replace("LOGSOURCE", "{product: windows}"))
        assert [(idle.title, "gone" in idle.reason) for idle in made.idle] == [("A filter", True)]


class TestCollections:
    """pySigma's collection documents, `action: global`, `repeat` and `reset` (Sigma 1, still in use)."""

    def test_global_repeat_reset(self) -> None:
        text = """
            action: global
            title: Shared
            logsource: {category: test}
            level: high
            detection: {condition: selection}
            ---
            detection: {selection: {a: 1}}
            ---
            action: repeat
            detection: {selection: {a: 2}}
            ---
            action: reset
            ---
            title: Alone
            logsource: {category: test}
            detection: {selection: {a: 3}, condition: selection}
            """
        matches = found(text, [{"a": 1}, {"a": 2}, {"a": 3}])
        assert [(match.event, match.rule.title, match.rule.level) for match in matches] == [
            (0, "Shared", "high"),
            (1, "Shared", "high"),
            (2, "Alone", None),
        ]
