# Everything that a developer or a pipeline runs. Each target sets up what it needs.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT := out

.PHONY: help test demo lint unit contract proofs fuzz runner interop matrix bench crosscheck generate lock clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(READY): locks/dev.txt locks/uv.txt scripts/environment.sh tests/interop/package-lock.json
	sh scripts/environment.sh $(VENV)
	touch $@

test: lint unit contract  ## run every check and test
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target proofs fuzz interop runner

lint: $(READY)  ## style, types, docstrings, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/interrogate --quiet src
	$(BIN)/python scripts/actions.py --check

UNIT := $(BIN)/python -m pytest -q -n 2 --dist worksteal tests/conformance tests/unit
unit: $(READY)  ## unit, property and conformance tests, with the network refused where that can be done
	$(BIN)/python scripts/offline.py $(UNIT) || { [ $$? -eq 77 ] && $(UNIT); }

contract: $(READY)  ## action.yml, README and code say the same; floors; linters for workflows
	$(BIN)/python -m pytest -q -n 2 --dist worksteal tests/attacks tests/contract

proofs: $(READY)  ## mutations, concurrent writers, kill -9
	$(BIN)/python -m pytest -q -s tests/proofs

fuzz: $(READY)  ## malformed inputs through the command line
	$(BIN)/python -m pytest -q -s tests/fuzz

interop: $(READY)  ## other people's verifiers
	$(BIN)/python -m pytest -q tests/interop

runner: $(READY)  ## real workflows through act
	$(BIN)/python -m pytest -q tests/runner

matrix: $(READY)  ## the unit tests on every supported Python that is here
	sh scripts/matrix.sh $(BIN)/uv $(OUT)/matrix

demo: $(READY)  ## three releases of a sample service: sealed, verified, tampered with, reported
	$(BIN)/python scripts/demo.py --out $(OUT)/demo

bench: $(READY)  ## measure, against named peers
	$(BIN)/python benchmarks/run.py

crosscheck: $(READY)  ## verifiers that have to be built first (needs Go)
	$(BIN)/python scripts/crosscheck.py

generate: $(READY)  ## write action.yml files, schemas, vectors and the tables of the documents anew
	$(BIN)/python scripts/actions.py
	$(BIN)/python -m counterseal schema --out schemas
	PYTHONPATH=tests $(BIN)/python -m conformance.generate
	PYTHONPATH=tests $(BIN)/python -m conformance.page

lock: $(READY)  ## resolve the locks anew: names, versions and hashes only
	sh scripts/lock.sh $(BIN)/uv

clean:  ## remove what the targets made
	rm -rf $(VENV) $(OUT) tests/interop/node_modules
