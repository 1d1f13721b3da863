#!/bin/bash
# Whole networks: every value that a plan makes whole equals Darknet's, for several configurations and
# numbers of threads.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

# same CFG THREADS CONFIG...: each configuration, against one pass of Darknet's
same() {
    local cfg=$1 threads=$2 asked='' config n
    shift 2
    for config; do asked+=" -mafat $config"; done
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$cfg" "$(weights "$cfg")" data/dog.jpg $asked \
        -threads "$threads"
    [ "$(value config)" = "$(printf '%s\n' "$@")" ] || fail "$cfg: asked for $*, ran" $(value config)
    for n in $(value values_compared); do
        [ "$n" -gt 30000 ] || fail "$cfg: compared $n values only, of" $(value config)
    done
    echo "  $cfg $*:" $(value layers_compared) layers, $(value values_compared) values, "$threads threads"
}

# The configurations that the README promises, each on each, with all numbers of threads; where time is short with
# smaller inputs.
small() { if long; then echo "$1"; else sized "$1" 224; fi; }
tiled='1x1 3x3/NoCut 5x5/8/2x2 2x3/4/3x2/8/5x4/12/2x2/17/1x1 10x7/8/3x5'
same "$(small cfg/yolov2.cfg)" 3 $tiled 38x1r/12/1x1
same "$(small cfg/yolov2-voc.cfg)" 2 $tiled 7x1r/8/19x1r/12/5x1r/17/1x1
same "$(small cfg/yolov2-tiny.cfg)" 1 $tiled 13x1r/12/1x1
same "$(small "$top/cfg/yolov2-first16.cfg")" 3 $tiled
# limits that choose for themselves and read weights in windows
limited() { # CFG LIMIT
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$1" "$(weights "$1")" data/dog.jpg -memory "$2"
    [ "$(value weight_bytes_read)" -gt 0 ] || fail "$1 $2: all weights were in memory"
    echo "  $1 in $2: $(value config), $(value values_compared) values"
}
limited cfg/yolov2.cfg 16M
limited "$(small cfg/yolov2.cfg)" 64M
limited cfg/yolov2-tiny.cfg 8M
limited cfg/yolov3-tiny.cfg 12M
limited cfg/resnet18.cfg 12M
same cfg/yolov3-tiny.cfg 2 3x3/8/2x2
same cfg/resnet18.cfg 2 3x2
same "$(small cfg/extraction.cfg)" 2 2x2/5/3x3
finish
