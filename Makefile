# Two commands a stranger needs: `make demo` and `make test`. Each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK := $(BIN)/uv pip compile --universal --generate-hashes --no-header \
	--no-emit-index-url --python-version 3.11 --quiet

# How many tests at once; each process grows to half a gigabyte.
JOBS ?= 2

.PHONY: setup demo test quick lint format bench lock words clean

setup: $(VENV)/.runtime
	@echo "Ready: $(BIN)/medianest-bot doctor looks at your settings, make demo shows around"

demo: $(VENV)/.runtime
	@$(BIN)/medianest-bot demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

quick: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m bench

# The locks hold hashes and no index address, so any mirror serves them.
lock: $(VENV)/.dev
	$(LOCK) pyproject.toml --group build -o requirements.lock $(ARGS)
	$(LOCK) pyproject.toml --group build --group dev --extra scale \
		-c requirements.lock -o requirements-dev.lock $(ARGS)

# Every language gets the sentences that are new, and loses those nobody says any more.
words: $(VENV)/.dev
	$(BIN)/pybabel -q extract -k n_:1,2 -k marked -k Sorry -k command -k Param \
		--add-location=file -o $(VENV)/bot.pot src
	$(BIN)/pybabel -q update -D bot -i $(VENV)/bot.pot -d src/medianest_bot/locales \
		-w 88 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -D bot -d src/medianest_bot/locales

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "medianest-bot needs Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "This Python lacks venv. Run: sudo apt install python3-venv"; exit 1; }
	@echo "Setting up .venv (once, under a minute) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
