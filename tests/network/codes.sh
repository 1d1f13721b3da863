#!/bin/bash
# The network of our own finds on its picture what is drawn there: stock Darknet, ours, and ours in a
# limit, with the same lines and the same picture, byte for byte.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
set -- detector test cfg/codes.data cfg/codes.cfg cfg/codes.weights cfg/codes.jpg

# draws NAME COMMAND...: stdout without times to $scratch/NAME, the picture to $scratch/NAME.jpg
draws() {
    local name=$1
    shift
    "$@" -out "$scratch/$name" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null ||
        fail "$name: exit code $?: $(tail -n 1 "$scratch/stderr")"
    sed -E 's/Predicted in [0-9.]+ seconds/Predicted/' "$scratch/stdout" >"$scratch/$name"
}

draws stock "$stock" "$@"
draws ours "$darknet" mafat "$@"
draws limit "$darknet" mafat "$@" -memory 5M
for name in ours limit; do
    cmp "$scratch/stock" "$scratch/$name" || fail "$name: other lines"
    cmp "$scratch/stock.jpg" "$scratch/$name.jpg" || fail "$name: another picture"
done
found=$(sed -nE 's/^([^:]+): [0-9]+%$/\1/p' "$scratch/stock" | sort | uniq -c | xargs)
[ "$found" = "1 0 2 1 4 3 1 6 1 7 2 8 1 9 1 bar code 1 qr code" ] || fail "found $found"

expect 0 '^values_different: 0' "$darknet" mafat compare cfg/codes.cfg cfg/codes.weights cfg/codes.jpg -memory 5M
finish
