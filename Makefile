# make help says what each target does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= 2.13.0
SUITE ?= tests
SIDE_BY_SIDE ?= 3
STATUTES ?= ../shared/bench/statutes
CORPUS ?= ../shared/corpus
PASSAGES ?= $(STATUTES)/passages.jsonl.gz
QUERIES ?= $(STATUTES)/dev.jsonl
SAMPLE ?= 3000
WORK ?= build/reader
MINUTES ?= 120

.PHONY: help install chat test check audit torture browser screenshots fix benchmark model clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 13

install: $(VENV)/.installed ## the program and what it needs, into .venv

# PyTorch's CPU build: from a wheel that pip already has at hand, else from PyTorch's own CPU index,
# which uv knows; only if neither has it, whatever the default index offers.
$(VENV)/.torch: Makefile
	test -x $(BIN)/python || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --upgrade pip; }
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

chat: $(VENV)/.installed ## ingest corpus/ and what its sources.yaml names, then open the web chat
	$(BIN)/python -m ingest add --sources corpus || test $$? -eq 1
	$(BIN)/python -m app serve

# Three at a time: with two, a machine of two cores had nothing to do for a third of the time.
test: check browser ## all checks and tests; one file: make test SUITE=tests/test_split.py
	$(BIN)/python -m pytest -n $(SIDE_BY_SIDE) --dist loadfile --no-loadscope-reorder $(SUITE)

# Chromium and a Chinese font for the browser tests, which are skipped where they cannot be had.
browser: ## Chromium and a Chinese font, for the tests that need a browser
	@command -v chromium >/dev/null && fc-list | grep -qi cjk \
	|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq \
	     && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null; } \
	|| echo "No Chromium with a Chinese font; as root: apt-get install chromium fonts-noto-cjk"

check: $(VENV)/.tested ## Ruff, mypy, imports, and whether what the docs name is there
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m pytest -p no:cacheprovider tests/test_contributing.py

# Known vulnerabilities of all that is installed, and a failure where one package could not be looked
# up; pip-audit has an environment of its own. A build's mark (+cpu) is no version of the index. The
# two passed over are in a server of chromadb that is never started (README.md, Safety).
audit: $(VENV)/.installed ## known vulnerabilities of all that is installed
	test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install --quiet 'pip-audit>=2.9,<3'; }
	$(BIN)/pip list --format=freeze --exclude-editable | sed 's/+[[:alnum:].]*$$//' > $(VENV)/audit/installed.txt
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement $(VENV)/audit/installed.txt \
	--ignore-vuln CVE-2026-45829 --ignore-vuln GHSA-2wm9-hf6c-p5cr

# LENGTH=--short takes ten minutes at most; python -m benchmarks.torture --help names the parts.
LENGTH ?=
torture: $(VENV)/.installed ## kills, damage, hostile files, a crowd; an hour (LENGTH=--short)
	$(BIN)/python -m benchmarks.torture $(LENGTH)

screenshots: $(VENV)/.tested browser ## the pictures of the docs
	$(BIN)/python docs/screenshots.py

fix: $(VENV)/.tested ## what Ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The embedding model, the reranker and the reader, from the texts, the questions written for them
# and the reader's pretrained base: make model STATUTES=FOLDER CORPUS=FOLDER
# (training/embedding/train.py says what the folders hold). Overwrites what is in models/; WORK
# keeps the reader's progress, MINUTES is what each of its two steps may take without a GPU.
model: $(VENV)/.installed ## train the models anew (STATUTES=FOLDER CORPUS=FOLDER)
	$(BIN)/pip install --quiet --editable '.[train]'
	$(BIN)/python training/embedding/train.py --statutes $(STATUTES) --corpus $(CORPUS) --out models/zhengce-embed
	$(BIN)/python training/reranker/train.py --statutes $(STATUTES) --corpus $(CORPUS) --out models/reranker
	$(BIN)/python training/collect.py --statutes $(STATUTES) --corpus corpus $(CORPUS) --work $(WORK) --held-out benchmarks/questions/practice.jsonl
	$(BIN)/python training/encoder.py --work $(WORK) --minutes $(MINUTES)
	$(BIN)/python training/reader.py --work $(WORK) --minutes $(MINUTES)
	$(BIN)/python training/export.py --work $(WORK) --out models/reader
	$(BIN)/python training/calibrate.py --corpus corpus $(CORPUS) --questions benchmarks/questions/practice.jsonl --out models/reader

# Retrieval, stage by stage and against what else one could install, into docs/benchmarks.md.
# SAMPLE: passages for LangChain's set-up; 0 gives it all, which takes half an hour.
benchmark: $(VENV)/.installed ## measure retrieval into docs/benchmarks.md
	$(BIN)/pip install --quiet --editable '.[benchmark]'
	$(BIN)/python benchmarks/retrieval.py --passages $(PASSAGES) --queries $(QUERIES) \
	--baselines --sample $(SAMPLE) --table docs/benchmarks.md

clean: ## remove .venv and data/
	rm -rf $(VENV) data
