# stream: two commands to begin with, `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# Stamps: an environment is made again only when what it is made from has changed.
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# What the bench compares us with has an environment of its own.
BENCH := build/bench-env/.installed

# Where tests/deploy/install-prometheus.sh puts promtool when the machine has none.
export PATH := $(PATH):$(CURDIR)/build/prometheus/usr/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test check simulate chaos bench schema lock format clean test-tools

help: ## Show this list
	@echo "usage: make TARGET [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## Create .venv with the stream command in it

run: $(RUNTIME) ## Show it working: an embedded broker, a simulated shop, a Faust worker
	@$(BIN)/stream demo

test: check test-tools ## Run every check and every test, real Kafka included
	@echo "Running the tests ..."
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

check: $(DEV) ## Lint, format, types, the rooms' imports, sizes
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest --quiet --no-header tests/test_sizes.py

simulate: $(DEV) ## Crash simulated workers by seeds and compare: make simulate SEEDS=10000 FIRST_SEED=0 [MODE=wall]
	@$(BIN)/python -m tests.simulation.main --seeds $(or $(SEEDS),1000) --first-seed $(or $(FIRST_SEED),0) \
		--mode $(or $(MODE),both)

chaos: $(DEV) ## Kill, freeze and starve real workers and brokers, and compare: make chaos [ROWS=kill-event,freeze]
	@$(BIN)/python -m tests.chaos.main --rows "$(ROWS)" --times-percent $(or $(TIMES_PERCENT),100) --seed $(or $(SEED),0)

bench: $(DEV) $(BENCH) ## Measure the core, and Kafka through a worker, beside plain aiokafka, Faust, Quix and Bytewax
	@$(BIN)/python tests/bench/main.py

schema: $(RUNTIME) ## Write the JSON Schemas and the reference page from the code
	@$(BIN)/stream schema
	@$(BIN)/stream reference

format: $(DEV) ## Format the code and repair what lint can repair
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

# Development first, so that the run-time lock pins the very same versions. Raise them with LOCK_FLAGS=--upgrade.
# Made with the oldest Python that we support; hashes of all wheels are kept, so the locks serve the newer ones too.
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --build-deps-for=editable \
	--no-header --no-annotate
lock: ## Pin all dependencies by hash, after a change in pyproject.toml
	@test -x $(BIN)/pip-compile || $(MAKE) --no-print-directory $(DEV)
	@$(LOCK) $(LOCK_FLAGS) --extra=dev --output-file=requirements-dev.lock pyproject.toml
	@$(LOCK) --constraint=requirements-dev.lock --output-file=requirements.lock pyproject.toml
	@$(filter-out --build-deps-for=editable,$(LOCK)) $(LOCK_FLAGS) --output-file=tests/bench/others.lock tests/bench/others.in
	@sed -i '/^--/d; /^$$/d' requirements.lock requirements-dev.lock tests/bench/others.lock  # where this machine gets its packages is not the lock's

clean: ## Remove the environment, builds and caches
	@rm -rf $(VENV) build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find stream tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python that is too old would fail much later, and obscurely.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "stream needs Python 3.11 or newer; there is no '$(PYTHON)'. Try: make PYTHON=python3.12 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "stream needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 setup" >&2; exit 1; }
	@echo "Creating the environment in $(VENV): about a minute, and only once ..."
	@$(PYTHON) -m venv $(VENV)

# Order-only on the interpreter: its date says nothing. setuptools comes from the lock, hence no build isolation.
$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what stream runs on ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# A superset of the run-time lock, at the same versions, in the same environment.
$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Where it cannot be had, the rows that need it say so.
$(BENCH): tests/bench/others.lock | $(BIN)/python
	@echo "Installing what the bench compares us with ..."
	@$(PYTHON) -m venv build/bench-env
	@build/bench-env/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $< \
		&& touch $@ || echo "It cannot be installed: its rows will be absent." >&2

test-tools:
	@tests/deploy/install-prometheus.sh
	@if [ -z "$$KAFKA_BOOTSTRAP_SERVERS$$KAFKA_HOME" ]; then \
		for tool in java mvn; do command -v $$tool >/dev/null || { \
			echo "$$tool is missing: the tests on real Kafka need Java 17 and Maven" \
			     "(Debian: apt-get install openjdk-17-jre-headless maven), or KAFKA_HOME or KAFKA_BOOTSTRAP_SERVERS." >&2; \
			[ -z "$$CI" ] || exit 1; }; done; fi
