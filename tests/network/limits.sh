#!/bin/bash
# A memory limit is kept by whoever asks for it: Darknet's commands with a flag in the cfg, lists, `valid`,
# programs linked to the library, Python. Each runs in a cgroup of the smallest limit that it names, and is
# never killed: it does what it does without a limit, or says what it needs. What was predicted last is never
# below what is charged, and at most 5 % and 128 pages above. Needs the right to a memory cgroup (tools/limit).
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
cd "$top/darknet" || exit 1
# For the sake of stock, which takes more than a second for each image of 416 pixels.
tiny=$(sized cfg/yolov2-tiny.cfg 160)
full=$(if long; then echo cfg/yolov2-tiny.cfg; else echo "$tiny"; fi)
tiny_w=$(weights cfg/yolov2-tiny.cfg)
darknet_w=$(weights cfg/darknet.cfg)
yolov1_w=$(weights cfg/yolov1-tiny.cfg)

"$limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

counted() { sed -n "s/^$1: //p" "$report"; }
flagged() { # CFG LIMIT: a copy with the limit in [net], and its path
    sed "0,/^\[net/s/^\[net.*/&\nmafat_memory=$2/" "$1" >"$scratch/flagged.cfg"
    echo "$scratch/flagged.cfg"
}
# least COMMAND...: the smallest limit, which the command names where LIMIT is 1000000; CFG is a flagged cfg.
# A program learns of its images one after the other, and may name one limit after the other.
least() {
    local named=1000000 n
    for n in 1 2 3 4 5 6 7 8; do
        run none $named "$@"
        [ "$(counted exit_status)" -eq 3 ] || break
        named=$(sed -nE 's/.*the smallest limit that works is ([0-9]+).*/\1/p' "$scratch/stderr" | tail -n 1)
        [ -n "$named" ] || { fail "names no limit: $*"; break; }
    done
    echo "$named"
}
# run CGROUP LIMIT COMMAND...: with its standard input from $scratch/input, if it is there
run() {
    local cgroup=$1 bytes=$2 words=()
    shift 2
    for word; do
        case $word in
        CFG=*) word=$(flagged "${word#CFG=}" "$bytes") ;;
        LIMIT) word=$bytes ;;
        esac
        words+=("$word")
    done
    # what is cached already is charged to nobody
    for word in $(cat "$scratch/list" 2>/dev/null); do dd if="$word" iflag=nocache count=0 status=none; done
    # what is written to a file is charged until it is on the disk, and taken back where there is a limit
    "$limit" -o "$report" "$cgroup" "${words[@]}" 2>"$scratch/stderr" \
        <"$([ -e "$scratch/input" ] && echo "$scratch/input" || echo /dev/null)" | cat >"$scratch/stdout"
}
# kept NAME COMMAND...: in the smallest limit, and with time in more. What a program holds of its own is measured, and
# varies by a few pages from run to run: `spare` is for that. Output without times and memory stays in $scratch/kept
kept() {
    local name=$1 bytes least predicted peak
    shift
    least=$(least "$@")
    for bytes in $((least + ${spare:-0})) $(! long || echo $((least * 3 / 2))); do
        [ "$bytes" = "$least" ] || run none "$bytes" "$@"    # as it ran when the least one was found
        predicted=$(sed -nE 's/^mafat: limit .*, predicted ([0-9]+) .*/\1/p' "$scratch/stderr" | tail -n 1)
        peak=$(($(counted peak_bytes) + $(counted cached_bytes)))
        echo "  $name: limit $bytes, predicted $predicted, charged $peak, $((predicted - peak)) above"
        [ "$predicted" -le "$bytes" ] || fail "$name: predicted more than the limit"
        [ "$predicted" -ge "$peak" ] || fail "$name: $((peak - predicted)) bytes more than was predicted"
        [ $((predicted - peak)) -le $((peak / 20 + slack_bytes)) ] || fail "$name: $((predicted - peak)) bytes less"
        run "$bytes" "$bytes" "$@"
        [ "$(counted exit_status)" -eq 0 ] && [ "$(counted oom_kills)" -eq 0 ] ||
            fail "$name: in $bytes bytes: exit status $(counted exit_status), $(counted oom_kills) kills: $(tail -n 1 "$scratch/stderr")"
        sed -E 's/Predicted in [0-9.]+ seconds/Predicted/' "$scratch/stdout" >"$scratch/kept"
    done
}
same() { cmp "$scratch/expected" "$scratch/kept" || fail "$1: other output than stock's"; }
expected() { # COMMAND...: of stock, as `kept` leaves it
    "$@" 2>/dev/null <"$([ -e "$scratch/input" ] && echo "$scratch/input" || echo /dev/null)" |
        sed -E 's/Predicted in [0-9.]+ seconds/Predicted/' >"$scratch/expected"
}

