#!/bin/bash
# Every seed of tests/fuzz, and what was found there once, under sanitizers, as it is and changed at random
# (tests/fuzz/README.md). `make fuzz TIME=8h` goes on from there, with clang's libFuzzer.
# Beside: it runs programs of another build.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
folder=$(dirname "$(dirname "$(make -s --no-print-directory SANITIZE=asan where)")")/tests/fuzz
sources=(tests/fuzz/fuzz_*.c)
targets=("${sources[@]#tests/fuzz/fuzz_}")
targets=("${targets[@]%.c}")
make -s --no-print-directory -j2 SANITIZE=asan "${targets[@]/#/$folder/fuzz_}" >"$scratch/log" 2>&1 ||
    fail "make: $(tail -n 1 "$scratch/log")"
export OMP_WAIT_POLICY=passive
export LSAN_OPTIONS=suppressions=$top/tests/lsan.supp:print_suppressions=0
for target in "${targets[@]}"; do
    mkdir "$scratch/$target"
    (cd "$scratch/$target" && nice -n 10 "$top/$folder/fuzz_$target" -n 20 "$top/tests/fuzz/seeds/$target" >"$scratch/log" 2>&1) ||
        fail "$target: $(grep -aE -m 1 'not so|status [0-9]|Sanitizer|runtime error|fuzz_.*: ' "$scratch/log"): $(base64 -w0 "$scratch/$target/replayed" | head -c 3000)"
done
finish
