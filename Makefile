# Annai's commands. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup catalogues messages demo demo-reset test lint fix faults bench lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) catalogues ## make .venv from requirements.lock, and compile the translations

# Done again only when the lock file has changed.
$(INSTALLED): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo 'There is no $(PYTHON) on PATH. Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Annai needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name a newer one: make setup PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'This Python cannot make virtual environments. On Debian or Ubuntu install them with: sudo apt install python3-venv' >&2; exit 1; }
	@echo "Installing into $(VENV) (a minute or two, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@# http-ece, which pywebpush needs, has no wheel: pure Python, built at once.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: --no-binary http-ece -r requirements.lock
	@touch $@

# Compiled translations are not in the repository: Babel makes them, so nobody needs GNU gettext.
catalogues: $(INSTALLED)
	@if ls locale/*/LC_MESSAGES/django.po >/dev/null 2>&1; then $(BIN)/pybabel --quiet compile -D django -d locale; fi

messages: $(INSTALLED) ## add the sources' new strings to the translations, ready to be translated
	@$(BIN)/python -m portal.translations

demo: setup ## run the portal with invented residents; Ctrl-C stops it, the data stays
	@$(BIN)/python manage.py demo

demo-reset: setup ## delete the demo's data
	@$(BIN)/python manage.py demo --reset

test: setup lint ## run every check and every test, on real PostgreSQL and Valkey
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(AS_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist load --maxschedchunk 20 -m "not serial and not faults"
	@$(BIN)/python -m pytest -m serial || [ $$? = 5 ] # 5: there is none
	@$(BIN)/python -m pytest -m faults

# Invented, and never connected to: `check --deploy` reads the settings only.
AS_PRODUCTION := env ANNAI_ENV=production ALLOWED_HOSTS=annai.example.jp \
	SECRET_KEY=only-for-the-check-of-the-settings-0123456789-abcdefghijklmnopqrstuvwxyz \
	DATABASE_URL=postgresql://annai@db.example.jp/annai REDIS_URL=redis://cache.example.jp/0 \
	EMAIL_URL=smtp://mail.example.jp

lint: $(INSTALLED) ## check style, and who imports whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-logo

fix: $(INSTALLED) ## let ruff put right what it can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

faults: setup ## kill processes and servers at chance moments, KILLS of them, and compare the ends
	@$(BIN)/python -m tests.faults --kills $(or $(KILLS),100) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

bench: setup ## measure nights, pages, reminders, forecasts, queues, use, files; prints ratios
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.page
	@$(BIN)/python -m bench.reminders
	@$(BIN)/python -m bench.forecast
	@$(BIN)/python -m bench.childcare
	@$(BIN)/python -m bench.cases
	@$(BIN)/python -m bench.opinions
	@$(BIN)/python -m bench.words
	@$(BIN)/python -m bench.use
	@$(BIN)/python -m bench.figures
	@$(BIN)/python -m bench.ingest

lock: $(INSTALLED) ## write requirements.lock from pyproject.toml with the newest versions
	$(BIN)/pip-compile --quiet --upgrade --extra dev --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock pyproject.toml
