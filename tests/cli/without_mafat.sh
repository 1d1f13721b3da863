#!/bin/bash
# With MAFAT not asked for, the patched program is stock Darknet, byte for byte: what it prints to stdout
# and stderr, the picture it draws, the weights it saves.
. "$(dirname "$0")/../lib.sh"
cfg=cfg/yolov2-tiny.cfg
w=$(weights "$top/darknet/$cfg")
cd "$top/darknet" || exit 1

run() { # PROGRAM NAME ARGUMENTS...: stdout and stderr go to files of that name, without times
    local program=$1 name=$2
    shift 2
    "$program" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err" </dev/null
    echo "exit code $?" >>"$scratch/$name.out"
    sed -i -E 's/Predicted in [0-9.]+ seconds/Predicted/; s/^usage: [^ ]+/usage:/' \
        "$scratch/$name.out" "$scratch/$name.err"
    for written in jpg weights; do
        [ ! -e "$scratch/written.$written" ] || mv "$scratch/written.$written" "$scratch/$name.$written"
    done
}

same() { # ARGUMENTS...
    run "$stock" stock "$@"
    run "$darknet" ours "$@"
    cmp "$scratch/stock.out" "$scratch/ours.out" || fail "stdout differs: $*"
    cmp "$scratch/stock.err" "$scratch/ours.err" || fail "stderr differs: $*"
}

same detector test cfg/coco.data $cfg "$w" data/dog.jpg -thresh .12 -out "$scratch/written"
[ "$(wc -l <"$scratch/ours.out")" -gt 2 ] || fail "no boxes at this threshold"
cmp "$scratch/stock.jpg" "$scratch/ours.jpg" || fail "pictures differ"
same classifier predict cfg/imagenet1k.data cfg/darknet.cfg "$(weights cfg/darknet.cfg)" data/dog.jpg
same ops $cfg
# a cfg that can be read only once
mkfifo "$scratch/pipe"
for name in stock darknet; do
    cat $cfg >"$scratch/pipe" &
    timeout 60 "${!name}" ops "$scratch/pipe" >"$scratch/$name.pipe" 2>&1 || fail "$name: a cfg from a pipe"
    wait
done
cmp "$scratch/stock.pipe" "$scratch/darknet.pipe" || fail "a cfg from a pipe gives other output"
same nonsense
same

same partial $cfg "$w" "$scratch/written.weights" 8
cmp "$scratch/stock.weights" "$scratch/ours.weights" || fail "saved weights differ"
# a file that ends where a layer begins stays what it is for training: a start
same partial $cfg "$scratch/ours.weights" "$scratch/written.weights" 4
finish
