"""What the engine says of a load: the columns of a table, its rows (or a sample of them), and measures over all of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import pyarrow as pa

from ingestion.connections import Connection
from ingestion.contracts import Family, Table
from ingestion.warehouse import FAMILIES
from quality.declarations import LEAST_ROWS, LEAST_TRAILING_LOADS, SAMPLE_ROWS, TRAILING_LOADS, Expectation, Measure, Measured

# How the engines call the types of the contract.
_TYPE_NAMES = {
    "character varying": "text",
    "varchar": "text",
    "double precision": "double",
    "numeric": "decimal",
    "boolean": "bool",
    "timestamp without time zone": "timestamp",
}
_SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Load:
    """One completed load of a family, and the loads before it, the latest first."""

    family: Family
    load_id: str
    loaded_at: datetime
    earlier: tuple[str, ...]

    @property
    def trailing(self) -> tuple[str, ...]:
        return self.earlier[:TRAILING_LOADS]


def completed_loads(warehouse: Connection, family: Family) -> list[Load]:
    """The completed loads of a family that brought files, in the order in which they were made."""
    rows = warehouse.execute(
        f"""
        select loads.load_id, max(files.loaded_at)
        from raw_{family}._dlt_loads as loads
        inner join raw_{family}.load_files as files on files._dlt_load_id = loads.load_id
        where loads.status = 0
        group by loads.load_id
        order by max(files.loaded_at), loads.load_id
        """
    )
    ids = [load_id for load_id, _ in rows]
    return [Load(family, load_id, loaded_at, tuple(reversed(ids[:number]))) for number, (load_id, loaded_at) in enumerate(rows)]


@dataclass(frozen=True)
class Profile:
    """What the engine counts of one table in one load: rows, values and medians by column."""

    rows: int
    values: dict[str, int]
    medians: dict[str, float | None]


class TableInLoad:
    """One raw table in one load."""

    def __init__(self, warehouse: Connection, table: Table, load: Load) -> None:
        self._warehouse = warehouse
        self._table = table
        self._load = load
        self._name = f"{table.schema}.{table.name}"
        # JSON is stored as text.
        self._declared = {column.name: "text" if column.type == "json" else column.type for column in table.stored_columns}
        self.types: dict[str, str] = {
            name: _TYPE_NAMES.get(type_.lower().split("(")[0], type_.lower().split("(")[0])
            for name, type_ in warehouse.execute(
                "select column_name, data_type from information_schema.columns where table_schema = ? and table_name = ? order by 1",
                (table.schema, table.name),
            )
        }
        rows = self._by_load("select _dlt_load_id, count(*) from {table} where {loads} group by 1")
        self.rows_by_load: dict[str, int] = dict(rows)
        self.rows = self.rows_by_load.get(load.load_id, 0)

    @property
    def is_sampled(self) -> bool:
        return self.rows > SAMPLE_ROWS

    def is_as_declared(self, column: str) -> bool:
        """Whether the raw table has the column, of the contract's type."""
        return self.types.get(column) == self._declared[column]

    def _by_load(self, query: str) -> list[tuple[Any, ...]]:
        """A query over the load and its trailing loads."""
        ids = [self._load.load_id, *self._load.trailing]
        return self._warehouse.execute(query.format(table=self._name, loads=f"_dlt_load_id in ({', '.join('?' for _ in ids)})"), ids)

    def columns(self) -> pa.Table:
        """Name and type of each column that the raw table has, beside the type that the contract gives it, if it does."""
        declared = [self._declared.get(name) for name in self.types]
        return pa.table({"column_name": list(self.types), "column_type": list(self.types.values()), "declared_type": declared})

    def sample(self, columns: Sequence[str]) -> pa.Table:
        """The load's rows, of these columns. Above SAMPLE_ROWS about that many, chosen by the hash of their content: always the same."""
        # Great Expectations compares numbers as doubles.
        selected = ", ".join(
            f'cast("{name}" as double precision) as "{name}"' if self._declared[name] == "decimal" else f'"{name}"' for name in columns
        )
        condition, parameters = "_dlt_load_id = ?", [self._load.load_id]
        if self.is_sampled:
            condition += " and payload_hash < ?"
            parameters.append(f"{16**32 * SAMPLE_ROWS // self.rows:032x}")
        return self._warehouse.arrow(f"select {selected} from {self._name} where {condition}", parameters)

    def measures(self, expectations: Sequence[Expectation]) -> dict[str, float | None]:
        """What the expectations judge, by the name of the measure; None where it cannot be taken."""
        wanted = [expectation.measure for expectation in expectations if expectation.measure]
        profiles = self._profiles(wanted)
        return {measure.name: self._measure(measure, profiles) for measure in wanted}

    def _measure(self, measure: Measure, profiles: Mapping[str, Profile]) -> float | None:
        match measure.what:
            case Measured.REJECTED_SHARE:
                return rejected_share(self._warehouse, self._load, self._table.name)
            case Measured.ROWS_TO_USUAL:
                return self._rows_to_usual()
            case Measured.REPEATED_SHARE:
                return self._repeated_share() if self.rows >= LEAST_ROWS else None
            case Measured.HOURS_BEHIND:
                return self._hours_behind()
            case Measured.NULL_SHARE_CHANGE:
                return self._null_share_change(measure.column or "", profiles)
            case Measured.MIX_CHANGE:
                return self._mix_change(measure.column or "")
            case Measured.MEDIAN_TO_USUAL:
                return self._median_to_usual(measure.column or "", profiles)

    def _profiles(self, measures: Sequence[Measure]) -> dict[str, Profile]:
        """Of the load and its trailing loads, by load id, in one pass over the table."""
        if not self._is_comparable:
            return {}
        counted = [measure.column for measure in measures if measure.what is Measured.NULL_SHARE_CHANGE and measure.column]
        halved = [measure.column for measure in measures if measure.what is Measured.MEDIAN_TO_USUAL and measure.column]
        selected = ["_dlt_load_id", "count(*)", *(f'count("{name}")' for name in counted)]
        selected += [f'percentile_cont(0.5) within group (order by cast("{name}" as double precision))' for name in halved]
        rows = self._by_load(f"select {', '.join(selected)} from {{table}} where {{loads}} group by 1")
        split = 2 + len(counted)
        return {
            load_id: Profile(count, dict(zip(counted, rest[: split - 2], strict=True)), dict(zip(halved, rest[split - 2 :], strict=True)))
            for load_id, count, *rest in rows
        }

    @property
    def _trailing(self) -> list[str]:
        """The trailing loads that brought rows of this table."""
        return [load_id for load_id in self._load.trailing if load_id in self.rows_by_load]

    @property
    def _is_comparable(self) -> bool:
        return self.rows >= LEAST_ROWS and len(self._trailing) >= LEAST_TRAILING_LOADS

    def _rows_to_usual(self) -> float | None:
        """Also of a load without rows, where rows are usual."""
        trailing = [self.rows_by_load[load_id] for load_id in self._trailing]
        if len(trailing) < LEAST_TRAILING_LOADS or median(trailing) < LEAST_ROWS:
            return None
        return self.rows / median(trailing)

    def _repeated_share(self) -> float:
        key = ["tenant_id", *self._table.key]
        names = ", ".join(f'"{name}"' for name in key)
        same = " and ".join(f'earlier."{name}" = own."{name}"' for name in key)
        (new,) = self._warehouse.execute(
            f"""
            select count(*)
            from (select distinct {names} from {self._name} where _dlt_load_id = ?) as own
            where not exists (
                select 1
                from {self._name} as earlier
                inner join {self._table.schema}._dlt_loads as loads on loads.load_id = earlier._dlt_load_id and loads.status = 0
                where earlier.loaded_at < ? and {same}
            )
            """,
            (self._load.load_id, self._load.loaded_at),
        )[0]
        return 1 - int(new) / self.rows

    def _hours_behind(self) -> float | None:
        (latest,) = self._warehouse.execute(
            f"select max({self._table.event_time}) from {self._name} where _dlt_load_id = ?", (self._load.load_id,)
        )[0]
        (newest,) = self._warehouse.execute(
            "select max(max_event_at) from raw_operations.load_files where loaded_at <= ?", (self._load.loaded_at,)
        )[0]
        if latest is None or newest is None:
            return None
        seconds: float = (min(newest, self._load.loaded_at) - latest).total_seconds()
        return max(0.0, seconds / 3600)

    def _null_share_change(self, column: str, profiles: Mapping[str, Profile]) -> float | None:
        if not profiles:
            return None
        usual = [profiles[load_id] for load_id in self._trailing]
        own = profiles[self._load.load_id]
        return abs(own.values[column] / own.rows - sum(load.values[column] for load in usual) / sum(load.rows for load in usual))

    def _median_to_usual(self, column: str, profiles: Mapping[str, Profile]) -> float | None:
        if not profiles:
            return None
        own = profiles[self._load.load_id].medians[column]
        usual = [value for load_id in self._trailing if (value := profiles[load_id].medians[column]) is not None]
        if own is None or len(usual) < LEAST_TRAILING_LOADS or not median(usual):
            return None
        return float(own / median(usual))

    def _mix_change(self, column: str) -> float | None:
        if not self._is_comparable:
            return None
        usual: Counter[str] = Counter()
        own: Counter[str] = Counter()
        value = f'cast("{column}" as text)'
        query = f"select _dlt_load_id, {value}, count(*) from {{table}} where {{loads}} and {value} is not null group by 1, 2"
        for load_id, word, count in self._by_load(query):
            (own if load_id == self._load.load_id else usual)[word] += count
        return population_stability_index(usual, own)


