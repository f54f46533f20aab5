# TwinEnvs. `make` sets everything up and runs the demonstration; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# A Rust of rustup's is found in a shell that was open before it was installed, too.
export PATH := $(PATH):$(HOME)/.cargo/bin

# The first interpreter on the path that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done; true)
VENV := .venv
PY := $(VENV)/bin/python
EXTRAS := test,train,oracles

# Arguments of verify and bench: make verify ENV=pong_jax EPISODES=200 SEED=fresh
ENV ?= pong_jax
EPISODES ?= 200
SEED ?= 0
ARGS ?=
SEED_NUMBER = $(if $(filter fresh,$(SEED)),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '),$(SEED))

# A cargo that is missing or too old counts as absent: everything but emurust is set up without it.
WORKSPACE := emurust/rust
CARGO_NEEDED := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' $(WORKSPACE)/Cargo.toml)
CARGO_FOUND := $(shell cargo --version 2>/dev/null | cut -d' ' -f2)
HAS_CARGO := $(shell [ -n "$(CARGO_FOUND)" ] && \
	printf '%s\n%s\n' '$(CARGO_NEEDED)' '$(CARGO_FOUND)' | sort -C -V && echo yes)
CARGO_MISSING := $(or $(CARGO_FOUND:%=cargo %),no cargo) was found, but $(CARGO_NEEDED) or newer is needed; get it with: \
	curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y
ifeq ($(HAS_CARGO),yes)
export REQUIRE_EMURUST := 1
endif
RUST_SOURCES := $(shell find $(WORKSPACE) -path $(WORKSPACE)/target -prune -o \( -name '*.rs' -o -name '*.toml' \) -print)

# The stamp's name says whether emurust was built, so that a cargo installed later is noticed.
STAMP := $(VENV)/.stamp$(if $(HAS_CARGO),-emurust)
# A file's tests share what they compile, so one process takes them all; files in order, so that the longest come early.
PYTEST := $(PY) -m pytest --dist loadfile --no-loadscope-reorder
FAST := not slow and not packaging
# Compiled programs of the tests outlive a run.
TEST_ENV := JAX_COMPILATION_CACHE_DIR="$(CURDIR)/$(VENV)/.cache/jax"

# $(call install,VENV,ARGUMENTS): uv, ten times as fast, inside the environment; plain pip where uv fails.
# uv does not read pip's configuration, so an index that is set there is handed on.
define install
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check uv || true
	index="$${PIP_INDEX_URL:-$$($(1)/bin/python -m pip config get global.index-url 2>/dev/null || true)}"; \
	if env $${index:+UV_DEFAULT_INDEX="$$index"} $(1)/bin/python -m uv pip install --python $(1)/bin/python $(2); then :; \
	else echo "make: uv could not install this; plain pip goes on"; $(1)/bin/python -m pip install $(2); fi
endef

# $(call make_venv,VENV)
define make_venv
	$(1)/bin/python -c '' 2>/dev/null || "$(PYTHON)" -m venv --clear $(1)
endef

.PHONY: all setup demo test test-all test-floor verify bench mutants docs lint lock-floor help system-packages

all: setup demo ## Set everything up, then show the speeds and train PPO on Pong (the default)

setup: $(STAMP) ## Create .venv with TwinEnvs, its tests and its oracles

system-packages:
	@[ -n "$(PYTHON)" ] || { echo "make: Python 3.11 or newer is missing: sudo apt-get install python3" >&2; exit 2; }
	@missing=""; "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || missing="python3-venv"; \
	command -v cc >/dev/null || missing="$${missing:+$$missing }gcc"; \
	[ -z "$$missing" ] || { echo "make: missing system packages: sudo apt-get install $$missing" >&2; exit 2; }

$(STAMP): pyproject.toml setup.py twinenvs/__init__.py $(RUST_SOURCES) | system-packages
	@$(if $(HAS_CARGO),true,echo "make: goes on without emurust: $(CARGO_MISSING)")
	@$(call make_venv,$(VENV))
	@$(call install,$(VENV),-e '.[$(EXTRAS)]')
	@$(if $(HAS_CARGO),$(PY) -c 'import emurust',true)
	@$(PY) -c 'import mujoco, pyboy' # The tests would skip what these prove.
	@touch $@

demo: $(STAMP) ## Speeds of every environment, then PPO on Pong up to a winning policy, with its curve and GIF
	@$(PY) -m benchmarks demo $(ARGS)

test: $(STAMP) ## The fast tests, Rust's included
	@$(TEST_ENV) $(PYTEST) -n 2 -m "$(FAST)" $(ARGS)
	@$(if $(HAS_CARGO),cargo test --quiet --offline --manifest-path $(WORKSPACE)/Cargo.toml -p emurust-core,\
		echo "make: skipped the Rust tests: $(CARGO_MISSING)")

test-all: $(STAMP) ## Every test: slow ones, builds, those against the originals, the oldest versions
	@$(TEST_ENV) $(PYTEST) -n 2 $(ARGS)
	@$(if $(HAS_CARGO),cargo test --quiet --offline --manifest-path $(WORKSPACE)/Cargo.toml --workspace,\
		echo "make: skipped the Rust tests: $(CARGO_MISSING)")
	@$(MAKE) test-floor

# The project itself is not installed beside the oldest versions, since the build needs none of them.
.venv-floor/.stamp: requirements/floor.txt | system-packages
	@$(call make_venv,.venv-floor)
	@$(call install,.venv-floor,-r requirements/floor.txt)
	@touch $@

test-floor: .venv-floor/.stamp ## The core tests on the oldest versions that pyproject.toml allows
	@JAX_COMPILATION_CACHE_DIR="$(CURDIR)/.venv-floor/.cache/jax" PYTHONPATH=. \
		.venv-floor/bin/python -m pytest -n 2 -m "$(FAST)" tests/contract tests/twinenvs tests/pong_jax $(ARGS)

lock-floor: $(STAMP) ## Rewrite requirements/floor.txt from the lower bounds of pyproject.toml
	@$(PY) -m uv pip compile pyproject.toml --extra test --extra train -c requirements/floor-constraints.txt \
		--resolution lowest-direct --universal --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock-floor" --output-file requirements/floor.txt --upgrade --quiet

verify: $(STAMP) ## Parity with the original: make verify ENV=pong_jax EPISODES=200 SEED=fresh
	@$(PY) -m benchmarks verify --env $(ENV) --episodes $(EPISODES) --seed $(SEED_NUMBER) $(ARGS)

bench: $(STAMP) ## Steps per second beside the original: make bench ENV=pong_jax
	@$(PY) -m benchmarks sps --env $(ENV) --reference $(ARGS)

mutants: $(STAMP) ## Seed each fault of tests/mutants and require a test to fail
	@$(TEST_ENV) $(PY) tests/mutants/run.py --jobs 2 --json .venv/.cache/mutants.json --resume $(ARGS)

$(VENV)/.stamp-docs: $(STAMP)
	@$(call install,$(VENV),-e '.[docs]')
	@touch $@

docs: $(VENV)/.stamp-docs ## The documentation as a site in site/
	@$(VENV)/bin/python -m zensical build --clean

$(VENV)/.stamp-lint: $(STAMP)
	@$(call install,$(VENV),-e '.[lint]')
	@touch $@

lint: $(VENV)/.stamp-lint ## Style, types and Rust's own linter
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m basedpyright --pythonpath $(PY)
	@$(if $(HAS_CARGO),cargo fmt --manifest-path $(WORKSPACE)/Cargo.toml --all --check,\
		echo "make: skipped cargo fmt: $(CARGO_MISSING)")
	@$(if $(HAS_CARGO),PYO3_PYTHON="$(CURDIR)/$(PY)" cargo clippy --quiet --offline \
		--manifest-path $(WORKSPACE)/Cargo.toml --workspace --all-targets,\
		echo "make: skipped cargo clippy: $(CARGO_MISSING)")

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
