# Every target says what it does; `make` alone prints this list.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= data
PORT ?= 8000
CASE ?=
ROUNDS ?= 200
SEED ?= 1
ROUND ?=
FUZZ_SECONDS ?= 600
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check bench bench-peers soak soak-fuzz soak-product test-keycloak clean lock

help:  ## Print what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: .venv/ready  ## Create the environment of the product from the lock
setup-dev: .venv/ready-dev  ## Create the environment with the development tools

.venv/bin/python:
	$(PYTHON) scripts/environment.py .venv

.venv/ready: requirements.txt pyproject.toml package-lock.json | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python scripts/assets.py
	@touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: setup  ## Start every service in one process with demo data; Ctrl-C stops it
	$(BIN)/jinguo up --data $(DATA) --port $(PORT) --demo

test: setup-dev  ## Run all checks and all tests
	scripts/check.sh

check: test  ## The same as test: what continuous integration runs

bench: setup-dev  ## Measure and print the figures; CASE=name runs one
	$(BIN)/python -m bench $(CASE)

bench-peers: setup-dev  ## Measure beside the peers and write docs/performance.md
	$(BIN)/python -m bench.compare $(CASE)

soak: setup-dev  ## Kill and freeze all at every step in ROUNDS worlds drawn from SEED; ROUND=n plays one again, KEEP=file goes on with what it holds
	ROUNDS=$(ROUNDS) SEED=$(SEED) $(if $(ROUND),ROUND=$(ROUND)) $(if $(KEEP),KEEP=$(KEEP)) $(BIN)/pytest -n $(WORKERS) --dist load tests/death/test_death.py
	$(if $(ROUND),,$(MAKE) soak-fuzz)

soak-fuzz: setup-dev  ## Send every route made-up requests for FUZZ_SECONDS, and all bad input to every place
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest -n 2 --dist loadfile tests/contract/fuzz

test-keycloak: setup-dev  ## Sign in through a real Keycloak with the realm of deploy/keycloak (fetched by Maven; minutes)
	$(BIN)/pytest tests/deploy/real_keycloak.py

soak-product: setup-dev  ## Kill the running product ROUNDS times in imports, at moments drawn from SEED; compare the figures
	ROUNDS=$(ROUNDS) SEED=$(SEED) $(BIN)/pytest -s tests/e2e/test_kill.py

lock:  ## Write the lock anew from pyproject.toml (needs uv)
	scripts/lock.sh

clean:  ## Remove everything that was made here but the data folder
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build htmlcov node_modules *.egg-info services/console/static/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
