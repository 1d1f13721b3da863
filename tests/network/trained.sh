#!/bin/bash
# Networks with trained weights find in Darknet's photos what is known to be there: stock Darknet, ours,
# and ours in a cgroup of 8 MB whose limit is never hit, with the same picture, byte for byte. Where
# they are, and under which licence, says their README; they are not part of this repository.
. "$(dirname "$0")/../lib.sh"
nets=$top/../shared/nets
[ -d "$nets" ] || { echo "  not tested: no trained networks in $nets"; finish; }
cd "$top/darknet" || exit 1

"$top/tools/limit" -o "$scratch/report" none true 2>/dev/null
can_limit=$?
[ $can_limit -eq 0 ] || echo "  not tested: the limit, without the right to a memory cgroup"

# The lines of a detector's boxes as words: dog 61 bicycle 43.
boxes() { sed -nE 's/^([^:]+): ([0-9]+)%$/\1 \2/p' "$1" | xargs; }

# finds HOW EXPECTED COMMAND...: the command draws the picture and prints these boxes.
finds() {
    local how=$1 expected=$2
    shift 2
    "$@" -thresh .25 -out "$scratch/drawn" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null ||
        fail "$how: exit code $?: $(tail -n 1 "$scratch/stderr")"
    [ "$(boxes "$scratch/stdout")" = "$expected" ] || fail "$how: found $(boxes "$scratch/stdout"), not $expected"
    mv "$scratch/drawn.jpg" "$scratch/$how.jpg" || return
    cmp "$scratch/stock.jpg" "$scratch/$how.jpg" || fail "$how: another picture"
}

while read -r net image expected; do
    echo "  $net $image: $expected"
    printf 'names=%s\n' "$nets/$net/$net.names" >"$scratch/data"
    set -- detector test "$scratch/data" "$nets/$net/$net.cfg" "$nets/$net/$net.weights" "data/$image"
    finds stock "$expected" "$stock" "$@"
    finds ours "$expected" "$darknet" mafat "$@" -mafat 2x2/4/1x1
    [ $can_limit -eq 0 ] || continue
    finds limit "$expected" "$top/tools/limit" -o "$scratch/report" 8M "$darknet" mafat "$@" -memory 8M
    grep -qx 'limit_hits: 0' "$scratch/report" || fail "the limit was hit: $(xargs <"$scratch/report")"
done <<'END'
yolo-fastest-1.1 dog.jpg dog 61 bicycle 43 cat 28 car 54 car 38 bicycle 60
yolo-fastest-1.1 person.jpg sheep 93 dog 58 person 98
yolo-fastest-1.1 horses.jpg horse 36 cow 66 cow 51 horse 31 horse 59 cow 27
yolo-fastest-1.1 eagle.jpg bird 96
mnv2-fastest-voc dog.jpg bicycle 81
mnv2-fastest-voc person.jpg sheep 94 person 99 dog 31
mnv2-fastest-voc horses.jpg cow 84 cow 71 cow 48 cow 31
mnv2-fastest-voc eagle.jpg dog 50 bird 68
END
finish
