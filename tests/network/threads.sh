#!/bin/bash
# tests/test_threads.c under ThreadSanitizer: networks side by side share nothing unguarded, with the
# thread that reads weights and without it. OPENMP=0: ThreadSanitizer does not know OpenMP's barriers.
# Beside: it runs a program of another build.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
variables='SANITIZE=tsan OPENMP=0'
# shellcheck disable=SC2086
suite=$(dirname "$(dirname "$(make -s --no-print-directory $variables where)")")/tests/test_threads
# shellcheck disable=SC2086
make -s --no-print-directory -j2 $variables "$suite" >"$scratch/log" 2>&1 || fail "make: $(tail -n 1 "$scratch/log")"
TSAN_OPTIONS=die_after_fork=0 "$suite" >"$scratch/log" 2>&1 || fail "$(grep -am 1 -A 20 -E 'WARNING|%: ' "$scratch/log")"
grep -a '%: ' "$scratch/log"
finish