def population_stability_index(expected: Mapping[str, int], observed: Mapping[str, int]) -> float | None:
    """The PSI of two counts by category; a share below 0.0001 counts as 0.0001. None where one of them is empty."""
    if not expected or not observed:
        return None

    def share(counts: Mapping[str, int], category: str) -> float:
        return max(counts.get(category, 0) / sum(counts.values()), _SMALLEST_SHARE)

    shares = [(share(expected, category), share(observed, category)) for category in expected.keys() | observed.keys()]
    return math.fsum((actual - usual) * math.log(actual / usual) for usual, actual in shares)


def rejected_share(warehouse: Connection, load: Load, table_name: str | None = None) -> float | None:
    """Rejected lines / lines read of a table's files, or of all files of the load; None below LEAST_ROWS lines."""
    condition, parameters = ("and table_name = ?", (load.load_id, table_name)) if table_name else ("", (load.load_id,))
    read, rejected = warehouse.execute(
        f"select cast(sum(rows_read) as bigint), cast(sum(rows_rejected) as bigint) from raw_{load.family}.load_files "
        f"where _dlt_load_id = ? {condition}",
        parameters,
    )[0]
    return rejected / read if read and read >= LEAST_ROWS else None


def loads_to_validate(warehouse: Connection, family: Family, validated: set[str]) -> list[Load]:
    """The loads of a family since the last validated one; the last load, where all or none were validated."""
    loads = completed_loads(warehouse, family)
    since = max((number for number, load in enumerate(loads, start=1) if load.load_id in validated), default=len(loads) - 1)
    return loads[since:] or loads[-1:]


def find_load(warehouse: Connection, load_id: str) -> Load | None:
    """The completed load with this id, of any family."""
    return next((load for family in FAMILIES for load in completed_loads(warehouse, family) if load.load_id == load_id), None)
