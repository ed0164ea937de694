# make chat: install, ingest corpus/ and open the web chat.   make test: install and test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= 2.13.0
SUITE ?= tests

.PHONY: install chat test check fix benchmark model clean

install: $(VENV)/.installed

# PyTorch's CPU build: from a wheel that pip already has at hand, else from PyTorch's own CPU index,
# which uv knows; only if neither has it, whatever the default index offers.
$(VENV)/.torch: Makefile
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c "import torch" 2>/dev/null \
	|| $(BIN)/pip install --quiet --no-index --no-deps torch==$(TORCH) 2>/dev/null \
	|| { $(BIN)/pip install --quiet uv && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --torch-backend cpu torch==$(TORCH); } \
	|| { echo "The CPU build of PyTorch was not found; installing the default build, which may be large."; $(BIN)/pip install --quiet torch==$(TORCH); }
	touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

chat: $(VENV)/.installed
	$(BIN)/python -m ingest add corpus
	$(BIN)/python -m app serve

test: check
	$(BIN)/python -m pytest $(SUITE)

check: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) data
