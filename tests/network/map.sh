#!/bin/bash
# `detector map` says what an evaluation of its own makes of the files that stock's `detector valid` writes: with
# weights by chance, which find thousands of boxes, and with trained ones where they are; however the network runs.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || { echo "  not tested: python3 is not installed"; finish; }
nets=$top/../shared/nets
cd "$top/darknet" || exit 1
"$top/tools/limit" -o "$scratch/report" none true 2>/dev/null
can_limit=$?
[ $can_limit -eq 0 ] || echo "  not tested: the limit, without the right to a memory cgroup"
evaluate() { python3 "$top/tests/network/evaluate.py" "$1" "$net" "$names" "$net/list" "${@:2}"; }

# says HOW ARGUMENTS...: what ours says then is right.
says() {
    local how=$1
    shift
    "$@" >"$net/json" 2>"$scratch/stderr" || fail "$how: exit code $?: $(tail -n 1 "$scratch/stderr")"
    evaluate compare "$net/json" >"$scratch/bad" || fail "$how: $(head -n 3 "$scratch/bad")"
}

photos='data/dog.jpg data/eagle.jpg data/horses.jpg data/person.jpg'    # stock Darknet wants four
! long || photos=$(echo data/*.jpg)

# agrees NAME CFG WEIGHTS NAMES LIMIT
agrees() {
    local name=$1 cfg=$2 weights=$3 limit=$5 n=0
    names=$4
    net=$scratch/$name
    mkdir -p "$net"/{images,labels,voc,coco}
    for image in $photos; do
        cp "$image" "$net/images/photo_$n.jpg"    # a number for COCO
        echo "$net/images/photo_$n.jpg" >>"$net/list"
        n=$((n + 1))
    done
    for eval in voc coco; do
        printf 'valid=%s\nnames=%s\nresults=%s\neval=%s\n' "$net/list" "$names" "$net/$eval" $eval >"$net/$eval.data"
        "$stock" detector valid "$net/$eval.data" "$cfg" "$weights" >/dev/null 2>&1
    done
    evaluate label || fail "no labels"
    set -- "$darknet" mafat detector map "$net/voc.data" "$cfg" "$weights" -json
    says "$name, tiles" "$@" -mafat 2x2
    says "$name, layers" "$@" -mafat layers
    says "$name, a limit" "$@" -memory "$limit"
    [ $can_limit -eq 0 ] || return
    TMPDIR=$scratch says "$name, in a cgroup" "$top/tools/limit" -o "$scratch/report" "$limit" "$@" -memory "$limit"
    grep -qx 'limit_hits: 0' "$scratch/report" || fail "the limit was hit: $(xargs <"$scratch/report")"
}

# A long list in the least limit that there is for it: what was looked at leaves the page cache.
long_list() {
    local n=60 least
    mkdir "$scratch/long"
    printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=14\nsize=3\nstride=2\npad=1\nactivation=linear
[region]\nanchors=1,1, 3,4\nclasses=2\nnum=2\nsoftmax=1\n' >"$scratch/long/cfg"
    "$top/tools/random_weights" "$scratch/long/cfg" "$scratch/long/weights" >/dev/null || fail "no weights"
    for i in $(seq $n); do
        cp data/dog.jpg "$scratch/long/$i.jpg"
        echo '1 .5 .5 .4 .4' >"$scratch/long/$i.txt"
        echo "$scratch/long/$i.jpg"
    done >"$scratch/long/list"
    printf 'valid=%s\nnames=%s\n' "$scratch/long/list" data/coco.names >"$scratch/long/data"
    set -- "$darknet" mafat detector map "$scratch/long/data" "$scratch/long/cfg" "$scratch/long/weights" -memory
    expect 3 'the smallest limit that works is' "$@" 1M
    least=$(sed -nE 's/.*limit that works is ([0-9]+).*/\1/p' "$scratch/stderr")
    TMPDIR=$scratch expect 0 "^images: $n\$" "$@" "$least"    # and the images are out of the cache
    TMPDIR=$scratch expect 0 "^images: $n\$" "$top/tools/limit" -o "$scratch/report" "$least" "$@" "$least"
    [ "$(value boxes)" -gt 8192 ] || fail "only $(value boxes) boxes: they fit in memory"
    grep -qx 'limit_hits: 0' "$scratch/report" || fail "the limit was hit by a long list: $(xargs <"$scratch/report")"
}

[ $can_limit -ne 0 ] || long_list
agrees chance "$(if long; then echo cfg/yolov2-tiny.cfg; else sized cfg/yolov2-tiny.cfg 224; fi)" "$(weights cfg/yolov2-tiny.cfg)" data/coco.names 12M
grep -q '"boxes": [0-9]\{5\}' "$scratch/chance/json" || fail "few boxes: $(grep -m 1 boxes "$scratch/chance/json")"
[ -d "$nets" ] || { echo "  not tested: no trained networks in $nets"; finish; }
for name in yolo-fastest-1.1 $(! long || echo mnv2-fastest-voc); do
    trained=$nets/$name/$name
    agrees $name "$trained.cfg" "$trained.weights" "$trained.names" 8M
done
finish
