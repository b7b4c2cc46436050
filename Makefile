# The commands of this repository; `make` alone lists them.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc/eventually
DESTDIR ?=
# What `install` installs: release or debug.
CONFIGURATION ?= release
# More arguments for what `run` runs: make run ARGS='--port-base 4990'
ARGS ?=
# How many seeds `simulate` runs, or the one that it replays.
SEEDS ?= 200
SEED ?=
# The mistakes that `mutations` makes.
LIST ?= Tests/Simulation/Mutations.txt
# Makes an installed program smaller. The names of functions stay, for the backtrace of a crash.
STRIP ?= strip --strip-debug
# How long `fuzz` tries each parser, and `soak` attacks.
SECONDS ?= 60
# How often `test-processes` runs the real processes: make test-processes TIMES=10
TIMES ?= 1

SERVICES := alpha beta charlie overlord
DAEMONS := $(SERVICES:%=%d)
SOURCES := Package.swift Sources Tests
INTEROP := .build/interop

# The same for every build, so that `run`, `test` and `build` share their work.
SWIFT_FLAGS := --explicit-target-dependency-import-check error

BUILD_OF_debug := build
BUILD_OF_release := release
ifndef BUILD_OF_$(CONFIGURATION)
$(error CONFIGURATION is debug or release, not $(CONFIGURATION))
endif
BUILT := .build/$(CONFIGURATION)
# The root folder of the machine on which test-systemd uses the package.
MACHINE := .build/container/$(CONFIGURATION)
# Prints a crash; it comes with Swift, which root need not have: the build copies it for the installation.
BACKTRACE = $(dir $(realpath $(shell command -v swift)))../libexec/swift/linux/swift-backtrace-static

BIN := $(DESTDIR)$(PREFIX)/bin
LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/eventually
CONFIG := $(DESTDIR)$(SYSCONFDIR)
UNITDIR ?= $(PREFIX)/lib/systemd/system
UNITS := $(DESTDIR)$(UNITDIR)
SYSUSERS := $(DESTDIR)$(PREFIX)/lib/sysusers.d
TMPFILES := $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
# Manual pages, completions, and what Prometheus and Grafana read.
SHARE := $(DESTDIR)$(PREFIX)/share
COMPLETIONS := bash-completion/completions/eventually zsh/site-functions/_eventually \
  fish/vendor_completions.d/eventually.fish