# plain commands with the flag in the cfg
expected "$stock" detector test cfg/coco.data $tiny "$tiny_w" data/dog.jpg -thresh .2 -out "$scratch/drawn"
kept "detector test" "$darknet" detector test cfg/coco.data CFG=$tiny "$tiny_w" data/dog.jpg -thresh .2 -out "$scratch/drawn"
same "detector test"
# results of any length, in any form, and pictures of another one; of a small network drawing takes the most
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=255\nsize=5\nstride=8\npad=1\nactivation=linear
[region]\nanchors=1,1,2,4,4,2\nclasses=80\ncoords=4\nnum=3\nsoftmax=1\n' >"$scratch/small.cfg"
"$top/tools/random_weights" "$scratch/small.cfg" "$scratch/small.weights" >/dev/null || fail "no weights"
for options in -json -ext_output "-out $scratch/all.json" "-out $scratch/drawn.png" '-json -no_picture'; do
    # shellcheck disable=SC2086
    [ "$options" != -json ] && ! long ||
        kept "detector test -thresh 0 $options" "$darknet" detector test cfg/coco.data CFG=$full "$tiny_w" data/dog.jpg \
            -thresh 0 $options
    # shellcheck disable=SC2086
    kept "a small network, $options" "$darknet" detector test cfg/coco.data CFG="$scratch/small.cfg" \
        "$scratch/small.weights" data/dog.jpg -thresh .02 $options
done
expected "$stock" classifier predict cfg/imagenet1k.data cfg/darknet.cfg "$darknet_w" data/dog.jpg
kept "classifier predict" "$darknet" classifier predict cfg/imagenet1k.data CFG=cfg/darknet.cfg "$darknet_w" data/dog.jpg
same "classifier predict"
# in a folder of its own: it draws into it
mkdir "$scratch/tree"
ln -s "$PWD/data" "$PWD/cfg" "$scratch/tree"
cd "$scratch/tree" || exit 1
expected "$stock" yolo test cfg/yolov1-tiny.cfg "$yolov1_w" data/dog.jpg
mv predictions.jpg "$scratch/stock.jpg"
kept "yolo test" "$darknet" yolo test CFG=cfg/yolov1-tiny.cfg "$yolov1_w" data/dog.jpg
same "yolo test"
cmp predictions.jpg "$scratch/stock.jpg" || fail "yolo test: another picture"
cd "$top/darknet" || exit 1

# lists: the largest image comes second, and again in a later pass, when letters are there to draw with
awk 'BEGIN { printf "P6 1600 1200 255\n"
    for (y = 0; y < 1200; y++) { s = sprintf("%c%c%c%c%c%c", 65 + y / 20, 125 - y / 20, 97, 33 + y / 20, 65, 122)
        while (length(s) < 4800) s = s s
        printf "%s", substr(s, 1, 4800) } }' >"$scratch/large.ppm"
printf '%s\n' "$PWD"/data/dog.jpg "$scratch/large.ppm" "$PWD"/data/{eagle,person,dog,eagle,person}.jpg "$scratch/large.ppm" >"$scratch/list"
cp "$scratch/list" "$scratch/input"
expected "$stock" detector test cfg/coco.data $full "$tiny_w" -thresh .2 -out "$scratch/drawn"
kept "detector test of a list" "$darknet" detector test cfg/coco.data CFG=$full "$tiny_w" -thresh .2 -out "$scratch/drawn"
same "detector test of a list"
expected "$stock" classifier predict cfg/imagenet1k.data cfg/darknet.cfg "$darknet_w"
kept "detector test of a list in JSON" "$darknet" detector test cfg/coco.data CFG=$full "$tiny_w" -thresh 0 -json -out "$scratch/drawn/"
kept "classifier predict of a list" "$darknet" classifier predict cfg/imagenet1k.data CFG=cfg/darknet.cfg "$darknet_w"
same "classifier predict of a list"
rm "$scratch/input"

