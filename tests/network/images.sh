#!/bin/bash
# Images of every kind that Darknet reads (tools/make_images), against stock Darknet and against what was
# predicted: the same boxes and picture, never more memory than predicted, at most 5 % and 128 pages less.
# A 12 megapixel photo runs in 16M. Needs the right to a memory cgroup (tools/limit).
#
#   tests/network/images.sh [all]     `all` holds every kind to its prediction, not one of each sort
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
images=$scratch/images
mkdir "$images"
cd "$top/darknet" || exit 1

cat >"$scratch/small.cfg" <<END
[net]
width=64
height=64
channels=3
[convolutional]
filters=8
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=14
size=1
stride=1
activation=linear
[region]
anchors=1,1, 3,3
classes=2
coords=4
num=2
softmax=1
END
printf 'cat\ndog\n' >"$scratch/names"
echo "names=$scratch/names" >"$scratch/data"
w=$(weights "$scratch/small.cfg")
network="$scratch/data $scratch/small.cfg $w"

# same NAME OPTIONS...: stock's lines and picture
same() {
    local image=$images/$1
    shift
    "$stock" detector test $network "$image" -thresh .25 -out "$scratch/stock" >"$scratch/lines" 2>/dev/null ||
        fail "$image: stock Darknet failed"
    "$darknet" mafat detector test $network "$image" -thresh .25 -out "$scratch/ours" "$@" \
        >"$scratch/stdout" 2>"$scratch/stderr" || fail "$image: exit code $?: $(tail -n 1 "$scratch/stderr")"
    diff <(sed 's/in [0-9.]* s/in T s/' "$scratch/lines") <(sed 's/in [0-9.]* s/in T s/' "$scratch/stdout") ||
        fail "$image: other lines"
    cmp "$scratch/stock.jpg" "$scratch/ours.jpg" || fail "$image: another picture"
}

n=0
for name in $("$top/tools/make_images" "$images" 97 70); do
    case $name in
    # stock Darknet reads beyond its planes, or beyond the picture's rows
    odd.jpg) expect 1 'do not divide each other' "$darknet" mafat detector test $network "$images/$name" ;;
    *) same "$name" ;;
    esac
    n=$((n + 1))
done
echo "  $n kinds of images"

"$limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

# uncached FILE: nothing of it is in the page cache
uncached() {
    dd of="$1" oflag=nocache conv=notrunc,fdatasync count=0 2>/dev/null
}
counted() {
    sed -n "s/^$1: //p" "$report"
}
# holds NAME: predicted and charged, without a limit and at one
holds() {
    local image=$images/$1 predicted peak
    "$darknet" mafat predict "$scratch/small.cfg" -mafat 1x1 -image "$image" -data "$scratch/data" \
        >"$scratch/stdout" 2>"$scratch/stderr" || fail "$1: exit code $?: $(tail -n 1 "$scratch/stderr")"
    predicted=$(value predicted_bytes)
    uncached "$image"
    "$limit" -o "$report" none "$darknet" mafat detector test $network "$image" -mafat 1x1 -thresh .25 \
        -out "$scratch/ours" >/dev/null 2>"$scratch/stderr" || fail "$1: $(tail -n 1 "$scratch/stderr")"
    peak=$(($(counted peak_bytes) + $(counted cached_bytes)))
    echo "  $1: predicted $predicted, charged $peak, $((predicted - peak)) above"
    [ "$predicted" -ge $peak ] || fail "$1: $((peak - predicted)) bytes more than was predicted"
    [ $((predicted - peak)) -le $((peak / 20 + slack_bytes)) ] || fail "$1: $((predicted - peak)) bytes above"
}
kinds="444.jpg uneven.jpg scans.jpg progressive_filled.jpg progressive_cmyk.jpg rgb8.png rgba16_interlaced.png
    rgb8_trns_interlaced.png inflates.png inflates_interlaced.png 24.bmp palette_packed.tga rgba32.tga 16.psd
    rgb.pnm flat.hdr packed.hdr rgb.pic interlaced.gif"
[ "${1:-}" = all ] && kinds=$(ls "$images" | grep -v odd.jpg)
for name in $kinds; do
    "$top/tools/make_images" "$images" 1201 901 "$name" >/dev/null
    holds "$name"
    rm "$images/$name"
