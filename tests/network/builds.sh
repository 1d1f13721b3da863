#!/bin/bash
# Another build gives the bits of its own Darknet: of the plain instruction set, without OpenMP. (tests/boards builds for
# plain ones with OpenMP.)
# Beside: it runs a program of another build.
. "$(dirname "$0")/../lib.sh"
long || { echo "  not built: a variant of a minute (make test-long)"; finish; }
unset MAKEFLAGS MFLAGS MAKELEVEL
# the program where it is linked: what darknet/darknet is stays as it was
variables='ARCH= OPENMP=0'
# shellcheck disable=SC2086    # words
program=$(make -s --no-print-directory $variables where)
# shellcheck disable=SC2086
make -s --no-print-directory -j2 $variables "$program" >"$scratch/log" 2>&1 || fail "make: $(tail -n 1 "$scratch/log")"

# Plain, Darknet's own pass takes three seconds for each 10 GFLOP, of which yolov2 has 9 at this size and 63 at its own.
same() { # CFG THREADS CONFIG...
    local cfg=$1 threads=$2 asked='' config
    shift 2
    for config; do asked+=" -mafat $config"; done
    expect 0 '^values_different: 0$' "$program" mafat compare "$(sized "$cfg" 224)" "$(weights "$cfg")" darknet/data/dog.jpg \
        $asked -threads "$threads"
    [ "$(value config)" = "$(printf '%s\n' "$@")" ] || fail "$cfg: asked for $*, ran" $(value config)
    echo "  $program $cfg $*:" $(value values_compared) values
}
same darknet/cfg/yolov2.cfg 2 5x5/8/2x2 2x3/4/3x2/8/5x4/12/2x2/17/1x1
same darknet/cfg/yolov2-tiny.cfg 3 1x1 3x3/NoCut 10x7/8/3x5
same cfg/yolov2-first16.cfg 1 1x1 3x3/NoCut 10x7/8/3x5
finish
