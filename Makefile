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
GUIDE := mkdocs.yml dev/guide_hooks.py $(shell find docs -type f)

.DEFAULT_GOAL := help
.PHONY: help run test test-all check format setup reference new-source guide bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(SYNCED) $(SITE)  ## Airflow, API, dashboard and guide on this machine (FEED=simulated; FEED=eirgrid CONTACT=you@example.org)
	@exec $(PYTHON) -m dev.supervisor --feed "$(FEED)" $(if $(STORE),--store "$(STORE)") \
		$(if $(CONTACT),--contact "$(CONTACT)") $(if $(NOW),--now "$(NOW)") $(if $(RECORDED),--recorded "$(RECORDED)") \
		--airflow-port $(AIRFLOW_PORT) --api-port $(API_PORT) --upstream-port $(UPSTREAM_PORT)

test: check  ## Lint, types, layering and every test but the long ones
	$(PYTHON) -m pytest -m "not long"

test-all: check  ## The long suites too
	$(PYTHON) -m pytest

check: $(SYNCED) $(SITE)  ## Lint, types, layering
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: $(SYNCED)  ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

setup: $(SYNCED)  ## Install what run and test need

reference: $(SYNCED)  ## Write the reference pages that are made from the code
	$(PYTHON) -m dev.reference

new-source: $(SYNCED)  ## Write a source and its test from a template (NAME=…)
	$(PYTHON) -m dev.new_source "$(NAME)"

bench: $(SYNCED)  ## Time the gap scan and the API beside their limits (four minutes)
	$(PYTHON) -m bench

guide: $(SITE)  ## Build the guide into site/

clean:  ## Remove what setup made; data stay
	rm -rf .venv site dev/mermaid/node_modules .mypy_cache .ruff_cache .hypothesis

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
