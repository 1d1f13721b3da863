#!/bin/bash
# The library as a program finds it: what it shows, and the example of its page, built and run.
. "$(dirname "$0")/../lib.sh"
library=$top/build/libmafat.so.0

# It shows what mafat.h declares and exports.map lists, and nothing else.
sed -n '/^#ifdef __cplusplus/,$p' src_mafat/mafat.h | grep -oE '\bmafat_[a-z_]+\(' | tr -d '(' | sort -u >"$scratch/declared"
sed -n '/^global:/,/^local:/s/^ *\(mafat_[a-z_]*\);$/\1/p' src_mafat/library/exports.map | sort >"$scratch/listed"
nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort >"$scratch/shown"
[ -s "$scratch/declared" ] || fail "no functions found in mafat.h"
cmp -s "$scratch/declared" "$scratch/listed" || fail "mafat.h against exports.map: $(diff "$scratch/declared" "$scratch/listed")"
cmp -s "$scratch/listed" "$scratch/shown" || fail "exports.map against the library: $(diff "$scratch/listed" "$scratch/shown")"
readelf -d "$library" | grep -q 'SONAME.*\[libmafat\.so\.0\]' || fail "no SONAME"

# The header alone is enough for C and C++.
echo '#include "mafat.h"' >"$scratch/alone.c"
${CC:-gcc} -std=c99 -pedantic -Wall -Werror -Isrc_mafat -fsyntax-only "$scratch/alone.c" || fail "mafat.h is no C99"
! command -v c++ >/dev/null || c++ -x c++ -pedantic -Wall -Werror -Isrc_mafat -fsyntax-only "$scratch/alone.c" || fail "mafat.h is no C++"

# The example finds what `detector test` finds, in the limit; a program that is not linked to Darknet.
${CC:-gcc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Isrc_mafat src_mafat/library/example/detect.c -o "$scratch/detect" \
    -Lbuild -lmafat || fail "the example does not build"
export LD_LIBRARY_PATH=$top/build
cd darknet || exit 1
cfg=cfg/yolov3-tiny.cfg
weights=$(weights $cfg)
"$scratch/detect" $cfg "$weights" data/coco.names data/dog.jpg 48M >"$scratch/found" 2>"$scratch/stderr" || fail "the example: $(cat "$scratch/stderr")"
[ ! -s "$scratch/stderr" ] || fail "the example prints $(head -n 1 "$scratch/stderr")"
"$darknet" mafat detector test cfg/coco.data $cfg "$weights" data/dog.jpg -memory 48M -out "$scratch/drawn" 2>/dev/null |
    sed -n 's/^\(.*\): [0-9]*%$/\1/p' >"$scratch/expected"
[ -s "$scratch/expected" ] || fail "nothing is found"
sed 's/ [0-9.]*: .*//' "$scratch/found" | cmp -s - "$scratch/expected" || fail "other boxes than detector test: $(diff "$scratch/found" "$scratch/expected" | head -n 5)"

# Its faults are those of the command, with the exit codes.
fails() { # CODE PATTERN ARGUMENTS...
    "$scratch/detect" "${@:3}" >/dev/null 2>"$scratch/stderr"
    [ $? -eq "$1" ] && grep -q "$2" "$scratch/stderr" || fail "exit code other than $1, or no '$2': $(cat "$scratch/stderr")"
}
fails 1 'nowhere.cfg: .*No such file' nowhere.cfg "$weights" data/coco.names data/dog.jpg
fails 1 'nowhere.jpg: ' $cfg "$weights" data/coco.names nowhere.jpg
fails 3 'the smallest limit that works is' $cfg "$weights" data/coco.names data/dog.jpg 1M
fails 2 'memory limit' $cfg "$weights" data/coco.names data/dog.jpg much
finish
