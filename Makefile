# `make run` and `make test` set up all they need and may be repeated.
FEED ?= simulated
AIRFLOW_PORT ?= 8080
API_PORT ?= 8000
UPSTREAM_PORT ?= 9010
SETTINGS ?= deploy.yaml
WORKERS ?= 0

UV := dev/uv
PYTHON := .venv/bin/python
SYNCED := .venv/.synced
SITE := site/.built
MERMAID := dev/mermaid/node_modules/.installed
DASHBOARD := api/dashboard/dist/.built
NPM := ../../dev/npm
BROWSER := .local/chromium
SHIPPED := api dags deploy dev healthcheck_lambda include plugins
# Locks hold hashes, which look like secrets.
SCANNED := . ':!uv.lock' ':!**/package-lock.json' ':!**requirements.txt'
# What tests give to moto, and the MD5 of nothing.
NO_SECRETS := ^(test|testing|stranger|d41d8cd98f00b204e9800998ecf8427e)$$
# One after the other; WORKERS=2 runs two files at a time, whose tests share a deployment, a store or a browser.
AT_ONCE := --numprocesses $(WORKERS) --dist loadfile
GUIDE := mkdocs.yml dev/guide_hooks.py $(shell find docs -type f)

.DEFAULT_GOAL := help
.PHONY: help run test test-all test-distributed check format setup reference new-source dashboard guide screenshots bench bench-quick bench-growth package requirements deploy destroy clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(SYNCED) $(SITE) $(DASHBOARD)  ## Airflow, API, dashboard and guide on this machine (FEED=simulated; FEED=eirgrid CONTACT=you@example.org)
	@exec $(PYTHON) -m dev.supervisor --feed "$(FEED)" $(if $(STORE),--store "$(STORE)") \
		$(if $(CONTACT),--contact "$(CONTACT)") $(if $(NOW),--now "$(NOW)") $(if $(RECORDED),--recorded "$(RECORDED)") \
		--airflow-port $(AIRFLOW_PORT) --api-port $(API_PORT) --upstream-port $(UPSTREAM_PORT)

test: check $(BROWSER)  ## Lint, types, layering and every test but the long ones
	cd api/dashboard && $(NPM) --silent test
	$(PYTHON) -m pytest $(AT_ONCE) -m "not long and not distributed"
	$(PYTHON) -m bench --quick

test-all: check $(BROWSER)  ## The long suites too
	cd api/dashboard && $(NPM) --silent test
	$(PYTHON) -m pytest $(AT_ONCE) -m "not distributed"

test-distributed: $(SYNCED) $(SITE) $(DASHBOARD)  ## docker-compose.yaml as processes: PostgreSQL, Redis, Celery workers; live cycles, a backfill with kills, gapcheck
	dev/servers
	$(PYTHON) -m pytest -m distributed --log-cli-level=INFO tests/distributed

check: $(SYNCED) $(SITE) $(DASHBOARD)  ## Lint, types, layering, bandit, secrets, known vulnerabilities
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	@# SQL put together from text is ruff's S608, with the reason beside each.
	.venv/bin/bandit --quiet -ll --skip B608 --recursive $(SHIPPED)
	git ls-files -z -- $(SCANNED) | xargs -0 .venv/bin/detect-secrets-hook --no-verify --exclude-secrets '$(NO_SECRETS)'
	$(PYTHON) -m dev.audit
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

bench: $(SYNCED) $(SITE) $(DASHBOARD) $(BROWSER)  ## Measure all beside its limit, for the guide (ten minutes; ONLY="merge load")
	dev/servers wrk
	$(PYTHON) -m bench $(if $(ONLY),$(ONLY:%=--only %),--out docs/reference)

bench-quick: $(SYNCED)  ## The same on a smaller size against generous floors (90 seconds)
	$(PYTHON) -m bench --quick

bench-growth: $(SYNCED)  ## Draw how time and memory grow with years and sources, for the guide (five minutes)
	$(PYTHON) -m bench --growth --out docs/assets

dashboard: $(DASHBOARD)  ## Build the dashboard into api/dashboard/dist/

guide: $(SITE)  ## Build the guide into site/

package: $(SYNCED)  ## All that a deployment uploads, into dist/ (OFFLINE=1 with wheels for MWAA; ALLOW_DIRTY=1)
	@# Built anew: a page that has been removed makes neither of them look old.
	@rm -f $(SITE) $(DASHBOARD)
	@$(MAKE) --no-print-directory $(SITE) $(DASHBOARD)
	@OFFLINE="$(OFFLINE)" ALLOW_DIRTY="$(ALLOW_DIRTY)" $(PYTHON) -m deploy package

requirements: $(SYNCED)  ## Write the requirements files from uv.lock
	@$(PYTHON) -m deploy requirements

deploy: package  ## To AWS: says what differs, asks, does it (SETTINGS=deploy.yaml; YES=1 asks nothing)
	@$(PYTHON) -m deploy deploy --settings "$(SETTINGS)" $(if $(YES),--yes)

destroy: $(SYNCED)  ## Delete what runs on AWS; the readings stay (SETTINGS=deploy.yaml; STORAGE=1 the empty storage stack too)
	@$(PYTHON) -m deploy destroy --settings "$(SETTINGS)" $(if $(YES),--yes) $(if $(STORAGE),--storage)

clean:  ## Remove what setup made; data stay
	rm -rf .venv site dist dev/mermaid/node_modules api/dashboard/node_modules api/dashboard/dist .mypy_cache .ruff_cache .hypothesis

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
