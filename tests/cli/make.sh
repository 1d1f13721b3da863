#!/bin/bash
# What Darknet's users type: make inside darknet/ does what it does in the folder above and destroys
# nothing, and variables of upstream's Makefile, and of others' that came of it, are answered.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
quiet() { make --no-print-directory "$@"; }

programs() { sha256sum darknet/darknet darknet/libdarknet.a darknet/libdarknet.so; }
sources() { (cd build/upstream && find . -type f) | while read -r file; do [ -e "darknet/$file" ] || echo "$file"; done; }
before=$(programs) || fail "not built"
for target in '' all darknet libdarknet.so; do
    # shellcheck disable=SC2086    # no target is a target too
    quiet -C darknet $target >"$scratch/log" 2>&1 || fail "make $target in darknet/: $(tail -n 1 "$scratch/log")"
    [ "$(programs)" = "$before" ] || fail "make $target in darknet/ changed the programs"
done
[ ! -e darknet/obj ] || fail "upstream's Makefile was used"
[ "$(quiet -C darknet -n clean | grep "^rm")" = "$(quiet -n clean)" ] || fail "make clean is another in darknet/"
[ "$(quiet -C darknet OPENMP=0 where)" = "$(quiet OPENMP=0 where)" ] || fail "OPENMP=0 is not passed on"
[ -z "$(sources)" ] || fail "missing in darknet/: $(sources)"

for name in GPU CUDNN CUDNN_HALF ZED_CAMERA; do
    expect 2 "$name=1: there is no .* in this build" make "$name=1"
    expect 2 "$name: not in this build; leave it out" make -C darknet "$name=1"
    expect 0 '^build/' make --no-print-directory "$name=0" where
    expect 0 '^build/' env "$name=1" make --no-print-directory where    # the environment is not the command line
done
for name in AVX LIBSO USE_CPP; do
    expect 0 '^build/' make --no-print-directory "$name=1" where
    [ "$(grep -c "$name=1: not needed: " "$scratch/stderr")" = 1 ] || fail "make $name=1: $(cat "$scratch/stderr")"
done
expect 2 'GPU ZED_CAMERA: not in this build' make OPENCV=1 ZED_CAMERA=1 GPU=1 DEBUG=1 AVX=1 LIBSO=1

# OPENCV=1 builds one library more, of which nothing else knows, and says what it wants
[ "$(quiet OPENCV=1 where)" = "$(quiet where)" ] || fail "OPENCV=1 is another variant"
quiet -n OPENCV=1 | grep -q libmafat-video.so || fail "OPENCV=1 builds no libmafat-video.so"
quiet -n OPENCV=0 | grep -q libmafat-video.so && fail "OPENCV=0 builds libmafat-video.so"
printf '#!/bin/sh\nexit 1\n' >"$scratch/cxx"
chmod +x "$scratch/cxx"
expect 1 'apt-get install libopencv-highgui-dev$' env CXX="$scratch/cxx" tools/setup --check opencv
expect 1 "no CXX='nothing' here" env CXX=nothing tools/setup --check opencv
expect 1 'apt-get install g[+][+]-99 libopencv-highgui-dev$' env CXX=g++-99 tools/setup --check opencv
finish
