#!/bin/bash
# `darknet mafat detector test` prints the lines of stock Darknet and writes its picture, byte for byte.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

same() { # DATA CFG THRESHOLD CONFIG
    local w arguments
    w=$(weights "$2")
    arguments="detector test $1 $2 $w data/dog.jpg -thresh $3 -out $scratch/drawn"
    "$stock" $arguments >"$scratch/stock" 2>/dev/null || fail "stock Darknet failed: $2"
    mv "$scratch/drawn.jpg" "$scratch/stock.jpg"
    "$darknet" mafat $arguments -mafat "$4" >"$scratch/ours" 2>"$scratch/err" ||
        fail "$2 $4: exit code $?: $(tail -n 1 "$scratch/err")"
    diff <(sed '/Predicted in/d' "$scratch/stock") <(sed '/Predicted in/d' "$scratch/ours") ||
        fail "$2 $4: other boxes"
    cmp "$scratch/stock.jpg" "$scratch/drawn.jpg" || fail "$2 $4: another picture"
    [ "$(wc -l <"$scratch/ours")" -gt 1 ] || fail "$2: no boxes at $3"
    echo "  $2 $4: $(($(wc -l <"$scratch/ours") - 1)) boxes"
}

same cfg/coco.data cfg/yolov2.cfg .12 5x5/8/2x2
same cfg/coco.data cfg/yolov2-tiny.cfg .12 4x4
same cfg/voc.data cfg/yolov2-voc.cfg .3 3x3/12/2x2
finish
