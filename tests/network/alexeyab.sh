#!/bin/bash
# Networks of AlexeyAB's Darknet: those that people train, as they have them, give the same bits by plans as
# layer by layer; and where his program's numbers are at hand, both are those.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1

# same CFG WEIGHTS OPTIONS...
same() {
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$1" "$2" data/dog.jpg "${@:3}"
    [ "$(value values_compared | sort -n | sed -n 1p)" -gt "${least:-100000}" ] 2>/dev/null ||
        fail "$1: compared few values: $(value values_compared)"
}

# of filters as people have them the first, of a quarter of them the others
while read -r name size part limits; do
    cfg=$scratch/$name.cfg w=$scratch/$name.w
    "$top/tests/support/foreign_cfg" "$name" "$size" "$part" >"$cfg"
    "$top/tools/random_weights" "$cfg" "$w" >/dev/null || fail "$name: no weights"
    same "$cfg" "$w" -mafat 4x1r -mafat 2x2
    long || limits=${limits%% *}
    for limit in $limits; do same "$cfg" "$w" -memory "$limit"; done
    expect 0 . "$darknet" mafat detector test cfg/coco.data "$cfg" "$w" data/dog.jpg -no_picture -memory "${limits%% *}"
    echo "  $name: $(grep -c '%' "$scratch/stdout") boxes in ${limits%% *}"
done <<'END'
yolov4-tiny 416 1 10M 64M
yolov7-tiny 320 4 10M 24M
yolov4 256 4 12M 40M
enet 416 1 20M 64M
END

golden=$top/../shared/golden/alexeyab
[ -d "$golden" ] || finish
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
${CC:-gcc} -O1 $openmp -Iinclude -I"$top/src_mafat" "$top/tests/network/golden.c" libdarknet.a -lm -lz -pthread -ldl \
    -o "$scratch/golden" || fail "golden.c does not link"
least=30
n_run=0 refused=
# as_his NAME: prints the cfg; what stock runs too, but for boxes, asks for his reading.
as_his() {
    case $1 in
        nms_*|stretch_*|yolo_scale) sed 's/^\[net\]/&\nletter_box=0/' "$golden/$1.cfg" ;;
        *) cat "$golden/$1.cfg" ;;
    esac
}
for name in $(sed -n 's/^layer [^ ]* \([^ ]*\) .*/\1/p' "$golden/manifest.txt" | sort -u); do
    cfg=$scratch/$name.cfg
    as_his "$name" >"$cfg"
    if "$darknet" mafat plan "$cfg" >"$scratch/plan" 2>&1; then
        "$scratch/golden" "$golden" "$name" "$cfg" >"$scratch/out" 2>&1 || fail "$name: $(tail -n 1 "$scratch/out")"
        same "$cfg" "$golden/$name.weights" -mafat 1x1
        grep -q 'cannot be inside' <("$darknet" mafat plan "$cfg" -mafat 3x1r 2>&1) ||
            same "$cfg" "$golden/$name.weights" -mafat 3x1r
        n_run=$((n_run + 1))
    else
        expect 4 'AlexeyAB|other Darknet|another Darknet' "$darknet" mafat plan "$cfg"
        refused+=" $name"
    fi
done
# what is refused is refused by name, and is known here
want=' act_normalize gaussian_yolo local_avgpool'
[ "$refused" = "$want" ] || fail "refused:$refused"
echo "  $n_run networks have AlexeyAB's numbers"

# near EXPECTED FOUND: lines of a name, percent, left, top, width and height; each has one of its own within a
# percent point and two pixels.
near() {
    awk -F '\t' 'FNR == NR { want[FNR] = $0; n = FNR; next }
        { hit = 0
          for (i = 1; i <= n && !hit; i++) {
              if (!(i in want)) continue
              split(want[i], w, "\t"); hit = w[1] == $1
              for (k = 2; k <= 6; k++) if (w[k] - $k > (k == 2 ? 1 : 2) || $k - w[k] > (k == 2 ? 1 : 2)) hit = 0
              if (hit) delete want[i] }
          if (!hit) { print "not there: " $0; bad = 1 } }
        END { for (i in want) { print "missing: " want[i]; bad = 1 }; exit bad }' "$1" "$2"
}

# Trained networks on photos: as options say, or the cfg alone.
while read -r name folder image fit option; do
    trained=$top/../shared/nets/$folder/$folder
    printf 'names=%s\n' "$trained.names" >"$scratch/data"
    sed -n "/^$name.$image.$fit [0-9]/,/^[^ ]*\.[a-z]* [0-9]*\$/{ /^  /s/^  //p; }" "$golden/real/pixels.txt" |
        tr ' %' '\t\t' | tr -s '\t' >"$scratch/want"
    expect 0 . "$darknet" mafat detector test "$scratch/data" "$trained.cfg" "$trained.weights" data/$image.jpg -thresh .25 \
        -ext_output -no_picture $option
    sed -nE 's/^([a-z]+): ([0-9]+)%\t\(left_x: *(-?[0-9]+) *top_y: *(-?[0-9]+) *width: *([0-9]+) *height: *([0-9]+)\)/\1\t\2\t\3\t\4\t\5\t\6/p' \
        "$scratch/stdout" >"$scratch/found"
    [ -s "$scratch/found" ] && near "$scratch/want" "$scratch/found" || fail "$folder, $image, $fit: not AlexeyAB's boxes"
done <<'END'
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 dog stretch
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 person stretch
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 horses stretch
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 dog letter -letter_box
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 person letter -letter_box
mnv2-yolo-fastest-voc-v2 mnv2-fastest-voc-v2 horses letter -letter_box
yolo-fastest-1.1_coco yolo-fastest-1.1 dog stretch -stretch
yolo-fastest-1.1_coco yolo-fastest-1.1 person stretch -stretch
yolo-fastest-1.1_coco yolo-fastest-1.1 horses stretch -stretch
yolo-fastest-1.1_coco yolo-fastest-1.1 dog letter -letter_box
yolo-fastest-1.1_coco yolo-fastest-1.1 person letter -letter_box
yolo-fastest-1.1_coco yolo-fastest-1.1 horses letter -letter_box
END
# what `detector valid` writes of a stretched image
net=$top/../shared/nets/yolo-fastest-1.1/yolo-fastest-1.1
printf "$PWD/data/%s.jpg\n" dog person horses eagle >"$scratch/list"
mkdir "$scratch/results"
printf 'names=%s\nvalid=%s\nresults=%s\n' "$net.names" "$scratch/list" "$scratch/results" >"$scratch/data"
"$darknet" mafat detector valid "$scratch/data" "$net.cfg" "$net.weights" -mafat 1x1 -stretch >/dev/null 2>&1 ||
    fail "valid fails"
grep -qE '^dog 0\.6(4|5)[0-9]* 12[1-5]\.[0-9]* 22[1-5]\.' "$scratch"/results/*_dog.txt || fail "valid: $(cat "$scratch"/results/*_dog.txt)"
finish
