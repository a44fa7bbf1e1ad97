# Obhut's commands. Needs GNU make and Python 3.11 or newer with venv; everything else is installed into .venv.

PYTHON ?= python3
PORT ?= 8000
# Where `make test` looks for PostgreSQL, for the tests that SQLite cannot run. The database itself need not exist.
POSTGRES_URL ?= postgres://127.0.0.1:5432/obhut
# More arguments for pytest: make test ARGS="tests/retention -k boundary"
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
MANAGE := $(RUN) manage.py
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST := $(RUN) -m pytest --numprocesses auto --dist worksteal
CODE := config contacts consent retention dsar tests manage.py
RANDOM := $$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(48))')

.DEFAULT_GOAL := help
.PHONY: help run test lint bench demo-data screenshots messages lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environment ----------------------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) was not found. Install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Obhut needs Python 3.11 or newer, and this is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name a newer one, for example: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing the locked requirements into $(VENV) ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the locked tools for tests and lint into $(VENV) ..."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

.env:
	@cp .env.example .env
	@echo "Created .env from .env.example: development mode, no secrets needed."

var:
	@mkdir -p var

# What people use ----------------------------------------------------------------------------------------------------

# Honcho must not read .env itself: it would win over the real environment. The settings read it, and let it lose.
run: $(VENV)/.runtime .env | var ## Start Obhut on this machine, Ctrl-C ends it (another port: make run PORT=8001)
	@$(RUN) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null || { \
		echo "Port $(PORT) is in use. Take another one, for example: make run PORT=8001" >&2; exit 1; }
	@umask 077; grep -q '^BASE_URL=' .env || export BASE_URL="$${BASE_URL:-http://127.0.0.1:$(PORT)}"; \
	$(MANAGE) prepare && echo "Obhut starts at http://127.0.0.1:$(PORT)/ - Ctrl-C ends it." && \
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" exec $(VENV)/bin/honcho start --env /dev/null --port $(PORT)

demo-data: $(VENV)/.runtime .env | var ## Fill the database with invented people, companies and agreements
	@$(MANAGE) prepare
	@$(MANAGE) demo_data

bench: $(VENV)/.dev ## Measure, and print figures and ratios
	@$(RUN) -m tests.benchmarks $(ARGS)

screenshots: $(VENV)/.dev ## Take pictures of every page with Chromium
	@$(RUN) -m tests.screenshots $(ARGS)

# What developers use ------------------------------------------------------------------------------------------------

# On SQLite the tests that only PostgreSQL can run follow in a pass of their own; `tests/services.py` says what is skipped.
test: $(VENV)/.dev ## Run the whole test suite (honours DATABASE_URL, REQUIRE_SERVICES and ARGS)
ifeq ($(ARGS)$(findstring postgres,$(DATABASE_URL)),)
	@$(PYTEST) -m "not postgres"
	@echo "Now the tests that need PostgreSQL."
	@DATABASE_URL="$(POSTGRES_URL)" $(PYTEST) -m postgres
else
	@$(PYTEST) $(ARGS)
endif

lint: export DJANGO_SETTINGS_MODULE = config.settings
lint: export DATABASE_URL = sqlite://:memory:
lint: $(VENV)/.dev | var ## Check style, types, architecture, templates, settings and migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	DEBUG=true $(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports --no-logo
	find templates $(wildcard */templates) -type f -name '*.html' | xargs -r $(VENV)/bin/djade --target-version 5.2 --check
	find $(CODE) -name '*.py' | xargs -r $(VENV)/bin/django-upgrade --target-version 5.2 --check
	DEBUG=true $(MANAGE) check --fail-level WARNING
	DEBUG=true $(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy, with production values"
	@DEBUG=false SECRET_KEY="$(RANDOM)" HMAC_KEYS="1:$(RANDOM)" EXPORT_KEY="$(RANDOM)" \
		ALLOWED_HOSTS=obhut.example BASE_URL=https://obhut.example EMAIL_URL=smtp://localhost:25 \
		$(MANAGE) check --deploy --fail-level WARNING

messages: $(VENV)/.dev ## Collect the texts to translate and compile the catalogues (needs gettext)
	@command -v msgfmt >/dev/null || { echo "gettext is missing. On Debian or Ubuntu: apt-get install gettext" >&2; exit 1; }
	@DEBUG=true $(MANAGE) makemessages --locale de --locale fi --ignore '$(VENV)' --ignore var --ignore tests --no-wrap
	@DEBUG=true $(MANAGE) compilemessages --ignore '$(VENV)'

# --universal: the same lock serves every platform and every Python from 3.11 on.
lock: ## Lock requirements*.in anew (needs uv on the path)
	@command -v uv >/dev/null || { echo "uv is missing. Install it, for example with: pipx install uv" >&2; exit 1; }
	@for name in requirements requirements-dev; do \
		uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --python-version 3.11 \
			--custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; \
	done
