#!/bin/bash
# The inner loop on the cores that boards have, as a model has it: all its sums in registers, and nine tenths of what the
# core can do. Compilers spill what they like, and no other test would see it.
. "$(dirname "$0")/../lib.sh"
if ! CROSS=aarch64-linux-gnu- tools/setup --check kernels 2>"$scratch/missing"; then
    echo "  not tested: $(cat "$scratch/missing")"
    finish
fi
expect 0 '^core +model ' tools/kernel_report
awk 'NR > 1 && ($5 != 0 || $8 + 0 < 90)' "$scratch/stdout" | grep . && fail "on the stack, or below 90 %"
[ "$(awk 'NR > 1 && $4 >= 24' "$scratch/stdout" | wc -l)" = 4 ] || fail "not the whole tile: $(cat "$scratch/stdout")"

# what it counts is what it shows
expect 0 '^cortex-a53 ' env CORE='cortex-a53 cortex-a55 1' tools/kernel_report -l
[ "$(grep -c '^fmla ' "$scratch/stdout")" = "$(awk '/^cortex-a53/ { print $4 }' "$scratch/stdout")" ] || fail "other multiply-adds"
expect 1 'nothing' env CORE='nothing cortex-a55 1' tools/kernel_report

finish