# valid: what it writes stays in the page cache and gives way there, so that only a network that finds
# nothing, by its last biases, is held to what was predicted
data() { # EVAL FOLDER: a data file
    printf 'classes=80\nvalid=%s\nnames=data/coco.names\nresults=%s\neval=%s\n' "$scratch/list" "$2" "$1" >"$2.data"
    echo "$2.data"
}
quiet=$scratch/quiet.weights
{ head -c $(($(stat -c %s "$tiny_w") - 4 * 425 * 513)) "$tiny_w"
  printf '\x00\x00\xa0\xc1%.0s' {1..425}
  tail -c $((4 * 425 * 512)) "$tiny_w"; } >"$quiet"
mkdir "$scratch/quiet"
kept "detector valid" "$darknet" detector valid "$(data voc "$scratch/quiet")" CFG=$full "$quiet"
for eval in voc coco; do
    mkdir "$scratch/$eval.stock" "$scratch/$eval"
    "$stock" detector valid "$(data $eval "$scratch/$eval.stock")" $tiny "$tiny_w" >/dev/null 2>&1
    bytes=$(least "$darknet" detector valid "$(data $eval "$scratch/$eval")" CFG=$tiny "$tiny_w")
    run "$bytes" "$bytes" "$darknet" detector valid "$(data $eval "$scratch/$eval")" CFG=$tiny "$tiny_w"
    [ "$(counted exit_status)" -eq 0 ] || fail "detector valid, $eval: exit status $(counted exit_status)"
    diff -r "$scratch/$eval.stock" "$scratch/$eval" >/dev/null || fail "detector valid, $eval: other results"
    [ "$(cat "$scratch/$eval"/* | wc -c)" -gt 100000 ] || fail "detector valid, $eval: no results"
done
printf 'classes=1000\nvalid=%s\nlabels=data/imagenet.labels.list\n' "$scratch/list" >"$scratch/classes.data"
expected "$stock" classifier valid "$scratch/classes.data" cfg/darknet.cfg "$darknet_w"
kept "classifier valid" "$darknet" classifier valid "$scratch/classes.data" CFG=cfg/darknet.cfg "$darknet_w"
same "classifier valid"
# by a tree of classes, with many leaves, which Darknet holds line by line
for i in $(seq 1000); do echo "n$i -1"; done >"$scratch/many.tree"
seq -f n%g 2 2 40000 >"$scratch/leaves"
sed "s|^\[softmax\]|&\ntree=$scratch/many.tree|" cfg/darknet.cfg >"$scratch/tree.cfg"
echo "leaves=$scratch/leaves" >>"$scratch/classes.data"
expected "$stock" classifier valid "$scratch/classes.data" "$scratch/tree.cfg" "$darknet_w"
kept "leaves" "$darknet" classifier valid "$scratch/classes.data" CFG="$scratch/tree.cfg" "$darknet_w"
same "leaves"

spare=131072
printf 'classes=1000\ntest=%s\nnames=data/imagenet.shortnames.list\n' "$scratch/list" >"$scratch/classes.data"
expected "$stock" classifier label "$scratch/classes.data" cfg/darknet.cfg "$darknet_w"
kept "classifier label" "$darknet" classifier label "$scratch/classes.data" CFG=cfg/darknet.cfg "$darknet_w"
same "classifier label"

# programs linked to the library, and Python
cat >"$scratch/program.c" <<'C'
#include <stdio.h>
#include "darknet.h"
int main(int argc, char **argv)
{
    network *net = load_network(argv[1], argv[2], 0);
    metadata names = get_metadata("cfg/imagenet1k.data");    /* 13 MB, when the plan has been made */
    printf("%d %s\n", names.classes, names.names[0]);
    for (int i = 3; i < argc; i++) {
        int n;
        image im = load_image_color(argv[i], 0, 0);
        float *out = network_predict_image(net, im);
        detection *found = get_network_boxes(net, im.w, im.h, .01, .5, 0, 1, &n);
        float sum = 0;
        for (int k = 0; k < n; k++) sum += found[k].prob[0] + found[k].bbox.x;
        for (int k = 0; k < net->outputs; k += 97) printf("%a\n", out[k]);
        printf("%d %a\n", n, sum);
        free_detections(found, n);
        free_image(im);
    }
    return 0;
}
C
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
images="$PWD/data/dog.jpg $scratch/large.ppm $PWD/data/eagle.jpg"
${CC:-gcc} -w $openmp -I"$top/build/upstream/include" "$scratch/program.c" "$top/build/stock/libdarknet.a" -lm -pthread -o "$scratch/stock" &&
    ${CC:-gcc} -w $openmp -Iinclude "$scratch/program.c" libdarknet.so -Wl,-rpath,"$PWD" -lm -pthread -o "$scratch/program" ||
    fail "does not link"
