# The front door: each target is a short list of the project's own commands. `make help` lists them.
# SPDX-License-Identifier: MIT

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
SINTER_CASES ?= 1000000
MODEL ?= mamba-2.8b
ACCELERATOR ?= marca
TOKENS ?= 2048

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

# Quiet: ninja and CMake speak only when something is wrong.
configure = cmake --preset $(1) --log-level=NOTICE >/dev/null
make_all = cmake --build --preset $(1) $(2) -- --quiet | sed '/^ninja: no work to do/d'
build = $(configure) && $(make_all)
# What is installed, without tests and benchmarks.
shipped = --target sinter sinter_static sinter_shared sinter_mpi man
# Also writes build/NAME.html, where the build has pages: the shell looks, once it is built.
page = $$([ ! -f build/release/web/bundle/page.js ] || echo --html build/$(1).html)
# The whole stack of each allocation: suppressions name functions of libfyaml, which keeps no frame pointers.
fuzz_environment = ASAN_OPTIONS=fast_unwind_on_malloc=0 LSAN_OPTIONS=suppressions=tests/fuzz_leaks.supp:print_suppressions=0
C_FILES = $(wildcard src/*/*.[ch] src/cli/mpi/*.[ch] include/sinter/*.h tests/*.[ch] bench/*.[ch] bench/*/*.[ch])
WEB_FILES = web/*.mjs web/*/*.js web/*/*.css tests/page/*.mjs
# Came with what the build bundles.
prettier = build/release/web/node_modules/.bin/prettier --config web/.prettierrc.json

.PHONY: help demo test bench docs install package clean fuzz soak pictures format format-check tidy coverage tsan setup release dev
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install missing Debian packages
	@scripts/setup.sh

dev: setup ## build everything, with sanitizers, into build/dev
	@$(call build,dev)

release: setup ## build everything, optimised, into build/release
	@$(call build,release)

demo: setup ## build the command, compare the schedules of a Mamba block, and split an area
	@$(call build,release,--target sinter)
	@build/release/sinter compare -m $(MODEL) -a $(ACCELERATOR) -L $(TOKENS) $(call page,demo)
	@printf '\n%s\n\n' 'The same with a buffer of 1 MiB: fuse-all does not fit, mem-aware splits the state, and a search fuses more.'
	@build/release/sinter compare -q -m $(MODEL) -a $(ACCELERATOR) -L $(TOKENS) --set buffer.capacity=1MiB -s unfused,fuse-all,mem-aware,optimal
	@printf '\n%s\n\n' 'How much of its 222 mm2 should be memory, how much PEs, for prompts of 1, 64 and 1024 tokens?'
	@build/release/sinter explore -q -m $(MODEL) -a $(ACCELERATOR) -L 1,64,1024 --area 222mm2 --axis buffer.capacity=64KiB..28MiB:geo:16 $(call page,demo-split)
	@for page in build/demo.html build/demo-split.html; do [ ! -f $$page ] || echo "The same with charts: open $$page in a browser."; done

test: dev release ## every test: under the sanitizers, then optimised
	@ctest --preset dev
	@ctest --preset release

bench: release ## run the benchmarks
	@set -e; found=0; for program in build/release/bench/bench_*; do \
	    [ -x "$$program" ] || continue; found=1; "$$program"; done; \
	    [ $$found = 1 ] || echo "there are no benchmarks yet"

docs: ## guides, manual pages and the library's headers as a site in build/docs
	@scripts/setup.sh docs
	@$(call build,release,--target sinter man)
	@PYTHONDONTWRITEBYTECODE=1 python3 scripts/site/build.py build/release/sinter build/docs

install: setup ## install into $(DESTDIR)$(PREFIX)
	@$(call configure,release) -DCMAKE_INSTALL_PREFIX=$(PREFIX) && $(call make_all,release,$(shipped))
	@DESTDIR=$(DESTDIR) cmake --install build/release

package: release ## a .deb in build/release
	@cd build/release && cpack -G DEB

fuzz: ## fuzz each parser for FUZZ_SECONDS
	@scripts/setup.sh fuzz
	@$(call build,fuzz)
	@set -e; for program in build/fuzz/tests/fuzz_*; do \
	    name=$${program##*/fuzz_}; mkdir -p build/fuzz/corpus/$$name tests/corpus/$$name; \
	    echo "fuzzing $$name for $(FUZZ_SECONDS) s"; \
	    $(fuzz_environment) "$$program" -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	        -artifact_prefix=build/fuzz/$$name- build/fuzz/corpus/$$name tests/corpus/$$name; done

soak: release ## the law tests on SINTER_CASES random cases, from SINTER_SEED or a random seed on
	@scripts/soak.sh $(SINTER_CASES) $(SINTER_SEED)

pictures: release ## draw the pictures of README.md and docs/ again
	@scripts/pictures.sh build/release/sinter

format: ## format the source in place
	@scripts/setup.sh format
	@clang-format-14 -i $(C_FILES)
	@[ ! -x $(firstword $(prettier)) ] || $(prettier) $(WEB_FILES) --log-level warn --write

format-check: ## say which files format would change
	@scripts/setup.sh format
	@clang-format-14 --dry-run -Werror $(C_FILES)
	@[ ! -x $(firstword $(prettier)) ] || $(prettier) $(WEB_FILES) --log-level warn --check

tidy: ## static analysis
	@scripts/setup.sh tidy
	@$(call configure,release)
	@clang-tidy-14 --quiet -p build/release $(wildcard src/*/*.c) 2>&1 | sed '/warnings* generated\.$$/d'

coverage: ## test coverage of src/
	@scripts/setup.sh coverage
	@$(call build,coverage)
	@ctest --preset coverage
	@gcovr --root . --filter src/ build/coverage

tsan: ## every test under ThreadSanitizer
	@scripts/setup.sh tsan
	@$(call build,tsan)
	@ctest --preset tsan

clean: ## remove build/
	@rm -rf build
