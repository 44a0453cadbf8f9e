# `make run` and `make test` need Python 3.11 or later, make, and a package index; nothing else.
PYTHON ?= python3
BIN := .venv/bin
# One version for every Python (fork-strategy), so that all of them run the same code.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --custom-compile-command "make lock"

.PHONY: run test check docs lint-project lock bench container-test clean

run: .venv/run.stamp  ## the job on the committed bars; results go to out/
	mkdir -p out
	$(BIN)/python run.py --input data.csv --config config.yaml --output out/metrics.json --log-file out/run.log

test: .venv/test.stamp  ## the tests, with branch coverage
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: .venv/test.stamp  ## format, lint, types, project files, docs, then the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(MAKE) lint-project
	$(MAKE) docs
	$(MAKE) test

docs: .venv/test.stamp  ## the pages of docs/ as HTML in site/; fails where a link or an anchor is broken
	$(BIN)/mkdocs build --quiet

SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema
lint-project: .venv/test.stamp  ## workflows and other files about the project, by schemas that are installed
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(SCHEMA) vendor.citation-file-format CITATION.cff
	$(BIN)/zizmor --quiet --offline --strict-collection --pedantic \
		.github/workflows/*.yml .github/dependabot.yml .pre-commit-config.yaml

lock: .venv/test.stamp  ## requirements*.txt anew from pyproject.toml, pinned and hashed
	$(LOCK) --extra write --output-file requirements.txt
	$(LOCK) --extra write --group dev --constraint requirements.txt --output-file requirements-dev.txt
	for peer in benchmarks/contenders/*.in; do \
		$(subst pyproject.toml,$$peer,$(LOCK)) --output-file $${peer%.in}.txt || exit 1; done

bench: .venv/test.stamp  ## beside peers, each in an environment of its own; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

container-test:  ## builds and runs the image for real, with docker or buildah
	$(PYTHON) tests/container/check.py

clean:
	rm -rf .venv out site

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m compileall -q barwise run.py  # 13 of 120 ms where a job may not write bytecode
	touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
