#!/bin/bash
# The other builds give the bits of their own Darknet: the plain instruction set, and no OpenMP.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

same() { # PROGRAM CONFIG THREADS
    expect 0 '^values_different: 0$' "$1" mafat compare darknet/cfg/yolov2.cfg \
        "$(weights darknet/cfg/yolov2.cfg)" darknet/data/dog.jpg -mafat "$2" -threads "$3"
    echo "  $1 $2: $(value values_compared) values"
}

for variables in ARCH= OPENMP=0; do
    # the program where it is linked: what darknet/darknet is stays as it was
    program=$(make -s --no-print-directory $variables where) && make -s --no-print-directory \
        $variables "$program" >"$scratch/make.log" || { fail "make $variables failed"; continue; }
    same "$program" 5x5/8/2x2 2
    same "$program" 2x3/4/3x2/8/5x4/12/2x2/17/1x1 1
done
finish
