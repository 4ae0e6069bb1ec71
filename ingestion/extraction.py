"""From JSON texts to typed rows: the SQL that a table's declaration stands for.

`rows_query` reads a relation with the columns `file_no, line_no, doc` (a JSON object as text), `tenant` (from the path or
the payment account) and whatever the table takes from outside its object (`parent`, `position`, the state of a Stripe
event). It returns one row per object: the typed columns, `extra`, and `problem`, null or `<reason>:<field>`.

The values are read with one from_json per nesting level, which parses an object once however many columns it feeds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import product
from typing import Any

from ingestion.contracts import Column, Privacy, Table
from ingestion.reasons import Reason

TENANT_SHAPE = "[A-Za-z0-9_.-]{1,64}"

_TEXT = "VARCHAR"

# as_time: ISO 8601, with an offset or in UTC, or epoch seconds, milliseconds, microseconds; null where it is none. A cast alone takes
# too much: offsets of days, names of zones, years before Christ. A second 60 is the one after 59. The ends of the calendar are out of
# reach for offsets, so that what is read lies in the years 1 to 9999.
# is_json: whether a text is an object or a list, which the cheap test of its first letter decides for nearly all.
# is_word_list: whether a text is a list of words or numbers, with no object and no list among them.
# whole, exact: an integer, a decimal(38, 12). DuckDB needs a hundred times longer to read a text as a decimal of more than 18
# digits than of fewer, so that only the texts that need it are.
MACROS = (
    r"""
    create macro after_leap_second(value) as
        cast(try_cast(regexp_replace(value, '^([12].*:[0-9]{2}):60', '\1:59') as timestamptz) as timestamp) + interval 1 second
    """,
    r"""
    create macro as_time(value) as case
        when value like '____-__-__T__:__:__%Z' and value >= '0001'
            then coalesce(try_cast(value as timestamp), after_leap_second(value))
        when regexp_full_match(
            value,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z| UTC|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?'
        ) and value >= '0001-01-02' and value not like '9999-12-31%-%'
            then coalesce(
                cast(try_cast(value as timestamptz) as timestamp),
                cast(try_cast(regexp_replace(value, '([T ][0-9]{2}:[0-9]{2})(Z|[+-].*)?$', '\1:00\2') as timestamptz) as timestamp),
                after_leap_second(value)
            )
        when regexp_full_match(value, '[0-9]{4}|[0-9]{8}') then null
        when regexp_full_match(value, '[0-9]{1,11}([.][0-9]+)?')
            then make_timestamp(cast(1000000 * cast(cast(value as decimal(18, 6)) as decimal(38, 6)) as bigint))
        when regexp_full_match(value, '[0-9]{12,14}([.][0-9]+)?')
            then make_timestamp(cast(1000 * cast(cast(value as decimal(18, 3)) as decimal(38, 3)) as bigint))
        when regexp_full_match(value, '[0-9]{15,17}([.][0-9]+)?') then make_timestamp(cast(value as bigint))
    end
    """,
    """
    create macro is_json(value) as
        coalesce((value >= '[' and value < chr(92) or value >= '{' and value < '|') and json_valid(value), false)
    """,
    """
    create macro is_word_list(value) as
        is_json(value) and json_type(value) = 'ARRAY' and not list_has_any(json_type(value, '$[*]'), ['ARRAY', 'OBJECT'])
    """,
    """
    create macro whole(value) as case
        when regexp_full_match(value, '-?[0-9]{1,18}([.]0*)?') then cast(value as bigint)
        when try_cast(value as decimal(38, 9)) = trunc(try_cast(value as decimal(38, 9))) then try_cast(value as bigint)
    end
    """,
    """
    create macro exact(value) as case
        when regexp_full_match(value, '-?[0-9]{1,18}') then cast(cast(value as bigint) as decimal(38, 12))
        when regexp_full_match(value, '-?[0-9]{1,6}[.][0-9]{1,12}') then cast(cast(value as decimal(18, 12)) as decimal(38, 12))
        else try_cast(value as decimal(38, 12))
    end
    """,
    "create macro as_bool(value) as case when lower(value) in ('true', '1') then true when lower(value) in ('false', '0') then false end",
    "create macro finite(value) as case when isfinite(value) then value end",
)


def camel_case(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class Reader:
    """The values of a set of paths in a JSON column. `steps` are the expressions, one from_json each, that read all of them;
    a second one is needed where a path is a value in one object and leads to values in another (`price`, `price.id`)."""

    def __init__(self, document: str, name: str, paths: Iterable[str]) -> None:
        self._values: dict[str, str] = {}
        self._spellings = {path: self.spelled(path) for path in dict.fromkeys(paths)}
        structures: list[dict[str, Any]] = []
        for keys in dict.fromkeys(keys for spellings in self._spellings.values() for keys in spellings):
            # An element of a list, such as data.0.id, is read from the list: rare enough for a step of its own.
            depth = next((index for index, key in enumerate(keys) if key.isdigit()), len(keys))
            layer = next((number for number, structure in enumerate(structures) if _fits(structure, keys[:depth])), len(structures))
            if layer == len(structures):
                structures.append({})
            _put(structures[layer], keys[:depth])
            value = ".".join((f"{name}{layer}", *(f'"{key}"' for key in keys[:depth])))
            if depth < len(keys):
                pointer = "$" + "".join(f"[{key}]" if key.isdigit() else f'."{key}"' for key in keys[depth:])
                value = f"case when is_json({value}) then json_extract_string({value}, {literal(pointer)}) end"
            self._values[".".join(keys)] = value
        self.steps = [
            f"from_json({document}, {literal(json.dumps(structure))}) as {name}{layer}" for layer, structure in enumerate(structures)
        ]

    @staticmethod
    def spelled(path: str) -> list[tuple[str, ...]]:
        """The keys of a path, in each spelling."""
        return list(product(*(dict.fromkeys((key, camel_case(key))) for key in path.split("."))))

    def values(self, path: str) -> list[str]:
        """The expressions of a path, in each spelling."""
        return [self._values[".".join(keys)] for keys in self._spellings[path]]


def _fits(structure: dict[str, Any], keys: tuple[str, ...]) -> bool:
    """Whether a path can be read with a structure: no value stands on its way, and it is not on the way to one."""
    for key in keys[:-1]:
        structure = structure.get(key, {})
        if not isinstance(structure, dict):
            return False
    return not isinstance(structure.get(keys[-1]), dict)


def _put(structure: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys[:-1]:
        structure = structure.setdefault(key, {})
    structure[keys[-1]] = _TEXT


def _is_reference(table: Table, column: Column) -> bool:
    """Stripe writes a reference as an id or, expanded, as the object itself."""
    return table.object is not None and column.name.endswith("_id")


def column_paths(table: Table, column: Column) -> tuple[str, ...]:
    """The column's paths; a reference's `customer` is also looked for in `customer.id`."""
    paths = column.paths or (column.name,)
    if not _is_reference(table, column):
        return paths
    inner = [path if path in ("id", "^id", ".") or path.endswith(".id") else f"{path}.id" for path in paths]
    return tuple(dict.fromkeys((*inner, *paths)))


def input_field(column: Column) -> str:
    """What a sender calls the column."""
    return {"state_at": "created"}.get(column.name) or (column.paths or (column.name,))[0].removeprefix("^")


# What a table takes from the event around its object, and what it is called in the relation.
ENVELOPE = {"state_at": "state_at", "stripe_event_id": "event_id", "stripe_event_type": "event_type", "is_livemode": "livemode"}


def rows_query(table: Table, source: str) -> str:
    """The query described above."""
    own = {column.name: column_paths(table, column) for column in table.columns}
    envelope = ENVELOPE if table.object is not None else {}
    read = [path for name, paths in own.items() if name not in envelope for path in paths if path not in ("#", ".") and path[0] != "^"]
    reader = Reader("doc", "d", [*read, "tenant_id"])
    above = Reader("parent", "p", [path[1:] for paths in own.values() for path in paths if path[0] == "^"])

    def raw(column: Column) -> str:
        if column.name in envelope:
            return f"cast({envelope[column.name]} as varchar)"
        if column.name == "dialect":
            return "dialect"
        expressions: list[str] = []
        for path in own[column.name]:
            if path == "#":
                expressions.append("cast(position as varchar)")
            elif path == ".":
                expressions.append("doc")
            else:
                expressions += above.values(path[1:]) if path[0] == "^" else reader.values(path)
        if _is_reference(table, column):
            expressions = [
                f"case when not is_json({item}) then {item} end" if f".id{item[-1:]}" != '.id"' else item for item in expressions
            ]
        return f"nullif(coalesce({', '.join(expressions)}), '')" if len(expressions) > 1 else f"nullif({expressions[0]}, '')"

    tenant = f"coalesce({', '.join(f'nullif({value}, {literal(str())})' for value in reader.values('tenant_id'))}, tenant)"
    if table.is_shared:
        tenant = f"coalesce({tenant}, '*')"
    names = ", ".join(column.name for column in table.columns)
    raws = ", ".join(f"{raw(column)} as raw_{column.name}" for column in table.columns)
    types = ", ".join(f"{typed(column)} as {column.name}" for column in table.columns)
    return f"""
        with parsed as (select *, {", ".join((*reader.steps, *above.steps))} from {source}),
        found as materialized (select file_no, line_no, position, {tenant} as tenant_id, {extra(table)} as extra, {raws} from parsed),
        typed as (select *, {types} from found)
        select file_no, line_no, position, tenant_id, extra, {names}, {problem(table)} as problem
        from typed
    """


def typed(column: Column) -> str:
    """The raw text as the declared type; null where it cannot be read so."""
    value = f"raw_{column.name}"
    may_be_structured = column.privacy in (Privacy.FREE_TEXT, Privacy.SCANNED)
    is_listed = column.privacy in (Privacy.IDENTIFIER, Privacy.PERSON)
    return {
        "text": value if may_be_structured else f"case when not is_json({value}) then {value} end",
        "bigint": f"whole({value})",
        "double": f"finite(try_cast({value} as double))",
        "decimal": f"exact({value})",
        "bool": f"as_bool({value})",
        "timestamp": f"as_time({value})",
        "date": f"case when {value} similar to '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' and {value} >= '0001' then try_cast({value} as date) end",
        "json": f"case when {'is_word_list' if is_listed else 'is_json'}({value}) then {value} end",
    }[column.type]


def extra(table: Table) -> str:
    """The fields of the object that no column takes whole, as JSON; null where there are none."""
    taken = {"tenant_id", "object"} if table.object is not None else {"tenant_id"}
    for column in table.columns:
        taken |= {path for path in column.paths or (column.name,) if "." not in path and path[0] not in "^#"}
    # An object that feeds several columns is kept, unless a column stores all of it.
    stored = {path for column in table.columns if column.type == "json" for path in column.paths or (column.name,)}
    known = sorted(
        {spelling for key in taken - (_read_in_part(table) - stored) for spelling in (key, camel_case(key))} | set(exploded(table))
    )
    if any(column.paths == (".",) for column in table.columns):
        return "cast(null as varchar)"
    patch = literal(json.dumps(dict.fromkeys(known)))
    # One regular expression over the joined keys costs a third of comparing lists.
    only_known = literal(f"(?:(?:{'|'.join(known)})\x1f)*")
    keys = "array_to_string(json_keys(doc), chr(31)) || chr(31)"
    return f"case when not regexp_full_match({keys}, {only_known}) then cast(json_merge_patch(doc, {patch}) as varchar) end"


def _read_in_part(table: Table) -> set[str]:
    return {path.partition(".")[0] for column in table.columns for path in column.paths if "." in path and path != "."}


def unknown_fields(table: Table) -> str:
    """The names of the fields in `extra` that no column reads, not even in part, as SQL."""
    spellings = sorted({spelling for key in _read_in_part(table) for spelling in (key, camel_case(key))})
    known = ", ".join(literal(spelling) for spelling in spellings)
    return f"list_filter(json_keys(extra), name -> name not in ({known}))" if known else "json_keys(extra)"


# Lifts the values of the first innermost object in a JSON object to the level around it: {"a":{"b":1}} becomes {"a.b":1}. What
# holds escapes stays as it is.
FLATTENED = """
    create macro flattened(doc) as case
        when contains(doc, ':{') and not contains(doc, chr(92)) then replace(
            doc,
            regexp_extract(doc, '"([^"]+)":[{]([^{}]+)[}]', 0),
            regexp_replace(
                regexp_extract(doc, '"([^"]+)":[{]([^{}]+)[}]', 2),
                '"([^"]+)":',
                '"' || regexp_extract(doc, '"([^"]+)":[{]([^{}]+)[}]', 1) || '.\\1":',
                'g'
            )
        )
        else doc
    end
