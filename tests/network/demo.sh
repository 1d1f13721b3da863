#!/bin/bash
# `make demo` with somebody's network: one screen of 80 columns that has seconds and memory of both, the boxes,
# and where the picture is; what is amiss with files, limits and results is said instead.
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
net=$scratch/small
cat >"$net.cfg" <<'END'
[net]
width=96
height=64
channels=3

[convolutional]
filters=24
size=3
pad=1
activation=leaky

[maxpool]
size=8
stride=8

[convolutional]
filters=35
size=1
activation=linear

[region]
anchors=1,1, 2,2, 3,3, 4,4, 1,3
classes=2
num=5
softmax=1
END
"$top/tools/random_weights" "$net.cfg" "$net.weights" >/dev/null || exit 1
printf 'dog\ncat\n' >"$scratch/names"
printf 'names=%s\n' "$scratch/names" >"$scratch/two.data"
demo() { env WEIGHTS="$net.weights" CFG="$net.cfg" "$@" "$top/tools/demo"; }

# screen: what was printed fits one, and has all that it should have
screen() {
    sed -i 's/\f//g' "$scratch/stdout"
    [ "$(wc -l <"$scratch/stdout")" -le 24 ] || fail "$(wc -l <"$scratch/stdout") lines"
    awk 'length > 80 && !/^ +\// { exit 1 }' "$scratch/stdout" || fail "wide lines: $(awk 'length > 80' "$scratch/stdout")"
    grep -qE '^  stock Darknet +[0-9.]+ MiB +[0-9.]+   none$' "$scratch/stdout" || fail "stock's row: $(cat "$scratch/stdout")"
    grep -q "build/demo/$1.ours.jpg" "$scratch/stdout" || fail "does not say where the picture is"
    cmp "$top/build/demo/$1.stock.jpg" "$top/build/demo/$1.ours.jpg" || fail "another picture"
}
expect 0 '^  ours +[0-9.]+ MiB +[0-9.]+   16M, ' demo DATA="$scratch/two.data" THRESH=.3
screen small
grep -qE '^    (dog|cat): [0-9]+%$' "$scratch/stdout" || fail "no boxes: $(cat "$scratch/stdout")"
# what it says to type gives these boxes
sed -n '/cd darknet/,$p' "$scratch/stdout" >"$scratch/typed"
boxes=$(sed -nE 's/^    ((dog|cat): .*)/\1/p' "$scratch/stdout" | head -n 3)
(cd "$top" && sh -e "$scratch/typed") >"$scratch/stdout" 2>"$scratch/stderr" || fail "what it says to type: $(tail -n 1 "$scratch/stderr")"
[ "$(grep -E '^(dog|cat): ' "$scratch/stdout" | head -n 3)" = "$boxes" ] || fail "what it says to type gives other boxes"
rm -f "$top"/darknet/predictions.*

expect 0 '^  ours +[0-9.]+ MiB +[0-9.]+   [2-9]M, ' demo DATA="$scratch/two.data" LIMIT=1M
screen small
grep -q '(1M is too little here' "$scratch/stdout" || fail "does not say that the limit is another one"
# where no cgroup can be made, and resident memory is all that can be told, it says what that counts
uncaged() {
    WEIGHTS=$net.weights CFG=$net.cfg DATA=$scratch/two.data \
        unshare -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$0"' "$top/tools/demo"
}
if unshare -m true 2>/dev/null; then
    expect 0 '^  ours +[0-9.]+ MiB +[0-9.]+   16M, kept to, and not enforced' uncaged
    grep -q 'holds shared libraries' "$scratch/stdout" || fail "does not say what resident memory holds"
    screen small
fi
expect 1 'has 2 classes: say which they are' demo
cp "$scratch/two.data" "$net.data"
expect 0 'MiB' demo
expect 1 'no file .*nosuch.cfg' demo CFG=nosuch.cfg
expect 1 'wants WEIGHTS=FILE' env -u WEIGHTS CFG="$net.cfg" "$top/tools/demo"
head -c 5000 "$net.weights" >"$scratch/short.weights"
expect 1 'exit status 1: mafat: .*short.weights' demo WEIGHTS="$scratch/short.weights"
expect 1 'memory limit "16X"' demo LIMIT=16X

# with trained weights, where they are
nets=$top/../shared/nets/yolo-fastest-1.1
if [ -d "$nets" ]; then
    net=$nets/yolo-fastest-1.1
    expect 0 '^    dog: 61%$' demo DATA=cfg/coco.data
    screen yolo-fastest-1.1
fi
finish
