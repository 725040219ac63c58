# `make run` and `make test` set up all they need and may be repeated.
FEED ?= simulated
AIRFLOW_PORT ?= 8080
API_PORT ?= 8000
UPSTREAM_PORT ?= 9010

UV := dev/uv
PYTHON := .venv/bin/python
SYNCED := .venv/.synced
SITE := site/.built
MERMAID := dev/mermaid/node_modules/.installed
DASHBOARD := api/dashboard/dist/.built
NPM := ../../dev/npm
BROWSER := .local/chromium
GUIDE := mkdocs.yml dev/guide_hooks.py $(shell find docs -type f)

.DEFAULT_GOAL := help
.PHONY: help run test test-all test-distributed check format setup reference new-source dashboard guide screenshots bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(SYNCED) $(SITE) $(DASHBOARD)  ## Airflow, API, dashboard and guide on this machine (FEED=simulated; FEED=eirgrid CONTACT=you@example.org)
	@exec $(PYTHON) -m dev.supervisor --feed "$(FEED)" $(if $(STORE),--store "$(STORE)") \
		$(if $(CONTACT),--contact "$(CONTACT)") $(if $(NOW),--now "$(NOW)") $(if $(RECORDED),--recorded "$(RECORDED)") \
		--airflow-port $(AIRFLOW_PORT) --api-port $(API_PORT) --upstream-port $(UPSTREAM_PORT)

test: check $(BROWSER)  ## Lint, types, layering and every test but the long ones
	cd api/dashboard && $(NPM) --silent test
	$(PYTHON) -m pytest -m "not long and not distributed"

test-all: check $(BROWSER)  ## The long suites too
	cd api/dashboard && $(NPM) --silent test
	$(PYTHON) -m pytest -m "not distributed"

test-distributed: $(SYNCED) $(SITE) $(DASHBOARD)  ## docker-compose.yaml as processes: PostgreSQL, Redis, Celery workers; live cycles, a backfill with kills, gapcheck
	dev/servers
	$(PYTHON) -m pytest -m distributed --log-cli-level=INFO tests/distributed

check: $(SYNCED) $(SITE) $(DASHBOARD)  ## Lint, types, layering
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	cd api/dashboard && $(NPM) --silent run check

format: $(SYNCED) $(DASHBOARD)  ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	cd api/dashboard && $(NPM) --silent run format

setup: $(SYNCED)  ## Install what run and test need

reference: $(SYNCED)  ## Write the reference pages that are made from the code
	$(PYTHON) -m dev.reference

new-source: $(SYNCED)  ## Write a source and its test from a template (NAME=…)
	$(PYTHON) -m dev.new_source "$(NAME)"

screenshots: $(SYNCED) $(SITE) $(DASHBOARD) $(BROWSER)  ## Every page in both themes and three widths, into .local/screenshots
	$(PYTHON) -m dev.screenshots

bench: $(SYNCED) $(SITE) $(DASHBOARD) $(BROWSER)  ## Time the gap scan, the API and the dashboard beside their limits (five minutes)
	$(PYTHON) -m bench

dashboard: $(DASHBOARD)  ## Build the dashboard into api/dashboard/dist/

guide: $(SITE)  ## Build the guide into site/

clean:  ## Remove what setup made; data stay
	rm -rf .venv site dev/mermaid/node_modules api/dashboard/node_modules api/dashboard/dist .mypy_cache .ruff_cache .hypothesis

$(SYNCED): pyproject.toml uv.lock dev/uv
	$(UV) sync --locked --compile-bytecode
	@touch $@

$(MERMAID): $(SYNCED) dev/npm $(addprefix dev/mermaid/,package.json package-lock.json .npmrc)
	cd dev/mermaid && ../npm ci --silent
	@touch $@

$(SITE): $(SYNCED) $(MERMAID) $(GUIDE)
	@# Not --quiet: it drops the warnings that --strict counts.
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict
	@touch $@

api/dashboard/node_modules/.installed: $(SYNCED) dev/npm $(addprefix api/dashboard/,package.json package-lock.json .npmrc)
	cd api/dashboard && $(NPM) ci --silent
	@touch $@

$(DASHBOARD): api/dashboard/node_modules/.installed $(addprefix api/dashboard/,tsconfig.json vite.config.ts) $(shell find api/dashboard/src api/dashboard/public -type f)
	cd api/dashboard && $(NPM) --silent run build
	@touch $@

$(BROWSER): $(SYNCED) dev/chromium
	@mkdir -p $(@D)
	dev/chromium > $@.part && mv $@.part $@
