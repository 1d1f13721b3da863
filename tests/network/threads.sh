#!/bin/bash
# tests/test_threads.c and test_library.c under ThreadSanitizer: networks side by side, and threads in
# one network of the library, share nothing unguarded, with the thread that reads weights and without
# it. OPENMP=0: ThreadSanitizer does not know OpenMP's barriers. The other cases of test_library have one thread.
# Beside: it runs a program of another build.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
variables='SANITIZE=tsan OPENMP=0'
# shellcheck disable=SC2086
folder=$(dirname "$(dirname "$(make -s --no-print-directory $variables where)")")/tests
# shellcheck disable=SC2086
make -s --no-print-directory -j2 $variables "$folder"/test_{threads,library} >"$scratch/log" 2>&1 || fail "make: $(tail -n 1 "$scratch/log")"
for suite in threads library; do
    CK_RUN_CASE=threads TSAN_OPTIONS=die_after_fork=0 "$folder/test_$suite" >"$scratch/log" 2>&1 || fail "$suite: $(grep -am 1 -A 20 -E 'WARNING|%: ' "$scratch/log")"
    grep -a '%: ' "$scratch/log"
done
finish
