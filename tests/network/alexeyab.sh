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
    for limit in $limits; do same "$cfg" "$w" -memory "$limit"; done
    expect 0 . "$darknet" mafat detector test cfg/coco.data "$cfg" "$w" data/dog.jpg -no_picture -memory "${limits%% *}"
    echo "  $name: $(grep -c '%' "$scratch/stdout") boxes in ${limits%% *}"
done <<'END'
yolov4-tiny 416 1 16M 64M
yolov7-tiny 320 4 10M 24M
yolov4 256 4 12M 40M
END

golden=$top/../shared/golden/alexeyab
[ -d "$golden" ] || finish
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
${CC:-gcc} -O1 $openmp -Iinclude -I"$top/src_mafat" "$top/tests/network/golden.c" libdarknet.a -lm -lz -pthread -ldl \
    -o "$scratch/golden" || fail "golden.c does not link"
least=100
n_run=0 refused=
# as_his NAME: prints the cfg; what stock runs too, but for boxes, asks for his reading.
as_his() {
    case $1 in
        nms_*|yolo_scale) sed 's/^\[net\]/&\nletter_box=0/' "$golden/$1.cfg" ;;
        *) cat "$golden/$1.cfg" ;;
    esac
}
for name in $(sed -n 's/^layer [^ ]* \([^ ]*\) .*/\1/p' "$golden/manifest.txt" | sort -u); do
    cfg=$scratch/$name.cfg
    as_his "$name" >"$cfg"
    if "$darknet" mafat plan "$cfg" >"$scratch/plan" 2>&1; then
        "$scratch/golden" "$golden" "$name" "$cfg" >"$scratch/out" 2>&1 || fail "$name: $(tail -n 1 "$scratch/out")"
        same "$cfg" "$golden/$name.weights" -mafat 1x1
        same "$cfg" "$golden/$name.weights" -mafat 3x1r
        n_run=$((n_run + 1))
    else
        expect 4 'AlexeyAB|other Darknet|another Darknet' "$darknet" mafat plan "$cfg"
        refused+=" $name"
    fi
done
# what is refused is refused by name, and is known here
want=' act_normalize conv_dilation conv_stride_xy gaussian_yolo local_avgpool maxpool_depth maxpool_xy mini_enet sam'
want+=' scale_wh0 scale_wh1 shortcut_channel_relu shortcut_channel_softmax shortcut_feature_relu'
want+=' shortcut_feature_softmax shortcut_multi'
[ "$refused" = "$want" ] || fail "refused:$refused"
echo "  $n_run networks have AlexeyAB's numbers"
finish
