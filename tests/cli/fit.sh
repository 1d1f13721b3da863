#!/bin/bash
# How a cfg is read, and how an image comes to its network: as stock does it; or, where letter_box= or an option
# asks for it or where stock could not run the cfg, as AlexeyAB's Darknet does.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
printf '%s\n' '[net]' width=64 height=64 channels=3 '[convolutional]' filters=16 size=3 stride=4 pad=1 activation=leaky \
    '[convolutional]' filters=24 size=1 activation=linear '[yolo]' classes=3 num=3 mask=0,1,2 anchors=9,9,20,20,40,40 >"$scratch/plain.cfg"
sed 's/^\[net\]/&\nletter_box=0/' "$scratch/plain.cfg" >"$scratch/zero.cfg"
sed 's/^\[yolo\]/&\nnms_kind=greedynms\nscale_x_y=1.5/' "$scratch/plain.cfg" >"$scratch/kind.cfg"
sed 's/^\[net\]/&\nletter_box=1/' "$scratch/kind.cfg" >"$scratch/one.cfg"
sed '0,/^activation=leaky/s//&\n[route]\nlayers=-1,-1\ngroups=2/' "$scratch/kind.cfg" >"$scratch/foreign.cfg"
"$top/tools/random_weights" "$scratch/plain.cfg" "$scratch/w" >/dev/null || exit 1

# found CFG OPTION...: what is found, sorted
found() {
    "$darknet" mafat detector test cfg/voc.data "$scratch/$1.cfg" "$scratch/w" data/dog.jpg -thresh .3 -ext_output -no_picture \
        "${@:2}" 2>"$scratch/err" | sed 1d | sort >"$scratch/of_$1${2:-}"
    [ "$(wc -l <"$scratch/of_$1${2:-}")" -gt 20 ] || fail "$*: few boxes: $(tail -n 1 "$scratch/err")"
}
for cfg in plain zero kind foreign one; do for option in '' -stretch -letter_box; do found $cfg $option; done; done
same() { cmp -s "$scratch/of_$1" "$scratch/of_$2" || fail "$1 is not $2"; }
differ() { cmp -s "$scratch/of_$1" "$scratch/of_$2" && fail "$1 is $2"; }
same plain plain-letter_box; same zero plain-stretch; same zero zero-stretch; same plain zero-letter_box
same kind plain; same one kind-letter_box; same one-stretch kind-stretch; same foreign foreign-stretch
differ plain zero; differ kind-stretch zero; differ kind-letter_box plain; differ foreign foreign-letter_box
# what stock runs has its boxes and its table of layers, with MAFAT and without
for cfg in plain kind; do
    for whose in stock darknet; do
        "${!whose}" detector test cfg/voc.data "$scratch/$cfg.cfg" "$scratch/w" data/dog.jpg -thresh .3 -out "$scratch/drawn" \
            2>"$scratch/err.$whose" | sed 1d >"$scratch/of.$whose"
    done
    cmp "$scratch/of.stock" "$scratch/of.darknet" && cmp "$scratch/err.stock" "$scratch/err.darknet" || fail "$cfg is not stock's"
    sort "$scratch/of.stock" | cmp -s - <(cut -f 1 "$scratch/of_$cfg" | sort) || fail "$cfg has not stock's boxes"
done
# an option that Darknet lacks asks for MAFAT without the word
for option in -stretch -letter_box; do
    "$darknet" detector test cfg/voc.data "$scratch/plain.cfg" "$scratch/w" data/dog.jpg -thresh .3 -ext_output -no_picture $option \
        2>/dev/null | sed 1d | sort | cmp -s - "$scratch/of_plain$option" || fail "$option is passed over without the word mafat"