expected "$scratch/stock" $tiny "$tiny_w" $images
kept "a program" "$scratch/program" CFG=$tiny "$tiny_w" $images
same "a program"
cp "$scratch/kept" "$scratch/expected"
cat >"$scratch/program.py" <<'PYTHON'
import sys
from ctypes import *
class BOX(Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("w", c_float), ("h", c_float)]
class DETECTION(Structure):
    _fields_ = [("bbox", BOX), ("classes", c_int), ("prob", POINTER(c_float)), ("mask", POINTER(c_float)),
                ("objectness", c_float), ("sort_class", c_int)]
class IMAGE(Structure):
    _fields_ = [("w", c_int), ("h", c_int), ("c", c_int), ("data", POINTER(c_float))]
def function(name, result, *arguments):
    f = getattr(lib, name)
    f.restype, f.argtypes = result, arguments
    return f
lib = CDLL(sys.argv[1], RTLD_GLOBAL)
load_image = function("load_image_color", IMAGE, c_char_p, c_int, c_int)
predict = function("network_predict_image", POINTER(c_float), c_void_p, IMAGE)
boxes = function("get_network_boxes", POINTER(DETECTION), c_void_p, c_int, c_int, c_float, c_float, POINTER(c_int),
                 c_int, POINTER(c_int))
free_boxes = function("free_detections", None, POINTER(DETECTION), c_int)
free_image = function("free_image", None, IMAGE)
net = function("load_network", c_void_p, c_char_p, c_char_p, c_int)(sys.argv[2].encode(), sys.argv[3].encode(), 0)
for path in sys.argv[4:]:
    im = load_image(path.encode(), 0, 0)
    out = predict(net, im)
    n = c_int(0)
    found = boxes(net, im.w, im.h, .01, .5, None, 1, byref(n))
    print(path, n.value, sum(found[k].bbox.x for k in range(n.value)).hex(), out[97].hex())
    free_boxes(found, n)
    free_image(im)
PYTHON
python=$(python3 -c 'import ctypes, sys; print(sys.executable)' 2>/dev/null)
if [ -n "$python" ]; then
    expected "$python" "$scratch/program.py" "$PWD/libdarknet.so" $tiny "$tiny_w" $images
    kept Python "$python" "$scratch/program.py" "$PWD/libdarknet.so" CFG=$tiny "$tiny_w" $images
    same Python
else
    echo "  not tested: Python, which is not here"
fi

# what does not fit is refused before it is decoded, by the image's name
run none 24M "$scratch/program" CFG=$tiny "$tiny_w" "$scratch/large.ppm"
[ "$(counted exit_status)" -eq 3 ] || fail "exit status $(counted exit_status) for an image that does not fit"
grep -q "large.ppm: an image of 1600x1200 pixels: nothing fits 25165824 bytes; the smallest limit that works is" "$scratch/stderr" ||
    fail "does not say what an image needs: $(tail -n 1 "$scratch/stderr")"
[ "$(counted peak_bytes)" -lt $((24 << 20)) ] || fail "takes more than the limit to refuse an image"

