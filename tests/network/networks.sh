#!/bin/bash
# Of the networks that upstream ships, as `make networks` shows them all, and of AlexeyAB's: some that are quickly run
# give Darknet's outputs, bit by bit, in the smallest limit that they name and in twice that; what keeps state is
# said to have nothing to tile; and a network that fails has a row that says why, and makes the table fail.
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"

"$top/tools/limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

table() { # NETWORK...
    NETWORKS=$* ROUNDS=1 "$top/tools/networks" >"$scratch/table" 2>"$scratch/stderr"
}
networks='cifar jnet-conv yolov4-tiny'
! long || networks+=' darknet darknet9000 go.test resnet18 yolov2-tiny yolov3-tiny'
table $networks gru || fail "exit code $?: $(grep -h FAILED "$scratch/table") $(tail -n 1 "$scratch/stderr")"
cat "$scratch/table"
for network in $networks; do
    # name, alone, here; seconds of three; MiB of three, ours below its limits and stock's above; outputs
    awk -v name="$network" '
        $1 == name { found = NF == 10 && $8 <= $3 && $9 <= 2 * $3 && $7 > $8 && $4 > 0 && $10 > 1 }
        END { exit !found }' "$scratch/table" || fail "$network: no such row: $(grep "^$network " "$scratch/table")"
done
grep -qE '^gru +nothing for MAFAT to do: layer 0 \[gru\]: it keeps state' "$scratch/table" || fail "gru is not refused"

table nosuch cifar && fail "no failure where a network is none"
grep -qE '^nosuch +FAILED: ' "$scratch/table" || fail "does not say that there is no such network: $(cat "$scratch/table")"
grep -qE '^cifar +[0-9]' "$scratch/table" || fail "does not go on behind a failure"
finish
