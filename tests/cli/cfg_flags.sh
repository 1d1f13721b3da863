#!/bin/bash
# mafat= in [net] makes every Darknet command, and every program linked to the library, run through
# MAFAT, with the same results.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

flagged() { # CFG: a copy with a configuration and threads in its [net] section
    sed '0,/^\[net/s/^\[net.*/&\nmafat=3x2\/4\/2x2\nmafat_threads=2/' "$1" >"$scratch/flagged.cfg"
}

results() { # FILE COMMAND...: its stdout, without times
    local file=$1
    shift
    "$@" 2>/dev/null </dev/null | sed -E 's/Predicted in [0-9.]+ seconds/Predicted/' >"$scratch/$file"
}

w=$(weights cfg/yolov2-tiny.cfg)
flagged cfg/yolov2-tiny.cfg
arguments="data/dog.jpg -thresh .12 -out $scratch/drawn"
results plain "$stock" detector test cfg/coco.data cfg/yolov2-tiny.cfg "$w" $arguments
mv "$scratch/drawn.jpg" "$scratch/plain.jpg"
results ours "$darknet" detector test cfg/coco.data "$scratch/flagged.cfg" "$w" $arguments
cmp "$scratch/plain" "$scratch/ours" || fail "detector test: other boxes with mafat= in the cfg"
cmp "$scratch/plain.jpg" "$scratch/drawn.jpg" || fail "detector test: another picture"
[ "$(wc -l <"$scratch/plain")" -gt 1 ] || fail "no boxes at this threshold"

w=$(weights cfg/darknet.cfg)
flagged cfg/darknet.cfg
results plain "$stock" classifier predict cfg/imagenet1k.data cfg/darknet.cfg "$w" data/dog.jpg
results ours "$darknet" classifier predict cfg/imagenet1k.data "$scratch/flagged.cfg" "$w" data/dog.jpg
cmp "$scratch/plain" "$scratch/ours" || fail "classifier predict: other classes"
[ -s "$scratch/plain" ] || fail "classifier predict printed nothing"
results ours "$darknet" mafat classifier predict cfg/imagenet1k.data cfg/darknet.cfg "$w" data/dog.jpg -mafat 2x2
cmp "$scratch/plain" "$scratch/ours" || fail "mafat classifier predict: other classes"

# a program of somebody else's, linked to either library
cat >"$scratch/program.c" <<'END'
#include <stdio.h>
#include "darknet.h"
int main(int argc, char **argv)
{
    if (argc < 3) return 1;
    network *net = load_network(argv[1], argv[2], 0);
    set_batch_network(net, 1);
    image im = letterbox_image(load_image_color("data/dog.jpg", 0, 0), net->w, net->h);
    float *out = network_predict(net, im.data);
    for (int i = 0; i < net->outputs; i++) printf("%a\n", out[i]);
    fprintf(stderr, "hook %s\n", net->forward_hook ? "set" : "unset");
    free_network(net);
    return 0;
}
END
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
for library in libdarknet.a libdarknet.so; do
    ${CC:-gcc} -Ofast $openmp -Iinclude "$scratch/program.c" $library -Wl,-rpath,"$PWD" -lz -lm -pthread \
        -o "$scratch/program" || fail "does not link to $library"
    "$scratch/program" cfg/darknet.cfg "$w" >"$scratch/plain" 2>"$scratch/plain.err"
    "$scratch/program" "$scratch/flagged.cfg" "$w" >"$scratch/ours" 2>"$scratch/ours.err"
    cmp "$scratch/plain" "$scratch/ours" || fail "$library: other outputs with mafat= in the cfg"
    grep -q 'hook unset' "$scratch/plain.err" || fail "$library: MAFAT attached without being asked"
    grep -q 'hook set' "$scratch/ours.err" || fail "$library: MAFAT did not attach"
done
finish