done
expect 2 '.-json is for' "$darknet" yolo test "$scratch/plain.cfg" "$scratch/w" data/dog.jpg -json
expect 0 . "$darknet" mafat search "$scratch/plain.cfg" -memory 16M -stretch -save "$scratch/saved.cfg"
found saved && { found plain -stretch; same saved plain-stretch; }
# a warning says so, unless it is read as AlexeyAB's
expect 0 . "$darknet" mafat plan "$scratch/kind.cfg"
grep -q 'kind.cfg: .*nms_kind=greedynms is of AlexeyAB.*ignores it, and so does MAFAT; -stretch, -letter_box, or letter_box=' \
    "$scratch/stderr" || fail "no warning: $(cat "$scratch/stderr")"
for asked in 'kind.cfg -stretch' 'kind.cfg -letter_box' one.cfg foreign.cfg; do
    expect 0 . "$darknet" mafat plan "$scratch"/$asked
    grep -q 'ignores it' "$scratch/stderr" && fail "$asked: warns of what it goes by"
done

# a square image has no edges either way
printf 'P6 50 50 255\n' >"$scratch/square.ppm"
head -c 7500 data/dog.jpg >>"$scratch/square.ppm"
for option in -stretch -letter_box; do
    "$darknet" mafat detector test cfg/voc.data "$scratch/plain.cfg" "$scratch/w" "$scratch/square.ppm" -thresh .3 -ext_output \
        -no_picture $option 2>/dev/null | sed 1d >"$scratch/square$option"
done
cmp -s "$scratch/square-stretch" "$scratch/square-letter_box" || fail "a square image differs"
[ -s "$scratch/square-stretch" ] || fail "no boxes in a square image"

expect 2 '-stretch and -letter_box: give one of them' "$darknet" mafat detector demo cfg/voc.data "$scratch/plain.cfg" \
    "$scratch/w" film -stretch -letter_box
expect 2 '-stretch and -letter_box: give one of them' "$darknet" mafat plan "$scratch/plain.cfg" -stretch -letter_box
expect 2 'detector valid2. brings images to the input as Darknet does: it takes neither -stretch' "$darknet" mafat detector valid2 \
    cfg/voc.data "$scratch/plain.cfg" "$scratch/w" -stretch
sed 's/^letter_box=0/letter_box=some/' "$scratch/zero.cfg" >"$scratch/some.cfg"
expect 1 'letter_box=some: must be a whole number' "$darknet" mafat plan "$scratch/some.cfg"

# valid asks for boxes of what was stretched, and writes the class and the corners
printf "$PWD/data/%s.jpg\n" dog person horses eagle >"$scratch/list"
printf 'valid=%s\nnames=data/voc.names\nresults=%s\n' "$scratch/list" "$scratch" >"$scratch/data"
valid() { # CFG: of the dog, in pixels
    rm -f "$scratch"/comp4*
    "$darknet" mafat detector valid "$scratch/data" "$scratch/$1.cfg" "$scratch/w" -mafat 2x2 >/dev/null 2>"$scratch/err" ||
        fail "valid $1: $(tail -n 1 "$scratch/err")"
    awk '/^dog/ && $2 > .3 { printf "%.0f\n", $3 }' "$scratch"/comp4*_{aeroplane,bicycle,bird}.txt | sort -n >"$scratch/left"
}
lefts() { sed -nE 's/.*left_x: *(-?[0-9]+) .*/\1/p' "$scratch/of_$1" | awk '{ print $1 < 0 ? 1 : $1 + 1 }' | sort -n; }
for cfg in plain zero; do
    valid $cfg
    paste "$scratch/left" <(lefts $cfg) | awk '{ d = $1 - $2; if (d > 2 || d < -2 || NF < 2) bad = 1 } END { exit bad || NR < 20 }' ||
        fail "valid $cfg: other boxes than test"
done
expect 2 'has Darknet letterbox images, and this cfg has them stretched' "$darknet" mafat detector valid "$scratch/data" \
    "$scratch/zero.cfg" "$scratch/w" -mafat layers
finish
