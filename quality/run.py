"""Run the suites of a load with Great Expectations.

    results = validate(warehouse, load)        # warehouse: ingestion.connections.Connection, load: quality.measures.Load

Great Expectations takes seconds to import, so that this module is imported only where something is validated. It gets Arrow
data as frames in memory, keeps everything there, and tells nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from datetime import UTC, datetime
from typing import Any, cast

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from ingestion.connections import Connection
from ingestion.contracts import Privacy, Table
from quality.declarations import SAMPLE_ROWS, Expectation, Suite
from quality.measures import Load, TableInLoad, rejected_share
from quality.results import Outcome, Result
from quality.suites import SUITES

Progress = Callable[[int, int, str], None]

_EXAMPLES = 3


def validate(warehouse: Connection, load: Load, progress: Progress | None = None) -> list[Result]:
    """The results of every suite of the load's family. `progress` is called with (suites done, suites in all, table)."""
    validator = _Validator(warehouse, load)
    results: list[Result] = []
    for number, suite in enumerate(SUITES[load.family], start=1):
        results += validator.validate(suite)
        if progress:
            progress(number, len(SUITES[load.family]), f"{load.family}.{suite.table_name}")
    return results


class _Validator:
    """Validates the suites of one load."""

    def __init__(self, warehouse: Connection, load: Load) -> None:
        self._warehouse = warehouse
        self._load = load
        self._validated_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
        self._frames = self._context.data_sources.add_pandas("load")

    def validate(self, suite: Suite) -> Iterator[Result]:
        if suite.table is None:
            yield from self._judge_measures(suite, suite.expectations, {"rejected_share": rejected_share(self._warehouse, self._load)})
            return
        content = TableInLoad(self._warehouse, suite.table, self._load)
        yield from self._judge(suite, [each for each in suite.expectations if each.about == "columns"], content.columns().to_pandas())
        present = []
        for expectation in suite.expectations:
            if changed := [name for name in expectation.columns if not content.is_as_declared(name)]:
                yield self._result(
                    suite, expectation, Outcome.SKIPPED, None, f"there is no column {', '.join(changed)} of the declared type"
                )
            else:
                present.append(expectation)
        if content.rows:
            yield from self._judge_rows(suite, suite.table, [each for each in present if each.about == "rows"], content)
        measured = [each for each in present if each.about == "load" and (content.rows or not each.columns)]
        yield from self._judge_measures(suite, measured, content.measures(measured))

    def _judge_rows(self, suite: Suite, table: Table, expectations: Sequence[Expectation], content: TableInLoad) -> Iterator[Result]:
        names = sorted({name for expectation in expectations for name in expectation.columns})
        plain = {column.name for column in table.stored_columns if column.privacy is Privacy.PLAIN}
        source = f" in a sample of about {SAMPLE_ROWS:,}" if content.is_sampled else ""
        yield from self._judge(suite, expectations, content.sample(names).to_pandas(), plain=plain, source=source)

    def _judge_measures(self, suite: Suite, expectations: Sequence[Expectation], measures: dict[str, float | None]) -> Iterator[Result]:
        """An expectation whose measure could not be taken is skipped."""
        taken = {name: value for name, value in measures.items() if value is not None}
        for expectation in expectations:
            if expectation.measure and expectation.measure.name not in taken:
                yield self._result(suite, expectation, Outcome.SKIPPED, None, f"needs {expectation.measure.what.needs}")
        judged = [each for each in expectations if each.measure and each.measure.name in taken]
        yield from self._judge(suite, judged, pd.DataFrame([taken]))

    def _judge(
        self,
        suite: Suite,
        expectations: Sequence[Expectation],
        frame: pd.DataFrame,
        *,
        plain: Set[str] = frozenset(),
        source: str = "",
    ) -> Iterator[Result]:
        """The results of expectations on a frame; examples are told of `plain` columns only."""
        if not expectations:
            return
        about = expectations[0].about
        asset = self._frames.add_dataframe_asset(f"{suite.family}.{suite.table_name} {about}")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
        numbered = [
            ExpectationConfiguration(type=each.type, kwargs=each.arguments, meta={"number": number}).to_domain_obj()
            for number, each in enumerate(expectations)
        ]
        found = batch.validate(
            gx.ExpectationSuite(asset.name, expectations=numbered),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": len(frame) if about == "columns" else _EXAMPLES},
        )
        for expectation, result in zip(expectations, sorted(found.results, key=_number), strict=True):
            outcome = Outcome.PASSED if result.success else Outcome.FAILED
            if result.exception_info.get("raised_exception", True):
                # What the exception itself says may hold a value.
                raise RuntimeError(f"The expectation '{expectation.name}' of {suite.family}.{suite.table_name} cannot be evaluated.")
            if expectation.measure:
                observed = float(frame[expectation.measure.name].iloc[0])
                yield self._result(suite, expectation, outcome, observed, f"{observed:.4g}")
            elif about == "columns":
                yield self._result(suite, expectation, outcome, None, _columns_told(result.result))
            else:
                share, told = _rows_told(result.result, with_examples=plain >= set(expectation.columns))
                yield self._result(suite, expectation, outcome, share, told + source)

    def _result(self, suite: Suite, expectation: Expectation, outcome: Outcome, observed: float | None, detail: str) -> Result:
        return Result(
            family=self._load.family,
            load_id=self._load.load_id,
            loaded_at=self._load.loaded_at,
            table_name=suite.table_name,
            expectation=expectation.name,
            expected=expectation.expected,
            severity=expectation.severity,
            outcome=outcome,
            observed=observed,
            detail=detail,
            validated_at=self._validated_at,
        )


def _number(result: ExpectationValidationResult) -> int:
    """The place of the expectation in the list that it came from."""
    return int(cast(ExpectationConfiguration, result.expectation_config).meta["number"])


def _columns_told(found: dict[str, Any]) -> str:
    """Names of columns are nobody's data, and told in full."""
    unexpected, missing = found["partial_unexpected_list"], found.get("partial_missing_list", [])
    told = [f"missing: {', '.join(missing)}"] if missing else []
    if unexpected:
        told.append(f"unexpected: {', '.join(each if isinstance(each, str) else ' instead of '.join(each) for each in unexpected)}")
    return "; ".join(told) or "all as declared"


def _rows_told(found: dict[str, Any], *, with_examples: bool) -> tuple[float, str]:
    """The share of rows that were not as expected, and how many, with examples."""
    unexpected = found["unexpected_count"]
    judged = found["element_count"] - found.get("missing_count", 0)
    told = f"{unexpected:,} of {judged:,} rows otherwise"
    examples = (
        [str(value) for value in found["partial_unexpected_list"] if isinstance(value, tuple) or not pd.isna(value)]
        if with_examples
        else []
    )
    return unexpected / judged if judged else 0.0, told + (f", such as {', '.join(examples)}" if examples else "")
