#!/bin/bash
# A second oracle: what OpenCV's DNN module finds in photos with trained networks, which it reads, runs and
# fuses by code of its own, is what MAFAT finds, to a tolerance (opencv.py); so that a mistake which MAFAT
# shares with Darknet is none of both's alone.
. "$(dirname "$0")/../lib.sh"
python=${PYTHON:-/usr/bin/python3}
version=$("$python" -c 'import cv2; print(cv2.dnn and cv2.__version__)' 2>/dev/null) ||
    { echo "  not tested: $python has no OpenCV (python3-opencv)"; finish; }
nets=$top/../shared/nets
cd "$top/darknet" || exit 1

# agrees NET DATA IMAGE HOW OPTIONS...: NET.cfg with NET.weights on the image as PNG, of which there is one way to decode it
agrees() {
    local cfg=$1.cfg weights=$1.weights data=$2 image=$3 how=$4 name
    name="$(basename "$1"), $(basename "$image")${5:+ $5}"
    "$python" -c 'import cv2, sys; cv2.imwrite(sys.argv[2], cv2.imread(sys.argv[1]))' "$image" "$scratch/image.png"
    "$darknet" mafat detector test "$data" "$cfg" "$weights" "$scratch/image.png" -thresh .2 -json -no_picture \
        "${@:5}" >"$scratch/json" 2>"$scratch/stderr" || fail "$name: exit code $?: $(tail -n 1 "$scratch/stderr")"
    "$python" "$top/tests/network/opencv.py" "$cfg" "$weights" "$scratch/image.png" "$how" "$scratch/json" .2 \
        >"$scratch/said" 2>&1 || fail "$name: $(tail -n 3 "$scratch/said")"
    echo "  $name: $(head -n 1 "$scratch/said")"
}

echo "  OpenCV $version"
agrees ../cfg/codes ../cfg/codes.data ../cfg/codes.jpg stock -memory 5M
[ -d "$nets" ] || { echo "  not tested: no trained networks in $nets"; finish; }
images=data/dog.jpg
! long || images=$(echo data/{dog,person,horses,eagle}.jpg)
for image in $images; do
    net=$nets/yolo-fastest-1.1/yolo-fastest-1.1
    agrees "$net" cfg/coco.data "$image" stock -mafat 4x1r
    agrees "$net" cfg/coco.data "$image" stock -memory 8M
    for net in mnv2-fastest-voc mnv2-fastest-voc-v2; do
        agrees "$nets/$net/$net" cfg/coco.data "$image" letterboxed -letter_box
        agrees "$nets/$net/$net" cfg/coco.data "$image" stretched -stretch
    done
done
finish