# programs that have Darknet make images, beside one that fits without a new plan: killed by no limit, and
# what was said last is never below what is charged
cat >"$scratch/made.c" <<'C'
#include <stdio.h>
#include "darknet.h"
int main(int argc, char **argv)
{
    network *net = load_network(argv[1], argv[2], 0);
    image crops[200];
    for (int i = 0; i < 2; i++) {
        int is_sized = strcmp(argv[4], "sized") == 0, n = 0;
        image im = load_image_color(argv[3], is_sized ? 1500 : 0, is_sized ? 1500 : 0);
        if (strcmp(argv[4], "resized") == 0) crops[n++] = resize_image(im, 1500, 1500);
        if (strcmp(argv[4], "boxed") == 0) crops[n++] = letterbox_image(im, 1500, 1500);
        if (strcmp(argv[4], "copied") == 0) for (; n < 3; n++) crops[n] = copy_image(im);
        if (strcmp(argv[4], "made") == 0) for (; n < 3; n++) crops[n] = make_image(900, 900, 3);
        for (int k = 0; k < n; k++) fill_image(crops[k], .5);
        if (strcmp(argv[4], "cropped") == 0) for (; n < 200; n++) crops[n] = crop_image(im, n, n, 60, 60);
        float *out = network_predict_image(net, im);
        for (int k = 0; k < net->outputs; k += 97) printf("%a\n", out[k]);
        while (n > 0) free_image(crops[--n]);
        free_image(im);
    }
    return 0;
}
C
${CC:-gcc} -w $openmp -I"$top/build/upstream/include" "$scratch/made.c" "$top/build/stock/libdarknet.a" -lm -pthread -o "$scratch/stock" &&
    ${CC:-gcc} -w $openmp -Iinclude "$scratch/made.c" libdarknet.so -Wl,-rpath,"$PWD" -lm -pthread -o "$scratch/made" ||
    fail "does not link"
limits='24M 100M'
! long || limits='16M 24M 32M 48M 64M 100M 150M'
for made in loaded sized resized boxed copied made cropped; do
    expected "$scratch/stock" $tiny "$tiny_w" data/dog.jpg $made
    for bytes in $limits; do
        run $bytes $bytes "$scratch/made" CFG=$tiny "$tiny_w" data/dog.jpg $made
        status=$(counted exit_status) predicted=$(sed -nE 's/^mafat: limit .*, predicted ([0-9]+) .*/\1/p' "$scratch/stderr" | tail -n 1)
        peak=$(($(counted peak_bytes) + $(counted cached_bytes)))
        [ "$status" -eq 0 ] || [ "$status" -eq 3 ] || fail "$made in $bytes: exit status $status"
        [ "$(counted limit_hits)" -eq 0 ] || fail "$made in $bytes: the limit was hit"
        [ "$status" -eq 3 ] && continue
        cmp -s "$scratch/expected" "$scratch/stdout" || fail "$made in $bytes: other output than stock's"
        [ "$predicted" -ge "$peak" ] || fail "$made in $bytes: $((peak - predicted)) bytes more than was predicted"
    done
    echo "  $made: predicted $predicted, charged $peak, $((predicted - peak)) above"
    [ "$status" -eq 0 ] || fail "$made: nothing fits"
done

# a program that allocates between two inferences, and one with two networks, one limit for both
cat >"$scratch/grow.c" <<'C'
#include <stdio.h>
#include "darknet.h"
int main(int argc, char **argv)
{
    int n = atoi(argv[3]);
    network *net[2];
    for (int i = 0; i < n; i++) net[i] = load_network(argv[1], argv[2], 0);
    float *input = calloc(net[0]->inputs, sizeof(float));
    for (int i = 0; i < 3; i++) {
        if (i > 0) memset(malloc(3000000), i, 3000000);
        for (int k = 0; k < n; k++) printf("%a\n", network_predict(net[k], input)[0]);
    }
    return 0;
}
C
${CC:-gcc} -w $openmp -Iinclude "$scratch/grow.c" libdarknet.so -Wl,-rpath,"$PWD" -lm -pthread -o "$scratch/grow" ||
    fail "does not link"
run 24M 24M "$scratch/grow" CFG=$tiny "$tiny_w" 1
[ "$(counted exit_status)" -eq 0 ] || fail "a program that grows: exit status $(counted exit_status)"
[ "$(grep -c '^mafat: limit' "$scratch/stderr")" -gt 1 ] || fail "a program that grows: its plan stays what it was"
run 100M 100M "$scratch/grow" CFG=$tiny "$tiny_w" 2
[ "$(counted exit_status)" -eq 0 ] || fail "two networks: exit status $(counted exit_status)"
for bytes in 16M 24M 32M 64M; do
    run $bytes $bytes "$scratch/grow" CFG=$tiny "$tiny_w" 2
    [ "$(counted exit_status)" -eq 0 ] || [ "$(counted exit_status)" -eq 3 ] ||
        fail "two networks in $bytes: exit status $(counted exit_status)"
done
finish
