#!/bin/bash
# `make static`: one file that is all there need be beside a network and an image, with the same bits and boxes.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
make --no-print-directory static >"$scratch/log" 2>&1 || fail "make static: $(tail -n 1 "$scratch/log")"
program=build/static/$(${CC:-gcc} -dumpmachine)/darknet-mafat
root=$scratch/root
mkdir -p "$root/tmp"
cp "$program" "$root/darknet-mafat" || fail "no $program"
sed 's/^width=.*/width=96/; s/^height=.*/height=96/' darknet/cfg/yolov2-tiny.cfg >"$root/net.cfg"
tools/random_weights "$root/net.cfg" "$root/net.weights" >"$scratch/log"
cp darknet/data/dog.jpg darknet/data/coco.names "$root"
printf 'classes=80\nnames=coco.names\n' >"$root/net.data"

detect() { # PROGRAM
    "$@" detector test net.data net.cfg net.weights dog.jpg -memory 20M -thresh .1 -no_picture 2>"$scratch/stderr" | grep '%$'
}
(cd "$root" && detect "$darknet" mafat) >"$scratch/expected"
[ -s "$scratch/expected" ] || fail "no boxes: $(tail -n 1 "$scratch/stderr")"
(cd "$root" && detect ./darknet-mafat) | cmp - "$scratch/expected" || fail "other boxes: $(tail -n 1 "$scratch/stderr")"
expect 0 '^values_different: 0$' "$root/darknet-mafat" compare "$root/net.cfg" "$root/net.weights" darknet/data/dog.jpg -memory 20M -threads 2

# where there is nothing else
alone() { unshare -r chroot "$root" /darknet-mafat "$@"; }
if alone version >/dev/null 2>&1; then
    detect alone | cmp - "$scratch/expected" || fail "other boxes, alone: $(tail -n 1 "$scratch/stderr")"
else
    echo "  not tested alone: no right to a root of its own here"
fi
finish
