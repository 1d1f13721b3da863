# MAFAT inside Darknet. `make help` lists what there is to type; README.md says why one would.
#
# Two trees are built with the same compiler and the same flags:
#   build/upstream/   pristine Darknet, as pinned in darknet/UPSTREAM  ->  build/stock/ (make stock)
#   darknet/          the same with patches/series applied, and with src_mafat linked in  (make)
# Objects live in one directory a variant (compiler, CPU, ARCH, SYSROOT, OPENMP, DEBUG, SANITIZE), so that changing
# one of these never mixes objects, and going back rebuilds nothing. The programs are copies of the variant
# made last.

# ---------------------------------------------------------------------------------------------
# What a person may set on the command line

# gcc, gcc-13, clang …
ifeq ($(origin CC),default)
CC := gcc
endif
# For another machine: what the names of its compiler and binutils begin with, such as aarch64-linux-gnu-; CC is
# the rest of the compiler's name, or a clang. Libraries are looked for where the compiler does, in SYSROOT if it
# is given, and where `CROSS=… tools/setup test` puts them.
CROSS ?=
SYSROOT ?=
LDFLAGS ?=
# Processor for -mcpu, such as cortex-a53: on ARM it says more than an instruction set does.
CPU ?=
# Instruction set for -march; `make ARCH=` builds for the plain one, as upstream's Makefile does.
ARCH ?= $(if $(CROSS)$(CPU),,native)
OPENMP ?= 1
DEBUG ?= 0
# OPENCV=1 builds libmafat-video.so, too, for `detector demo`, with this compiler. All else is the same
# without it: the program loads it when it is to show video, and no variant of its own is needed.
OPENCV ?= 0
# MPI=1 builds darknet/darknet-mpi, too, for one image on several machines, with Open MPI's mpicc. All else is
# the same without it.
MPI ?= 0
ifeq ($(origin CXX),default)
CXX := g++
endif
# asan: all of it, Darknet too, with AddressSanitizer and UndefinedBehaviorSanitizer; tsan: with
# ThreadSanitizer, for suites: by gcc these have OpenMP's threads from tests/support/parallel.c, as it does not know how
# others meet, and by clang OPENMP=0 is wanted; fuzz: as asan, for clang's libFuzzer (tests/fuzz). With lines for reports and no more: gcc would take half as long again to
# describe variables.
SANITIZE ?=
# WERROR=1 makes warnings in our code errors, as the tests do.
WERROR ?= 0

# tools/setup and the tests ask for the same compiler.
export CC CXX OPENMP CROSS CPU SYSROOT

# What Darknet's users type out of habit, for upstream's Makefile and for others' that came of it: what
# is not built here is refused, what is there anyway is said once, and not passed on.
LACKING := GPU CUDNN CUDNN_HALF ZED_CAMERA
NEEDLESS := AVX LIBSO USE_CPP
SAY_GPU := there is no CUDA in this build: MAFAT runs networks on processors
SAY_CUDNN := $(SAY_GPU)
SAY_CUDNN_HALF := $(SAY_GPU)
SAY_ZED_CAMERA := there is no support for ZED cameras in this build: OPENCV=1 reads films, streams and usual cameras
SAY_AVX := not needed: the default, ARCH=native, takes all that this processor has
SAY_LIBSO := not needed: darknet/libdarknet.so is always built
SAY_USE_CPP := not needed: all of it is C, but for what OPENCV=1 adds

given = $(strip $(foreach name,$(1),$(if $(and $(filter command,$(origin $(name))),$(filter-out 0,$($(name)))),$(name))))
$(foreach name,$(call given,$(LACKING) $(NEEDLESS)),$(warning $(name)=$($(name)): $(SAY_$(name))))
$(if $(call given,$(LACKING)),$(error $(call given,$(LACKING)): not in this build; leave it out))
MAKEOVERRIDES := $(filter-out $(addsuffix =%,$(NEEDLESS)),$(MAKEOVERRIDES))

# What runs the program does so on this machine, but for suites and the page that install makes: these are emulated.
CROSSED := all stock static suites asan check-suites deb install uninstall where clean distclean help tools-here
uncrossed := $(if $(CROSS),$(filter-out $(CROSSED),$(foreach goal,$(MAKECMDGOALS),$(if $(findstring /,$(goal)),,$(goal)))))
$(if $(uncrossed),$(error $(uncrossed): not with CROSS=$(CROSS), which builds for another machine; with it there are: $(filter-out tools-here,$(CROSSED))))
$(if $(and $(filter 1,$(MPI)),$(CROSS)$(SYSROOT)),$(error MPI=1: not with CROSS or SYSROOT; it is built with the Open MPI of this machine))
$(if $(and $(filter 1,$(OPENCV)),$(CROSS)$(SYSROOT)),$(error OPENCV=1: not with CROSS or SYSROOT; it is built with the OpenCV of this machine))

# ---------------------------------------------------------------------------------------------
# Flags

on = $(filter 1,$($(1)))
comma := ,
SANITIZERS_asan := address,undefined
SANITIZERS_tsan := thread
SANITIZERS_fuzz := fuzzer-no-link,address,undefined
SANITIZERS := $(if $(SANITIZE),-fsanitize=$(SANITIZERS_$(SANITIZE)) -fno-sanitize-recover=undefined \
    -fno-omit-frame-pointer -fno-optimize-sibling-calls -g1)
