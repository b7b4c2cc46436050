# The commands of this repository; `make` alone lists them.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc/eventually
DESTDIR ?=
# What `install` builds and installs: release or debug.
CONFIGURATION ?= release
# More arguments for what `run` runs: make run ARGS='--port-base 4990'
ARGS ?=
# How many seeds `simulate` runs, or the one that it replays.
SEEDS ?= 200
SEED ?=
# The mistakes that `mutations` makes.
LIST ?= Tests/Simulation/Mutations.txt
# How long `fuzz` tries each parser, and `soak` attacks.
SECONDS ?= 60
# How often `test-processes` runs the real processes: make test-processes TIMES=10
TIMES ?= 1

SERVICES := alpha beta charlie overlord
PROGRAMS := $(SERVICES:%=%d) eventually
SOURCES := Package.swift Sources Tests
INTEROP := .build/interop

# The same for every build, so that `run`, `test` and `build` share their work.
SWIFT_FLAGS := --explicit-target-dependency-import-check error

BUILD_OF_debug := build
BUILD_OF_release := release
ifndef BUILD_OF_$(CONFIGURATION)
$(error CONFIGURATION is debug or release, not $(CONFIGURATION))
endif

BIN := $(DESTDIR)$(PREFIX)/bin
CONFIG := $(DESTDIR)$(SYSCONFDIR)
UNITS := $(DESTDIR)$(PREFIX)/lib/systemd/system
SYSUSERS := $(DESTDIR)$(PREFIX)/lib/sysusers.d
TMPFILES := $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
# Manual pages, completions, and what Prometheus and Grafana read.
SHARE := $(DESTDIR)$(PREFIX)/share
COMPLETIONS := bash-completion/completions/eventually zsh/site-functions/_eventually \
  fish/vendor_completions.d/eventually.fish
MONITORING := prometheus/alerts.yml prometheus/prometheus.yml grafana/dashboard.json

.PHONY: help run test test-processes simulate mutations fuzz soak interop build release install uninstall docs lint format clean requirements

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.* ## /  make \1\t/p' Makefile | expand -t 24

run: requirements ## Build, start the four daemons, and print their pages' addresses.
	swift build $(SWIFT_FLAGS)
	@exec .build/debug/eventually up $(ARGS)

# The real processes come last and one at a time: they share two cores with nothing else.
test: requirements ## Build, and run the tests.
	swift test --disable-xctest $(SWIFT_FLAGS) --skip IntegrationTests
	swift test --disable-xctest $(SWIFT_FLAGS) --skip-build --no-parallel --filter IntegrationTests

# The same seed is the same run in every process; equal hashes are a second belt.
simulate: requirements ## Simulate faults for SEEDS=n seeds, or replay SEED=x.
	swift build $(SWIFT_FLAGS) --product simulate
	@SWIFT_DETERMINISTIC_HASHING=1 .build/debug/simulate --seeds $(SEEDS) $(SEED:%=--seed %)

mutations: requirements ## Show that deliberate mistakes in the sources are found; LIST=file of them.
	.ci/mutations --list $(LIST)

soak: build ## Attack the daemons in every way at once for SECONDS=n while orders flow.
	SOAK_SECONDS=$(SECONDS) swift test --disable-xctest $(SWIFT_FLAGS) --skip-build \
	  --filter AdversarySoakTests

# Again and again, until one run fails: a test that fails now and then is a mistake.
test-processes: build ## Run the real processes under load and faults, TIMES times.
	@for run in $$(seq $(TIMES)); do \
	  echo "=== Run $$run of $(TIMES)"; \
	  swift test --disable-xctest $(SWIFT_FLAGS) --skip-build --no-parallel \
	    --filter IntegrationTests || exit 1; \
	done

fuzz: requirements ## Try random bytes on every parser of foreign bytes, SECONDS=n each.
	.ci/fuzz $(SECONDS)

# Made anew when something else is required; the copy of the list is the last of it.
interop: ## Install what the tests in other languages need.
	@[ -x $(INTEROP)/bin/python3 ] \
	  && cmp -s $(INTEROP)/requirements.txt Tests/Interop/requirements.txt || { \
	  .ci/require-packages python3-venv && \
	  python3 -m venv --clear $(INTEROP) && \
	  $(INTEROP)/bin/python3 -m pip install --quiet --disable-pip-version-check \
	    --requirement Tests/Interop/requirements.txt && \
	  cp Tests/Interop/requirements.txt $(INTEROP); \
	}

