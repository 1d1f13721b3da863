#!/bin/bash
# Files that come with the program are found from any folder: cfgs, data files, names, trees, weights and the
# letters, where the command asks for MAFAT. What lies in the working directory wins, a path that says where it
# is is taken at its word, and a message names each place that was looked at. Results are those of stock, run
# where the files are.
. "$(dirname "$0")/../lib.sh"
share=$scratch/share
mkdir -p "$share/cfg" "$share/data" "$scratch/clean" "$scratch/own/data"
ln -s "$top/darknet/data/labels" "$share/data/labels"
cd "$share" || exit 1
cp "$top/darknet/data/dog.jpg" "$scratch/dog.jpg"
make_network() { # NAME LAYERS
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n%b' "$2" >"cfg/$1.cfg"
    "$top/tools/random_weights" "cfg/$1.cfg" "cfg/$1.weights" >/dev/null || fail "no weights for $1"
}
make_network three '[conv]\nfilters=8\n[region]\nclasses=3\nnum=1\n'
make_network tree '[conv]\nfilters=8\n[region]\nclasses=3\nnum=1\nsoftmax=1\ntree=data/three.tree\n'
make_network voc '[connected]\noutput=100\nactivation=linear\n[detection]\nclasses=20\ncoords=4\nside=2\nnum=1\nsqrt=1\n'
make_network ten '[connected]\noutput=10\nactivation=linear\n[softmax]\n'
printf 'a -1\nb 0\nc 0\n' >data/three.tree
printf 'one\ntwo\nthree\n' >data/three.names
printf '%s\n' 0 1 2 3 4 5 6 7 8 9 >data/ten.names
printf 'classes=3\nnames = data/three.names\n' >cfg/three.data
printf 'classes=10\ntop=3\nnames=ten.names\n' >cfg/bare.data
printf 'classes=10\ntop=3\nnames=data/ten.names\n' >cfg/ten.data
cp cfg/three.data cfg/coco.data     # what `detect` looks at
export MAFAT_SHARE=$share

# as_stock COMMAND...: ours in a clean folder prints and draws what stock does in the share directory, with
# files named by their paths there and, without a folder, by their names alone.
lines() { grep -vE 'Predicted in|^Loading|^mafat' "$1"; }
as_stock() {
    (cd "$share" && "$stock" "$@" >"$scratch/stocks" 2>/dev/null) || fail "stock: $*"
    lines "$scratch/stocks" | grep -q : || fail "stock found nothing: $*"
    cd "$scratch/clean" || exit 1
    for program in "$darknet mafat" "$darknet -memory 64M"; do
        for words in "$*" "$(sed 's|cfg/||g' <<<"$*")"; do
            $program $words >"$scratch/ours" 2>"$scratch/stderr" || fail "$program $words: $(tail -n 1 "$scratch/stderr")"
            diff <(lines "$scratch/stocks") <(lines "$scratch/ours") >/dev/null || fail "other results: $words"
            [ ! -e "$share/predictions.jpg" ] || cmp "$share/predictions.jpg" predictions.jpg || fail "other picture: $words"
            grep -q "^mafat: .*: taken from $share/cfg/" "$scratch/stderr" || fail "$words: not told what was taken"
            rm -f predictions.jpg
            [ -z "$(ls)" ] || fail "$words left $(ls) in the working directory"
        done
    done
    rm -f "$share/predictions.jpg"
}
as_stock detector test cfg/three.data cfg/three.cfg cfg/three.weights "$scratch/dog.jpg" -thresh .2
as_stock detector test cfg/three.data cfg/tree.cfg cfg/tree.weights "$scratch/dog.jpg" -thresh .2
as_stock detect cfg/three.cfg cfg/three.weights "$scratch/dog.jpg" -thresh .2
as_stock yolo test cfg/voc.cfg cfg/voc.weights "$scratch/dog.jpg" -thresh .001    # Darknet draws
as_stock classifier predict cfg/ten.data cfg/ten.cfg cfg/ten.weights "$scratch/dog.jpg"    # and reads names

