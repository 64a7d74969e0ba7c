# Everything runs in .venv, which `make .venv/ready` builds with uv when it is there and with plain pip otherwise.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python

.PHONY: demo test lint bench docs services clean

.venv/ready: pyproject.toml uv.lock
	@deploy/setup-venv "$(PYTHON)"
	@touch $@

services:
	@deploy/install-services

demo: .venv/ready ## a local AI estate out of real servers, scanned, with every report
	@$(BIN)/stocktake demo --output stocktake-demo

test: .venv/ready services ## the whole test suite
	@$(BIN)/pytest -q -n 2 --dist loadfile

lint: .venv/ready ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready ## benchmarks, in a quick form; prints ratios taken in one run; CUSTODIAN=1 installs and runs Cloud Custodian too
	$(RUN) benchmarks/normalize_bench.py
	$(RUN) benchmarks/store_bench.py
	$(RUN) -m benchmarks.parse_bench --rounds 3 --seconds 0.1
	$(RUN) -m benchmarks.parquet_bench --resources 20000 --rounds 1
	$(RUN) -m benchmarks.aws_scan_bench --scale 0.05 --rounds 1 $(if $(CUSTODIAN),--custodian)
	$(RUN) -m benchmarks.collect_bench --scale 0.1 --rounds 1
	$(RUN) -m benchmarks.gcp_sweep_bench --assets 4000
	$(RUN) -m benchmarks.bill_bench --lines 50000
	$(RUN) -m benchmarks.assess_bench --components 2000
	$(RUN) -m benchmarks.gap_bench --told
	$(RUN) -m benchmarks.growth_bench --scale 0.01 --factors 1 4 --axes objects accounts

docs: .venv/ready ## regenerate what is generated
	$(RUN) -m discovery.generate

clean:
	rm -rf .venv stocktake-demo dist build .mypy_cache .ruff_cache .pytest_cache
