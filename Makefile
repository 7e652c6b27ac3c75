# votepipe: everything a person types. `make` alone lists it.

PYTHON ?= python3
PARAMETERS ?=
export PARAMETERS
# Else every command, and every cold start of the test kit, compiles what it imports once more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup up demo check test test-fast chaos fuzz models docs bench deploy requirements clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make both environments, pinned exactly; quick when there is nothing to do
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "votepipe needs Python 3.11 or later. Run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(MAKE) --silent --no-print-directory -j2 .venv/ready .venv-ministack/ready

.venv/ready: requirements/dev.txt pyproject.toml
	@echo "Installing what votepipe is developed with into .venv …"
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@.venv/bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat --editable . 2>/dev/null
	@touch $@

.venv-ministack/ready: requirements/ministack.txt
	@echo "Installing the local AWS into .venv-ministack …"
	@$(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements/ministack.txt
	@touch $@

up: setup ## Bring the whole of it up on this machine; Ctrl-C ends it (PARAMETERS="Name=Value …")
	@exec .venv/bin/python -m votepipe.dev up --parameters "$$PARAMETERS"

demo: setup ## Push the sample records through the real code, without any server
	@.venv/bin/votepipe demo

check: setup ## Format, lint, types, template, schemas
	@$(MAKE) --no-print-directory -j2 check-code check-template

.PHONY: check-code check-template
check-code:
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/mypy examples/sinks/*.py examples/enrichers/*.py

check-template: export SAM_CLI_TELEMETRY = 0
check-template: export AWS_DEFAULT_REGION = us-east-1
check-template:
	.venv/bin/votepipe sync --check
	.venv/bin/votepipe schemas check
	.venv/bin/sam validate --lint
	.venv/bin/sam validate --lint --template-file examples/subscriber/template.yaml

test: setup ## All tests, in parallel
	.venv/bin/pytest -n 2 --dist loadgroup

test-fast: setup ## Tests without servers and without long or random searches, in under two minutes
	.venv/bin/pytest -n 2 --dist loadgroup -m "not local_stack and not browser and not slow and not hypothesis"

chaos: setup ## 10,000 votes on the test kit, 300 on the local stack, crashes at every step, and all that can go wrong: minutes
	VOTEPIPE_VOTES=10000 VOTEPIPE_LOCAL_VOTES=300 .venv/bin/pytest -s tests/chaos tests/contracts/test_events.py
	VOTEPIPE_VOTES=10000 .venv/bin/pytest tests/sinks/test_settle.py tests/sinks/slack/test_histories.py -k crash
	VOTEPIPE_EXAMPLES=100 .venv/bin/pytest tests/sinks/digest/test_digests.py tests/votepipe/dev/operations/test_recount.py tests/votepipe/emulator/dynamodb/test_service_against_moto.py

fuzz: setup ## A million records into the enrichment, 10,000 of them on into every sink: minutes
	VOTEPIPE_RECORDS=1000000 .venv/bin/pytest tests/fuzz

models: setup ## Write the types of the feed's events into examples/subscriber/models/ (needs npm)
	@mkdir -p .votepipe/node && cp tests/node/package.json .votepipe/node/
	@npm install --prefix .votepipe/node --ignore-scripts --no-package-lock --no-audit --no-fund --silent
	@.venv/bin/votepipe schemas models .votepipe/node

docs: setup ## Write the catalogue of events as a page, for AsyncAPI and for EventCatalog
	@.venv/bin/votepipe schemas docs

.venv-bench/ready: requirements/bench.txt
	@.venv/bin/pip install -qq --disable-pip-version-check --no-deps --require-hashes --target .venv-bench --upgrade -r requirements/bench.txt
	@touch $@

bench: setup .venv-bench/ready ## What is measured beside others, as a table and bench/results.json, in a few minutes
	@.venv/bin/python bench/run.py

deploy: setup ## Sync, check, build and deploy to AWS (CONFIG=prod for production)
	.venv/bin/votepipe sync
	.venv/bin/votepipe ready $(or $(CONFIG),default)
	.venv/bin/sam build --config-env $(or $(CONFIG),default)
	.venv/bin/sam deploy --config-env $(or $(CONFIG),default)$(if $(CI), --no-confirm-changeset)

# Made anew when a plugin, the template or what writes it changed; a folder changes with its list.
.votepipe/in-step: template.yaml sinks enrichers $(wildcard sinks/*.py sinks/*/*.py enrichers/*.py enrichers/*/*.py votepipe/*.py votepipe/*/*.py votepipe/project/sync/templates/* schemas/*)
	@test -x .venv/bin/python || { echo "The environment is missing. Run: make setup" >&2; exit 1; }
	@.venv/bin/python -m votepipe.dev sync --check
	@mkdir -p .votepipe && touch $@

# `sam build` calls this for every function of the template.
build-%: .votepipe/in-step
	@.venv/bin/python -m votepipe.project.zips $* "$(ARTIFACTS_DIR)"

requirements: setup ## Compile the requirement files from pyproject.toml and the .in files
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml enrichers/requirements.in sinks/requirements.in api/requirements.in -o requirements/dev.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/ministack.in -o requirements/ministack.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt requirements/bench.in -o requirements/bench.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt sinks/requirements.in -o sinks/requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt enrichers/requirements.in -o enrichers/requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt api/requirements.in -o api/requirements.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header -c requirements/dev.txt --no-emit-package pyyaml examples/sinks/apprise/requirements.in -o examples/sinks/apprise/requirements.txt

clean: ## Remove the local stack's data and what was built
	rm -rf .votepipe .aws-sam