TRIPLET := $(CROSS:%-=%)
COMPILER := $(if $(filter clang%,$(notdir $(CC))),$(CC) $(TRIPLET:%=--target=%),$(CROSS)$(CC))
PROCESSOR := $(or $(strip $(CPU) $(ARCH)),plain)
# The same for all sources, Darknet's and ours, and for linking.
MACHINE := -fPIC $(ARCH:%=-march=%) $(CPU:%=-mcpu=%) $(SYSROOT:%=--sysroot=%) $(if $(call on,OPENMP),-fopenmp) $(SANITIZERS)

# What the target is, by the compiler's own macros. x86 of 32 bits computes in SSE2's registers: those of x87 round
# sums twice, when and where it suits the compiler. Where the processor has no instruction for 8 bytes at once, there
# is a library.
$(if $(CPU),$(if $(filter __x86_64__ __i386__,$(shell $(COMPILER) -dM -E -x c /dev/null 2>/dev/null)),$(error CPU=$(CPU): \
    on x86, compilers do not build for a processor by -mcpu; leave it out, and say the instruction set: ARCH=x86-64-v3)))
PREDEFINED := $(shell $(COMPILER) $(MACHINE) -dM -E -x c /dev/null 2>/dev/null)
# The notes not given there say, at each file, that gcc before 11 laid some numbers out otherwise.
MACHINE += $(if $(filter __i386__,$(PREDEFINED)),-msse2 -mfpmath=sse -Wno-psabi)
# clang 19 takes a Sapphire Rapids for a processor with a feature that it then warns of, at each file.
MACHINE += $(if $(findstring -Winvalid-feature-combination,$(shell $(COMPILER) $(MACHINE) -fsyntax-only -x c /dev/null 2>&1)),-Wno-invalid-feature-combination)
ATOMIC := $(if $(PREDEFINED),$(if $(filter __GCC_HAVE_SYNC_COMPARE_AND_SWAP_8,$(PREDEFINED)),,-latomic))

# What tools/target unpacks.
LIBRARIES := $(if $(CROSS),build/target/$(TRIPLET))
INCLUDES := $(LIBRARIES:%=-isystem %/usr/include)
CHECK_LIBS = $(if $(CROSS),-lcheck -lsubunit -lrt,$(shell pkg-config --libs check))

# Upstream's own, but for its warnings, which are not ours to fix, and for -std: newer compilers default
# to a C that Darknet is not written in. Linking uses them too, everywhere: there -Ofast adds the
# start-up code that flushes denormals to zero, and without it a program computes other bits.
DARKNET_OPT := $(if $(call on,DEBUG),-O0 -g,-Ofast)
# Fortified, it would print by calls that the library does not know (CHECKED below).
DARKNET_FLAGS := -std=gnu11 -w -Wfatal-errors -U_FORTIFY_SOURCE $(MACHINE) $(DARKNET_OPT)
# Behind the last of a list of numbers it adds to a null pointer, which it does not use.
DARKNET_FLAGS += $(if $(filter fuzz,$(SANITIZE)),-fno-sanitize=pointer-overflow)

# With checks in it stb_image, of which picture.c below is a second compilation, takes gcc a minute, but for -O1 seven
# seconds. What is fuzzed is run for hours.
STB_LEVEL := $(if $(filter-out fuzz,$(SANITIZE)),-O1)
# stb_image shifts into the sign everywhere, and Darknet draws boxes of any size, pixel by pixel.
DARKNET_FLAGS_src/image := $(STB_LEVEL) $(if $(SANITIZE),-fno-sanitize=shift$(comma)signed-integer-overflow)
# With a check between product and sum, clang fuses no multiply-add, and the bits would be others than of MAFAT's kernels.
DARKNET_FLAGS_src/gemm := $(if $(filter fuzz,$(SANITIZE)),-fno-sanitize=all)

