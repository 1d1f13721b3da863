#!/bin/bash
# The inner loop on the cores that boards have, as models have it: all its sums in registers, and nine tenths of what the
# core can do, or, of those that issue in order, what their loads leave of that. Compilers spill what they like, and no
# other test would see it.
. "$(dirname "$0")/../lib.sh"
if ! CROSS=aarch64-linux-gnu- tools/setup --check kernels 2>"$scratch/missing"; then
    echo "  not tested: $(cat "$scratch/missing")"
    finish
fi
expect 0 '^core +model ' tools/kernel_report
awk 'NR > 1 && ($5 != 0 || $8 + 0 < ($2 == "in-order" ? 78 : 90))' "$scratch/stdout" | grep . && fail "on the stack, or too slow"
[ "$(awk 'NR > 1 && $4 >= 24' "$scratch/stdout" | wc -l)" = 6 ] || fail "not the whole tile: $(cat "$scratch/stdout")"

# what it counts is what it shows
expect 0 '^cortex-a53 ' env CORE='cortex-a53 cortex-a55 1' tools/kernel_report -l
[ "$(grep -c '^fmla ' "$scratch/stdout")" = "$(awk '/^cortex-a53/ { print $4 }' "$scratch/stdout")" ] || fail "other multiply-adds"
expect 1 'nothing' env CORE='nothing cortex-a55 1' tools/kernel_report

# what goes together in a core that issues in order
fmla='fmla v0.4s, v31.4s, v30.s[0]; fmla v1.4s, v31.4s, v30.s[0]; fmla v2.4s, v31.4s, v30.s[0]; fmla v3.4s, v31.4s, v30.s[0]; '
in_order() { # CORE CYCLES LOOP
    expect 0 "^$2\\." sh -c 'printf "%s" "$2" | tr ";" "\n" | tools/in_order "$1"' in_order "$1" "$3"
}
in_order cortex-a53 4 "$fmla"
in_order cortex-a53 4 "$fmla ldr x1, [x0]"
in_order cortex-a53 4 "$fmla add x0, x0, #0x10"
in_order cortex-a53 1 'ldr d9, [x0]; mov v8.d[1], x1'
in_order cortex-a55 4 "$fmla ldr d9, [x0]"
in_order cortex-a55 6 "$fmla ldr q9, [x0]"
in_order cortex-a55 8 "$fmla ldp q8, q9, [x0]"
in_order cortex-a53 5 "${fmla%%;*}; ldr d31, [x0]"       # waits for what it loads
expect 2 '' tools/in_order cortex-a72

finish
