#!/bin/bash
# `detector train` teaches a [region] network something on the processor: some batches move what they
# reach. In stock Darknet they move nothing. And the trainer of tools/train gives the same weights each time.
. "$(dirname "$0")/../lib.sh"
cp "$top/darknet/data/dog.jpg" "$scratch/dog.jpg"
echo "1 0.5 0.5 0.3 0.4" >"$scratch/dog.txt"
echo "$scratch/dog.jpg" >"$scratch/list"
printf 'train=%s\nbackup=%s\n' "$scratch/list" "$scratch" >"$scratch/data"
cat >"$scratch/tiny.cfg" <<'END'
[net]
batch=2
subdivisions=1
width=32
height=32
channels=3
learning_rate=0.01
momentum=0.9
decay=0
policy=constant
max_batches=3

[convolutional]
filters=4
size=3
stride=2
pad=1
activation=leaky

[convolutional]
filters=14
size=1
activation=linear

[region]
anchors=4,4, 8,8
classes=2
coords=4
num=2
softmax=1
END
expect 0 '^3: ' "$darknet" detector train "$scratch/data" "$scratch/tiny.cfg"
# Biases start as 0: 4 of the first layer behind the head of 20 bytes, 14 of the second behind 108 weights.
moved() { # FILE OFFSET COUNT: how many of these floats are no 0
    od -An -v -tx4 -w4 -j "$2" -N $((4 * $3)) "$scratch/$1" | grep -vc '00000000'
}
[ "$(moved tiny_final.weights 20 4)" -eq 4 ] || fail "the first layer learnt nothing: $(moved tiny_final.weights 20 4) of 4 biases"
# The classes of the anchor that fits no box stay as they are.
[ "$(moved tiny_final.weights $((20 + 4 * (4 + 108))) 14)" -ge 12 ] || fail "the last layer learnt nothing"

# The trainer of tools/train gives the same weights with any number of threads, and every time.
sed 's/^batch=2/batch=4/; s/^subdivisions=1/subdivisions=2/' "$scratch/tiny.cfg" >"$scratch/parts.cfg"
${CC:-gcc} -std=gnu11 -fopenmp -O2 -Wall -Wextra -Werror -isystem darknet/include -isystem darknet/src \
    tools/train/trainer.c darknet/libdarknet.a -o "$scratch/trainer" -lz -lm -pthread ||
    fail "the trainer does not build"
for n in 1 2 2; do
    OMP_NUM_THREADS=$n expect 0 'Region Avg IOU' \
        "$scratch/trainer" "$scratch/parts.cfg" "$scratch/list" "$scratch/$n.weights"
    [ ! -e "$scratch/first" ] || cmp "$scratch/first" "$scratch/$n.weights" || fail "other weights with $n threads"
    cp "$scratch/$n.weights" "$scratch/first"
done
[ "$(moved first 20 4)" -eq 4 ] || fail "the trainer learnt nothing"
: >"$scratch/empty"
expect 1 'names no picture' "$scratch/trainer" "$scratch/parts.cfg" "$scratch/empty" "$scratch/3.weights"
finish
