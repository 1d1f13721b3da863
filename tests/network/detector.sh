#!/bin/bash
# `darknet mafat detector test` and `detect` print the lines of stock Darknet and write its picture,
# byte for byte, whatever the picture's shape, named or typed in.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

# ppm WIDTH HEIGHT: a picture of its own for each size.
ppm() {
    printf 'P6 %d %d 255\n' "$1" "$2"
    LC_ALL=C awk -v n=$((3 * $1 * $2)) 'BEGIN { srand(n); for (i = 0; i < n; i++) printf "%c", 1 + rand() * 254 }'
}

same() { # NAME CONFIG ARGUMENTS...: stock and ours alike; stdin goes to both
    local name=$1 config=$2
    shift 2
    cat >"$scratch/stdin"
    rm -f "$scratch/drawn.jpg" "$scratch/stock.jpg"
    "$stock" "$@" <"$scratch/stdin" >"$scratch/stock" 2>/dev/null || fail "stock Darknet failed: $name"
    mv "$scratch/drawn.jpg" "$scratch/stock.jpg" || return
    "$darknet" mafat "$@" -mafat "$config" <"$scratch/stdin" >"$scratch/ours" 2>"$scratch/err" ||
        fail "$name: exit code $?: $(tail -n 1 "$scratch/err")"
    diff <(sed 's/in [0-9.]* seconds/in T seconds/' "$scratch/stock") \
        <(sed 's/in [0-9.]* seconds/in T seconds/' "$scratch/ours") || fail "$name: other lines"
    cmp "$scratch/stock.jpg" "$scratch/drawn.jpg" || fail "$name: another picture"
    [ "$(grep -c '%$' "$scratch/ours")" -gt 0 ] || fail "$name: no boxes"
    echo "  $name: $(grep -c '%$' "$scratch/ours") boxes"
}

network() { # DATA CFG THRESHOLD CONFIG
    same "$2 $4" "$4" detector test "$1" "$2" "$(weights "$2")" data/dog.jpg -thresh "$3" \
        -out "$scratch/drawn" </dev/null
}

network cfg/coco.data cfg/yolov2-tiny.cfg .12 4x4
! long || network cfg/coco.data cfg/yolov2.cfg .12 5x5/8/2x2
! long || network cfg/voc.data cfg/yolov2-voc.cfg .3 3x3/12/2x2

# pictures of all shapes
full=cfg/yolov2-tiny.cfg
cfg=$(sized $full 224)
w=$(weights $full)
ppm 40 700 >"$scratch/tall.ppm"
ppm 900 30 >"$scratch/wide.ppm"
ppm 3 2 >"$scratch/tiny.ppm"
for image in data/scream.jpg data/kite.jpg "$scratch"/{tall,wide,tiny}.ppm; do
    same "${image##*/}" 4x4 detector test cfg/coco.data $cfg "$w" "$image" -thresh .1 \
        -out "$scratch/drawn" </dev/null
done
same 'thresholds and -gpus' 4x4 detector test cfg/coco.data $cfg "$w" data/dog.jpg -thresh .15 -hier .2 \
    -gpus 0 -fullscreen -out "$scratch/drawn" </dev/null
same 'a list' 4x4 detector test cfg/coco.data $cfg "$w" -thresh .12 -out "$scratch/drawn" <<END
data/dog.jpg
$scratch/tiny.ppm
data/person.jpg
END
same 'detect' 4x4 detect $cfg "$w" data/giraffe.jpg -thresh .12 -out "$scratch/drawn" </dev/null

# a path that is no picture is told and passed over, and the list fails at its end
typed() { # LINE MESSAGE
    rm -f "$scratch/drawn.jpg"
    printf 'data/dog.jpg\n%s\ndata/person.jpg\n' "$1" >"$scratch/stdin"
    expect 1 "$2" bash -c '"$@" <"$0"' "$scratch/stdin" "$darknet" mafat detector test cfg/coco.data $cfg "$w" \
        -thresh .12 -out "$scratch/drawn"
    [ "$(grep -c Predicted "$scratch/stdout")" -eq 2 ] || fail "other images were run: $1"
    [ "$(tail -n 1 "$scratch/stderr")" = 'mafat: images that were passed over: 1 of 3' ] || fail "no count: $1"
    [ -e "$scratch/drawn.jpg" ] || fail "no image was drawn: $1"
}
typed no-such.jpg 'no-such.jpg: No such file'
typed $cfg 'yolov2-tiny.cfg: cannot be read as an image'
typed "$(printf 'data/dog.jpg ')" 'dog.jpg : No such file'
typed "$(printf '%0256d' 0)" 'longer than the 255 bytes'

# pictures that Darknet makes no input of, and a default name
ppm 400 1 >"$scratch/row.ppm"
expect 1 'row.ppm: a picture of 400x1 becomes a single row' "$darknet" mafat detector test cfg/coco.data $full \
    "$w" "$scratch/row.ppm" -out "$scratch/row"
[ ! -e "$scratch/row.jpg" ] || fail "a picture was drawn of one row"
mkdir "$scratch/tree"
ln -s "$top"/darknet/{cfg,data} "$scratch/tree"
(cd "$scratch/tree" && "$darknet" mafat detect $cfg "$w" data/giraffe.jpg -thresh .12 >/dev/null 2>&1)
cmp "$scratch/tree/predictions.jpg" "$scratch/stock.jpg" || fail "predictions.jpg is another picture"
[ -z "$(find "$scratch" -name '*.jpg.*')" ] || fail "files were left behind"
# drawing at a threshold that thousands of boxes pass allocates nothing for each: labels are drawn by ours in
# place, and by Darknet in blocks that come back from the heap
faults() { # COMMAND...: how many pages the command was given, one by one
    "$top/tools/peak_rss" "$@" >"$scratch/lines" 2>"$scratch/err" </dev/null ||
        fail "exit code $?: $*: $(tail -n 1 "$scratch/err")"
    sed -n 's/^page_faults: //p' "$scratch/err"
}
cfg=$full
few=$(faults "$darknet" detector test cfg/coco.data $cfg "$w" data/dog.jpg -thresh .9 -mafat 1x1 -out "$scratch/drawn")
many=$(faults "$darknet" detector test cfg/coco.data $cfg "$w" data/dog.jpg -thresh .02 -mafat 1x1 -out "$scratch/drawn")
boxes=$(grep -c '%$' "$scratch/lines")
[ "$boxes" -gt 1000 ] || fail "only $boxes boxes"
[ "$many" -le $((few + boxes)) ] || fail "$many page faults for $boxes boxes, $few for none"
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=4\nsize=3\nstride=8\npad=1\nactivation=leaky
[connected]\noutput=1470\nactivation=linear\n[detection]\nclasses=20\ncoords=4\nrescore=1\nside=7\nnum=2\nsqrt=1\n' \
    >"$scratch/voc.cfg"
"$top/tools/random_weights" "$scratch/voc.cfg" "$scratch/voc.weights" >/dev/null || fail "no weights"
few=$(faults "$darknet" yolo test "$scratch/voc.cfg" "$scratch/voc.weights" data/dog.jpg -thresh 1 -mafat 1x1)
many=$(faults "$darknet" yolo test "$scratch/voc.cfg" "$scratch/voc.weights" data/dog.jpg -thresh .0001 -mafat 1x1)
boxes=$(grep -c '%$' "$scratch/lines")
[ "$boxes" -gt 200 ] || fail "yolo test: only $boxes boxes"
[ "$many" -le $((few + 10 * boxes)) ] || fail "yolo test: $many page faults for $boxes boxes, $few for none"
rm -f predictions.jpg
finish