build: requirements ## Build everything for debugging, the tests too.
	swift build --build-tests $(SWIFT_FLAGS)
	swift build --product generate-manual $(SWIFT_FLAGS)
	.ci/manuals .build/debug .build/debug/share

# Static, so that an installed program needs no toolchain.
release: requirements ## Build for use.
	swift build --configuration release --static-swift-stdlib $(SWIFT_FLAGS)
	swift build --configuration release --static-swift-stdlib $(SWIFT_FLAGS) \
	  --product generate-manual
	.ci/manuals .build/release .build/release/share

# From a template in systemd/ to the file as installed.
FILL := sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g'

install: $(BUILD_OF_$(CONFIGURATION)) ## Install under PREFIX, with units and manuals; keeps changed files.
	install -d $(BIN) $(CONFIG) $(UNITS) $(SYSUSERS) $(TMPFILES)
	install $(PROGRAMS:%=.build/$(CONFIGURATION)/%) $(BIN)
	for service in $(SERVICES); do \
	  $(FILL) -e "s|@SERVICE@|$$service|g" systemd/daemon.service.in \
	    | install -m 644 /dev/stdin $(UNITS)/$${service}d.service || exit 1; \
	done
	install -m 644 systemd/eventually.target $(UNITS)
	install -m 644 systemd/sysusers.conf $(SYSUSERS)/eventually.conf
	install -m 644 systemd/tmpfiles.conf $(TMPFILES)/eventually.conf
	for file in $$(cd .build/$(CONFIGURATION)/share && find * -type f); do \
	  install -D -m 644 .build/$(CONFIGURATION)/share/$$file $(SHARE)/$$file || exit 1; \
	done
	for file in $(MONITORING); do \
	  install -D -m 644 config/$$file $(SHARE)/eventually/$$file || exit 1; \
	done
	@for file in $(SERVICES:%=%.yaml); do \
	  if [ ! -e $(CONFIG)/$$file ]; then \
	    install -m 644 config/$$file $(CONFIG)/$$file || exit 1; \
	  elif ! cmp -s config/$$file $(CONFIG)/$$file; then \
	    install -m 644 config/$$file $(CONFIG)/$$file.new || exit 1; \
	    echo "Kept $(CONFIG)/$$file, which differs; this version's is beside it, as $$file.new"; \
	  fi; \
	done
ifeq ($(DESTDIR),)
	@echo
	@echo "Installed. Now, as root: make the user and the run directory, and start the daemons."
	@echo
	@echo "  systemd-sysusers eventually.conf"
	@echo "  systemd-tmpfiles --create eventually.conf"
	@echo "  systemctl daemon-reload"
	@echo "  systemctl enable --now eventually.target"
	@echo
	@echo "After an upgrade: systemctl daemon-reload && systemctl restart eventually.target"
endif

uninstall: ## Remove what `install` installed, except configuration and state.
	rm -f $(PROGRAMS:%=$(BIN)/%) $(SERVICES:%=$(UNITS)/%d.service) $(UNITS)/eventually.target \
	  $(SYSUSERS)/eventually.conf $(TMPFILES)/eventually.conf $(COMPLETIONS:%=$(SHARE)/%) \
	  $(SHARE)/man/man1/eventually.1 $(SHARE)/man/man1/eventually-*.1 \
	  $(SERVICES:%=$(SHARE)/man/man8/%d.8) $(MONITORING:%=$(SHARE)/eventually/%)
	@rmdir $(SHARE)/eventually/* $(SHARE)/eventually 2>/dev/null || true
	@echo "Kept: $(CONFIG) (configuration) and /var/lib/eventually (state)."

docs: build ## Render the documentation of all libraries into .build/docs.
	.ci/docs .build/debug .build/docs

lint: ## Check the format of the sources.
	swift format lint --strict --parallel --recursive $(SOURCES)

format: ## Format the sources.
	swift format --in-place --parallel --recursive $(SOURCES)

clean: ## Remove what was built.
	swift package clean

requirements:
	@.ci/require-swift 6.3
	@.ci/require-packages libzmq3-dev libsqlite3-dev
