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

same cfg/yolov2.cfg 1 1x1
same cfg/yolov2.cfg 3 3x3/NoCut
same cfg/yolov2.cfg 2 5x5/8/2x2
same cfg/yolov2.cfg 2 2x3/4/3x2/8/5x4/12/2x2/17/1x1
same cfg/yolov2.cfg 2 10x7/8/3x5
for config in 1x1 3x3/NoCut 5x5/8/2x2 2x3/4/3x2/8/5x4/12/2x2 10x7/8/3x5; do
    same cfg/yolov2-tiny.cfg 2 $config
    same "$top/cfg/yolov2-first16.cfg" 2 $config
done
same cfg/yolov2-voc.cfg 2 5x5/8/2x2
same cfg/yolov2-voc.cfg 1 2x3/4/3x2/8/5x4/12/2x2/17/1x1
same cfg/yolov3-tiny.cfg 2 3x3/8/2x2
same cfg/resnet18.cfg 2 3x2
same cfg/extraction.cfg 2 2x2/5/3x3
finish
