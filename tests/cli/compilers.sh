#!/bin/bash
# Each compiler that is here, of those that set-up takes, compiles what kernels know of instruction sets, kernels/simd.h,
# for each of them and without a warning. Those that lack a name of a newer one's are found where they are installed: gcc 11 beside gcc 12.
. "$(dirname "$0")/../lib.sh"
warnings='-Wall -Wextra -Wshadow -Wconversion -Wvla -Wno-enum-float-conversion -Werror'
n=0

compile() { # COMPILER FLAG...
    # shellcheck disable=SC2086    # several flags
    "$@" -std=gnu11 $warnings -Isrc_mafat -O2 -fsyntax-only src_mafat/kernels/pack.c 2>"$scratch/said" ||
        fail "$* does not compile: $(grep -m 1 error "$scratch/said")"
    n=$((n + 1))
}

for compiler in gcc clang gcc-1{0..9} clang-1{4..9} clang-2{0..9}; do
    command -v "$compiler" >/dev/null || continue
    [ "$(uname -m)" = x86_64 ] || { compile "$compiler"; continue; }
    for march in x86-64 sandybridge haswell skylake-avx512; do compile "$compiler" -march=$march; done
done
for triplet in aarch64-linux-gnu arm-linux-gnueabihf i686-linux-gnu riscv64-linux-gnu; do
    command -v "$triplet-gcc" >/dev/null || continue
    compile "$triplet-gcc" $([ $triplet != i686-linux-gnu ] || echo -msse2 -mfpmath=sse)
done
[ "$n" -gt 0 ] || fail "no compiler"

# where a float has more digits in a register, the build refuses to run and names the flags; no other one does
refuses() {
    gcc -std=gnu11 -Isrc_mafat -O2 "$@" -c src_mafat/base/rounding.c -o "$scratch/rounding.o" && grep -qa -e -mfpmath=sse "$scratch/rounding.o"
}
if [ "$(uname -m)" = x86_64 ]; then
    refuses -mfpmath=387 || fail "x87 is let through"
    refuses -mfpmath=sse && fail "SSE is refused"
    refuses -march=sapphirerapids && fail "processors that compute in 16 bits, too, are refused"
fi
finish
