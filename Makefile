# make demo    three real Docker engines on this machine, and swarmd in front of them
# make test    everything that is checked; installs what that needs (Debian or Ubuntu, as root)
.PHONY: demo test test-packages test-fast lint bench soak clean
.SHELLFLAGS := -euc

# Compiled modules are kept: swarmd is started some 150 times.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
BIN := .venv/bin
PROGRAMS := faketime dockerd docker docker-compose docker-init busybox ip iptables ps nsenter setpriv openssl docker-registry sshd ssh ssh-keygen chromium chromedriver prometheus promtool
PACKAGES := faketime docker.io openssh-server openssh-client docker-compose docker-registry busybox-static iproute2 iptables procps util-linux openssl ca-certificates python3-venv chromium chromium-driver prometheus

demo: .venv/installed
	@if [ "$$(id -u)" = 0 ] && [ "$$(uname)" = Linux ]; then $(MAKE) -s .venv/programs; fi
	@exec $(BIN)/python -m tests.lab demo

test: .venv/programs .venv/clients lint
	$(PYTEST) $(SIDE_BY_SIDE)

# The examples in conf/examples, brought up on hosts that boot: minutes, and tools that nothing else needs.
test-packages: .venv/programs .venv/clients .venv/tools
	$(PYTEST) -m packaging

# What needs neither root nor an engine.
test-fast: .venv/installed
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not engines"

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/installed
	$(BIN)/python -m tests.bench --grow
	$(BIN)/python -m tests.bench.placement

# The tests that take long, property tests with fresh inputs (what failed is printed, and kept in
# .hypothesis for the next run), 1,000 fast rounds of faults over simulated engines, and random
# work, faults and edits over real ones: make soak MINUTES=10 SEED=7
MINUTES := 10
SEED := $(shell date +%s)
soak: .venv/programs
	$(BIN)/pytest -m soak
	$(BIN)/pytest -m "hypothesis and not engines" --hypothesis-profile=soak --hypothesis-seed=$(SEED)
	$(BIN)/python -m tests.soak.leaks
	$(BIN)/python -m tests.soak --minutes $(MINUTES) --seed $(SEED)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

# Tests of engines wait for more than a third of their time, so three runners keep two processors
# busy. Each has its own engines, and a file of tests stays with one. They take files in the order
# that tests/conftest.py puts them into.
RUNNERS := 3
SIDE_BY_SIDE := -n $(RUNNERS) --dist loadfile --no-loadscope-reorder

# .ci/run has another one.
PYTEST := $(BIN)/pytest

.venv/installed: pyproject.toml setup.cfg
	$(PYTHON) -c 'import ensurepip' || $(MAKE) -s packages
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -e '.[dev]'
	touch $@

# Whether the package manager was needed is the machine's business: only the programs count. That
# docker.io may start an engine of its own while it is installed does not matter here either.
.venv/programs: .venv/installed
	for program in $(PROGRAMS); do command -v $$program >/dev/null || missing=yes; done; \
	if [ -n "$${missing:-}" ]; then $(MAKE) -s packages; fi
	touch $@

# No service is started or enabled by that: a machine gets no open port from its tests.
# Other people's clients, which only tests need.
CLIENTS := ruby-docker-api ruby-multi-json ansible python3-requests

.venv/clients: .venv/programs
	{ ruby -rdocker -e 0 && ansible-playbook --version; } >/dev/null 2>&1 || $(MAKE) -s packages PACKAGES="$(CLIENTS)"
	command -v npm >/dev/null || $(MAKE) -s packages PACKAGES=npm
	npm install --silent --no-fund --no-audit --prefix .venv/node dockerode@4
	touch $@

# A machine that had no cloud-init is not to be set up by it when it boots next.
TOOLS := vagrant cloud-init

.venv/tools: .venv/installed
	command -v cloud-init >/dev/null || { mkdir -p /etc/cloud; touch /etc/cloud/cloud-init.disabled; }
	{ command -v vagrant && command -v cloud-init; } >/dev/null || $(MAKE) -s packages PACKAGES="$(TOOLS)"
	touch $@

.PHONY: packages
packages:
	DEBIAN_FRONTEND=noninteractive apt-get update -q
	had=$$(command -v sshd || true); scraped=$$(command -v prometheus || true); \
	policy=/usr/sbin/policy-rc.d; \
	if ! [ -e $$policy ]; then \
		trap "rm -f $$policy" EXIT; \
		printf '#!/bin/sh\nexit 101\n' > $$policy; chmod +x $$policy; \
	fi; \
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(PACKAGES); \
	if [ -z "$$had" ] && command -v systemctl >/dev/null; then systemctl -q disable ssh || true; fi; \
	if [ -z "$$scraped" ] && command -v systemctl >/dev/null; then systemctl -q disable prometheus || true; fi
