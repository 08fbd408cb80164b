# make demo: the whole life cycle on a fresh machine.  make test: every default test.
# make test-browser: pages in a browser.  make reference: docs/reference/ from the docstrings.
VENV ?= .venv
BIN := $(VENV)/bin
# the first Python that is new enough, unless PYTHON names one
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

# what is imported is compiled once and kept; pip would compile 18,000 files that nobody imports, which takes a minute
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-slow test-browser check reference install-dev clean python

demo: $(VENV)/installed
	$(BIN)/headstart demo --out demo --overwrite

test: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=20

test-slow: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m slow
	$(BIN)/python tests/mutants.py

test-browser: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m browser

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/ruff check src tests benchmarks examples docs
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

reference:
	$(PYTHON) docs/make_reference.py

# an environment that was not finished is made anew
$(VENV)/installed: pyproject.toml | python
	@test -e $@ || rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@echo "installing headstart and what it needs (PyTorch is 1 to 5 GB; some minutes) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e ".[dev]"
	touch $@

python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "headstart needs Python 3.11 or newer, and $(if $(PYTHON),'$(PYTHON)' is older,none was found)."; \
	echo "Install one (https://www.python.org/downloads/), or name it: make demo PYTHON=/path/to/python3.12"; exit 1; }

clean:
	rm -rf $(VENV) demo
