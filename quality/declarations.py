"""How expectations are declared.

Vocabulary
    suite        what is expected of one raw table (or of a family's files as a whole) in one load
    about        what an expectation looks at:
                 columns   the names and types of the raw table's columns
                 rows      the load's rows of the table (above SAMPLE_ROWS: a sample of them, the same one each time)
                 load      measures of the load, taken by the warehouse's engine over all rows
    severity     warn: told, and no more; fail: the load must not reach people
    trailing     the loads before it, TRAILING_LOADS at most, that a load is compared with

An expectation that cannot be judged (too few rows or earlier loads, a column that is missing) is skipped, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from ingestion.contracts import Family, Table

About = Literal["columns", "rows", "load"]

SAMPLE_ROWS = 200_000
TRAILING_LOADS = 7
# A load is compared with no fewer loads than these, and shares are taken of no fewer rows.
LEAST_TRAILING_LOADS = 3
LEAST_ROWS = 100


class Severity(StrEnum):
    """What follows when an expectation is not met."""

    WARN = "warn"
    FAIL = "fail"


class Measured(StrEnum):
    """What is measured of a load of one table; the last three of a column.

    rejected_share      rejected lines / lines read
    rows_to_usual       rows / the median rows of the trailing loads that brought any
    repeated_share      rows whose key stands in another row of this load or in an earlier load / rows
    hours_behind        hours from the load's latest event to the latest one in the warehouse (or to the load, if that is earlier)
    null_share_change   share of nulls less the share in the trailing loads' rows, whichever way: 0 to 1
    mix_change          PSI of the column's values against the trailing loads' rows: under 0.1 stable, over 0.25 another mix
    median_to_usual     median / the median of the trailing loads' medians
    """

    REJECTED_SHARE = "rejected_share"
    ROWS_TO_USUAL = "rows_to_usual"
    REPEATED_SHARE = "repeated_share"
    HOURS_BEHIND = "hours_behind"
    NULL_SHARE_CHANGE = "null_share_change"
    MIX_CHANGE = "mix_change"
    MEDIAN_TO_USUAL = "median_to_usual"

    @property
    def needs(self) -> str:
        """Without what it cannot be taken."""
        if self is Measured.HOURS_BEHIND:
            return "a row with an event time"
        rows = f"{LEAST_ROWS} rows"
        if self in (Measured.REJECTED_SHARE, Measured.REPEATED_SHARE):
            return rows
        return f"{rows}, here and in {LEAST_TRAILING_LOADS} of the {TRAILING_LOADS} loads before"


@dataclass(frozen=True)
class Measure:
    """One number about a load."""

    what: Measured
    column: str | None = None

    @property
    def name(self) -> str:
        return f"{self.what} of {self.column}" if self.column else str(self.what)


@dataclass(frozen=True)
class Expectation:
    """One expectation. `type` and `arguments` are Great Expectations' own; `expected` says the same in words; `columns` are the
    table's columns that it reads; `measure` is what it judges, if it is about the load."""

    name: str
    about: About
    type: str
    expected: str
    arguments: dict[str, Any] = field(hash=False)
    severity: Severity
    columns: tuple[str, ...] = ()
    measure: Measure | None = None


@dataclass(frozen=True)
class Suite:
    """The expectations of a raw table, or of all files of a family where `table` is None."""

    family: Family
    table: Table | None
    expectations: tuple[Expectation, ...]

    @property
    def table_name(self) -> str:
        return self.table.name if self.table else "(all files)"


def _share(mostly: float) -> str:
    return "" if mostly == 1 else f", in at least {mostly:.0%} of the rows that have one"


def required(column: str, severity: Severity = Severity.FAIL) -> Expectation:
    """No row is without a value."""
    return Expectation(
        f"{column} is there",
        "rows",
        "expect_column_values_to_not_be_null",
        "a value in every row",
        {"column": column},
        severity,
        (column,),
    )


def one_of(column: str, words: Sequence[str], severity: Severity = Severity.FAIL) -> Expectation:
    """Every value is one of the words."""
    return Expectation(
        f"{column} is one of its words",
        "rows",
        "expect_column_values_to_be_in_set",
        ", ".join(words),
        {"column": column, "value_set": list(words)},
        severity,
        (column,),
    )


