# Two commands do it all: `make demo` and `make test`. Each builds .venv from the hash-locked requirements first.
PYTHON ?= python3
BIN := .venv/bin
# uv reads no pip configuration; a site that names its index for pip is followed here.
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
export DAGSTER_TELEMETRY_DISABLED := 1
# So many processes run the tests side by side, each with services of its own.
TEST_PROCESSES ?= 2

.PHONY: demo test lint lint-style lint-types lint-imports lint-sql install lock clean

demo: .venv/.installed
	$(BIN)/vigil demo

test: lint
	$(BIN)/pytest -n $(TEST_PROCESSES) --no-loadscope-reorder

# Side by side, since types and SQL take a minute each; all of them are run, whichever fails.
lint: .venv/.installed
	@$(MAKE) --no-print-directory --keep-going --jobs=$(TEST_PROCESSES) lint-types lint-sql lint-style lint-imports

lint-style: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-types: .venv/.installed
	$(BIN)/mypy .
	$(BIN)/mypy benchmarks/detection.py

lint-imports: .venv/.installed
	$(BIN)/lint-imports

lint-sql: .venv/.installed
	$(BIN)/sqlfluff lint dbt_project

install: .venv/.installed

.venv/.installed: requirements/lock.txt requirements/bootstrap.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, $(PYTHON) is older: run make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/lock.txt
	$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .
	touch $@

# Resolve the newest versions that pyproject.toml allows and write them down with their hashes.
lock: .venv/.installed
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra dev --custom-compile-command "make lock" pyproject.toml -o requirements/lock.txt
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" -c requirements/lock.txt - -o requirements/bootstrap.txt

clean:
	rm -rf .venv build *.egg-info dbt_project/target dbt_project/logs
