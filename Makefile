# make demo    three real Docker engines on this machine, and swarmd in front of them
# make test    everything that is checked; installs what that needs (Debian or Ubuntu, as root)
.PHONY: demo test test-packages test-fast lint bench soak clean
.SHELLFLAGS := -euc

# Compiled modules are kept: swarmd is started some 150 times.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
BIN := .venv/bin
PROGRAMS := faketime dockerd docker docker-compose docker-init busybox ip iptables ps nsenter setpriv openssl docker-registry sshd ssh ssh-keygen chromium chromedriver prometheus promtool etcd /usr/share/zookeeper/bin/zkServer.sh
PACKAGES := faketime docker.io openssh-server openssh-client docker-compose docker-registry busybox-static iproute2 iptables procps util-linux openssl ca-certificates python3-venv chromium chromium-driver prometheus etcd-server zookeeper

demo: .venv/installed
	@if [ "$$(id -u)" = 0 ] && [ "$$(uname)" = Linux ]; then $(MAKE) -s .venv/programs; fi
	@exec $(BIN)/python -m tests.lab demo

test: .venv/programs .venv/clients lint
	$(PYTEST) $(SIDE_BY_SIDE)

# Packages, built twice and tried on clean roots, and the examples in conf/examples, brought up on
# hosts that boot: minutes, and tools that nothing else needs.
test-packages: .venv/programs .venv/clients .venv/tools .venv/release
	$(PYTEST) -m packaging

# What needs neither root nor an engine.
test-fast: .venv/installed
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not engines and not packaging"

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
	rm -rf dist build .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

# What is handed out, in dist/: each the same bytes again from the same commit (docs/installing.rst).
dist deb image test-packages: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y pyproject.toml)
BASE ?= python:3.13-slim
IMAGE ?= swarmd:latest
RELEASING := dpkg-dev debhelper

.PHONY: dist deb image lock

# An sdist and a wheel.
dist: .venv/release
	rm -f dist/swarmd-*
	$(BIN)/python packaging/build_dist.py dist
	$(BIN)/twine check --strict dist/swarmd-*.tar.gz dist/swarmd-*.whl

# A Debian package for Debian 12 and 13, and Ubuntu 24.04.
deb: dist build/wheels/fetched
	command -v dpkg-buildpackage dh >/dev/null || $(MAKE) -s packages PACKAGES="$(RELEASING)"
	rm -f dist/swarmd_*
	$(BIN)/python packaging/build_deb.py dist build/wheels dist

# A container image, on BASE, by the engine that docker talks to.
image: dist build/wheels/fetched
	$(BIN)/python packaging/image_context.py dist build/wheels build/image
	cp build/image/sbom.cdx.json dist/swarmd-image.cdx.json
	docker build -t $(IMAGE) --build-arg BASE=$(BASE) \
		--build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) build/image

LOCK := $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

# Newer versions of all that swarmd carries along, within what pyproject.toml allows.
lock: .venv/release
	$(LOCK) --extra zookeeper pyproject.toml -o packaging/requirements.txt
	echo "setuptools>=77" | $(LOCK) - -o packaging/build-requirements.txt
	echo "pip>=25" | $(LOCK) - -o packaging/installer-requirements.txt

.venv/release: .venv/installed
	$(BIN)/pip install -q -e '.[release]'
	touch $@

build/wheels/fetched: .venv/release $(wildcard packaging/*requirements.txt)
	rm -rf build/wheels
	$(BIN)/python packaging/environment.py fetch build/wheels
	touch $@

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
	.venv/bin/pip install -q testcontainers
	touch $@

# A machine that had no cloud-init is not to be set up by it when it boots next.
TOOLS := vagrant cloud-init $(RELEASING) mmdebstrap lintian man-db bash-completion zsh fish

.venv/tools: .venv/installed
	command -v cloud-init >/dev/null || { mkdir -p /etc/cloud; touch /etc/cloud/cloud-init.disabled; }
	for program in vagrant cloud-init dh mmdebstrap lintian man zsh fish; do \
		command -v $$program >/dev/null || missing=yes; \
	done; \
	if [ -n "$${missing:-}" ]; then $(MAKE) -s packages PACKAGES="$(TOOLS)"; fi
	touch $@

.PHONY: packages
packages:
	DEBIAN_FRONTEND=noninteractive apt-get update -q
	had=$$(command -v sshd || true); scraped=$$(command -v prometheus || true); \
	stored=$$(command -v etcd || true); \
	policy=/usr/sbin/policy-rc.d; \
	if ! [ -e $$policy ]; then \
		trap "rm -f $$policy" EXIT; \
		printf '#!/bin/sh\nexit 101\n' > $$policy; chmod +x $$policy; \
	fi; \
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $(PACKAGES); \
	if [ -z "$$had" ] && command -v systemctl >/dev/null; then systemctl -q disable ssh || true; fi; \
	if [ -z "$$scraped" ] && command -v systemctl >/dev/null; then systemctl -q disable prometheus || true; fi; \
	if [ -z "$$stored" ] && command -v systemctl >/dev/null; then systemctl -q disable etcd || true; fi
