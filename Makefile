# Two commands: `make run` starts the platform, `make test` checks everything. Both set themselves up in .venv.
PYTHON ?= python3
SAMPLE ?= small
PORT ?= 8000
# The sample city and your own installation never share a folder.
export QINGDUN_HOME ?= $(if $(filter none,$(SAMPLE)),var/own,var/sample-$(SAMPLE))
SYSLOG ?= 5514
BIN := .venv/bin
DEALT := -n auto --dist loadfile

.PHONY: run test check lint format types layers django-checks unit docs messages lock clean

run: .venv/run.stamp
	@$(BIN)/qingdun up --sample $(SAMPLE) --port $(PORT) --syslog $(SYSLOG)

test: .venv/dev.stamp
	@$(MAKE) --no-print-directory lint types layers django-checks unit docs

lint: .venv/dev.stamp
	$(BIN)/ruff format --check src tests scripts
	$(BIN)/ruff check src tests scripts

format: .venv/dev.stamp
	$(BIN)/ruff check --fix src tests scripts
	$(BIN)/ruff format src tests scripts

types: .venv/dev.stamp
	$(BIN)/mypy

layers: .venv/dev.stamp
	$(BIN)/lint-imports

django-checks: .venv/dev.stamp
	$(BIN)/python -m django check --settings qingdun.config.settings
	$(BIN)/python -m django makemigrations --check --dry-run --settings qingdun.config.settings

# Files of tests are dealt out to as many processes as there are cores, each with an installation of its own.
# With QINGDUN_TEST_POSTGRES set (as CI does) everything that touches records runs a second time, on PostgreSQL, beside
# the first: its output follows when both have ended.
unit: .venv/dev.stamp
	@if [ -z "$$QINGDUN_TEST_POSTGRES" ]; then echo "未设 QINGDUN_TEST_POSTGRES：不在 PostgreSQL 上再跑一遍"; $(BIN)/pytest $(DEALT) $(PYTEST_ARGS); exit; fi; \
	second=$$(mktemp); \
	QINGDUN_DATABASE_URL="$$QINGDUN_TEST_POSTGRES" $(BIN)/pytest $(PYTEST_ARGS) -m "not corpus and not browser and not process" >$$second 2>&1 & beside=$$!; \
	$(BIN)/pytest $(DEALT) $(PYTEST_ARGS); first=$$?; \
	wait $$beside; last=$$?; \
	echo "在 PostgreSQL 上："; cat $$second; rm -f $$second; \
	exit $$((first + last))

docs: .venv/dev.stamp
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python scripts/messages.py --check

messages: .venv/dev.stamp
	$(BIN)/python scripts/messages.py

lock: .venv/dev.stamp
	$(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --strip-extras --extra build -o requirements/run.txt pyproject.toml
	$(BIN)/pip-compile -q --extra dev --extra build --extra ldap --extra saml --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --strip-extras -o requirements/dev.txt pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The lock carries hashes; the project itself is added without looking at any index again.
.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "正在安装（只在第一次或依赖变化时）…"
	@test -f .venv/dev.stamp || $(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements/run.txt
	@test -f .venv/dev.stamp || $(BIN)/pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e . && $(BIN)/python -m qingdun.web.assets
	@touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml | .venv/bin/python
	@$(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e . && $(BIN)/python -m qingdun.web.assets
	@touch $@

clean:
	rm -rf .venv build dist var
