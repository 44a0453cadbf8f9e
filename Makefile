# `make run` and `make test` need Python 3.11 or later, make, and a package index; nothing else. Where
# there is a C compiler they compile the kernels too. KERNELS_REQUIRED=1 makes it an error if they cannot.
PYTHON ?= python3
BIN := .venv/bin
# One version for every Python (fork-strategy), so that all of them run the same code.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --no-strip-extras --generate-hashes --custom-compile-command "make lock"

.PHONY: run test check docs lint-project schemas lock kernels azurite fuzz faults kills bench container-test clean

run: kernels  ## the job on the committed bars; results go to out/
	mkdir -p out
	$(BIN)/python run.py --input data.csv --config config.yaml --output out/metrics.json --log-file out/run.log

test: .venv/test.stamp kernels  ## the tests, on all cores, with branch coverage
	$(BIN)/pytest --numprocesses auto --dist worksteal --cov --cov-report term

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
	$(BIN)/check-jsonschema --quiet --check-metaschema docs/schemas/*.json
	$(BIN)/check-jsonschema --quiet --schemafile docs/schemas/config.schema.json config.yaml
	$(BIN)/check-jsonschema --quiet --schemafile docs/schemas/metrics.schema.json metrics.json
	$(BIN)/zizmor --quiet --offline --strict-collection --pedantic \
		.github/workflows/*.yml .github/dependabot.yml .pre-commit-config.yaml

schemas: .venv/test.stamp  ## docs/schemas/ again from the code; a test compares the two
	$(BIN)/python -m tests.kit.schemas

lock: .venv/test.stamp  ## requirements*.txt anew from pyproject.toml, pinned and hashed
	$(LOCK) --output-file requirements.txt
	$(LOCK) --all-extras --constraint requirements.txt --output-file requirements-extras.txt
	$(subst pyproject.toml,--group build,$(LOCK)) --output-file requirements-build.txt
	$(LOCK) --group dev --group build --constraint requirements.txt --constraint requirements-build.txt \
		--output-file requirements-dev.txt
	for peer in benchmarks/contenders/*.in; do \
		$(subst pyproject.toml,$$peer,$(LOCK)) --output-file $${peer%.in}.txt || exit 1; done

AZURITE := 3.35.0
azurite: .venv/azurite/$(AZURITE).stamp  ## a server of Azure for the tests, by npm; without it they are skipped

.venv/azurite/%.stamp: .venv/bin/python
	npm install --silent --no-audit --no-fund --prefix .venv/azurite azurite@$*
	touch $@

FUZZ_SECONDS ?= 3600
fuzz:  ## the kernels against slow twins, by clang's libFuzzer and sanitizers; FUZZ_SECONDS=60 for a minute
	tests/fuzz/run $(FUZZ_SECONDS)

FAULTS ?=
faults: .venv/test.stamp kernels  ## each call of each command fails, 1,000 runs are killed; FAULTS="run --kills 9" for a part
	$(BIN)/python -m tests.faults $(FAULTS)

KILLS ?= 20
kills: .venv/test.stamp kernels  ## workers of a Dask cluster are killed while they compute: the digest stays the same
	$(BIN)/python -m tests.clusters.kills $(KILLS)

bench: .venv/test.stamp kernels  ## beside peers, each in an environment of its own; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

container-test:  ## builds and runs the image for real, with docker or buildah
	$(PYTHON) tests/container/check.py

clean:
	rm -rf .venv build dist out site *.egg-info barwise/kernels/_kernels*.so

.venv/bin/python:
	$(PYTHON) -m venv --without-pip .venv

# The pip beside $(PYTHON) where it can install into .venv (22.3 or later): one of its own is made in 3 of 8 s.
PIP = $(shell $(PYTHON) -m pip --python $(BIN)/python --version > /dev/null 2>&1 \
	&& echo $(PYTHON) -m pip --python $(BIN)/python \
	|| { $(BIN)/python -m ensurepip > /dev/null; echo $(BIN)/python -m pip; })
INSTALL = $(PIP) install --quiet --disable-pip-version-check

# --no-compile: a job imports a fortieth of the files. These are compiled here, as some jobs may not write bytecode.
.venv/run.stamp: .venv/bin/python requirements.txt requirements-build.txt
	$(INSTALL) --no-compile --require-hashes -r requirements.txt -r requirements-build.txt
	$(BIN)/python -m compileall -q barwise run.py
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import numpy.random, yaml'
	touch $@

.venv/test.stamp: .venv/run.stamp requirements-dev.txt pyproject.toml
	$(INSTALL) --require-hashes -r requirements-dev.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

kernels: .venv/run.stamp .venv/kernels.stamp

# Beside their sources, where `python run.py` finds them. Tried again by each command until it works.
.venv/kernels.stamp: .venv/run.stamp setup.py $(wildcard barwise/kernels/*.[ch])
	@rm -f barwise/kernels/_kernels*.so
	@if $(BIN)/python setup.py --quiet build_ext --inplace --build-temp .venv/kernels \
		> .venv/kernels.log 2>&1 && $(BIN)/python -c 'import barwise.kernels._kernels' 2>> .venv/kernels.log; \
	then touch $@; \
	elif [ "$$KERNELS_REQUIRED" = 1 ]; then cat .venv/kernels.log; exit 1; \
	else echo "without kernels, so NumPy computes the same bits, more slowly: install a C compiler and Python's" \
		"headers (on Debian: gcc libc6-dev python3-dev), then make again; .venv/kernels.log says more"; fi