# MAFAT's own commands, and what they predict of files: as from within.
cd "$scratch/clean" || exit 1
terms() { "$darknet" mafat predict "$1" -mafat 1x1 -image "$scratch/dog.jpg" -data "$2" 2>/dev/null | grep -E '^(name|file|decode)_bytes: '; }
terms three.cfg three.data >"$scratch/clean.terms"
(cd "$share" && terms cfg/three.cfg cfg/three.data) | cmp -s - "$scratch/clean.terms" || fail "other predictions"
[ -s "$scratch/clean.terms" ] || fail "no predictions"
expect 0 '^values_different: 0$' "$darknet" mafat compare tree.cfg tree.weights
expect 0 '^latency_s_min: ' "$darknet" mafat bench ten.cfg ten.weights -n 1
expect 0 '^config: ' "$darknet" mafat search three.cfg three.weights -memory 32M -measure
expect 0 "^share: $share\$" "$darknet" mafat --version

# What is here wins: file by file, and whether it can be read or not.
cd "$scratch/own" || exit 1
printf 'ours\nours\nours\n' >data/three.names
detect_three() { "$darknet" mafat detector test three.data "${1-three.cfg}" three.weights "$scratch/dog.jpg" -thresh .2 -out "$scratch/drawn"; }
expect 0 '^ours: ' detect_three
sed 's/classes=3/classes=2/' "$share/cfg/three.cfg" >three.cfg
expect 1 'three.weights: ' detect_three
ln -sf nowhere three.cfg
expect 1 'three.cfg: cannot be read: No such file or directory$' detect_three
rm three.cfg && mkdir three.cfg
expect 1 'three.cfg: is a directory' detect_three
rm -r three.cfg data

# What says where it is, or is a picture, is not looked up, not by commands that Darknet runs unlooked at either.
cp "$scratch/dog.jpg" "$share/data/only.jpg"
echo data/only.jpg >only.list
printf 'classes=10\nnames=data/ten.names\nvalid=only.list\ntest=only.list\n' >only.data
expect 1 'only.list: line 1: "data/only.jpg": No such file' \
    "$darknet" mafat classifier label only.data ten.cfg "$share/cfg/ten.weights"
rm only.*
for path in ./cfg/three.cfg ../clean/three.cfg "$scratch/clean/three.cfg" cfg/../three.cfg; do
    expect 1 'three.cfg: cannot be read: No such file' detect_three $path
done
for image in data/only.jpg only.jpg; do
    expect 1 "$image: No such file or directory\$" \
        "$darknet" mafat detector test three.data three.cfg three.weights $image
done

# Messages name both places; without one, what to do.
for path in no.cfg cfg/no.cfg; do
    expect 1 "$path: cannot be read: No such file or directory; nor is it in $share, which MAFAT_SHARE names" \
        detect_three $path
done
expect 1 "no.data: .*; nor is it in $share" "$darknet" mafat predict three.cfg -image "$scratch/dog.jpg" -data no.data
printf 'names=no.names\n' >"$share/cfg/no.data"
expect 1 "no.names: .*; line 1 of .*; nor is it in $share|no.names: .*; nor is it in $share" \
    "$darknet" mafat detector test no.data three.cfg three.weights "$scratch/dog.jpg"
mkdir "$scratch/empty"
cp "$share"/cfg/three.* "$share"/data/three.names .
printf 'names=three.names\n' >three.data
expect 1 "data/labels/32_1.png: No such file or directory; nor is it in $scratch/empty, which" \
    env MAFAT_SHARE="$scratch/empty" "$darknet" mafat detector test three.data three.cfg three.weights "$scratch/dog.jpg"
ln "$darknet" "$scratch/program" 2>/dev/null || cp "$darknet" "$scratch/program"
expect 1 'data/labels/32_1.png: .*; nor is there a share directory: run this inside a Darknet tree, or name one in MAFAT_SHARE' \
    env -u MAFAT_SHARE "$scratch/program" mafat detector test three.data three.cfg three.weights "$scratch/dog.jpg"
rm three.*

# Without MAFAT it is stock's, word for word; and beside the program there is the tree that was built.
for program in "$darknet" "$stock"; do
    "$program" detector test three.data three.cfg three.weights "$scratch/dog.jpg" >"$scratch/${program##*/}.${#program}" 2>&1
    echo $? >>"$scratch/${program##*/}.${#program}"
done
set -- "$scratch"/darknet.*
grep -q 'open file' "$1" || fail "stock found three.data"
sed '$d' "$1" | cmp - <(sed '$d' "$2") || fail "without MAFAT another message than stock's"
unset MAFAT_SHARE
expect 0 "^share: $top/darknet\$" "$darknet" mafat --version
expect 0 '^config: ' "$darknet" mafat plan yolov2-tiny.cfg
expect 0 '^config: ' env MAFAT_SHARE= "$darknet" mafat plan cfg/yolov2-tiny.cfg
own_networks_are_found "$darknet" mafat
finish
