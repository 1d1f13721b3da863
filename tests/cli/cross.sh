#!/bin/bash
# Builds for other machines: what is asked for reaches the compiler and the linker, variants never share a folder, tools
# are made for the machine that runs them, what would run a foreign program is refused, and set-up says what is missing
# or too old. tests/boards builds and runs them.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL RUN_UNDER
quiet() { make --no-print-directory "$@"; }

# A compiler that only says what it was told, under the names of others.
mkdir "$scratch/bin"
cat >"$scratch/bin/fake" <<'END'
#!/bin/sh
case " $* " in
    *" -dM "*) printf "$MACROS" ;;
    *" -fsyntax-only "*) echo "warning: $WARNING" >&2 ;;
esac
END
chmod +x "$scratch/bin/fake"
for name in aarch64-linux-gnu-gcc aarch64-linux-gnu-gcc-12 i686-linux-gnu-gcc clang odd; do
    ln -s fake "$scratch/bin/$name"
done
export MACROS= WARNING=
export PATH=$scratch/bin:$PATH

# What the compiler is told of a file, and of the program.
file=base/size
commands() { quiet -n -W "src_mafat/$file.c" "$@" "$(quiet "$@" where)"; }
told() { commands "$@" | grep -e "-c src_mafat/$file.c "; }
linked() { commands "$@" | grep -E -- '-o build/[^ ]*/darknet/darknet '; }
expect 0 '^build/aarch64-linux-gnu-gcc-plain-omp/darknet/darknet$' quiet CROSS=aarch64-linux-gnu- where
expect 0 '^build/aarch64-linux-gnu-gcc-12-cortex-a53-omp/' quiet CROSS=aarch64-linux-gnu- CC=gcc-12 CPU=cortex-a53 where
expect 0 '^build/aarch64-linux-gnu-clang-plain-serial/' quiet CROSS=aarch64-linux-gnu- CC=clang OPENMP=0 where
expect 0 '^build/gcc_-m32-native-omp/' quiet CC='gcc -m32' where

asked=(CROSS=aarch64-linux-gnu- CPU=cortex-a53 SYSROOT=/some/root LDFLAGS=-L/some/where)
line=$(told "${asked[@]}")
[[ $line =~ ^aarch64-linux-gnu-gcc\ .*-mcpu=cortex-a53.*--sysroot=/some/root ]] || fail "compiles by $line"
[[ $line == *-march=* ]] && fail "an instruction set of this machine: $line"
[[ $(told CROSS=aarch64-linux-gnu- ARCH=armv8.2-a) =~ -march=armv8.2-a ]] || fail "ARCH is not passed on"
[[ $(told CROSS=aarch64-linux-gnu- CC=clang) =~ ^clang\ --target=aarch64-linux-gnu\  ]] || fail "clang knows no target"
line=$(linked "${asked[@]}")
[[ $line =~ ^aarch64-linux-gnu-gcc\ .*--sysroot=/some/root.*-L/some/where ]] || fail "links by $line"

# x86 of 32 bits rounds as SSE2 does; whoever lacks instructions for 8 bytes has a library for them
line=$(MACROS='#define __i386__ 1\n' told CROSS=i686-linux-gnu-)
[[ $line =~ -msse2\ -mfpmath=sse ]] || fail "x87 is let through: $line"
[[ $(told CROSS=aarch64-linux-gnu-) == *sse* ]] && fail "SSE2 for all"
atomic() { MACROS=$1 linked CROSS=i686-linux-gnu- | grep -c -- ' -latomic$'; }
[ "$(atomic '#define __GCC_HAVE_SYNC_COMPARE_AND_SWAP_8 1\n')" = 0 ] || fail "-latomic for all"
[ "$(atomic '#define __GCC_HAVE_SYNC_COMPARE_AND_SWAP_4 1\n')" != 0 ] || fail "no -latomic where it is needed"

# cores that issue in order have a loop of their own, on 64 bits
in_order() { file=kernels/register_tile told CROSS=aarch64-linux-gnu- CPU="$1" | grep -c -- ' -DMAFAT_IN_ORDER '; }
export MACROS='#define __aarch64__ 1\n'
[[ $(in_order cortex-a53)$(in_order cortex-a55)$(in_order cortex-a53+crc) = 111 ]] || fail "not in order"
[[ $(in_order cortex-a72)$(in_order cortex-a76)$(MACROS='' in_order cortex-a53) = 000 ]] || fail "in order for all"
MACROS=

