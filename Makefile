# Everything runs in .venv, which the first target that needs it sets up; `make` alone lists the targets.

VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
# The first of these that is 3.11 or newer and can make environments; `make PYTHON=/path/to/python` overrides.
PYTHON  := python3.13 python3.12 python3.11 python3
# The language server of YAML files that most editors use; only tests need it.
SERVER  := yaml-language-server@1.25.0
# What renews the locks, in an environment of its own.
RESOLVER := uv==0.13.9
COMPILE := .venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' pyproject.toml --extra dev
LOCKS   := requirements.lock .ci/notebook.lock
WORKERS := -n auto --maxprocesses 8

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint check fix accept pending mistakes editor interop lock bench bench-compare paired campaign coverage clean

help:
	@echo 'make demo       run the seed scenario (sets everything up first)'
	@echo 'make test       run the tests'
	@echo 'make check      lint, formatting, types and tests: what must pass before a commit'
	@echo 'make fix        mend what lint can mend, and format'
	@echo 'make accept     rewrite the expectations of tests/language; then read the diff'
	@echo 'make editor     install the language server by which the tests see what editors show (needs npm)'
	@echo 'make interop    whether PM4Py reads what `sim export --to ocel` writes (installs it in an environment of its own)'
	@echo 'make lock       renew requirements.lock: the newest versions that pyproject.toml allows, with their hashes'
	@echo 'make pending    rewrite the table of pending clauses in docs/semantics.md from runs'
	@echo 'make mistakes   rewrite docs/mistakes.md from its cases; then read it aloud'
	@echo 'make bench      measure speed'
	@echo 'make bench-compare  measure the comparison of two logs of a million entries'
	@echo 'make paired     measure what the same luck is worth: how many runs a difference takes without it'
	@echo 'make campaign   long fuzzing and statistics, and the engine beside the reference'
	@echo 'make coverage   run the tests and show the branches they miss'
	@echo 'make clean      remove the environment and all caches; results stay'

setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/sim run scenarios/serbia_export_halt.yaml

test: $(STAMP)
	@$(BIN)/python -m pytest -q $(WORKERS)

lint: $(STAMP)
	@failed=0; \
	$(BIN)/ruff check --quiet || failed=1; \
	$(BIN)/ruff format --check --quiet || { echo 'make: some files are not formatted: make fix' >&2; failed=1; }; \
	$(BIN)/mypy --no-error-summary || failed=1; \
	exit $$failed

check: lint test

fix: $(STAMP)
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

accept: $(STAMP)
	@$(BIN)/python -m pytest -q $(WORKERS) tests/test_language.py --accept
	@git --no-pager diff --stat -- tests/language
	@echo 'Now read the diff: git diff tests/language'

editor:
	@command -v npm >/dev/null || { echo 'make: npm is needed, which comes with Node.js 20 or newer' >&2; exit 1; }
	@npm install --prefix .editor --no-save --no-audit --no-fund --ignore-scripts --loglevel=error $(SERVER) >/dev/null

# PM4Py is under the AGPL: it runs beside the product, as a process of its own, and nothing imports it.
interop: $(STAMP)
	@[ -x .venv-pm4py/bin/python ] || $(BIN)/python -m venv .venv-pm4py
	@.venv-pm4py/bin/python -c 'import pm4py' 2>/dev/null || .venv-pm4py/bin/python -m pip install --quiet --disable-pip-version-check 'pm4py==2.7.23.11'
	@for name in scenarios/*.yaml; do \
	    folder=$$(mktemp -d) && $(BIN)/sim run "$$name" --out "$$folder" --quiet >/dev/null 2>&1 && \
	    $(BIN)/sim export latest --out "$$folder" --to ocel --file "$$folder/log.json" 2>/dev/null && \
	    .venv-pm4py/bin/python tests/read_by_pm4py.py "$$name" "$$folder/log.json" 2>"$$folder/said" || { cat "$$folder/said" >&2; exit 1; }; \
	    rm -r "$$folder"; \
	done

# Hashes and versions, and nothing of this machine: neither its folders nor the index it asks.
lock: $(STAMP)
	@[ -x .venv-lock/bin/uv ] || { $(BIN)/python -m venv .venv-lock && .venv-lock/bin/python -m pip --disable-pip-version-check install --quiet '$(RESOLVER)'; }
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra notebook --constraints requirements.lock --output-file .ci/notebook.lock
	@git --no-pager diff --stat -- $(LOCKS)

pending: $(STAMP)
	@$(BIN)/python -m pytest -q tests/test_pending.py --accept
	@git --no-pager diff --stat -- docs/semantics.md

mistakes: $(STAMP)
	@$(BIN)/python -m pytest -q tests/test_mistakes.py --accept
	@git --no-pager diff --stat -- docs/mistakes.md

bench: $(STAMP)
	@$(BIN)/python bench/run.py

bench-compare: $(STAMP)
	@$(BIN)/python bench/compare.py

paired: $(STAMP)
	@$(BIN)/python bench/paired.py

campaign: $(STAMP)
	@$(BIN)/python -m pytest -q $(WORKERS) -m campaign
	@$(BIN)/python -m tests.reference.agreement --runs 20000
	@$(BIN)/python -m tests.reference.mutants

coverage: $(STAMP)
	@$(BIN)/coverage run -m pytest -q
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

clean:
	@rm -rf $(VENV) .venv-* .editor build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find sim tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up: once, and again when pyproject.toml or the lock changes. Quiet unless something is missing.
$(STAMP): pyproject.toml requirements.lock
	@python=''; bare=''; \
	for candidate in $(PYTHON); do \
	    "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    "$$candidate" -c 'import venv, ensurepip' 2>/dev/null || { bare="$${bare:-$$candidate}"; continue; }; \
	    python="$$candidate"; break; \
	done; \
	if [ -z "$$python" ] && [ -n "$$bare" ]; then \
	    echo "make: $$bare cannot make environments: install its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; \
	elif [ -z "$$python" ]; then \
	    echo "make: Python 3.11 or newer is needed, and none of these is one: $(PYTHON). Install it, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	echo "setting up $(VENV) with $$("$$python" --version) (once)" >&2; \
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || "$$python" -m venv --clear $(VENV) || exit 1; \
	install="$(BIN)/python -m pip --disable-pip-version-check install --quiet --retries 2"; \
	if ! { $$install --require-hashes --requirement requirements.lock && \
	       $$install --no-deps --no-build-isolation --editable .; } >$(VENV)/install.log 2>&1; then \
	    tail -n 15 $(VENV)/install.log >&2; \
	    echo "make: the packages could not be installed; pip's last words are above, all of them in $(VENV)/install.log." >&2; \
	    echo "      Without a network, name an index or a folder of wheels that can be reached, and repeat:" >&2; \
	    echo "      PIP_INDEX_URL=https://mirror.example/simple make ...    or    PIP_NO_INDEX=1 PIP_FIND_LINKS=/folder/of/wheels make ..." >&2; \
	    echo "      (pip download --requirement requirements.lock --dest /folder/of/wheels fills such a folder where there is a network)" >&2; \
	    exit 1; \
	fi; \
	touch $@
