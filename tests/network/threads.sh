#!/bin/bash
# What threads share, under ThreadSanitizer: networks side by side, and threads in one network of the library, with the
# thread that reads weights and without it; a team, and the store of weights. test_library's other cases have one thread.
# Beside: it runs a program of another build.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
variables=SANITIZE=tsan
[[ ${CC:-gcc} != *clang* ]] || variables+=' OPENMP=0'
# shellcheck disable=SC2086
folder=$(dirname "$(dirname "$(make -s --no-print-directory $variables where)")")/tests
# shellcheck disable=SC2086
make -s --no-print-directory -j2 $variables "$folder"/test_{threads,library,team,store} >"$scratch/log" 2>&1 || fail "make: $(tail -n 1 "$scratch/log")"
for suite in threads library team store; do
    only=()
    [ $suite != library ] || only=(CK_RUN_CASE=threads)
    env "${only[@]}" TSAN_OPTIONS=die_after_fork=0 "$folder/test_$suite" >"$scratch/log" 2>&1 || fail "$suite: $(grep -am 1 -A 20 -E 'WARNING|%: ' "$scratch/log")"
    grep -a '%: ' "$scratch/log"
done
finish
