#!/bin/bash
# The other builds give the bits of their own Darknet: the plain instruction set, and no OpenMP.
# Beside: it runs programs of other builds.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

same() { # PROGRAM CFG CONFIG THREADS
    expect 0 '^values_different: 0$' "$1" mafat compare "$2" "$(weights "$2")" darknet/data/dog.jpg \
        -mafat "$3" -threads "$4"
    echo "  $1 $2 $3: $(value values_compared) values"
}

for variables in ARCH= OPENMP=0; do
    # the program where it is linked: what darknet/darknet is stays as it was
    program=$(make -s --no-print-directory $variables where) && make -s --no-print-directory \
        $variables "$program" >"$scratch/make.log" || { fail "make $variables failed"; continue; }
    same "$program" darknet/cfg/yolov2.cfg 5x5/8/2x2 2
    same "$program" darknet/cfg/yolov2.cfg 2x3/4/3x2/8/5x4/12/2x2/17/1x1 1
    threads=1
    for config in 1x1 3x3/NoCut 10x7/8/3x5; do
        same "$program" darknet/cfg/yolov2-tiny.cfg $config $threads
        same "$program" cfg/yolov2-first16.cfg $config $threads
        threads=$((threads + 1))
    done
done
finish
