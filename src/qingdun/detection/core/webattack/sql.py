"""SQL read as tokens: a value is cut as a database would cut it, in each place where it could stand in a statement.

The shapes of token sequences tell injection from names with an apostrophe: `o'neil` is a name and an open string,
`x' or 'a'='a` is a string, a logic operator and a comparison. Tokens are single letters, so a shape is a pattern over
a short word. The idea of fingerprints is libinjection's (Galbraith, Black Hat 2012); lexer and shapes are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

#: Letter of a token → the words it stands for. Whatever word is in none is a name, `n`.
WORDS = {
    "E": "select insert update delete drop create alter truncate exec execute declare merge call handler grant replace "
    "shutdown begin waitfor copy print backup restore load",
    "U": "union intersect except minus",
    "F": "from into where having values set table procedure database join using dual",
    "L": "and or xor div mod not like rlike regexp in between is sounds similar ilike glob match against",
    "G": "group order limit offset by asc desc",
    "K": "case when then else end if all distinct as top cast convert immediate null true false returns return exists "
    "any some row with cascade null_type interval placing cube rollup collate escape",
    "X": "sleep benchmark pg_sleep waitfor_delay extractvalue updatexml load_file xp_cmdshell xp_dirtree xp_regread "
    "sp_executesql sp_oacreate utl_http utl_inaddr dbms_lock dbms_pipe dbms_xmlgen dbms_utility dbms_sql "
    "information_schema sysobjects syscolumns sysusers sys_context pg_catalog pg_user pg_shadow pg_read_file lo_import "
    "lo_export lo_get outfile dumpfile current_user session_user system_user user_tables all_tables sqlite_master "
    "sqlite_version group_concat concat_ws xmltype ctxsys msysaccessobjects make_set elt bin_to_num procedure_analyse "
    "gtid_subset jsonb_pretty unistr query_to_xml database_to_xml current_setting string_agg xmlagg generate_series "
    "randomblob zeroblob rdb$database rdb$fields sysibm sysmaster systables syscat domain.tables domain.columns "
    "json_keys json_search json_array load_extension sysdate xp_msver msdasql",
    "f": "char chr ascii concat substr substring mid left right length count floor rand random version database user "
    "schema md5 sha1 hex unhex ord hash upper lower now sysutcdatetime to_char decode encode nvl coalesce ifnull iif "
    "isnull nullif greatest least abs round sum min max avg quote repeat reverse instr position locate row_count "
    "overlay unicode nchar quotename db_name host_name serverproperty object_id col_length div mod",
}
LETTER = {word: letter for letter, words in WORDS.items() for word in words.split()}

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|\[[a-z_][\w .]*\]|\$\w{0,8}\$.{0,200}?\$\w{0,8}\$)
      | (?P<open>['"`].*)
      | (?P<remark>--(?:[\s-].*|$)|\#.*|--.*)
      | (?P<number>0x[0-9a-f]+|0b[01]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![a-z_0-9]))
      | (?P<cast>::\s*[a-z_]\w*|\{\s*(?:if|d|ts|fn)\b)
      | (?P<variable>@@?[a-z_$][\w$]*)
      | (?P<compare><=>|<>|!=|>=|<=|==|=|<|>|!~\*?|~\*?|@@|@\?|<@|@>|\?[&|]?|->>?|\#>>?|\#-)
      | (?P<logic>&&|\|\|)
      | (?P<word>[a-z_\u0080-\uffff][\w$.\u0080-\uffff]*)
      | (?P<sign>[(),;*+\-/%!{}:.@])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
PLAIN = {"string": "s", "open": "q", "remark": "#", "number": "1", "cast": "T", "compare": "=", "logic": "&"}
SIGNS = {"*": "*", "+": "+", "-": "-", "/": "+", "%": "+", "!": "!", "(": "(", ")": ")", ",": ",", ";": ";"}
LONGEST = 120  # tokens
ALWAYS = re.compile(
    r"""(?<![\w.])['"(]?(\d{1,9}|'\w{1,9}'|"\w{1,9}")[')]?"""
    r"""[ ]?(=|!=|<>|<=>|like)[ ]?[('"]?(\d{1,9}|'\w{1,9}'?|"\w{1,9}"?)\b"""
)

#: An operand: a value, or the beginning of an expression.
VALUE = "[1snfXvKT(]"
SOLID = "[1sfXvKT(]"  # not a mere name
#: (shape of the whole, what it is, score). Read in the order of the strength of the proof.
SHAPES = tuple(
    (re.compile(shape), name, score)
    for shape, name, score in (
        (r"U[KL]*[(]*E", "union select", 9),
        (r"E[^;]{0,60}F", "a whole statement", 5),
        (r";[(]*E(?![n1]*$)", "a second statement", 7),
        (r"X[(]", "a function nobody needs from outside", 6),
        (r"L[(!+-]*" + VALUE + r"[^#;]{0,40}=[(!+-]*" + SOLID, "a condition", 6),
        (r"L[(!+-]*" + SOLID + r"[^#;]{0,40}=[(!+-]*" + VALUE, "a condition", 6),
        (r"[s1)][)]*[L&][(!+-]*[1snfXv(][)(]*[=L]", "a condition after the value", 5),
        (r"[(]+E", "a nested select", 6),
        (r"[s1)][)]*G+[1sn(f]", "sorted to count the columns", 6),
        (r"K.{0,30}K.{0,30}K", "case when", 4),
        (r"F[fXn]", "from a table", 2),
    )
)
CLOSES = re.compile(r"^[s1n]?q?[)]*#$")


def tokens(text: str, quote: str = "") -> str:
    """The token letters of lower-case SQL `text`, read as if it began inside a string opened by `quote`.

    Adjacent names are one: prose is a single `n`.
    """
    return "".join(islice(_fold(_letters(quote + text)), LONGEST))


def _letters(text: str) -> Iterator[str]:
    for found in TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind == "word":
            yield _word(found[0])
        elif kind == "sign":
            yield SIGNS.get(found[0], "o")
        elif kind == "variable":
            yield "v"
        elif kind in PLAIN:
            yield PLAIN[kind]


def _word(word: str) -> str:
    if word in LETTER:
        return LETTER[word]
    first, _dot, last = word.partition(".")
    if first in LETTER and LETTER[first] == "X":
        return "X"
    return "X" if LETTER.get(last.rpartition(".")[2]) == "X" else "n"


def _fold(letters: Iterator[str]) -> Iterator[str]:
    last = ""
    for letter in letters:
        if letter != "n" or last != "n":
            yield letter
        last = letter


def judged(text: str) -> tuple[int, str]:
    """(score, what it is) of a lower-case value, the strongest of the places it could stand in: 0 for nothing."""
    best = (0, "")
    for quote in ("", "'", '"', "`"):
        if quote and quote not in text:
            continue
        shape = tokens(text, quote)
        for pattern, name, score in SHAPES:
            if score > best[0] and pattern.search(shape) and _meant(shape, quote, score):
                best = (score, name)
        if best[0] < 5 and _always_true(text):
            best = (5, "a condition that is always true")
        if quote and not best[0] and CLOSES.search(shape) and len(text) > 2:
            best = (5, "the rest of the statement cut off")
    return best


def _always_true(text: str) -> bool:
    """`1=1`, `1!=2`: two constants compared, and the answer is yes. `11!=11` and `a=1` say nothing."""
    for left, compare, right in ALWAYS.findall(text):
        same = left.strip("'\"") == right.strip("'\"")
        if same == (compare not in ("!=", "<>")):
            return True
    return False


def _meant(shape: str, quote: str, score: int) -> bool:
    """Prose has words like `or`, `select`, `from` too: a shape counts when something in it is no prose."""
    return bool(re.search(r"[s1=#;(*,XUvTq&]", shape[1:] if quote else shape)) or score >= 9
