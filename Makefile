# make serve — set up, build the release of this project and serve it (HOST, PORT)
# make test  — set up and run the tests
# make assets — bundle the scripts and styles of the pages again, where they have changed
# make soak  — the long tests: load on the site (SECONDS=60), moves between releases, killed builds; wants a quiet machine
# make deploy-check — the unit and the commands of docs/deploy.md under a real systemd (root; debootstrap, systemd-container)
# make bench — the benchmarks (BENCH="mapping build" for some); peers are installed into .venv-peers
# make check — everything that CI runs

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
SECONDS ?= 60
VENV := .venv
BIN := $(VENV)/bin
# an editable install sees changes of the code; new metadata, scripts and styles ask for a new install
RUN := $(VENV)/.installed
TEST := $(VENV)/.installed-test

ASSETS := hatch_build.py $(shell find src/kclod/web/assets -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: serve build test assets soak deploy-check bench check clean
.DELETE_ON_ERROR:

serve: build
	HOST=$(HOST) PORT=$(PORT) $(BIN)/kclod serve

build: $(RUN)
	$(BIN)/kclod build

test: $(TEST)
	$(BIN)/python -m pytest $(ARGS)

assets: | $(BIN)/python
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$$(mktemp -d)" .

soak: $(TEST)
	KCLOD_SOAK=$(SECONDS) $(BIN)/python -m pytest tests/web/test_soak.py -q -s
	KCLOD_SWITCHES=20 $(BIN)/python -m pytest tests/web/test_switch.py -k whole -q -s
	KCLOD_KILLS=200 $(BIN)/python -m pytest tests/test_crash.py -k killed -q -s

deploy-check: $(TEST)
	KCLOD_SYSTEMD=1 $(BIN)/python -m pytest tests/web/test_systemd.py -q

bench: $(TEST)
	$(BIN)/python -m tests.bench $(BENCH)

check:
	.ci/run

clean:
	rm -rf $(VENV) .venv-peers releases dist src/kclod/web/static/built src/kclod/web/assets/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kclod needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(RUN): pyproject.toml $(ASSETS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(TEST): pyproject.toml $(ASSETS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(RUN)