# what clang 19 says of what it takes this processor for is said of no file
expect 0 '' commands CROSS=aarch64-linux-gnu-
grep -q -- -Wno-invalid-feature "$scratch/stdout" && fail "a warning is switched off that there is not"
[[ $(WARNING='this and that [-Winvalid-feature-combination]' told CROSS=aarch64-linux-gnu-) == *' -Wno-invalid-feature-combination '* ]] ||
    fail "the warning stays"

# tools are this machine's
quiet -n CROSS=aarch64-linux-gnu- all | grep -E 'install -C .* tools/' >"$scratch/tools"
grep -q 'install -C build/gcc-native-omp/tools/limit tools/limit' "$scratch/tools" || fail "no tools for this machine"
grep -q aarch64 "$scratch/tools" && fail "foreign tools: $(cat "$scratch/tools")"

# set-up: what is missing, and what is too old
expect 1 'apt-get install gcc-nothing-linux-gnu libc6-dev-nothing-cross$' env CROSS=nothing-linux-gnu- tools/setup --check build
expect 1 'run: tools/target nothing-linux-gnu$' env CROSS=nothing-linux-gnu- tools/setup --check build
expect 1 "'nothing' is none of Debian's" env CROSS=nothing- tools/setup --check build
expect 1 "CC='odd' with CROSS='aarch64-linux-gnu-' .*does not build" env CROSS=aarch64-linux-gnu- OPENMP= CC=odd tools/setup --check build
too_old() { MACROS=$1 expect 1 "fake is $2: wanted is gcc from 10 on or clang from 14 on" env CC=fake OPENMP=0 tools/setup --check build; }
too_old '#define __GNUC__ 9\n' 'gcc 9'
too_old '#define __GNUC__ 4\n#define __clang_major__ 13\n' 'clang 13'
for macros in '#define __GNUC__ 10\n' '#define __GNUC__ 4\n#define __clang_major__ 14\n' ''; do
    MACROS=$macros CC=fake OPENMP=0 tools/setup --check build || fail "refused: $macros"
done
echo 'no program, but longer than the header of one' >"$scratch/text"
expect 1 'is not for a machine that is known here' tools/emulate "$scratch/text"
expect 1 'cannot be read' tools/emulate "$scratch/none"