# Ours: never -Ofast, which would reorder the sums that must match Darknet's bit for bit.
# Sanitized -O1, which compiles in half of the time that -O2 takes, but for rooms in which suites compute for long; what is
# fuzzed is run for hours. gcc makes FMAs there by the other flag alone, and the suites compare with Darknet's bits.
SANITIZED_LEVEL := $(if $(filter fuzz,$(SANITIZE)),-O2,-O1 $(if $(filter clang%,$(notdir $(CC))),,-fexpensive-optimizations))
OPT := $(if $(call on,DEBUG),-O0 -g -DMAFAT_DEBUG,$(if $(SANITIZE),$(SANITIZED_LEVEL),-O3))
# Whole numbers have names by enum, also where doubles are computed from them, which clang from 19 on finds odd.
WARN := $(if $(call on,OPENMP),,-Wno-unknown-pragmas) -Wall -Wextra -Wshadow -Wconversion -Wswitch -Wvla -Wmissing-prototypes -Wno-enum-float-conversion
# Files may have more than 2 GB where addresses have 32 bits, too.
FILES := -D_FILE_OFFSET_BITS=64
MAFAT_FLAGS = -std=gnu11 $(WARN) $(if $(call on,WERROR),-Werror) $(MACHINE) $(OPT) $(FILES) -Isrc_mafat $(INCLUDES)
# FLAGS_<file or room under src_mafat>. Two rooms alone see Darknet's headers, whose warnings are not ours (-isystem); where
# all is sanitized, the three rooms in which suites compute for long are optimised more than the rest; and some files must
# round after every operation (src_mafat/kernels/README.md: an FMA in the epilogue changes a quarter of the values).
FLAGS_upstream := -isystem darknet/include -isystem darknet/src
FLAGS_kernels := $(if $(call on,DEBUG),,$(if $(SANITIZE),-O2))
FLAGS_plan := $(FLAGS_kernels)
FLAGS_search := $(FLAGS_kernels)
FLAGS_bridge := $(FLAGS_upstream)
# Compilers prefer vectors of half of AVX-512's width, and an epilogue takes a third longer by them.
FLAGS_kernels/epilogue := -ffp-contract=off $(if $(filter __AVX512F__,$(PREDEFINED)),-mprefer-vector-width=512)
FLAGS_kernels/pool := -ffp-contract=off
FLAGS_kernels/activation := -ffp-contract=off
# Cores that wait for what they load (src_mafat/kernels/in_order.h).
FLAGS_kernels/register_tile := $(if $(filter cortex-a53% cortex-a55%,$(if $(filter __aarch64__,$(PREDEFINED)),$(CPU))),-DMAFAT_IN_ORDER)
FLAGS_run/letterbox := -ffp-contract=off
# Whether the start-up code of Darknet's program, linked with -Ofast, has denormals flushed.
FLAGS_run/denormals := -DMAFAT_FLUSHES_DENORMALS=$(if $(call on,DEBUG),0,1)
FLAGS_upstream/boxes := -ffp-contract=off
FLAGS_score := -ffp-contract=off
# The one file that knows which commit this is, so that a commit compiles no other one anew.
FLAGS_base/version = -include build/version.h -DMAFAT_MARCH='"$(PROCESSOR)"'
# stb_image compiled a second time, in parts, as Darknet compiles it; where it lets numbers overflow
# and shifts them too far, the processor's way is as good as any. clang from 19 on calls -Ofast deprecated.
STB_FLAGS = $(DARKNET_OPT) $(STB_LEVEL) -Wno-deprecated -fwrapv -fno-sanitize=shift
FLAGS_upstream/picture = $(STB_FLAGS)
FLAGS_upstream/jpeg_rows = $(STB_FLAGS)
FLAGS_upstream/png_rows = $(STB_FLAGS)

TEST_FLAGS = -std=gnu11 -Wall -Wextra $(if $(call on,WERROR),-Werror) $(MACHINE) $(OPT) $(FILES) \
    -Isrc_mafat -Itests $(FLAGS_upstream) $(INCLUDES)
