# `make help` lists the targets. Everything happens in .venv/, from locked packages of the Python package index.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
DEMO_EVENTS ?= 100000
# Nothing phones home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export RUNTIME__DLTHUB_TELEMETRY := false

.DEFAULT_GOAL := help
.PHONY: help install demo test lint unit docs bench crashes histories lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.venv/installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Plumbline needs Python 3.11 or later." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

install: .venv/installed ## Create .venv/ with the locked packages

demo: .venv/installed ## Make demo data, load, validate, build, test and publish it; end with each tenant's numbers
	rm -rf landing warehouse/plumbline*
	$(BIN)/plumbline demo-data --events $(DEMO_EVENTS)
	$(BIN)/plumbline load
	$(BIN)/plumbline validate
	$(BIN)/plumbline build
	@$(MAKE) --no-print-directory docs
	$(BIN)/plumbline kpis
	@echo "Open:  warehouse/plumbline.published.duckdb   (any DuckDB client, schema marts)"
	@echo "       build/docs/index.html                  (every model, column, test and definition)"
	@echo "       build/validation/index.html            (what the loads were expected to hold, and what they held)"
	@echo "Next:  .venv/bin/plumbline status             (what was loaded, what was rejected and why)"

test: .venv/installed lint unit ## Everything that CI runs, PostgreSQL included

lint: .venv/installed ## ruff, mypy, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	mkdir -p build && PLUMBLINE_DATABASE=build/lint.duckdb $(BIN)/sqlfluff lint models tests/dbt analyses

unit: .venv/installed ## All tests: models on both engines, ingestion, oracles, end to end
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

docs: .venv/installed ## One offline HTML file with every model, column and test
	$(BIN)/python -m operations.docs

bench: .venv/installed ## Speed and memory, as ratios taken in one run
	PYTHONPATH=.:tests/python $(BIN)/python -m benchmarks

crashes: .venv/installed ## Kill 200 loads at named places and random moments, on both engines; the short form is in `make test`
	PYTHONPATH=.:tests/python $(BIN)/python -m crashes --kills 200

histories: .venv/installed ## 500 random histories of loads, each increment against a full refresh; 100 of them are in `make test`
	PLUMBLINE_HISTORIES=4 $(BIN)/python -m pytest tests/python/behaviour/test_incremental.py

lock: .venv/installed ## Resolve requirements/ anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --no-header --no-annotate --quiet --upgrade --output-file requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --no-header --no-annotate --quiet --constraint requirements/dev.txt --output-file requirements/runtime.txt

clean: ## Delete everything that was made: environment, demo data, warehouse, docs
	rm -rf .venv build landing warehouse/plumbline* target logs .plumbline .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
