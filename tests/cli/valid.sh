#!/bin/bash
# `detector valid` writes what stock writes, byte for byte, however its images come: as paths that MAFAT
# decodes in their turn, or by Darknet's own code; and refuses a limit that it would not keep.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
tiny=$(if long; then echo cfg/yolov2-tiny.cfg; else sized cfg/yolov2-tiny.cfg 224; fi)
w=$(weights cfg/yolov2-tiny.cfg)
printf '%s\n' "$PWD"/data/{dog,eagle,person,giraffe}.jpg >"$scratch/list"

data() { # EVAL FOLDER: a data file for results in an empty folder, and its path
    rm -rf "$2"
    mkdir "$2"
    printf 'classes=80\nvalid=%s\nnames=data/coco.names\nresults=%s\neval=%s\n' "$scratch/list" "$2" "$1" >"$2.data"
    echo "$2.data"
}
same() { # NAME
    diff -r "$scratch/stock" "$scratch/ours" >/dev/null || fail "$1: other results"
    [ "$(cat "$scratch/ours"/* | wc -c)" -gt 100000 ] || fail "$1: no results"
}
stock() { "$stock" detector valid "$(data "$1" "$scratch/stock")" "${@:2}" >/dev/null 2>&1; }
ours() { # NAME EVAL ARGUMENTS...
    "$darknet" detector valid "$(data "$2" "$scratch/ours")" "${@:3}" >/dev/null 2>"$scratch/stderr" ||
        fail "$1: exit code $?: $(tail -n 1 "$scratch/stderr")"
    same "$1"
}

for eval in voc coco; do
    stock $eval $tiny "$w"
    ours "$eval, layers" $eval $tiny "$w" -mafat layers
    ours "$eval, tiles" $eval $tiny "$w" -mafat 3x3
    ours "$eval, a limit" $eval $tiny "$w" -memory 12M -batch 1
    ours "$eval, images in passes" $eval $tiny "$w" -memory 14M -batch 3
    grep -q ', 3 images a pass, ' "$scratch/stderr" || fail "images do not share a pass: $(grep limit "$scratch/stderr")"
    ours "$eval, as many as suit" $eval $tiny "$w" -memory 16M
    grep -q ', [234] images a pass, ' "$scratch/stderr" || fail "images share no pass: $(grep limit "$scratch/stderr")"
done
small=$(sized cfg/yolov2-tiny.cfg 160)
stock voc "$small" "$w" -out other_
ours "another name" voc "$small" "$w" -out other_ -memory 16M
sed 's/^channels=3/channels=1/' "$small" >"$scratch/grey.cfg"
"$top/tools/random_weights" "$scratch/grey.cfg" "$scratch/grey.weights" >/dev/null
stock voc "$scratch/grey.cfg" "$scratch/grey.weights"
ours "one channel" voc "$scratch/grey.cfg" "$scratch/grey.weights" -mafat 2x2

# other numbers of classes: ImageNet's list has 200, and names may be of anything
net() { # CLASSES: a small network with so many, its weights and names
    printf '[net]\nwidth=96\nheight=96\nchannels=3\n[convolutional]\nfilters=%s\nsize=3\nstride=8\npad=1\nactivation=linear
[region]\nanchors=1,1, 3,4\nclasses=%s\nnum=2\nsoftmax=1\n' $((2 * ($1 + 5))) "$1" >"$scratch/net.cfg"
    "$top/tools/random_weights" "$scratch/net.cfg" "$scratch/net.weights" >/dev/null || fail "no weights"
    seq -f name%g "$1" >"$scratch/names"
}
folder() { # EVAL FOLDER
    data "$1" "$2" >/dev/null
    sed -i "s|^names=.*|names=$scratch/names|" "$2.data"
}
for kind in imagenet/200/mine imagenet/300/ voc/1/ voc/7/my_ coco/13/my_; do
    IFS=/ read -r eval classes out <<<"$kind"
    net "$classes"
    set -- "$scratch/net.cfg" "$scratch/net.weights" ${out:+-out "$out"}
    folder "$eval" "$scratch/stock"
    "$stock" detector valid "$scratch/stock.data" "$@" >/dev/null 2>&1
    for how in "-mafat 2x2" "-memory 16M"; do
        folder "$eval" "$scratch/ours"
        "$darknet" detector valid "$scratch/ours.data" "$@" $how >/dev/null 2>"$scratch/stderr" ||
            fail "$kind $how: exit code $?: $(tail -n 1 "$scratch/stderr")"
        diff -r "$scratch/stock" "$scratch/ours" >/dev/null || fail "$kind $how: other results"
        [ -n "$(cat "$scratch/ours"/*)" ] || fail "$kind $how: no results"
    done
done

# a list is looked at once, also where that is done to plan for a limit
${CC:-gcc} -O1 -shared -fPIC "$top/tests/cli/opens.c" -o "$scratch/opens.so" || fail "opens.c"
opens() { # ARGUMENTS...: how often images are opened
    LD_PRELOAD=$scratch/opens.so OPENS=$scratch/opens "$darknet" detector valid "$(data voc "$scratch/ours")" $tiny "$w" "$@" \
        >/dev/null 2>"$scratch/stderr" || fail "valid $*: exit code $?: $(tail -n 1 "$scratch/stderr")"
    grep -c '\.jpg$' "$scratch/opens"
}
without=$(opens -mafat 3x3)
with=$(opens -memory 16M -batch 1)
[ "$without" -ge 4 ] || fail "images are opened $without times"
[ "$with" -le $((without + 8)) ] ||    # twice more each, to give back its pages of the page cache
    fail "4 images are opened $with times under a limit, $without times without one"

expect 2 '`detector valid2` holds more .* than a memory limit counts' \
    "$darknet" detector valid2 "$scratch/ours.data" $tiny "$w" -memory 64M
expect 3 'nothing fits 4194304 bytes' "$darknet" mafat detector valid "$(data voc "$scratch/ours")" $tiny "$w" -memory 4M
echo 'not an image' >"$scratch/broken.jpg"
printf '%s\n' "$PWD"/data/{dog,eagle,person,giraffe}.jpg "$scratch/broken.jpg" >"$scratch/list"
expect 1 'line 5: .*broken.jpg": cannot be read as an image' "$darknet" detector valid "$(data voc "$scratch/ours")" $tiny "$w" -memory 16M
[ -z "$(ls "$scratch/ours")" ] || fail "wrote results for a list that it cannot read"
finish
