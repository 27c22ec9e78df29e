# Every target sets itself up from Python and make alone. Versions come from constraints.txt.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready

.PHONY: demo test check proof bench soak conformance docs bundle format lock clean

demo: $(READY)
	$(BIN)/pierre-mcp demo

# TESTS: more for pytest, such as `make test TESTS="tests/cli -x"`.
test: $(READY)
	$(BIN)/pytest $(TESTS)

check: $(READY)
	$(BIN)/python tools/check.py

# The promises at their full numbers; make check holds them at a seeded fraction.
proof: $(READY)
	PIERRE_PROOF=1 $(BIN)/pytest -n 2 --dist loadfile

# Times and sizes against their promises; nothing in the tests asserts them.
bench: $(READY)
	$(BIN)/python tools/bench

# Ten minutes of load while the network comes and goes; on Linux.
soak: $(READY)
	$(BIN)/python tools/soak.py

# The official conformance suite, Inspector and TypeScript client; needs npm.
conformance: $(READY)
	$(BIN)/python tests/conformance/run.py

# The site, into build/docs; a link that leads nowhere is an error.
docs: $(READY)
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --conf-dir docs . build/docs

# A bundle for desktop clients, into dist/; needs npm.
bundle: $(READY)
	$(BIN)/python tools/distribution.py bundle
	mkdir -p dist
	npm exec --yes --package=@anthropic-ai/mcpb@2.1.2 -- mcpb pack build/bundle dist/pierre-mcp.mcpb

format: $(READY)
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

lock: $(READY)
	$(BIN)/python -m pip install --quiet --group lock
	$(BIN)/python tools/lock.py

clean:
	rm -rf $(VENV) .venv-* dist build node_modules tests/*/node_modules .coverage*

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"