def within(column: str, least: float | None, most: float | None, *, mostly: float = 1, severity: Severity = Severity.WARN) -> Expectation:
    """The values lie between `least` and `most`, both included, in at least the share `mostly` of the rows that have one."""
    bounds = " and ".join(f"{word} {bound:g}" for word, bound in (("at least", least), ("at most", most)) if bound is not None)
    return Expectation(
        f"{column} is in its range",
        "rows",
        "expect_column_values_to_be_between",
        bounds + _share(mostly),
        {"column": column, "min_value": least, "max_value": most, "mostly": mostly},
        severity,
        (column,),
    )


def not_before(later: str, earlier: str, *, mostly: float = 0.99, severity: Severity = Severity.WARN) -> Expectation:
    """The time `later` is not before the time `earlier`, in at least the share `mostly` of the rows that have both."""
    return Expectation(
        f"{later} is not before {earlier}",
        "rows",
        "expect_column_pair_values_a_to_be_greater_than_b",
        f"not before {earlier}{_share(mostly).replace('one', 'both')}",
        {"column_A": later, "column_B": earlier, "or_equal": True, "mostly": mostly, "ignore_row_if": "either_value_is_missing"},
        severity,
        (later, earlier),
    )


def measured(
    measure: Measure, name: str, expected: str, *, least: float | None = None, most: float | None = None, severity: Severity
) -> Expectation:
    """A measure of the load lies between `least` and `most`, both included."""
    arguments = {"column": measure.name, "min_value": least, "max_value": most}
    columns = (measure.column,) if measure.column else ()
    return Expectation(name, "load", "expect_column_values_to_be_between", expected, arguments, severity, columns, measure)


def rejected_share(most: float, severity: Severity) -> Expectation:
    """At most this share of the lines read was rejected."""
    return measured(
        Measure(Measured.REJECTED_SHARE),
        f"few rows are rejected ({severity})",
        f"at most {most:.0%} of the lines read",
        most=most,
        severity=severity,
    )


def usual_row_count(least: float = 0.5, most: float = 2, severity: Severity = Severity.WARN) -> Expectation:
    """About as many rows as in the trailing loads."""
    return measured(
        Measure(Measured.ROWS_TO_USUAL),
        "row count is usual",
        f"{least:g} to {most:g} times the median of the trailing loads",
        least=least,
        most=most,
        severity=severity,
    )


def few_repeats(most: float = 0.05, severity: Severity = Severity.WARN) -> Expectation:
    """At most this share of the rows repeats a key."""
    return measured(
        Measure(Measured.REPEATED_SHARE),
        "keys are new",
        f"at most {most:.0%} of the rows repeat a key of this or an earlier load",
        most=most,
        severity=severity,
    )


def newest_within(hours: float, severity: Severity = Severity.WARN) -> Expectation:
    """The latest event is not far behind the latest one in the warehouse."""
    return measured(
        Measure(Measured.HOURS_BEHIND),
        "latest event is recent",
        f"at most {hours:g} hours behind the latest event in the warehouse",
        most=hours,
        severity=severity,
    )


def usual_null_share(column: str, most: float = 0.3, severity: Severity = Severity.WARN) -> Expectation:
    """The share of nulls is about that of the trailing loads."""
    return measured(
        Measure(Measured.NULL_SHARE_CHANGE, column),
        f"{column} is empty as often as usual",
        f"share of nulls within {most:g} of the trailing loads'",
        most=most,
        severity=severity,
    )


def usual_mix(column: str, most: float = 0.25, severity: Severity = Severity.WARN) -> Expectation:
    """The column's values are mixed like those of the trailing loads."""
    return measured(
        Measure(Measured.MIX_CHANGE, column),
        f"{column} has its usual mix",
        f"PSI at most {most:g} against the trailing loads",
        most=most,
        severity=severity,
    )


def usual_median(column: str, least: float = 0.5, most: float = 2, severity: Severity = Severity.WARN) -> Expectation:
    """The column's median is about that of the trailing loads."""
    return measured(
        Measure(Measured.MEDIAN_TO_USUAL, column),
        f"{column} has its usual median",
        f"{least:g} to {most:g} times the median of the trailing loads",
        least=least,
        most=most,
        severity=severity,
    )