LIBS = $(LDFLAGS) $(addprefix -L,$(wildcard $(LIBRARIES:%=%/usr/lib/*/))) -lz -lm -pthread -ldl $(ATOMIC)

# ---------------------------------------------------------------------------------------------
# Files

blank := $(subst ,, )
# On ARM -mcpu=native is not -march=native. A path is too long for a folder's name.
PROCESSOR_NAME := $(if $(filter native,$(CPU)),cpu-)$(subst $(blank),$(comma),$(PROCESSOR))
SYSROOT_NAME := $(if $(SYSROOT),-$(shell echo '$(SYSROOT)' | sha256sum | cut -c1-8))
VARIANT := $(subst /,_,$(subst $(blank),_,$(CROSS)$(CC)))-$(PROCESSOR_NAME)$(SYSROOT_NAME)-$(if $(call on,OPENMP),omp,serial)$(if $(call on,DEBUG),-debug)
B := build/$(VARIANT)$(SANITIZE:%=/%)

# Upstream's OBJ and EXECOBJA. Its folders hold more files, which it does not build either; its
# image_opencv.cpp is empty without OpenCV, and left out so that no C++ compiler is needed.
LIBRARY := $(addprefix src/, gemm utils cuda deconvolutional_layer convolutional_layer list image \
    activations im2col col2im blas crop_layer dropout_layer maxpool_layer softmax_layer data matrix \
    network connected_layer cost_layer parser option_list detection_layer route_layer upsample_layer \
    box normalization_layer avgpool_layer layer local_layer shortcut_layer logistic_layer \
    activation_layer rnn_layer gru_layer crnn_layer demo batchnorm_layer region_layer reorg_layer \
    tree lstm_layer l2norm_layer yolo_layer iseg_layer)
PROGRAM := $(addprefix examples/, captcha lsd super art tag cifar go rnn segmenter regressor \
    classifier coco yolo detector nightmare instance-segmenter darknet)

# What stands in cluster/ is a program's, and not the library's.
MAFAT := $(patsubst src_mafat/%.c,mafat/%.o,$(filter-out src_mafat/cluster/%,$(wildcard src_mafat/*/*.c)))
SUITES := $(patsubst %.c,%,$(wildcard tests/test_*.c))
# Suites share all of it but the calls that some replace.
SUPPORT := $(filter-out $(patsubst %,tests/support/%.o,page reads heap $(if $(and $(filter tsan,$(SANITIZE)),$(call on,OPENMP)),,parallel)),$(patsubst %.c,%.o,$(wildcard tests/support/*.c)))
PAGED := $(addprefix tests/test_, predict process size)
READERS := $(addprefix tests/test_, cost direct exec store)
HEAPED := tests/test_library
TOOLS := $(patsubst %.c,%,$(filter-out tools/cage.c tools/instructions.c tools/outputs.c,$(wildcard tools/*.c)))
SCRIPTS := $(wildcard tests/cli/*.sh tests/network/*.sh)
FUZZERS := $(patsubst %.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# One compile line for every rule: $(call compile,flags). It leaves what the source includes in a .d file.
define compile
@mkdir -p $(@D)
@echo "  $(CROSS)$(CC) $@"
@$(COMPILER) $(1) -MD -MP -c $< -o $@
endef
# The same for linking: $(call link,flags,libraries). Objects and archives are taken from the prerequisites.
define link
@mkdir -p $(@D)
@echo "  link $@"
@$(COMPILER) $(1) $(filter %.o %.a,$^) -o $@ $(2) $(LIBS)
endef

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all stock static tools-here analyse demo bench memory networks predict-table search-table search-sweep ranks-table paper install uninstall deb test test-long test-boards check check-suites check-asan asan faults soak hostile mutate fuzz fuzzers check-valgrind suites where clean distclean help FORCE

# ---------------------------------------------------------------------------------------------
# Targets

all: darknet/darknet darknet/libdarknet.a darknet/libdarknet.so build/libmafat.a build/libmafat.so $(if $(call on,OPENCV),darknet/libmafat-video.so) $(if $(call on,MPI),darknet/darknet-mpi) $(if $(CROSS),tools-here,$(TOOLS)) ## darknet/darknet and libdarknet with MAFAT inside, and the tools (default)

stock: build/stock/darknet build/stock/libdarknet.a ## build/stock/darknet: upstream untouched, same compiler flags

ONE_FILE := build/static/$(shell $(COMPILER) -dumpmachine 2>/dev/null)/darknet-mafat
static: $(ONE_FILE) ## build/static/<machine>/darknet-mafat: the program in one file, with its libraries, to be copied [CROSS=aarch64-linux-gnu-]

# Set-up comes first and what it installs is needed to go on, hence a second make.
# It builds in parallel unless this one was told how.
in_parallel = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

demo: ## set up, build, and show a detector on a photo in 16 MiB, beside stock Darknet [WEIGHTS=… CFG=…]
	@tools/setup build
	+@$(in_parallel) all stock
	@tools/demo

bench: ## one table, side by side: stock, ours, OpenCV, ONNX Runtime and ncnn [CFG=cfg/yolov2.cfg ORT=… NCNN=…]
	+@$(in_parallel) all stock
	@DARKNET_FLAGS='$(DARKNET_FLAGS)' MAFAT_FLAGS='$(filter-out -W% -I%,$(MAFAT_FLAGS))' tools/bench

memory: ## one table of peak memory, in cgroups: stock, without training buffers, ours [LIMITS="64M 16M 12M"]
	+@$(in_parallel) all stock
	@tools/memory

networks: ## one table of upstream's networks, each in its smallest limit, against stock [NETWORKS="yolov2 darknet19"]
	+@$(in_parallel) all stock
	@tools/networks

predict-table: ## one table of predictions and what is charged: 200 processes and more [NETWORKS="yolov2 darknet19"]
	+@$(in_parallel) all
	@tools/predict_table

search-table: ## tables of what the search chooses against what else fits, measured [LIMITS="16M 64M"]
	+@$(in_parallel) all
	@tools/search_table

search-sweep: ## one table of what is found limit after limit: proven, monotone, how fast [NETWORKS="yolov2 yolov3"]
	+@$(in_parallel) all
	@tools/search_sweep

ranks-table: ## one table of predictions and what ranks take on two machines that are this one's; root [RATES="100mbit 1gbit" LIMITS="none 64M"]
	+@$(in_parallel) MPI=1 all
	@tools/ranks_table

paper: ## the MAFAT paper's experiment in limits, with swap and pictures; root, hours [SERIES="first16 whole slow" QUICK=1]
	@tools/paper/paper --check
	@tools/setup paper || { tools/setup --check build && echo 'paper: goes on without what is missing' >&2; }
	+@$(in_parallel) all stock
	@tools/paper/paper $(if $(call on,QUICK),--quick) $(LIMITS:%=--limits %) $(SERIES)

# Sources are fetched here once, and not again by who builds the packages.
deb: ## Debian packages in build/deb/, for every processor of the architecture: darknet-mafat, libmafat0, -dev, python3-mafat, mafat-data [CROSS=aarch64-linux-gnu-]
	@tools/setup deb
	+@$(MAKE) --no-print-directory build/upstream.stamp
	@tools/deb

test: ## all that CI runs: set up, build, suites, sanitizers, patches, includes, command line, networks, a look at ARM
	@tools/setup test
	@for cross in aarch64-linux-gnu- arm-linux-gnueabihf-; do \
	    CROSS=$$cross tools/setup test || echo "test: goes on without it" >&2; done
	@tools/setup mpi || echo "test: goes on without it" >&2
	+@command -v mpicc >/dev/null && mpi=1 || mpi=0; $(in_parallel) MPI=$$mpi WERROR=1 all stock suites
	@tests/measure_costs
	@tests/run $(SCRIPTS) tools/check_patches tests/check_includes tests/check_mutants $(SUITES:%=$(B)/asan/%) $(SUITES:%=$(B)/%)

test-long: ## the same with more of what could go on for ever, more builds, more moments of signals: an hour and more
	+@$(MAKE) --no-print-directory TEST_ROUNDS=4 test

test-boards: ## builds for ARM of 64 and 32 bits and x86 of 32, held to Darknet under emulation: an hour [BOARDS="a76 riscv64" BOARD_SUITES=all]
	@tests/boards $(if $(BOARD_SUITES),-s '$(BOARD_SUITES)') $(BOARDS)

check: ## what a person runs while working: plain suites, includes, a command, a network
	+@$(in_parallel) WERROR=1 all stock $(SUITES:%=$(B)/%)
	@tests/run tests/network/detector.sh tests/cli/plan.sh tests/check_includes $(SUITES:%=$(B)/%)

check-suites: $(SUITES:%=$(B)/%) ## the suites alone
	@tests/run $^

check-asan: ## the same under AddressSanitizer and UndefinedBehaviorSanitizer, Darknet included
	+@$(MAKE) --no-print-directory SANITIZE=asan check-suites

asan: ## build/<variant>/asan/darknet/darknet: the whole program under these two
	+@$(MAKE) --no-print-directory SANITIZE=asan $(B)/asan/darknet/darknet

FUZZ_CC := $(if $(filter clang%,$(notdir $(CC))),$(CC),clang)
fuzz: ## all that reads strangers' files, under clang's libFuzzer, as long as you like; goes on where it was stopped [TIME=8h JOBS=2 TARGETS="cfg run"]
	@CC=$(FUZZ_CC) tools/setup fuzz
	+@$(in_parallel) CC=$(FUZZ_CC) SANITIZE=fuzz fuzzers
	@tests/fuzz/run $$($(MAKE) -s --no-print-directory CC=$(FUZZ_CC) SANITIZE=fuzz where | sed 's|/darknet/darknet$$|/tests/fuzz|') \
	    $(or $(TIME),10m) $(or $(JOBS),$(shell nproc)) $(TARGETS)

# valgrind does not know AVX-512, hence the plain instruction set.
check-valgrind: ## the same under valgrind, built for the plain instruction set
	@tools/setup valgrind
	+@$(in_parallel) ARCH= check-suites CK_FORK=no RUN_UNDER="valgrind -q --error-exitcode=1 \
	    --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --suppressions=tests/valgrind.supp"

# Whoever owns the tree has it built first; anybody else, root above all, takes what was built.
install: $(if $(wildcard darknet/darknet),$(shell [ ! -O darknet/darknet ] || echo all),all) ## darknet-mafat, libmafat, Python module, man pages, cfgs and names [PREFIX=/usr/local DESTDIR= PYTHON=python3 MPI=]
	@tools/install install

uninstall: ## take away what install has put there, and nothing else [PREFIX=/usr/local DESTDIR=]
	@tools/install uninstall

hostile: ## hostile files for as long as you like; findings in build/findings/ [TIME=600 SEED=1]
	+@$(in_parallel) all asan
	@MUTATE_SECONDS=$(or $(TIME),600) SEED=$(SEED) tests/network/mutate.sh

analyse: $(MAFAT:mafat/%.o=$(B)/analysed/%.tidy) ## gcc's analyser and clang-tidy over src_mafat: ten minutes, and less where little has changed

mutate: ## small faults planted in a copy of the tree, and the tests nearest to each: 20 minutes and more; goes on where it was stopped [MUTANT=pool]
	+@$(in_parallel) all stock
	@tests/mutants/run '$(MUTANT)'

soak: ## 12,500 inferences and 500 of YOLOv2: memory, descriptors, threads and latency stay flat: half an hour; goes on where it was stopped [QUICK=1]
	+@$(in_parallel) all
	@QUICK=$(QUICK) tests/soak

faults: ## every call of every command made to fail, one after the other: hours; goes on where it was stopped [FAULTS_ONLY=detect:read]
	+@$(in_parallel) all
	@FAULTS_KEPT=$(CURDIR)/build/faults tests/cli/faults.sh

suites: $(SUITES:%=$(B)/%) $(if $(SANITIZE),$(B)/darknet/darknet $(FUZZERS:%=$(B)/%)) ## build the suites, plain and sanitized, and the sanitized program
	+@$(if $(SANITIZE),,$(MAKE) --no-print-directory SANITIZE=asan suites)

# Where the variant's own program is linked: tests build other variants and leave darknet/darknet alone.
where: ## print where this variant's own program is
	@echo $(B)/darknet/darknet

# What was measured takes hours, and in build/paper*/made stands what such a run has made on the machine.
clean: ## remove what was built; what was fetched, and what `make paper` measured, stays
	rm -rf $(filter-out build/cache build/target build/upstream% build/paper%,$(wildcard build/*)) $(TOOLS)
	rm -f darknet/darknet darknet/darknet-mpi darknet/libdarknet.a darknet/libdarknet.so darknet/libmafat-video.so

distclean: ## remove all that is not in the repository, your own files in darknet/ too
	@for made in $(wildcard build/paper*/made); do \
	    echo "$$made: a run of make paper goes on, or was killed; then tools/paper/paper --out $${made%/made} --clean first" >&2; \
	    exit 1; done
	rm -rf build $(TOOLS)
	find darknet -mindepth 1 ! -name UPSTREAM -delete

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 16
	@echo "Variables: CC=$(CC) ARCH=$(ARCH) CROSS=$(CROSS) CPU=$(CPU) SYSROOT=$(SYSROOT) LDFLAGS=$(LDFLAGS) OPENMP=$(OPENMP) DEBUG=$(DEBUG) OPENCV=$(OPENCV) MPI=$(MPI) WERROR=$(WERROR) DARKNET_TARBALL=$(DARKNET_TARBALL)"

# Exported for tests/run: upstream's leaks are named, and slow machines get time.
export CK_DEFAULT_TIMEOUT ?= 120
# Idle threads of small networks sleep: spinning, they would take the cores from those that work.
export OMP_WAIT_POLICY ?= passive
export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS := print_stacktrace=1
RUN_UNDER ?= $(if $(CROSS),tools/emulate)
export CK_FORK RUN_UNDER
# How long tests may take: 1 is for some ten minutes, more for all that there is (tests/lib.sh, tests/support/suite.h).
export TEST_ROUNDS ?= 1

# ---------------------------------------------------------------------------------------------
# Sources: fetched and verified, then patched

# Says what to install when something is missing; installing is left to `tools/setup`.
$(B)/ready-%: tools/setup
	@tools/setup --check $*
	@mkdir -p $(@D) && touch $@

# A tarball that is given is always looked at, so that a wrong one is never passed over.
build/upstream.stamp: darknet/UPSTREAM tools/fetch $(if $(DARKNET_TARBALL),FORCE) | $(B)/ready-build
	@tools/fetch
	@touch $@

# Patched aside, and then only what differs is copied: the rest keeps its time and is not rebuilt.
# Our own networks stand beside upstream's, as in what is installed, so that each is found by its name.
# backup/ and results/ are where upstream's commands write; `make` typed in darknet/ comes back here.
OWN_CFG := $(filter-out %.md %.svg,$(wildcard cfg/*))
darknet/.stamp: build/upstream.stamp Makefile tools/darknet.mk $(wildcard patches/series patches/*.patch) $(OWN_CFG)
	@rm -rf build/patched && cp -a build/upstream build/patched
	@sed '/^#/d; /^$$/d' patches/series 2>/dev/null | while read -r name; do \
	    patch -d build/patched -p1 --fuzz=0 --no-backup-if-mismatch -s <patches/$$name || \
	        { echo "patches/$$name does not apply" >&2; exit 1; }; done
	@cp tools/darknet.mk build/patched/GNUmakefile
	@cp $(OWN_CFG) build/patched/cfg
	@cd build/patched && find . -type f | while read -r file; do \
	    cmp -s $$file ../../darknet/$$file || \
	        { mkdir -p ../../darknet/$${file%/*} && cp $$file ../../darknet/$$file; }; done
	@rm -rf build/patched && mkdir -p darknet/backup darknet/results
	@touch $@

# The empty recipes say: these files come with the stamp, but only a newer file rebuilds something.
from_upstream = $(addprefix $(1)/,$(LIBRARY:=.c) $(PROGRAM:=.c)) $(wildcard $(1)/include/*.h $(1)/src/*.h)
$(call from_upstream,build/upstream): build/upstream.stamp ;
$(call from_upstream,darknet): darknet/.stamp ;

# ---------------------------------------------------------------------------------------------
# Darknet, twice

$(B)/stock/%.o: build/upstream/%.c Makefile | $(B)/ready-build
	$(call compile,$(DARKNET_FLAGS) -Ibuild/upstream/include -Ibuild/upstream/src)

# Darknet does not look whether it got the memory, the file, or the bytes of it, that it asked for, and it ends the process and prints
# where a library must not, so in the patched objects these calls go to src_mafat, which does better. Renamed behind the
# compiler, so that its code stays stock's. What image.c makes by calloc() is images, for which there must be room in memory limits.
CALLOC_src/image := mafat_image_calloc
CHECKED_CALLS := malloc realloc free qsort fopen fclose fread fgets exit srand fprintf printf fwrite fputc putchar puts perror
CHECKED = $(foreach name,$(CHECKED_CALLS),--redefine-sym $(name)=mafat_checked_$(name)) \
    --redefine-sym __assert_fail=mafat_checked_assert_fail \
    --redefine-sym calloc=$(or $(CALLOC_$*),mafat_checked_calloc)
OBJCOPY := $(if $(CROSS),$(CROSS)objcopy,$(shell $(CC) -print-prog-name=objcopy))

$(B)/darknet/%.o: darknet/%.c Makefile | $(B)/ready-build
	$(call compile,$(DARKNET_FLAGS) $(DARKNET_FLAGS_$*) -Idarknet/include -Idarknet/src -Isrc_mafat)
	@$(OBJCOPY) $(CHECKED) $@

# The rooms of src_mafat are prerequisites too: a file that is removed leaves the library. `ar q`
# because both Darknet and src_mafat have a layer.o, and `ar r` might let one replace the other.
$(B)/stock/libdarknet.a: $(LIBRARY:%=$(B)/stock/%.o)
$(B)/darknet/libdarknet.a: $(LIBRARY:%=$(B)/darknet/%.o) $(MAFAT:%=$(B)/%) $(wildcard src_mafat/*/)
$(B)/libmafat.a: $(MAFAT:%=$(B)/%) $(wildcard src_mafat/*/)
$(B)/stock/libdarknet.a $(B)/darknet/libdarknet.a $(B)/libmafat.a:
	@echo "  ar $@"
	@rm -f $@ && ar qcs $@ $(filter %.o,$^)

$(B)/darknet/libdarknet.so: $(LIBRARY:%=$(B)/darknet/%.o) $(MAFAT:%=$(B)/%) $(wildcard src_mafat/*/)
	$(call link,$(DARKNET_FLAGS) -shared)

# The library for programs: Darknet's code and ours, of which mafat.h alone is to be seen. Not linked with -Ofast, whose
# start-up code would change how the program computes (src_mafat/run/denormals.h).
EXPORTS := src_mafat/library/exports.map
$(B)/libmafat.so.0: $(LIBRARY:%=$(B)/darknet/%.o) $(addprefix $(B)/,$(filter-out mafat/command/% mafat/draw/% mafat/video/%,$(MAFAT))) $(EXPORTS) $(wildcard src_mafat/*/)
	$(call link,$(MACHINE) $(NAMES) -shared -Wl$(comma)-soname$(comma)$(@F) -Wl$(comma)--version-script$(comma)$(EXPORTS))

# What `detector demo` loads. Debian has the pkg-config file in a package with all of OpenCV, of which
# this is a small part; tools/setup looks in the same places.
OPENCV_FLAGS = $(or $(shell pkg-config --cflags opencv4 2>/dev/null),-I/usr/include/opencv4)
OPENCV_LIBS = $(shell pkg-config --libs-only-L opencv4 2>/dev/null) -lopencv_videoio -lopencv_highgui -lopencv_core
$(B)/darknet/libmafat-video.so: src_mafat/video/opencv.cc Makefile | $(B)/ready-opencv
	@mkdir -p $(@D)
	@echo "  $(CXX) $@"
	@$(CXX) -std=c++11 -Wall -Wextra $(if $(call on,WERROR),-Werror) -fPIC -O2 -Isrc_mafat \
	    $(patsubst -I%,-isystem %,$(OPENCV_FLAGS)) -MD -MP -shared $< -o $@ $(OPENCV_LIBS)

# The program of a rank has Darknet's main() under another name. What the linker is to do with MPI, mpicc knows.
FLAGS_cluster = $(patsubst -I%,-isystem %,$(shell mpicc --showme:compile))
RANK := $(patsubst src_mafat/%.c,$(B)/mafat/%.o,$(wildcard src_mafat/cluster/*.c))
$(RANK): | $(B)/ready-mpi
$(B)/darknet/rank.o: $(B)/darknet/examples/darknet.o
	@$(OBJCOPY) --redefine-sym main=mafat_darknet_main $< $@
$(B)/darknet/darknet-mpi: $(RANK) $(B)/darknet/rank.o $(filter-out %/darknet.o,$(PROGRAM:%=$(B)/darknet/%.o)) $(B)/darknet/libdarknet.a
	$(call link,$(DARKNET_FLAGS) $(NAMES),$(shell mpicc --showme:link))

$(B)/stock/darknet: $(PROGRAM:%=$(B)/stock/%.o) $(B)/stock/libdarknet.a
$(B)/darknet/darknet $(B)/darknet/darknet-static: $(PROGRAM:%=$(B)/darknet/%.o) $(B)/darknet/libdarknet.a
# Names of functions are not loaded, but count as memory that a limit must leave for the file.
$(B)/darknet/darknet $(B)/darknet/darknet-mpi $(B)/darknet/darknet-static $(B)/libmafat.so.0: private NAMES := $(if $(call on,DEBUG)$(SANITIZE),,-s)
$(B)/stock/darknet $(B)/darknet/darknet:
	$(call link,$(DARKNET_FLAGS) $(NAMES))
# Linkers warn of dlopen(): libmafat-video.so, for films, is for the program with shared libraries.
$(B)/darknet/darknet-static:
	$(call link,$(DARKNET_FLAGS) $(NAMES) -static)
$(ONE_FILE): $(B)/darknet/darknet-static FORCE
	@mkdir -p $(@D) && install -C $< $@

# Copies of this variant's, put in place only when they differ.
darknet/darknet darknet/darknet-mpi darknet/libdarknet.a darknet/libdarknet.so darknet/libmafat-video.so: darknet/%: $(B)/darknet/% FORCE
	@install -C $< $@
build/libmafat.a build/libmafat.so.0: build/%: $(B)/% FORCE
	@install -C $< $@
build/libmafat.so: build/libmafat.so.0
	@ln -sf $(<F) $@
build/stock/darknet build/stock/libdarknet.a: build/stock/%: $(B)/stock/% FORCE
	@mkdir -p $(@D) && install -C $< $@
# Scripts run the tools on this machine, whatever the programs are for.
ifeq ($(CROSS),)
$(TOOLS): %: $(B)/% FORCE
	@install -C $< $@
endif
tools-here: darknet/.stamp
	+@$(MAKE) --no-print-directory CROSS= CPU= ARCH=native SYSROOT= LDFLAGS= SANITIZE= $(TOOLS)

# ---------------------------------------------------------------------------------------------
# src_mafat and its tests

build/version.h: VERSION darknet/UPSTREAM tools/version FORCE
	@mkdir -p $(@D) && tools/version >$@.$$$$ && { cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@; }
$(B)/mafat/base/version.o: build/version.h

$(B)/mafat/%.o: src_mafat/%.c Makefile | $(B)/ready-build darknet/.stamp
	$(call compile,$(MAFAT_FLAGS) $(FLAGS_$*) $(FLAGS_$(*D)))

# What two analysers say of each file, and below of which files it is not so. clang-tidy's checks are chosen in
# src_mafat/.clang-tidy; tools/analysed.h has what neither sees, by macros whose value not all want. Leaks that gcc tells
# are blocks that a struct has taken, of which gcc 12 loses sight: leaks are for LeakSanitizer, in each suite.
ANALYSED_FLAGS = $(filter-out -fopenmp,$(MAFAT_FLAGS)) -O2 -Wno-unused-value -Wno-unknown-pragmas $(FLAGS_$*) \
    $(FLAGS_$(*D)) -D_GNU_SOURCE= $(if $(filter $*,base/status base/lines),,-include tools/analysed.h)
# $(call not_so,checks): those which do not hold of this file.
not_so = $(foreach check,$(1),$(if $(filter $*,$(NOT_SO_$(check))),$(check)))
# Numbers decide together whether a pointer is one, or a status whether a result is there.
GCC_NOT_SO := null-argument null-dereference possible-null-dereference use-of-uninitialized-value shift-count-overflow
NOT_SO_null-argument := command/routing
NOT_SO_null-dereference := cfg/cfg_layers command/command_darknet run/step
NOT_SO_possible-null-dereference := cfg/cfg_layers machine/probe
NOT_SO_use-of-uninitialized-value := command/oracle machine/race
TIDY_NOT_SO := CallAndMessage DivideZero NonNullParamChecker NullDereference StackAddressEscape UndefinedBinaryOperatorResult
NOT_SO_CallAndMessage := machine/race
NOT_SO_DivideZero := cfg/cfg_layers
NOT_SO_NonNullParamChecker := cfg/cfg command/routing
NOT_SO_NullDereference := base/lines cfg/cfg cfg/cfg_layers command/oracle kernels/pack run/step search/edge search/spell search/trace \
    upstream/jpeg_rows
NOT_SO_UndefinedBinaryOperatorResult := cfg/cfg_text
# Each number of a vector is shifted.
NOT_SO_shift-count-overflow := kernels/activation
# Where a tile's sums lie is said anew before it runs again.
NOT_SO_StackAddressEscape := kernels/conv

$(B)/analysed/%.gcc: src_mafat/%.c tools/analysed.h | $(B)/ready-analyse darknet/.stamp build/version.h
	@mkdir -p $(@D)
	@echo "  gcc -fanalyzer $<"
	@$(COMPILER) $(ANALYSED_FLAGS) -Werror -fanalyzer $(addprefix -Wno-analyzer-,malloc-leak too-complex $(call not_so,$(GCC_NOT_SO))) \
	    -MD -MP -MF $@.d -MQ $@ -S $< -o $@
$(B)/analysed/%.tidy: src_mafat/%.c $(B)/analysed/%.gcc src_mafat/.clang-tidy
	@echo "  clang-tidy $<"
	@clang-tidy --quiet --checks='$(subst $(blank),$(comma),$(addprefix -clang-analyzer-core.,$(call not_so,$(TIDY_NOT_SO))))' $< \
	    -- $(ANALYSED_FLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

$(B)/tests/%.o: tests/%.c Makefile | $(B)/ready-test darknet/.stamp
	$(call compile,$(TEST_FLAGS) $(if $(CROSS),,$(shell pkg-config --cflags check)))

$(B)/tests/mutate: %: %.o $(B)/tests/support/change.o
	$(call link,$(DARKNET_FLAGS))

$(PAGED:%=$(B)/%): $(B)/tests/support/page.o
$(READERS:%=$(B)/%): $(B)/tests/support/reads.o
$(HEAPED:%=$(B)/%): $(B)/tests/support/heap.o
$(SUITES:%=$(B)/%): %: %.o $(SUPPORT:%=$(B)/%) $(B)/darknet/libdarknet.a
	$(call link,$(DARKNET_FLAGS),$(CHECK_LIBS))

# What is fuzzed (tests/fuzz/README.md): with clang's libFuzzer, or with a main() of our own.
FUZZ_MAIN := $(if $(filter fuzz,$(SANITIZE)),,tests/fuzz/replay.o tests/support/change.o)
$(FUZZERS:%=$(B)/%): %: %.o $(addprefix $(B)/,tests/fuzz/fuzz.o tests/support/reference.o $(FUZZ_MAIN)) $(B)/darknet/libdarknet.a
	$(call link,$(DARKNET_FLAGS) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer))
fuzzers: $(FUZZERS:%=$(B)/%)

$(B)/tools/%.o: tools/%.c Makefile | $(B)/ready-build darknet/.stamp
	$(call compile,$(MAFAT_FLAGS) $(FLAGS_tools/$*))

# What a network gives by each Darknet: tests/boards compares them.
# Each with its own header, as patches give Darknet's structures members of ours.
$(B)/stock/outputs.o: INCLUDED := build/upstream/include
$(B)/darknet/outputs.o: INCLUDED := darknet/include
$(B)/stock/outputs.o $(B)/darknet/outputs.o: tools/outputs.c Makefile | $(B)/ready-build darknet/.stamp
	$(call compile,$(MAFAT_FLAGS) -isystem $(INCLUDED))
$(B)/stock/outputs $(B)/darknet/outputs: %/outputs: %/outputs.o %/libdarknet.a
	$(call link,$(DARKNET_FLAGS))

# Tools know cfg and weights files, not Darknet: nothing of it is linked.
$(B)/tools/limit: $(B)/tools/cage.o
$(TOOLS:%=$(B)/%): %: %.o $(B)/libmafat.a
	$(call link,$(DARKNET_FLAGS))

-include $(shell find $(B) -name '*.d' 2>/dev/null)
