"""Predicates of segments: whatever follows the grammar means in SQL what it says, and nothing else ever becomes SQL.

The macro is run from its file, without a warehouse, on predicates that hypothesis draws: trees that are written out and judged in
Python beside DuckDB, damaged ones, and junk.
"""

from __future__ import annotations

import datetime
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2.sandbox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ROOT, environment


class CompilerError(Exception):
    """What dbt raises on `exceptions.raise_compiler_error`."""


class Returned(Exception):  # noqa: N818 - as dbt does it, a return is raised.
    """What a macro returns; unlike Jinja's own macros, dbt's may give more than text."""


def project_macros(*files: str) -> SimpleNamespace:
    """The macros of some files, as dbt calls them."""
    macros = SimpleNamespace()

    def give_back(value: Any = None) -> None:
        raise Returned(value)

    def refuse(message: str) -> None:
        raise CompilerError(message)

    def called(macro: Callable[..., str]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return macro(*arguments, **named)
            except Returned as returned:
                return returned.args[0]

        return call

    names = {
        "plumbline": macros,
        "return": give_back,
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "modules": SimpleNamespace(re=re, datetime=datetime),
    }
    for file in files:
        template = jinja2.sandbox.SandboxedEnvironment(extensions=["jinja2.ext.do"]).from_string((ROOT / file).read_text(), globals=names)
        for name, macro in vars(template.module).items():
            setattr(macros, name, called(macro))
    return macros


MACROS = project_macros("macros/behaviour/segments.sql", "macros/cross_db/text.sql")


def compiled(predicate: str | None) -> str:
    return str(MACROS.segment_condition("a_segment", predicate)["sql"])


# ---------------------------------------------------------------------------------------------------------------------------------------
# A predicate is a pair: its text, and what it says of a profile: true, false or, where a null decides, unknown.
Judge = Callable[[dict[str, Any]], bool | None]
Predicate = tuple[str, Judge]

NUMBERS = ("total_visits", "unique_cities", "days_since_last_seen", "multi_city_score", "peak_login_hour")
TEXTS = {"primary_level": ("beginner", "advanced", "it's", "--", "/* ;"), "person_type": ("user", "ip")}
LISTED = ("new-york", 'x","y', "new", 'x"new', 'x,"new"', "o'hara", "zürich", "tokyo; drop", "")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def unless_null(column: str, judge: Callable[[Any], bool]) -> Judge:
    return lambda row: None if row[column] is None else judge(row[column])


def negated(judge: Judge) -> Judge:
    def judged(row: dict[str, Any]) -> bool | None:
        verdict = judge(row)
        return None if verdict is None else not verdict

    return judged


def joined(one: Judge, other: Judge, decisive: bool) -> Judge:
    def judged(row: dict[str, Any]) -> bool | None:
        verdicts = {one(row), other(row)}
        if decisive in verdicts:
            return decisive
        return None if None in verdicts else not decisive

    return judged


numbers = st.integers(-3, 40).map(str) | st.decimals(-3, 40, places=2).map(str)


@st.composite
def conditions(draw: st.DrawFn) -> Predicate:
    kind = draw(st.sampled_from(("compare", "between", "in", "null", "text", "texts", "flag", "list", "time")))
    column = draw(st.sampled_from(NUMBERS))
    word = draw(st.sampled_from(tuple(TEXTS)))
    no = draw(st.sampled_from(("", "not ")))
    finish = negated if no else (lambda judge: judge)
    if kind == "compare":
        operator, number = draw(st.sampled_from(tuple(COMPARISONS))), draw(numbers)
        return f"{column}{operator}{number}", unless_null(column, lambda value: COMPARISONS[operator](value, Decimal(number)))
    if kind == "between":
        low, high = draw(numbers), draw(numbers)
        return f"{column} {no}between {low} AND {high}", finish(unless_null(column, lambda value: Decimal(low) <= value <= Decimal(high)))
    if kind == "in":
        several = draw(st.lists(numbers, min_size=1, max_size=3))
        return f"{column} {no}in ({', '.join(several)})", finish(unless_null(column, lambda value: value in {Decimal(n) for n in several}))
    if kind == "null":
        return f"{word} IS {no}NULL", finish(lambda row: row[word] is None)
    if kind == "text":
        operator, text = draw(st.sampled_from(("=", "<>", "!="))), draw(st.sampled_from(TEXTS[word]))
        return f"{word} {operator} {quoted(text)}", unless_null(word, lambda value: COMPARISONS[operator](value, text))
    if kind == "texts":
        texts = draw(st.lists(st.sampled_from(TEXTS[word]), min_size=1, max_size=3))
        return f"{word} {no}in({','.join(map(quoted, texts))})", finish(unless_null(word, lambda value: value in texts))
    if kind == "flag":
        written, truth = draw(st.sampled_from((("", True), (" = true", True), (" = false", False), (" <> TRUE", False))))
        return f"is_night_owl{written}", lambda row: row["is_night_owl"] is truth
    if kind == "list":
        text = draw(st.sampled_from(LISTED))
        return f"contains(cities, {quoted(text)})", lambda row: text in row["cities"]
    operator, day = draw(st.sampled_from(tuple(COMPARISONS))), draw(st.dates(datetime.date(2024, 2, 27), datetime.date(2024, 3, 2)))
    moment = datetime.datetime.combine(day, datetime.time(12, 30))
    return f"last_seen_at {operator} '{day} 12:30'", lambda row: COMPARISONS[operator](row["last_seen_at"], moment)


def groups(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    pairs = st.tuples(inner, inner)
    return (
        inner.map(lambda one: (f"not ({one[0]})", negated(one[1])))
        | pairs.map(lambda two: (f"({two[0][0]}) and ({two[1][0]})", joined(two[0][1], two[1][1], decisive=False)))
        | pairs.map(lambda two: (f"(({two[0][0]}) OR\n({two[1][0]}))", joined(two[0][1], two[1][1], decisive=True)))
    )


predicates = st.recursive(conditions(), groups, max_leaves=6)
rows = st.fixed_dictionaries(
    {
        **{column: st.none() | st.integers(-3, 40).map(Decimal) for column in NUMBERS},
        **{column: st.none() | st.sampled_from(texts) for column, texts in TEXTS.items()},
        "is_night_owl": st.booleans(),
        "cities": st.lists(st.sampled_from(LISTED), unique=True, max_size=4),
        "last_seen_at": st.datetimes(datetime.datetime(2024, 2, 26), datetime.datetime(2024, 3, 3))
        | st.just(datetime.datetime(2024, 2, 29, 12, 30)),
    }
)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@settings(max_examples=600, deadline=None)
@given(predicate=predicates, row=rows)
def test_a_predicate_means_what_it_says(engine: duckdb.DuckDBPyConnection, predicate: Predicate, row: dict[str, Any]) -> None:
    text, judge = predicate
    columns = ", ".join(
        f"to_json($1)::varchar as {name}" if name == "cities" else f"${number} as {name}"
        for number, name in enumerate(["cities", *(name for name in row if name != "cities")], start=1)
    )
    values = [row["cities"], *(value for name, value in row.items() if name != "cities")]
    (found,) = engine.execute(f"select {compiled(text)} from (select {columns})", values).fetchone() or ("nothing",)
    assert found is judge(row), compiled(text)


KEYWORDS = "and or not in is null between true false cast as timestamp position substr"
TOKENS = r"""
    and or not in is null between contains true ( ) , = <> < >= 'x' '' 1 -2.5 total_visits primary_level cities is_night_owl last_seen_at
    literal number text flag list time equality order done value unknown
    '2026-01-01' select union ; -- /* * ' segments person_id tenant_id lower ::int || {{ }} " $$ E'x' 0x1F 1e400 1;drop \
"""


@pytest.mark.parametrize("text", LISTED)
@pytest.mark.parametrize("city", LISTED)
def test_a_list_contains_whole_elements(engine: duckdb.DuckDBPyConnection, text: str, city: str) -> None:
    condition = compiled(f"contains(cities, {quoted(text)})")
    query = f"select {condition} from (select to_json($1)::varchar as cities)"
    assert engine.execute(query, [["first", city]]).fetchall() == [(text == city,)]
    assert engine.execute(query, [[]]).fetchall() == [(False,)]


def is_made_of_known_parts(sql: str) -> bool:
    """Whether nothing is left of a condition but the columns, words and operators of the grammar, once its literals are taken out."""
    bare = re.sub(r"'(?:[^']|'')*'", " ", sql)
    allowed = {*MACROS.segment_columns(), *KEYWORDS.split()}
    return all(word in allowed for word in re.findall(r"\w*[^\W\d]\w*", bare)) and not re.search(r"--|/\*|;|[^\w\s<>=!(),.|+\-]", bare)


words = st.sampled_from([*TOKENS.split(), "\0", "drop table x"])
texts = st.text(max_size=60) | st.text(alphabet=string.printable, max_size=60)
junk = texts | st.lists(words, max_size=14).map(" ".join) | st.lists(words).map("".join)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good predicate with something put into it, or taken out."""
    text = draw(predicates)[0]
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 3, len(text))))
    return text[:start] + draw(st.just("") | words | st.text(max_size=3)) + text[end:]


@settings(max_examples=3000, deadline=None)
@given(text=junk | damaged())
def test_junk_never_reaches_sql(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    try:
        sql = compiled(text)
    except CompilerError:
        return
    assert is_made_of_known_parts(sql)
    # One expression and no more: a condition that closed its parenthesis early would not parse between others.
    types = {"number": "decimal(18,6)", "text": "varchar", "list": "varchar", "flag": "boolean", "time": "timestamp"}
    columns = ", ".join(f"null::{types[kind]} as {name}" for name, kind in MACROS.segment_columns().items())
    assert len(engine.execute(f"select (true and ({sql})) as verdict from (select {columns})").fetchall()) == 1


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        (None, "the predicate must not end at the beginning"),
        ("total_visits >", "the predicate must not end after `total_visits >`"),
        ("total_visits > 1; drop table x", "`;` must not stand after `total_visits > 1`"),
        ("total_visits > 1 -- more", "`-` must not stand after `total_visits > 1`"),
        ("lower(primary_level) = 'x'", "`lower` must not stand at the beginning"),
        ("total_visits in (select 1)", "`select` must not stand after `total_visits in (`"),
        ("segments = 'x'", "`segments` must not stand at the beginning"),
        ("primary_level >= 'advanced'", "`>=` must not stand after `primary_level`"),
        ("total_visits = 'ten'", "`'ten'` must not stand after `total_visits =`"),
        ("primary_level = advanced", "`advanced` must not stand after `primary_level =`"),
        ("total_visits > unique_cities", "`unique_cities` must not stand after `total_visits >`"),
        ("total_visits = literal", "`literal` must not stand after `total_visits =`"),
        ("flag", "`flag` must not stand at the beginning"),
        ("total_visits equality 1", "`equality` must not stand after `total_visits`"),
        ("(total_visits > 1", "the predicate must not end after `( total_visits > 1`"),
        ("total_visits > 1)", "`)` must not stand after `total_visits > 1`"),
        ("contains(primary_level, 'x')", "`primary_level` must not stand after `contains (`"),
        ("cities = 'tokyo'", "`cities` must not stand at the beginning"),
        ("contains(cities, tokyo)", "`tokyo` must not stand after `contains ( cities ,`"),
        ("contains(cities, ;)", "`;` must not stand after `contains ( cities ,`"),
        ("contains(cities, 'a\\')", "`'` must not stand after `contains ( cities ,`"),
        ("first_seen_at > '2026-02-30'", "`'2026-02-30'` must not stand after `first_seen_at >`"),
        ("total_visits > 1234567890123456", "`1234567890123456` must not stand after `total_visits >`"),
        ("is_night_owl in (true)", "`in` must not stand after `is_night_owl`"),
        ("total_visits between 1 or 2", "`or` must not stand after `total_visits between 1`"),
    ],
)
def test_a_refusal_names_the_segment_and_the_token(predicate: str | None, message: str) -> None:
    with pytest.raises(CompilerError) as refused:
        compiled(predicate)
    assert str(refused.value) == f"Segment a_segment: {message}"


def test_days_that_are_named_are_found() -> None:
    predicate = "days_since_last_seen not between 3 and 7.5 or total_visits = 9 and days_since_last_seen in (1,2)"
    condition = MACROS.segment_condition("s", predicate)
    assert condition["days"] == [3, 7, 1, 2]


@pytest.mark.parametrize("name", ["Seg", "a'b", "", None, "a b", "1a"])
def test_a_name_is_a_word(name: str | None) -> None:
    with pytest.raises(CompilerError):
        MACROS.checked_segments([{"segment_name": name, "tenant_id": None, "predicate": "is_night_owl"}])


def test_a_bad_predicate_ends_the_build_before_it_is_written(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / folder, project / folder)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / file, project / file)
    database = tmp_path / "segments.duckdb"

    def seed(predicate: str) -> subprocess.CompletedProcess[str]:
        (project / "seeds" / "segments.csv").write_text(f"segment_name,tenant_id,title,predicate,description\nmine,,Mine,{predicate},\n")
        command = f"-m dbt.cli.main --no-use-colors build --select segments --project-dir {project} --profiles-dir {project}"
        return subprocess.run(
            [sys.executable, *command.split()], cwd=project, env=environment(database), capture_output=True, text=True, check=False
        )

    assert seed("total_visits > 1").returncode == 0
    refused = seed("total_visits > 1 or exists (select 1)")
    assert refused.returncode != 0
    assert "Segment mine: `exists` must not stand after `total_visits > 1 or`" in refused.stdout
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select predicate from seeds.segments").fetchall() == [("total_visits > 1",)]
