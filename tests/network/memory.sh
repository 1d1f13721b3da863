#!/bin/bash
# Whole networks in a memory limit, weights and all: stock Darknet's lines and picture, no swap, the limit
# never hit, and as much memory as was predicted, at most. Where nothing fits, that is said before
# anything runs. Needs the right to a memory cgroup (tools/limit).
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
mib=1048576
cd "$top/darknet" || exit 1

"$limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

# counted KEY: what "KEY: number" says in the report.
counted() {
    sed -n "s/^$1: //p" "$report"
}
# predicted: what the program said that it would take.
predicted() {
    sed -nE 's/^mafat: limit .* predicted ([0-9]+) .*/\1/p' "$scratch/stderr"
}
timeless() {
    sed 's/in [0-9.]* seconds/in T seconds/' "$1"
}

# stock NAME CFG THRESHOLD: what stock Darknet prints and draws: $scratch/NAME.lines and .jpg.
stock() {
    "$limit" -o "$report" none "$stock" detector test cfg/coco.data "$2" "$(weights "$2")" data/dog.jpg \
        -thresh "$3" -out "$scratch/$1" >"$scratch/$1.lines" 2>/dev/null || fail "stock Darknet failed: $2"
    echo "  $1, stock: $(($(counted peak_bytes) / mib)) MiB"
}
# ours NAME CFG THRESHOLD LIMIT ARGUMENTS...: MAFAT's in a limit; the same lines and picture.
ours() {
    local name=$1 cfg=$2 thresh=$3 bytes=$4
    shift 4
    rm -f "$scratch/drawn.jpg"
    "$limit" -o "$report" "$bytes" "$darknet" mafat detector test cfg/coco.data "$cfg" "$(weights "$cfg")" \
        data/dog.jpg -thresh "$thresh" -out "$scratch/drawn" "$@" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "$name in $bytes: exit code $?: $(tail -n 1 "$scratch/stderr")"
    diff <(timeless "$scratch/$name.lines") <(timeless "$scratch/stdout") || fail "$name in $bytes: other lines"
    cmp "$scratch/$name.jpg" "$scratch/drawn.jpg" || fail "$name in $bytes: another picture"
    grep -q '%$' "$scratch/stdout" || fail "$name: no boxes"
    [ "$(counted swap_bytes)" -eq 0 ] || fail "$name in $bytes: $(counted swap_bytes) bytes in swap"
    echo "  $name in $bytes $*: $(counted peak_bytes) bytes, $(counted wall_s) s"
}
# fits NAME CFG THRESHOLD LIMIT: the same with -memory LIMIT, which is never hit, and the prediction holds.
fits() {
    ours "$@" -memory "$4"
    [ "$(counted limit_hits)" -eq 0 ] || fail "$1 in $4: the limit was hit $(counted limit_hits) times"
    [ "$(counted peak_bytes)" -le "$(counted limit_bytes)" ] || fail "$1 in $4: $(counted peak_bytes) bytes"
    [ "$(predicted)" -ge "$(counted peak_bytes)" ] ||
        fail "$1 in $4: predicted $(predicted) bytes, took $(counted peak_bytes)"
}

stock yolov2 cfg/yolov2.cfg .12
stock_bytes=$(counted peak_bytes)
stock tiny cfg/yolov2-tiny.cfg .12
fits yolov2 cfg/yolov2.cfg .12 16M
! long || fits yolov2 cfg/yolov2.cfg .12 12M
fits tiny cfg/yolov2-tiny.cfg .12 8M

# the middle: Darknet's own forward pass on a lean network
ours yolov2 cfg/yolov2.cfg .12 none -mafat layers
layers_bytes=$(counted peak_bytes)
((layers_bytes < stock_bytes && layers_bytes > 200 * mib)) ||
    fail "layer by layer $layers_bytes bytes, stock $stock_bytes"

# the first limit that is too small: said before anything runs, and the one that it names works
refused() { # NAME CFG THRESHOLD
    local w least bytes
    w=$(weights "$2")
    rm -f "$scratch/drawn.jpg"
    expect 3 'nothing fits [0-9]+ bytes; the smallest limit that works is [0-9]+' "$limit" 4M \
        "$darknet" mafat detector test cfg/coco.data "$2" "$w" data/dog.jpg -memory 4M -out "$scratch/drawn"
    least=$(sed -nE 's/.*the smallest limit that works is ([0-9]+).*/\1/p' "$scratch/stderr")
    [ -n "$least" ] || return
    bytes=$((least - 1))
    expect 3 'nothing fits' "$limit" $bytes "$darknet" mafat detector test cfg/coco.data "$2" "$w" data/dog.jpg \
        -memory $bytes -out "$scratch/drawn"
    ! grep -q Predicted "$scratch/stdout" || fail "$1 in $bytes: ran"
    [ ! -e "$scratch/drawn.jpg" ] || fail "$1 in $bytes: drew"
    fits "$1" "$2" "$3" "$least"
}
refused yolov2 cfg/yolov2.cfg .12
refused tiny cfg/yolov2-tiny.cfg .12

# images in a list cost what a pass of them does
listed() { # N: N images on standard input; prints the peak
    local i
    for ((i = 0; i < $1; i++)); do echo data/dog.jpg; done >"$scratch/list"
    "$limit" -o "$report" 16M "$darknet" mafat detector test cfg/coco.data cfg/yolov2-tiny.cfg \
        "$(weights cfg/yolov2-tiny.cfg)" -memory 16M -thresh .12 -batch 2 -out "$scratch/drawn" \
        <"$scratch/list" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "a list of $1: exit code $?: $(tail -n 1 "$scratch/stderr")"
    [ "$(grep -c Predicted "$scratch/stdout")" -eq "$1" ] || fail "a list of $1: other images were run"
    [ "$(counted limit_hits)" -eq 0 ] || fail "a list of $1: the limit was hit"
}
listed 3
few=$(counted peak_bytes)
n_images=$(if long; then echo 60; else echo 15; fi)
listed $n_images
many=$(counted peak_bytes)
((many < few + slack_bytes)) || fail "$n_images images take $many bytes, 3 take $few"
cmp "$scratch/tiny.jpg" "$scratch/drawn.jpg" || fail "the last of $n_images images is another picture"
echo "  lists of 3 and $n_images: $few and $many bytes"

# address space: what training needs is never allocated for all layers at once
(
    n_failures=0
    ulimit -v 1000000
    ! long || ours yolov2 cfg/yolov2.cfg .12 none -memory 16M
    ours yolov2 cfg/yolov2.cfg .12 none
    exit $((n_failures > 0))
) || fail "in 1 GB of address space"
finish