"""


def exploded(table: Table) -> tuple[str, ...]:
    """The keys of a Stripe object whose lists have tables of their own."""
    return (
        {"subscription": ("items", "discount", "discounts"), "invoice": ("lines",)}.get(table.object or "", ()) if not table.explode else ()
    )


def problem(table: Table) -> str:
    """The first thing that is wrong with a row, as `<reason>:<field>`, in the order of the declaration."""
    tests = [(f"tenant_id is null or not regexp_full_match(tenant_id, '{TENANT_SHAPE}')", Reason.UNKNOWN_TENANT, "tenant_id")]
    if table.is_shared:
        tests = [(f"{tests[0][0].removeprefix('tenant_id is null or ')} and tenant_id <> '*'", Reason.UNKNOWN_TENANT, "tenant_id")]
    if table.name == "events":
        tests.insert(0, ("raw_event_type is null and raw_occurred_at is null", Reason.UNKNOWN_DIALECT, "event_type"))
    for column in table.columns:
        raw, name, key = f"raw_{column.name}", column.name, input_field(column)
        if column.required:
            tests.append((f"{raw} is null", Reason.MISSING_REQUIRED, key))
        is_time = column.type in ("timestamp", "date")
        tests.append((f"{raw} is not null and {name} is null", Reason.BAD_TIMESTAMP if is_time else Reason.WRONG_TYPE, key))
        if column.accepted:
            accepted = ", ".join(literal(value) for value in column.accepted)
            tests.append((f"{name} not in ({accepted})", Reason.NOT_ACCEPTED, key))
        if column.minimum is not None:
            tests.append((f"{name} < {column.minimum}", Reason.OUT_OF_RANGE, key))
        if name in (table.event_time, table.version):
            late = f" or {name} > getvariable('latest')" if name == table.version or not table.plans_ahead else ""
            tests.append((f"{name} < timestamp '1990-01-01'{late}", Reason.IMPLAUSIBLE_TIMESTAMP, key))
    if table.name == "events":
        nobody = "user_id is null and anonymous_id is null and not starts_with(event_type, 'system.')"
        tests.append((nobody, Reason.MISSING_REQUIRED, "user_id"))
    cases = " ".join(f"when {test} then '{reason}:{key}'" for test, reason, key in tests)
    return f"case {cases} end"


def told_at(table: Table) -> str | None:
    """When a row was known, as SQL: the time of its version, else of its event, unless that may lie ahead."""
    times = dict.fromkeys(time for time in (table.version, None if table.plans_ahead else table.event_time) if time)
    return f"coalesce({', '.join(times)})" if times else None
