#!/bin/bash
# A program that saves a network whose weights MAFAT reads from their file: it is told so, and the file that
# it would have written stays what it is.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
w=$(weights cfg/yolov2-tiny.cfg)
sed '0,/^\[net/s/^\[net.*/&\nmafat_memory=8M/' cfg/yolov2-tiny.cfg >"$scratch/limit.cfg"
sed '0,/^\[net/s/^\[net.*/&\nmafat=3x3/' cfg/yolov2-tiny.cfg >"$scratch/tiles.cfg"
echo precious >"$scratch/out.weights"

cat >"$scratch/save.c" <<'C'
#include "darknet.h"
int main(int argc, char **argv)
{
    network *net = load_network(argv[1], argv[2], 0);
    save_weights_upto(net, argv[3], argc > 4 ? atoi(argv[4]) : net->n);
    return 0;
}
C
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
${CC:-gcc} -w $openmp -Iinclude "$scratch/save.c" libdarknet.so -Wl,-rpath,"$PWD" -lm -pthread -o "$scratch/save" ||
    fail "does not link"
expect 1 "out.weights is not written: layer 0 holds no weights" "$scratch/save" "$scratch/limit.cfg" "$w" "$scratch/out.weights"
[ "$(cat "$scratch/out.weights")" = precious ] || fail "a program emptied the target"
"$scratch/save" "$scratch/tiles.cfg" "$w" "$scratch/out.weights" 2>/dev/null
cmp "$w" "$scratch/out.weights" || fail "a program saved other weights"
finish
