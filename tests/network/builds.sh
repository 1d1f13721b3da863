#!/bin/bash
# The other builds give the bits of their own Darknet: the plain instruction set, and no OpenMP.
# Beside: it runs programs of other builds.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

same() { # PROGRAM CFG THREADS CONFIG...
    local program=$1 cfg=$2 threads=$3 asked='' config
    shift 3
    for config; do asked+=" -mafat $config"; done
    expect 0 '^values_different: 0$' "$program" mafat compare "$cfg" "$(weights "$cfg")" darknet/data/dog.jpg \
        $asked -threads "$threads"
    [ "$(value config)" = "$(printf '%s\n' "$@")" ] || fail "$cfg: asked for $*, ran" $(value config)
    echo "  $program $cfg $*:" $(value values_compared) values
}

for variables in ARCH= OPENMP=0; do
    # the program where it is linked: what darknet/darknet is stays as it was
    program=$(make -s --no-print-directory $variables where) && make -s --no-print-directory \
        $variables "$program" >"$scratch/make.log" || { fail "make $variables failed"; continue; }
    same "$program" darknet/cfg/yolov2.cfg 2 5x5/8/2x2 2x3/4/3x2/8/5x4/12/2x2/17/1x1
    same "$program" darknet/cfg/yolov2-tiny.cfg 3 1x1 3x3/NoCut 10x7/8/3x5
    same "$program" cfg/yolov2-first16.cfg 1 1x1 3x3/NoCut 10x7/8/3x5
done
finish
