# `make run` and `make test` set up all they need and may be repeated.
FEED ?= simulated
AIRFLOW_PORT ?= 8080
API_PORT ?= 8000
UPSTREAM_PORT ?= 9010
SETTINGS ?= deploy.yaml
# Tests at once; more than four wait for each other's servers.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((cores < 4 ? cores : 4)))
# `make test-all SEED=…` repeats what a run of it drew.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif

UV := dev/uv
PYTHON := .venv/bin/python
SYNCED := .venv/.synced
SITE := site/.built
MERMAID := dev/mermaid/node_modules/.installed
DASHBOARD := api/dashboard/dist/.built
DASHBOARD_TOOLS := api/dashboard/node_modules/.installed
NPM := ../../dev/npm
BROWSER := .local/chromium
SHIPPED := api dags deploy dev healthcheck_lambda include plugins
# Locks hold hashes, which look like secrets.
SCANNED := . ':!uv.lock' ':!**/package-lock.json' ':!**requirements.txt'
# What tests give to moto, and the MD5 of nothing.
NO_SECRETS := ^(test|testing|stranger|d41d8cd98f00b204e9800998ecf8427e)$$
# Tests with the same marker `xdist_group` share a worker. A worker that dies fails the run: it is not started again.
PYTEST := $(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder --max-worker-restart=0
GUIDE := mkdocs.yml dev/guide_hooks.py $(shell find docs -type f)

.DEFAULT_GOAL := help
.PHONY: help run test test-dashboard test-fast test-all test-distributed lint check check-secrets hooks format setup reference new-source dashboard guide browser screenshots ready bench bench-quick bench-growth package requirements deploy destroy clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(SYNCED) $(SITE) $(DASHBOARD)  ## Airflow, API, dashboard and guide on this machine (FEED=simulated; FEED=eirgrid CONTACT=you@example.org)
	@exec $(PYTHON) -m dev.supervisor --feed "$(FEED)" $(if $(STORE),--store "$(STORE)") \
		$(if $(CONTACT),--contact "$(CONTACT)") $(if $(NOW),--now "$(NOW)") $(if $(RECORDED),--recorded "$(RECORDED)") \
		--airflow-port $(AIRFLOW_PORT) --api-port $(API_PORT) --upstream-port $(UPSTREAM_PORT)

test: $(SYNCED) ready $(DASHBOARD_TOOLS)  ## Every kind of check and test, the long ones aside (WORKERS=1 for one after the other)
	@# The checks run beside the tests, which wait for Airflow now and then. What fails there is shown at once.
	@# `make` by name: a line with the variable of that name is run by `make -n` too, and all of these tests with it.
	@{ make --no-print-directory check test-dashboard > .local/checks.log 2>&1 || { cat .local/checks.log; exit 1; }; } & checks=$$!; \
	$(PYTEST) -m "not long and not distributed"; tests=$$?; \
	wait $$checks; checks=$$?; \
	[ $$checks = 0 ] && echo "checks: all passed (.local/checks.log)" || echo "checks: FAILED, see .local/checks.log" >&2; \
	[ $$tests = 0 ] && [ $$checks = 0 ]

test-dashboard: $(DASHBOARD_TOOLS)
	cd api/dashboard && $(NPM) --silent test

test-fast: lint  ## Lint, types, layering and the tests that need no server and no browser
	$(PYTEST) -m "not (e2e or browser or server or long or distributed)"

test-all: check ready test-dashboard  ## The long tests and the quick benchmark too, with other random numbers each time (SEED=…)
	GRID_TEST_SEED=$(SEED) $(PYTEST) --hypothesis-seed=$(SEED) -m "not distributed"
	$(PYTHON) -m bench --quick

# What tests need beside the environment.
ready: $(SITE) $(DASHBOARD) $(BROWSER)
	@dev/servers postgresql || echo "make: without PostgreSQL the end-to-end tests run on SQLite, which is slower" >&2

test-distributed: $(SYNCED) $(SITE) $(DASHBOARD)  ## docker-compose.yaml as processes: PostgreSQL, Redis, Celery workers; live cycles, a backfill with kills, gapcheck
	dev/servers postgresql redis-server
	$(PYTHON) -m pytest -m distributed --log-cli-level=INFO tests/distributed

lint: $(SYNCED)  ## Lint, types, layering
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

check: lint check-secrets $(DASHBOARD_TOOLS)  ## The same, bandit, secrets, known vulnerabilities, the dashboard's own
	@# SQL put together from text is ruff's S608, with the reason beside each.
	.venv/bin/bandit --quiet -ll --skip B608 --recursive $(SHIPPED)
	$(PYTHON) -m dev.audit
	cd api/dashboard && $(NPM) --silent run check

check-secrets: $(SYNCED)
	git ls-files -z -- $(SCANNED) | xargs -0 .venv/bin/detect-secrets-hook --no-verify --exclude-secrets '$(NO_SECRETS)'

hooks: $(SYNCED)  ## Run ruff, types and the search for secrets before each commit
	.venv/bin/pre-commit install

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
	dev/servers postgresql redis-server wrk
	$(PYTHON) -m bench $(if $(ONLY),$(ONLY:%=--only %),--out docs/reference)

bench-quick: $(SYNCED)  ## The same on a smaller size against generous floors (90 seconds)
	$(PYTHON) -m bench --quick

bench-growth: $(SYNCED)  ## Draw how time and memory grow with years and sources, for the guide (five minutes)
	$(PYTHON) -m bench --growth --out docs/assets

dashboard: $(DASHBOARD)  ## Build the dashboard into api/dashboard/dist/

guide: $(SITE)  ## Build the guide into site/

browser: $(BROWSER)  ## Find or install the Chromium that the browser tests drive

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

$(DASHBOARD_TOOLS): $(SYNCED) dev/npm $(addprefix api/dashboard/,package.json package-lock.json .npmrc)
	cd api/dashboard && $(NPM) ci --silent
	@touch $@

$(DASHBOARD): $(DASHBOARD_TOOLS) $(addprefix api/dashboard/,tsconfig.json vite.config.ts) $(shell find api/dashboard/src api/dashboard/public -type f)
	cd api/dashboard && $(NPM) --silent run build
	@touch $@

$(BROWSER): $(SYNCED) dev/chromium
	@mkdir -p $(@D)
	dev/chromium > $@.part && mv $@.part $@