SYSTEMD := $(notdir $(wildcard systemd/*.service systemd/*.target systemd/*.timer systemd/*.socket))
MONITORING := prometheus/alerts.yml prometheus/prometheus.yml grafana/dashboard.json

.PHONY: help run run-cluster test test-processes test-systemd simulate mutations fuzz soak screenshots recording interop build release deb container install uninstall docs lint format clean requirements

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.* ## /  make \1\t/p' Makefile | expand -t 24

run: requirements ## Build, start the four daemons, and print their pages' addresses.
	swift build $(SWIFT_FLAGS)
	@exec .build/debug/eventually up $(ARGS)

# The state of a cluster is beside that of `run`.
run-cluster: requirements ## Run two replicas of each service on a PostgreSQL of its own.
	.ci/require-packages postgresql
	swift build $(SWIFT_FLAGS)
	@exec .ci/run-cluster .build/debug/eventually .eventually/cluster $(ARGS)

# A thousand tests at once would each wait for the threads of all, past the limits of those that wait for
# a socket: eight run at once. After them come the suite of the engines, which waits for a server of
# PostgreSQL, and the simulation, which computes for long. The real processes come last, in two
# runs of one test at a time.
test: requirements ## Build, and run the tests.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 \
	  swift test --disable-xctest $(SWIFT_FLAGS) --skip IntegrationTests --skip SimulationTests \
	    --skip ConformanceTests
	swift test --disable-xctest $(SWIFT_FLAGS) --skip-build --no-parallel --filter ConformanceTests
	swift test --disable-xctest $(SWIFT_FLAGS) --skip-build --filter SimulationTests
	.ci/process-tests

# The same seed is the same run in every process; equal hashes are a second belt.
simulate: requirements ## Simulate faults for SEEDS=n seeds, or replay SEED=x.
	swift build $(SWIFT_FLAGS) --product simulate
	@SWIFT_DETERMINISTIC_HASHING=1 .build/debug/simulate --seeds $(SEEDS) $(SEED:%=--seed %)

mutations: requirements ## Show that deliberate mistakes in the sources are found; LIST=file of them.
	.ci/mutations --list $(LIST)

# For root; .ci/run does it with CONFIGURATION=debug, which is built already. In a network of its own,
# because the daemons listen on their usual ports. With REQUIRED=yes it fails where no container boots.
test-systemd: build container ## Boot a Debian in a container, and use and attack the package there.
	@if .ci/boots $(MACHINE); then \
	  export SYSTEMD_ROOT=$(CURDIR)/$(MACHINE) SYSTEMD_CONFIGURATION=$(CONFIGURATION) \
	    SYSTEMD_PACKAGE=$$(ls $(CURDIR)/.build/deb/eventually_*.deb); \
	  unshare --net sh -c 'ip link set lo up && swift test --disable-xctest $(SWIFT_FLAGS) \
	    --skip-build --no-parallel --filter Systemd'; \
	else \
	  echo "NOTE: no container boots here: the suite of the package is skipped."; \
	  [ -z "$(REQUIRED)" ]; \
	fi

container: deb
	.ci/require-packages debootstrap systemd-container iproute2
	CONFIGURATION=$(CONFIGURATION) .ci/container-root $(MACHINE) .build/deb/eventually_*.deb

soak: build ## Attack the daemons in every way at once for SECONDS=n while orders flow.
	SOAK_SECONDS=$(SECONDS) swift test --disable-xctest $(SWIFT_FLAGS) --skip-build \
	  --filter AdversarySoakTests

# Again and again, until one run fails: a test that fails now and then is a mistake.
test-processes: build ## Run the real processes under load and faults, TIMES times.
	@for run in $$(seq $(TIMES)); do \
	  echo "=== Run $$run of $(TIMES)"; \
	  .ci/process-tests || exit 1; \
	done

screenshots: build interop ## Take a picture of every page, at each width, in light and dark.
	.ci/require-packages chromium chromium-driver
	BROWSER_SCREENSHOTS=$(CURDIR)/.build/screenshots swift test --disable-xctest $(SWIFT_FLAGS) \
	  --skip-build --no-parallel --filter 'a screenshot of each page|BrowserRecording|BrowserDemo'

# The pages of a running system, as a test drives them.
recording: build interop ## Record the story on the pages, with which README begins.
	.ci/require-packages chromium chromium-driver imagemagick
	BROWSER_SCREENSHOTS=$(CURDIR)/.build/screenshots swift test --disable-xctest $(SWIFT_FLAGS) \
	  --skip-build --no-parallel --filter BrowserRecording
	convert -delay 40 -loop 0 .build/screenshots/story/*.png -resize 720x +dither -colors 24 -layers OptimizeTransparency \
	  Sources/Daemon/Daemon.docc/Resources/story.gif

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
	install $(BACKTRACE) .build/debug/swift-backtrace
	.ci/manuals .build/debug .build/debug/share

# Static, so that an installed program needs no toolchain. The linker leaves the program's own symbols out of
# the dynamic table, except those that libraries take from here (accept, accept4 and recv of CProcess), and
# writes its relocations as a bit map, which glibc reads from 2.36 on: every daemon would have both in memory,
# 4 of 42 MB.
RELEASE := --configuration release --static-swift-stdlib $(SWIFT_FLAGS) -Xswiftc -use-ld=lld \
  -Xlinker --no-export-dynamic -Xlinker -z -Xlinker pack-relative-relocs

# The daemons are links to the one program, which goes by its name.
release: requirements ## Build for use.
	swift build $(RELEASE) --product eventually
	swift build $(RELEASE) --product generate-manual
	for daemon in $(DAEMONS); do ln -sf eventually .build/release/$$daemon || exit 1; done
	install $(BACKTRACE) .build/release/swift-backtrace
	.ci/manuals .build/release .build/release/share

# The units are written for /usr and /etc; only the paths that differ are filled in.
FILL := sed -e 's|/usr/bin/|$(PREFIX)/bin/|g' -e 's|/usr/libexec/|$(PREFIX)/libexec/|g' \
  -e 's|/etc/eventually/|$(SYSCONFDIR)/|g'

install: ## Install what was built under PREFIX, with units and manuals; keeps changed files.
	@[ -x $(BUILT)/eventually ] && [ -x $(BUILT)/swift-backtrace ] && [ -d $(BUILT)/share ] || { \
	  echo "Nothing to install is built: make $(BUILD_OF_$(CONFIGURATION)), as yourself, comes first."; \
	  exit 1; \
	}
	install -d $(BIN) $(LIBEXEC) $(CONFIG) $(UNITS) $(SYSUSERS) $(TMPFILES)
	install $(BUILT)/eventually $(BIN)
	$(STRIP) $(BIN)/eventually
	install $(BUILT)/swift-backtrace $(LIBEXEC)
	for daemon in $(DAEMONS); do ln -sf eventually $(BIN)/$$daemon || exit 1; done
	for unit in $(SYSTEMD); do \
	  $(FILL) systemd/$$unit | install -m 644 /dev/stdin $(UNITS)/$$unit || exit 1; \
	done
	install -m 644 systemd/sysusers.conf $(SYSUSERS)/eventually.conf
	install -m 644 systemd/tmpfiles.conf $(TMPFILES)/eventually.conf
	for file in $$(cd $(BUILT)/share && find * -type f); do \
	  install -D -m 644 $(BUILT)/share/$$file $(SHARE)/$$file || exit 1; \
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
	@echo "Installed. Now, as root: make the user and the folders, and start the daemons."
	@echo
	@echo "  systemd-sysusers eventually.conf"
	@echo "  systemd-tmpfiles --create eventually.conf"
	@echo "  systemctl daemon-reload"
	@echo "  systemctl enable --now eventually.target"
	@echo
	@echo "After an upgrade: systemctl daemon-reload && systemctl restart $(DAEMONS)"
endif

# The package is made from what is built: by this target, as yourself.
deb: $(BUILD_OF_$(CONFIGURATION)) ## Build the Debian package, into .build/deb.
	.ci/require-packages debhelper fakeroot
	rm -rf .build/deb
	CONFIGURATION=$(CONFIGURATION) fakeroot debian/rules clean binary
	$(if $(filter release,$(CONFIGURATION)),.ci/check-package .build/deb)

uninstall: ## Remove what `install` installed, except configuration and state.
	rm -f $(BIN)/eventually $(DAEMONS:%=$(BIN)/%) $(SYSTEMD:%=$(UNITS)/%) \
	  $(SYSUSERS)/eventually.conf $(TMPFILES)/eventually.conf $(COMPLETIONS:%=$(SHARE)/%) \
	  $(SHARE)/man/man1/eventually.1 $(SHARE)/man/man1/eventually-*.1 \
	  $(SERVICES:%=$(SHARE)/man/man8/%d.8) $(MONITORING:%=$(SHARE)/eventually/%)
	rm -rf $(LIBEXEC)
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
	@.ci/require-packages libzmq3-dev libsqlite3-dev libpq-dev
