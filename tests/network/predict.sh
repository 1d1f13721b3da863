#!/bin/bash
# What `mafat predict` says against what a cgroup charges: never below, and at most 5 % and 128 pages above
# (`make predict-table` has 200 points and more); its terms add up; and it says the same each time, so that
# the smallest limit that it names is one that works. Needs the right to a memory cgroup (tools/limit).
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
terms="arena pinned parameter result image decode choosing plan network name process file thread kernel
    page_table charged_ahead rounding"
cd "$top/darknet" || exit 1

"$limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

# predicted CFG OPTIONS...: what is predicted, from terms that add up to it
predicted() {
    local sum=0 key
    "$darknet" mafat predict "$@" >"$scratch/stdout" 2>"$scratch/stderr" ||
        { echo "nothing, exit code $?: $(tail -n 1 "$scratch/stderr")"; return 1; }
    for key in $terms; do sum=$((sum + $(value "${key}_bytes"))); done
    echo $sum
    [ "$(value predicted_bytes)" -eq $sum ]
}
# charged COMMAND...: what the process that runs it is charged at most, and would be for the program if
# nobody else had that in use
charged() {
    "$limit" -o "$report" none "$darknet" mafat "$@" >/dev/null 2>"$scratch/stderr" ||
        { echo 0; return; }
    echo $(($(sed -n 's/^peak_bytes: //p' "$report") + $(sed -n 's/^cached_bytes: //p' "$report")))
}
# holds NAME PREDICTED PEAK: the bound
holds() {
    echo "  $1: predicted $2, charged $3, $(($2 - $3)) above"
    [ "$3" -gt 0 ] || fail "$1: failed: $(tail -n 1 "$scratch/stderr")"
    [ "$2" -ge "$3" ] || fail "$1: $(($3 - $2)) bytes more than was predicted"
    [ $(($2 - $3)) -le $(($3 / 20 + slack_bytes)) ] || fail "$1: $(($2 - $3)) bytes less than was predicted"
}
# bench CFG OPTIONS...
bench() {
    local cfg=$1 bytes
    shift
    bytes=$(predicted "$cfg" "$@") || { fail "$cfg $*: the terms add up to $bytes"; return; }
    holds "$cfg $*" "$bytes" "$(charged bench "$cfg" "$(weights "$cfg")" -n 1 "$@")"
}
# image CFG COMMAND DATA OPTIONS...: `detector test` or `classifier predict` with a photo
image() {
    local cfg=$1 command=$2 data=$3 bytes out=
    shift 3
    case $command in detector*) out="-thresh .99 -out $scratch/drawn" ;; esac
    bytes=$(predicted "$cfg" "$@" -image data/dog.jpg -data "$data") ||
        { fail "$cfg $*: the terms add up to $bytes"; return; }
    holds "$command $cfg $*" "$bytes" \
        "$(charged $command "$data" "$cfg" "$(weights "$cfg")" data/dog.jpg $out "$@")"
}

bench cfg/yolov2.cfg -mafat 5x5/8/2x2 -threads 2
bench cfg/yolov2.cfg -memory 24M -batch 3 -threads 2
bench cfg/yolov3-tiny.cfg -mafat 4x4/8/1x1 -threads 1
bench cfg/resnet18.cfg -mafat 7x1r/9/1x1 -threads 4
bench cfg/darknet.cfg -memory 10M -threads 1
bench cfg/alexnet.cfg -mafat 1x1 -threads 2    # weights that Darknet loads
image cfg/yolov2-tiny.cfg "detector test" cfg/coco.data -mafat 3x3/4/2x2 -threads 1
image cfg/yolov3-tiny.cfg "detector test" cfg/coco.data -memory 16M
image cfg/darknet.cfg "classifier predict" cfg/imagenet1k.data -mafat 1x1
if long; then
    bench cfg/yolov2.cfg -memory 16M -threads 3
    bench cfg/yolov2-tiny.cfg -memory 16M -batch 2 -threads 1
    bench cfg/yolov2-tiny.cfg -mafat 1x1 -threads 1
    bench cfg/yolov2-tiny.cfg -memory 8M -threads 4
    bench cfg/resnet18.cfg -memory 32M -threads 2
    bench cfg/darknet19.cfg -mafat 4x4/8/2x2 -threads 3
    image cfg/yolov2.cfg "detector test" cfg/coco.data -memory 13M
    image cfg/darknet19.cfg "classifier predict" cfg/imagenet1k.data -memory 24M -threads 1
fi

# always the same, whatever the process finds around it
bytes=$(predicted cfg/yolov2.cfg -memory 12M) || fail "the terms add up to $bytes"
for i in $(seq "$(if long; then echo 20; else echo 5; fi)"); do
    other=$(FILLER=$(seq $((i * 170))) predicted cfg/yolov2.cfg -memory 12M) || fail "the terms add up to $other"
    [ "$other" = "$bytes" ] || fail "predicted $bytes bytes, then $other"
done
expect 3 'the smallest limit that works is [0-9]+' "$darknet" mafat predict cfg/yolov2.cfg -memory 4M
least=$(sed -nE 's/.*the smallest limit that works is ([0-9]+).*/\1/p' "$scratch/stderr")
expect 0 "^predicted_bytes: $least\$" "$darknet" mafat predict cfg/yolov2.cfg -memory "$least"
expect 3 'nothing fits' "$darknet" mafat predict cfg/yolov2.cfg -memory $((least - 1))
finish
