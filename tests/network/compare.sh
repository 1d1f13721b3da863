#!/bin/bash
# Whole networks: every value that a plan makes whole equals Darknet's, for several configurations and
# numbers of threads.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

same() { # CFG THREADS CONFIG
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$1" "$(weights "$1")" data/dog.jpg \
        -mafat "$3" -threads "$2"
    [ "$(value config)" = "$3" ] || fail "$1: asked for $3, ran $(value config)"
    [ "$(value values_compared)" -gt 100000 ] || fail "$1 $3: compared $(value values_compared) values only"
    echo "  $1 $3: $(value layers_compared) layers, $(value values_compared) values, $2 threads"
}

# the configurations that the README promises, each on each, and every number of threads on the way
threads=1
for cfg in cfg/yolov2.cfg cfg/yolov2-voc.cfg cfg/yolov2-tiny.cfg "$top/cfg/yolov2-first16.cfg"; do
    for config in 1x1 3x3/NoCut 5x5/8/2x2 2x3/4/3x2/8/5x4/12/2x2/17/1x1 10x7/8/3x5; do
        same "$cfg" $threads $config
        threads=$((threads % 3 + 1))
    done
done
# rows that are kept, and limits that choose for themselves and read weights in windows
limited() { # CFG LIMIT
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$1" "$(weights "$1")" data/dog.jpg -memory "$2"
    [ "$(value weight_bytes_read)" -gt 0 ] || fail "$1 $2: all weights were in memory"
    echo "  $1 in $2: $(value config), $(value values_compared) values"
}
same cfg/yolov2.cfg 3 38x1r/12/1x1
same cfg/yolov2.cfg 2 7x1r/8/19x1r/12/5x1r/17/1x1
same cfg/yolov2-tiny.cfg 1 13x1r/12/1x1
limited cfg/yolov2.cfg 16M
limited cfg/yolov2.cfg 64M
limited cfg/yolov2-tiny.cfg 8M
limited cfg/yolov3-tiny.cfg 12M
limited cfg/resnet18.cfg 12M
same cfg/yolov3-tiny.cfg 2 3x3/8/2x2
same cfg/resnet18.cfg 2 3x2
same cfg/extraction.cfg 2 2x2/5/3x3
finish
