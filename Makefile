# Everything here is also a command of its own: see scripts/ and `.venv/bin/bottega --help`.
.PHONY: demo up down test lint console openapi docs wheels wheels-test screenshots bench gpu faults sec bootstrap help
.DEFAULT_GOAL := help

demo: ## install everything, start the platform, run the example through the whole loop
	@scripts/demo

up: bootstrap console ## start the platform and print its address and a sign-in link
	@.venv/bin/bottega up

down: ## end the platform; its state stays in BOTTEGA_HOME
	@if [ -x .venv/bin/bottega ]; then .venv/bin/bottega down; else echo "nothing is installed here"; fi

test: ## set up what the tests need and run them all, checks first
	@scripts/test

lint: bootstrap ## run the checks alone: ruff, mypy, import-linter, the console's
	@scripts/lint

console: bootstrap ## build the console if its sources changed
	@scripts/build_console

openapi: bootstrap ## write docs/reference/openapi.json and the console's types from the code
	@scripts/openapi

docs: bootstrap ## write docs/reference/cli.md and docs/reference/sdk.md from the code
	@.venv/bin/python scripts/write_reference.py

wheels: ## build the wheels and source packages of everything into dist/, with constraints.txt
	@scripts/wheels

wheels-test: bootstrap ## install the built wheels into an empty environment and run the example from them
	@.venv/bin/python -m pytest -m wheels tests/wheels

screenshots: bootstrap ## take the pictures of every page of the console from the running example
	@scripts/screenshots

bench: bootstrap ## run the benchmarks and write JSON to benchmarks/results/
	@scripts/bench

gpu: ## train the network on this machine's GPU, kill it, resume, predict; needs Python, torch and numpy only
	@$${PYTHON:-python3} benchmarks/gpu.py

faults: bootstrap ## run the long fault tests: kills and cuts of real processes
	@.venv/bin/python -m pytest -m faults

sec: bootstrap ## run what must be refused: routes by role, sign-in, hostile bodies, files and SQL, closed ports
	@.venv/bin/python -m pytest platform/tests/accounts platform/tests/api platform/tests/embedded \
	  feature_store/tests/sqlguard feature_store/tests/ingest

bootstrap: ## install into .venv what is not there yet
	@scripts/bootstrap

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