done

# a photo of 12 megapixels in 16M, whichever network, drawn and all; the cgroup is never hit
large() { # NAME CFG
    local w
    w=$(weights "$2")
    "$limit" -o "$report" 16M "$darknet" mafat detector test cfg/coco.data "$2" "$w" "$images/$1" -memory 16M \
        -thresh .12 -out "$scratch/ours" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "$1, $2: exit code $?: $(tail -n 1 "$scratch/stderr")"
    [ "$(counted limit_hits)" -eq 0 ] || fail "$1, $2: the limit was hit"
    echo "  $1, $2: $(counted peak_bytes) bytes"
    "$stock" detector test cfg/coco.data "$2" "$w" "$images/$1" -thresh .12 -out "$scratch/stock" \
        >"$scratch/lines" 2>/dev/null
    diff <(sed 's/in [0-9.]* s/in T s/' "$scratch/lines") <(sed 's/in [0-9.]* s/in T s/' "$scratch/stdout") ||
        fail "$1, $2: other lines"
    cmp "$scratch/stock.jpg" "$scratch/ours.jpg" || fail "$1, $2: another picture"
}
for name in 420.jpg rgb8.png; do
    "$top/tools/make_images" "$images" 4000 3000 "$name" >/dev/null
    uncached "$images/$name"
    large "$name" cfg/yolov2-tiny.cfg
done
! long || large 420.jpg cfg/yolov2.cfg

# rows that are wider than the limit: looking at the image does not break it
if command -v python3 >/dev/null; then
    python3 - "$images/wide.png" <<'END'
import struct, sys, zlib
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
w, h = 5000000, 4
with open(sys.argv[1], "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 6, 0, 0, 0)) +
               chunk(b"IDAT", zlib.compress(bytes((1 + 4 * w) * h))) + chunk(b"IEND", b""))
END
    "$limit" -o "$report" 16M "$darknet" mafat detector test cfg/coco.data cfg/yolov2-tiny.cfg \
        "$(weights cfg/yolov2-tiny.cfg)" "$images/wide.png" -memory 16M -out "$scratch/ours" \
        >"$scratch/stdout" 2>"$scratch/stderr"
    [ $? -eq 3 ] || fail "wide.png: not refused: $(tail -n 1 "$scratch/stderr")"
    [ "$(counted limit_hits)" -eq 0 ] || fail "wide.png: the limit was hit"
fi

# a list: each image gets the plan that it needs, and those that nothing fits are passed over by name
w=$(weights cfg/yolov2-tiny.cfg)
"$top/tools/make_images" "$images" 1600 1200 24.bmp >/dev/null
"$top/tools/make_images" "$images" 2000 1500 progressive.jpg >/dev/null
uncached "$images/24.bmp"
uncached "$images/progressive.jpg"
for name in progressive.jpg 420.jpg 24.bmp; do echo "$images/$name"; done >"$scratch/list"
echo data/dog.jpg >>"$scratch/list"
"$limit" -o "$report" 16M "$darknet" mafat detector test cfg/coco.data cfg/yolov2-tiny.cfg "$w" -memory 16M \
    -thresh .12 -out "$scratch/ours" <"$scratch/list" >"$scratch/stdout" 2>"$scratch/stderr"
[ $? -eq 3 ] || fail "a list with an image that nothing fits: $(tail -n 1 "$scratch/stderr")"
[ "$(grep -c Predicted "$scratch/stdout")" -eq 3 ] || fail "a list: other images were run"
grep -q 'progressive.jpg: an image of 2000x1500 pixels: nothing fits 16777216 bytes; the smallest' \
    "$scratch/stderr" || fail "a list: the image that was passed over is not named"
# (pictures that are drawn one after the other stay in the page cache until they are on the disk, and are
# pushed out of it where the limit comes near)
[ "$(counted oom_kills)" -eq 0 ] || fail "a list: killed"
"$stock" detector test cfg/coco.data cfg/yolov2-tiny.cfg "$w" data/dog.jpg -thresh .12 -out "$scratch/stock" \
    >/dev/null 2>&1
cmp "$scratch/stock.jpg" "$scratch/ours.jpg" || fail "a list: the last image is another picture"
finish