# packages are for every processor of this architecture or of another one, whatever was asked for
mkdir -p "$scratch/tree/build/upstream" "$scratch/tree/build/target/aarch64-linux-gnu/usr"
cp -R --parents VERSION tools/deb tools/target tools/version tools/debian darknet/UPSTREAM "$scratch/tree"
printf '#!/bin/sh\n{ env; echo "told: $*"; } >"%s"\nexit 1\n' "$scratch/env" >"$scratch/bin/dpkg-buildpackage"
chmod +x "$scratch/bin/dpkg-buildpackage"
variables='CC|CXX|CPU|ARCH|SYSROOT|LDFLAGS|OPENMP|OPENCV|MPI|DEBUG|SANITIZE|WERROR|RUN_UNDER|MAKEFLAGS'
# shellcheck disable=SC2086    # words
expect 1 'dpkg-buildpackage failed' env ${variables//|/=asked }= "$scratch/tree/tools/deb"
grep -E "^($variables)=|^told: .*-a" "$scratch/env" && fail "asked for in packages"
# shellcheck disable=SC2086    # words
expect 1 'dpkg-buildpackage failed' env ${variables//|/=asked }= CROSS=aarch64-linux-gnu- "$scratch/tree/tools/deb"
grep -E "^($variables|CROSS)=" "$scratch/env" && fail "asked for in packages of another architecture"
grep -q '^told: .* -aarm64$' "$scratch/env" || fail "$(grep '^told' "$scratch/env")"
[ -d "$scratch"/tree/build/deb-arm64/*/build/target/aarch64-linux-gnu/usr ] || fail "without the libraries of the other architecture"
grep -h '^lib.*:arm64' "$scratch"/tree/build/deb-arm64/*/debian/shlibs.local && fail "a dependency that has an architecture"
expect 1 "'asked' is none of Debian's" env CROSS=asked- "$scratch/tree/tools/deb"

# tests/run takes the suites of one variant, and has those alone emulated that are for another machine
mkdir -p "$scratch"/runs/{tools,tests/cli,build/mine/tests,build/other/tests}
cp tests/run "$scratch/runs/tests"
printf 'where:\n\t@echo build/mine/darknet/darknet\n' >"$scratch/runs/Makefile"
cp /bin/true "$scratch/runs/build/mine/tests/test_it"
cp /bin/true "$scratch/runs/build/other/tests/test_it"
printf '#!/bin/sh\necho "emulated: $*"\n' >"$scratch/runs/tools/emulate"
printf '#!/bin/sh\necho "as it is: $0"\n' >"$scratch/runs/tests/cli/it.sh"
chmod +x "$scratch"/runs/*/emulate "$scratch"/runs/tests/cli/it.sh
run=("$scratch/runs/tests/run" -k 'it(\.sh)?$')
expect 0 '^== build/mine/tests/test_it: [0-9.]+ s, [0-9.]+ of a processor$' "${run[@]}"
grep -q build/other "$scratch/stdout" && fail "suites of another variant"
expect 0 '^emulated: build/mine/tests/test_it$' env RUN_UNDER=tools/emulate "${run[@]}"
grep -qx 'as it is: tests/cli/it.sh' "$scratch/stdout" || fail "a script is emulated: $(cat "$scratch/stdout")"
expect 0 '^emulated: build/mine/tests/test_it$' env CROSS=aarch64-linux-gnu- "${run[@]}"
grep -q it.sh "$scratch/stdout" && fail "scripts run a foreign program as it is"
expect 0 '^emulated: /.*/other/tests/test_it$' env CROSS=aarch64-linux-gnu- "${run[@]}" "$scratch/runs/build/other/tests/test_it"

# goals that run foreign programs are refused; no goal is left to chance
for goal in $(sed -nE 's/^([a-z-]+):.* ## .*/\1/p' Makefile); do
    case $goal in
        all | stock | static | suites | asan | check-suites | deb | install | uninstall | where | clean | distclean | help)
            quiet -n CROSS=aarch64-linux-gnu- "$goal" >"$scratch/log" 2>&1 || fail "$goal: $(tail -n 1 "$scratch/log")" ;;
        *) expect 2 "$goal: not with CROSS=aarch64-linux-gnu-, .*there are: all stock " quiet -n CROSS=aarch64-linux-gnu- "$goal" ;;
    esac
done
expect 2 'demo: not with CROSS=' env CROSS=aarch64-linux-gnu- make -n -C darknet demo

# the manual page is asked from a program that is emulated; from one that does not run there is none
printf '\177ELF, but of no machine' >"$scratch/foreign"
printf '#!/bin/sh\nshift\nexec "%s" "$@"\n' "$darknet" >"$scratch/bin/under"
chmod +x "$scratch/foreign" "$scratch/bin/under"
page() { tools/man_page "$1" tools/installed/darknet-mafat.1; }
page "$darknet" >"$scratch/page"
RUN_UNDER=under page "$scratch/foreign" | cmp -s - "$scratch/page" || fail "another page of a program that is emulated"
page "$scratch/foreign" >"$scratch/page" 2>&1 && fail "a page of a program that does not run"

# no library of this machine beside programs for another one
expect 2 'OPENCV=1: not with CROSS or SYSROOT' quiet CROSS=aarch64-linux-gnu- OPENCV=1
expect 2 'MPI=1: not with CROSS or SYSROOT' quiet CROSS=aarch64-linux-gnu- MPI=1
expect 2 'OPENCV=1: not with CROSS or SYSROOT' quiet SYSROOT=/some/root OPENCV=1
expect 0 '^build/' quiet CROSS=aarch64-linux-gnu- OPENCV=0 where

# what the compiler is told otherwise has a folder of its own
folders=$(for asked in '' CPU=x ARCH=x 'CPU=x ARCH=y' CPU=native ARCH=native SYSROOT=/a SYSROOT=/b 'SYSROOT=/a CPU=x'; do
    # shellcheck disable=SC2086    # words
    quiet CROSS=aarch64-linux-gnu- $asked where
done)
[ "$(sort -u <<<"$folders" | wc -l)" = 8 ] || fail "shared, or others than CPU=x and ARCH=x: $folders"

# on x86, -mcpu is an old name for -mtune
for macros in '#define __x86_64__ 1\n' '#define __i386__ 1\n'; do
    MACROS=$macros expect 2 'CPU=haswell: on x86, .*: ARCH=' quiet CC=fake CPU=haswell where
done
expect 0 '^build/fake-haswell-omp/' quiet CC=fake ARCH=haswell where

finish
