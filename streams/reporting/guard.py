"""Which SQL data teams may run: reading of the figures, and nothing that reaches files, other machines or other people's queries.

The engine's own parser comes first: it refuses several statements and gives back the statement in its canonical form, without
comments, with every odd name quoted. What is judged here is that form, word by word, and exactly that form is then executed.
`readonly=1` on the handle is the second fence, not the first: under it the engine still writes files (`INTO OUTFILE`),
kills queries, and reads any file of this machine (the function `file`, also as an argument such as in `arrayMap(file, ...)`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Kind = Literal["word", "quoted", "text", "parameter", "other"]

HARMLESS_TABLE_FUNCTIONS: Final = frozenset(
    {
        "format",
        "generate_series",
        "generateseries",
        "null",
        "numbers",
        "numbers_mt",
        "sqlstandardvalues",
        "values",
        "view",
        "zeros",
        "zeros_mt",
    }
)
OUTSIDE_CATEGORIES: Final = ("AI", "Embedded Dictionary", "Introspection", "Machine Learning")
OUTSIDE_FUNCTIONS: Final = frozenset(
    {
        "file",
        "catboostevaluate",
        "filesystemavailable",
        "filesystemcapacity",
        "filesystemunreserved",
        "generateserialid",
        "getclienthttpheader",
    }
    | {"getmacro", "getoskernelversion", "getserverport", "getserversetting", "showcertificate", "zookeepersessionuptime"}
)
SYSTEM_TABLES: Final = frozenset(
    {"aggregate_function_combinators", "build_options", "columns", "completions", "data_type_families", "databases", "documentation"}
    | {"formats", "functions", "keywords", "merge_tree_settings", "numbers", "numbers_mt", "one", "parts", "settings", "table_engines"}
    | {"table_functions", "tables", "time_zones", "zeros", "zeros_mt"}
)
CLOSED: Final = frozenset({"events", "facts_whole", "handovers_by_purpose", "matters_by_subject", "signals_by_domain"})
"""What tells of whom something is about, care and youth among it (AVG art. 9): views over these tell it in aggregates only."""

_READING: Final = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "EXISTS", "EXPLAIN"})
_SHOWN: Final = frozenset({"TABLES", "FULL", "DATABASES", "COLUMNS", "CREATE", "FUNCTIONS", "INDEXES", "SETTINGS", "SETTING", "ENGINES"})
_EXPLAINED: Final = frozenset({"AST", "ESTIMATE", "PIPELINE", "PLAN", "QUERY", "SELECT", "SYNTAX", "TREE", "WITH"})

_TOKEN: Final = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*')|(?P<quoted>`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")|\{(?P<parameter>\w+:[^{}]*)\}|(?P<word>[^\W\d]\w*)|(?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
_FORMAT: Final = re.compile(r" FORMAT `?(\w+)`?(?: SETTINGS [^']*)?$")


class Refused(Exception):
    """The gateway does not run this; `code` is ClickHouse's own code for such an error."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message}. ({name})")
        self.code = code


class Token(NamedTuple):
    """A piece of a canonical statement; a quoted name is given without its quotes."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Outside:
    """Names, in lower case, of what reaches outside the figures in this engine."""

    functions: frozenset[str]
    table_functions: frozenset[str]


def outside(table_functions: frozenset[str], categorised: frozenset[str]) -> Outside:
    """From all table functions of the engine and its functions of `OUTSIDE_CATEGORIES`."""
    return Outside(
        frozenset(name.lower() for name in categorised) | OUTSIDE_FUNCTIONS,
        frozenset(name.lower() for name in table_functions) - HARMLESS_TABLE_FUNCTIONS,
    )


def require_reading(canonical: str, parameters: Mapping[str, str], reach: Outside) -> None:
    """Raise `Refused` unless the canonical statement, with its `{name:Type}` parameters, only reads the figures."""
    tokens = list(_tokens(canonical))
    _require_reading_statement([token.text if token.kind == "word" else "" for token in tokens if token.text != "("])
    padded = [*tokens, Token("other", ""), Token("other", "")]
    for one, two, three in zip(padded, padded[1:], padded[2:], strict=False):
        _require_inside(one, two, three, reach)
        if one.kind == "parameter":
            _require_plain_identifier(one.text, parameters, reach)


def format_of(canonical: str, default: str) -> str:
    """The output format that a canonical statement asks for."""
    asked = _FORMAT.search(canonical)
    return asked[1] if asked else default


def _tokens(canonical: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(canonical):
        match found.lastgroup:
            case "text":
                yield Token("text", found[0])
            case "quoted":
                yield Token("quoted", found[0][1:-1])
            case "parameter":
                yield Token("parameter", found["parameter"])
            case "word":
                yield Token("word", found[0])
            case _:
                yield Token("other", found[0])


def _require_reading_statement(words: list[str]) -> None:
    first, second = [*words, "", ""][:2]
    is_reading = first in _READING
    if first == "SHOW":
        is_reading = second in _SHOWN
    if first == "EXPLAIN":
        asked = next((word for word in words[1:] if word.isupper()), "")
        is_reading = asked in _EXPLAINED and ("SELECT" in words or "WITH" in words) and "INSERT" not in words
    if not is_reading:
        raise _not_reading(f"{first} {second}".strip())


def _require_inside(one: Token, two: Token, three: Token, reach: Outside) -> None:
    if (one.kind, one.text, two.kind, two.text) in {("word", "INTO", "word", "OUTFILE"), ("word", "PARALLEL", "word", "WITH")}:
        raise _not_reading(f"{one.text} {two.text}")
    if one.text in {"'", "`", '"'}:
        raise Refused(62, "SYNTAX_ERROR", "A quote does not end")
    if one.kind not in {"word", "quoted"}:
        return
    name = one.text.lower()
    if name in reach.functions or (two.text == "(" and name in reach.table_functions):
        raise _reaches_outside(one.text)
    if name in CLOSED:
        raise _is_closed(one.text)
    if name == "default" and two.text == ".":
        raise _reaches_outside("default")
    if name == "system" and two.text == "." and three.text not in SYSTEM_TABLES:
        raise _reaches_outside(f"system.{three.text}")


def _require_plain_identifier(declared: str, parameters: Mapping[str, str], reach: Outside) -> None:
    """A parameter of type Identifier becomes a name after parsing, so its value is judged as a name."""
    name, _, kind = declared.partition(":")
    value = parameters.get(name, "")
    taken = reach.functions | reach.table_functions | CLOSED | {"system", "default"}
    if "identifier" in kind.lower() and (not re.fullmatch(r"[A-Za-z_]\w*", value) or value.lower() in taken):
        raise _reaches_outside(f"{{{declared}}}")


def _not_reading(what: str) -> Refused:
    return Refused(164, "READONLY", f"{what} is refused: this gateway reads; it takes one SELECT, WITH, SHOW, DESCRIBE, EXISTS or EXPLAIN")


def _is_closed(what: str) -> Refused:
    told = "tells what a client's matters, needs, contacts and offers are about, care and youth among them"
    return Refused(497, "ACCESS_DENIED", f"{what} is refused as a name: it {told}; read facts, or figures per municipality")


def _reaches_outside(what: str) -> Refused:
    return Refused(497, "ACCESS_DENIED", f"{what} is refused: it reaches outside the figures")
