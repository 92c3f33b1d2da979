# Touchload's verbs. `make help` lists them; each one installs what it needs, or says how.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Everything that is made or fetched lies outside the checkout.
export TOUCHLOAD_CACHE ?= $(HOME)/.cache/touchload
export CARGO_TARGET_DIR ?= $(TOUCHLOAD_CACHE)/target
export PATH := $(HOME)/.cargo/bin:$(PATH):$(TOUCHLOAD_CACHE)/bin

# One feature set for every test, so that one build of the dependencies serves them all.
TESTS := --workspace --features touchload/failpoints

# `$(call step,name,command)`: runs the command and says how long it took.
define step
	@begun=$$SECONDS; echo "== $(1)"; $(2); echo "== $(1): $$((SECONDS - begun)) s"
endef

.PHONY: help setup build demo stack test tidy lint bench setup-build setup-tests

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup: setup-build setup-tests ## install what building and testing need

build: setup-build ## build the release binary
	cargo build --release --bin touchload

demo: build ## run everything in one process on simulated traffic; ARGS="--for 30s" is handed on
	"$$CARGO_TARGET_DIR/release/touchload" demo $(ARGS)

stack: build ## Touchload, Prometheus and Alertmanager as processes, and an alert on its way; ARGS="--once" ends after it
	@command -v python3 >/dev/null || { echo "make stack needs Python 3 (Debian: apt-get install python3)" >&2; exit 1; }
	@exec python3 dashboards/stack.py --touchload "$$CARGO_TARGET_DIR/release/touchload" $(ARGS)

# A build without optimisation needs deep stacks to plan deep statements.
STACK := 33554432

test: setup ## formatting, style, unit, doc and integration tests
	$(call step,formatting,cargo fmt --all --check)
	$(call step,style,$(MAKE) tidy)
	$(call step,building the tests,cargo test $(TESTS) --no-run)
	$(call step,tests,RUST_MIN_STACK=$(STACK) cargo test $(TESTS) --no-fail-fast)

tidy: ## the rules of CONTRIBUTING.md alone, without building anything else
	@mkdir -p "$$CARGO_TARGET_DIR"
	@rustc -C opt-level=1 --edition 2024 --test tests/tidy.rs -o "$$CARGO_TARGET_DIR/tidy"
	@"$$CARGO_TARGET_DIR/tidy" --quiet

lint: setup-build ## formatting and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy $(TESTS) --all-targets -- --deny warnings

bench: setup ## print the figures of docs/PERFORMANCE.md beside the limits of the same run; ARGS="--quick" is handed on
	cargo bench --bench figures -- $(ARGS)

setup-build:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs" >&2; exit 1; }
	@tests/setup/debian.sh build
	@tests/setup/rust.sh

setup-tests: setup-build
	@tests/setup/debian.sh tests
	@for tool in kafka promtool prometheus alertmanager amtool python node pgjdbc chromium; do tests/setup/$$tool.sh >/dev/null || tests/setup/absent.sh "$$tool" $$?; done
