# Two commands serve a newcomer: `make run` starts the archive, `make test` proves it.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/test-results/*' 2>/dev/null)

.PHONY: install install-dev run check test bench docs lock clean peers

install: .venv/.runtime web-page

install-dev: .venv/.dev web-page

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install -q --require-hashes -r requirements.lock
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install -q --require-hashes -r requirements-dev.lock
	$(BIN)/pip install -q --no-deps -e .
	@touch .venv/.runtime $@

ifneq ($(wildcard web/package-lock.json),)
web-page: src/lumenarc/web_dist/index.html
web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
src/lumenarc/web_dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@
else
web-page:
endif
.PHONY: web-page

run: install
	$(BIN)/lumenarc serve

# What every commit must pass, in less than two minutes.
check: install-dev
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 tests/unit tests/property
ifneq ($(wildcard web/package-lock.json),)
	cd web && npm run --silent check
endif

# The independent peers that the conformance, browser and fault tests talk to.
peers:
	@bash tests/peers.sh

# `check` has run the unit and property tests; the others need the peers.
test: peers check
	$(BIN)/pytest -n 2 --dist loadfile tests --ignore tests/unit --ignore tests/property

bench: install-dev peers
	$(BIN)/python -m tests.bench

docs: install-dev
	$(BIN)/lumenarc docs

lock:
	pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  -o requirements.lock pyproject.toml
	pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras \
	  --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv web/node_modules src/lumenarc/web_dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
