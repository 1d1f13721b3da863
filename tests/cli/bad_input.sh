#!/bin/bash
# Bad input: the message names the file, the layer, what was given and what is allowed; the documented
# exit code; and nothing is written.
. "$(dirname "$0")/../lib.sh"

cfg=$top/cfg/yolov2-first16.cfg
w=$(weights "$cfg")
tiny=$top/darknet/cfg/yolov2-tiny.cfg
tiny_w=$(weights "$tiny")
dog=$top/darknet/data/dog.jpg
coco=cfg/coco.data
cd "$top/darknet" || exit 1
files_before=$(find . -newer "$w" -type f | sort)
detect() { "$darknet" mafat detector test "$@" -out "$scratch/drawn"; }

# the command line
expect 2 'usage: darknet mafat COMMAND' "$darknet" mafat
expect 2 'unknown command "frobnicate' "$darknet" mafat frobnicate
expect 2 '`detector train` trains, and MAFAT runs' "$darknet" mafat detector train $coco "$tiny"
expect 2 'WEIGHTS is missing; usage: darknet mafat detector test DATA CFG WEIGHTS' detect $coco "$tiny"
expect 2 'one argument too many' detect $coco "$tiny" "$tiny_w" "$dog" more
expect 2 'unknown option -tresh' detect $coco "$tiny" "$tiny_w" "$dog" -tresh .3
expect 2 'option -thresh: "abc" is no number' detect $coco "$tiny" "$tiny_w" "$dog" -thresh abc
expect 2 'option -avg is given twice' detect $coco "$tiny" "$tiny_w" "$dog" -avg 1 -avg 1
expect 2 'option -avg: "0" must be a whole number from 1' detect $coco "$tiny" "$tiny_w" "$dog" -avg 0
expect 2 'option -i: "x" must be a whole number from -1' detect $coco "$tiny" "$tiny_w" "$dog" -i x
expect 2 'option -clear is given twice' detect $coco "$tiny" "$tiny_w" "$dog" -clear -clear
expect 2 'option -prefix lacks its value' detect $coco "$tiny" "$tiny_w" "$dog" -prefix
expect 2 'option -mafat lacks its value' "$darknet" mafat plan "$cfg" -mafat
expect 2 'option -mafat is given twice' "$darknet" mafat plan "$cfg" -mafat 1x1 -mafat 2x2
expect 2 'usage: darknet mafat plan CFG' "$darknet" mafat plan
expect 2 'usage: darknet mafat compare CFG WEIGHTS' "$darknet" mafat compare "$cfg"
expect 2 'unknown option -x' "$darknet" mafat plan "$cfg" -x
for n in 0 -1 257 2x '' 99999999999999999999; do
    expect 2 "threads \"$n\": expected a number from 1 to 256" "$darknet" mafat plan "$cfg" -threads "$n"
done

# more layers than can be planned in a reasonable time
layers() { # N
    printf '[net]\nwidth=8\nheight=8\nchannels=3\n'
    yes $'[convolutional]\nfilters=2\nsize=1\nactivation=linear' | head -n $((4 * $1))
}
layers 2048 >"$scratch/most.cfg"
layers 2049 >"$scratch/more.cfg"
layers 100000 >"$scratch/many.cfg"
expect 0 '^config: 1x1$' "$darknet" mafat plan "$scratch/most.cfg"
expect 4 'more.cfg: has 2049 layers, of which MAFAT plans 2048 at most' "$darknet" mafat plan "$scratch/more.cfg"
expect 4 'many.cfg: has 100000 layers' "$darknet" mafat plan "$scratch/many.cfg" -memory 64M

# configurations (tests/test_config.c has one case for each message)
expect 2 'yolov2-first16.cfg: cut 40 is behind the last layer' "$darknet" mafat plan "$cfg" -mafat 5x5/40/2x2
for config in 5x 0x3 5x5/8/2x2/4/1x1 5x2r '' 5x5/8; do
    expect 2 '^mafat: option -mafat: configuration "' "$darknet" mafat plan "$cfg" -mafat "$config"
    expect 2 '^mafat: option -mafat: configuration "' \
        "$darknet" mafat compare "$cfg" "$w" "$dog" -mafat "$config"
done
expect 2 'cut 40 is behind the last layer; cuts go from 1 to 15' "$darknet" mafat plan "$cfg" -mafat 5x5/40/2x2
expect 2 'yolov2.cfg: layer 27 \[reorg\]: cannot be inside a layer group' \
    "$darknet" mafat plan cfg/yolov2.cfg -mafat 5x5/27/2x2
# limits, as an option and as a flag, for MAFAT's own commands and for Darknet's
for limit in 0 -1 16Q 1e99 '' 16MB 99999999999999999999; do
    message="memory limit \"$limit\": expected a number of bytes from 1 to [0-9]+, .*K, M or G.* or auto(; did you mean 16M\?)?$"
    sed "s/^mafat=.*/mafat_memory=$limit/" "$cfg" >"$scratch/flag.cfg"
    expect 2 "^mafat: option -memory: $message" "$darknet" mafat plan cfg/yolov2.cfg -memory "$limit"
    expect 2 "^mafat: option -memory: $message" detect $coco "$tiny" "$tiny_w" "$dog" -memory "$limit"
    expect 2 "flag.cfg: $message" "$darknet" mafat plan "$scratch/flag.cfg"
    expect 2 "flag.cfg: $message" "$darknet" mafat compare "$scratch/flag.cfg" "$w" "$dog"
    expect 2 "flag.cfg: $message" detect $coco "$scratch/flag.cfg" "$w" "$dog"
    expect 2 "flag.cfg: $message" \
        "$darknet" detector test $coco "$scratch/flag.cfg" "$w" "$dog" -out "$scratch/drawn"
done
# blanks count in an option, and nowhere in a cfg
expect 2 'memory limit " 1M"' "$darknet" mafat plan cfg/yolov2.cfg -memory ' 1M'
sed 's/^mafat=.*/mafat=\nmafat_threads=/' "$cfg" >"$scratch/flag.cfg"
expect 2 'flag.cfg: threads "": expected a number' "$darknet" mafat plan "$scratch/flag.cfg"
expect 2 'flag.cfg: configuration "": expected rows at its end' \
    "$darknet" mafat plan "$scratch/flag.cfg" -threads 1
expect 3 'nothing fits 1 bytes; the smallest limit that works is [0-9]+' \
    "$darknet" mafat plan cfg/yolov2.cfg -memory 1
sed 's/^mafat=.*/mafat=5x/' "$cfg" >"$scratch/flag.cfg"
expect 2 'flag.cfg: configuration "5x": expected columns' "$darknet" mafat plan "$scratch/flag.cfg"
expect 2 'flag.cfg: configuration "5x": expected columns' \
    "$darknet" detector test $coco "$scratch/flag.cfg" "$w" "$dog" -out "$scratch/drawn"

# cfg files
expect 1 'no-such.cfg: .*No such file' "$darknet" mafat plan no-such.cfg
expect 1 'no-such.cfg: .*No such file' detect $coco no-such.cfg "$tiny_w" "$dog"
expect 1 "$scratch: " "$darknet" mafat plan "$scratch"
broken() { # TEXT: a cfg of a [net] section and TEXT
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n%b' "$1" >"$scratch/broken.cfg"
}
broken '[convolutional]\nfilters=2147483647\nsize=3\nstride=1\npad=1\n'
expect 1 'broken.cfg: layer 0 \[convolutional\]: .*filters' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[convolutional]\nfilters=9999999\nsize=3\nstride=1\npad=1\n'
expect 1 'broken.cfg: layer 0 \[convolutional\]: ' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[convolutional]\nfilters=4\nsize=33\nstride=1\n'
expect 1 'broken.cfg: layer 0 \[convolutional\]: ' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[convolutional]\nfilters=4\nsize=3\nstride=0\n'
expect 1 'broken.cfg: layer 0 \[convolutional\]: .*stride' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[route]\nlayers=-2\n'
expect 1 'broken.cfg: layer 0 \[route\]: ' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[frob]\n'
expect 1 'broken.cfg: .*frob' "$darknet" mafat plan "$scratch/broken.cfg"
broken '[lstm]\noutput=10\n'
expect 4 'broken.cfg: layer 0 \[lstm\]: ' "$darknet" mafat plan "$scratch/broken.cfg"

# weights
expect 1 'no-such.weights: .*No such file' detect $coco "$tiny" no-such.weights "$dog"
expect 1 "$scratch: " detect $coco "$tiny" "$scratch" "$dog"
needed=$(stat -c %s "$tiny_w")
head -c $((needed - 1)) "$tiny_w" >"$scratch/short.weights"
expect 1 "short.weights: .*$((needed - 1)).*$needed" detect $coco "$tiny" "$scratch/short.weights" "$dog"
expect 1 "short.weights: .*$((needed - 1)).*$needed" \
    "$darknet" mafat compare "$tiny" "$scratch/short.weights" "$dog"
{ cat "$tiny_w" && printf x; } >"$scratch/long.weights"
expect 1 "long.weights: .*$((needed + 1)).*$needed" detect $coco "$tiny" "$scratch/long.weights" "$dog"
: >"$scratch/empty.weights"
expect 1 'empty.weights: ' detect $coco "$tiny" "$scratch/empty.weights" "$dog"
# Darknet itself, without MAFAT
expect 1 "short.weights is cut short after $((needed - 1)) bytes, inside a layer" \
    "$darknet" detector test $coco "$tiny" "$scratch/short.weights" "$dog" -out "$scratch/drawn"

# images and data files
expect 1 'no-such.jpg: No such file' detect $coco "$tiny" "$tiny_w" no-such.jpg
expect 1 'no-such.jpg: ' "$darknet" mafat compare "$tiny" "$tiny_w" no-such.jpg
expect 1 'yolov2-tiny.cfg: cannot be read as an image: ' detect $coco "$tiny" "$tiny_w" "$tiny"
# what would wait for ever, end the process, or take all memory; by every command that opens images
mkfifo "$scratch/pipe.jpg"
printf '\xff\xd8\xff\xe0\xff\xff\0\0' >"$scratch/hang.jpg"    # a segment that runs past the end
printf 'P6 60000 60000 255\n' >"$scratch/huge.ppm"
"$top/tools/make_images" "$scratch" 40 40 444.jpg >/dev/null
# codes of DC differences of 200 bits
at=$(LC_ALL=C grep -abo $'\xff\xc4' "$scratch/444.jpg" | head -n 1 | cut -d: -f1)
head -c 12 /dev/zero | tr '\0' '\310' |
    dd of="$scratch/444.jpg" bs=1 seek=$((at + 21)) conv=notrunc 2>/dev/null
refused() { # MESSAGE FILE
    expect 1 "${2##*/}: $1" detect $coco "$tiny" "$tiny_w" "$2"
    expect 1 "${2##*/}: $1" detect $coco "$tiny" "$tiny_w" "$2" -memory 16M
    expect 1 "${2##*/}: $1" "$darknet" mafat compare "$tiny" "$tiny_w" "$2"
    expect 1 "${2##*/}: $1" "$darknet" mafat predict "$tiny" -mafat 1x1 -image "$2"
    expect 1 "${2##*/}: $1" "$darknet" mafat yolo test "$tiny" "$tiny_w" "$2"
}
refused 'is not a regular file' "$scratch/pipe.jpg"
refused 'is not a regular file' /dev/zero
refused 'is a directory' "$scratch"
refused 'cannot be read as an image: it ends before the image does' "$scratch/hang.jpg"
refused 'cannot be read as an image: bad huffman code' "$scratch/444.jpg"
refused 'is an image of 60000x60000 pixels, too large at any memory limit' "$scratch/huge.ppm"
expect 1 'no-such.data: .*No such file' detect no-such.data "$tiny" "$tiny_w" "$dog"
printf 'classes=80\nnames=no-such.names\n' >"$scratch/names.data"
expect 1 'no-such.names: .*No such file' detect "$scratch/names.data" "$tiny" "$tiny_w" "$dog"
expect 1 'data/9k.tree: .*No such file' \
    env -C "$top" MAFAT_SHARE=none "$darknet" mafat compare darknet/cfg/darknet9000.cfg "$tiny_w"
expect 1 'voc.names: holds 20 names; the network has 80 classes' \
    detect cfg/voc.data "$tiny" "$tiny_w" "$dog"
head -n 79 data/coco.names >"$scratch/79.names"
printf 'names=%s\n' "$scratch/79.names" >"$scratch/79.data"
expect 1 '79.names: holds 79 names; the network has 80 classes' detect "$scratch/79.data" "$tiny" "$tiny_w" "$dog"
printf 'nonsense\n' >"$scratch/nonsense.data"
expect 1 'names.list: .*Darknet looks there because .*nonsense.data has no names=FILE' \
    detect "$scratch/nonsense.data" "$tiny" "$tiny_w" "$dog"
printf '%s\nno-such.jpg\n' "$dog" >"$scratch/list"
printf 'names=data/coco.names\nvalid=%s\n' "$scratch/list" >"$scratch/list.data"
printf '%s\n%s\n' "$dog" "$dog" >"$scratch/two"
printf 'names=data/coco.names\nvalid=%s\n' "$scratch/two" >"$scratch/two.data"
expect 1 'list: line 2: "no-such.jpg": No such file' \
    "$darknet" mafat detector valid "$scratch/list.data" "$tiny" "$tiny_w"
expect 1 'holds 2 images; this command needs 4 at least' \
    "$darknet" mafat detector valid "$scratch/two.data" "$tiny" "$tiny_w"
printf '%s\n%s\n' "$dog" "$tiny" >"$scratch/list"
expect 1 'line [0-9]+: .*yolov2-tiny.cfg": cannot be read as an image' \
    "$darknet" mafat detector valid "$scratch/list.data" "$tiny" "$tiny_w"
printf 'one\ntwo\n' >"$scratch/two.names"
printf 'names=%s\n' "$scratch/two.names" >"$scratch/two-names.data"
expect 1 'two.names: holds 2 names; the network has 1000 classes' "$darknet" mafat \
    classifier predict "$scratch/two-names.data" cfg/darknet.cfg "$(weights cfg/darknet.cfg)" "$dog"
mkdir "$scratch/folder.jpg"
expect 1 'folder.jpg: is there already, and is no file' \
    "$darknet" mafat detector test $coco "$tiny" "$tiny_w" "$dog" -out "$scratch/folder"
expect 1 'no-such.jpg: No such file' bash -c 'echo no-such.jpg | "$@"' - \
    "$darknet" mafat detector test $coco "$tiny" "$tiny_w" -out "$scratch/drawn"
expect 1 'cannot write the results' bash -c '"$@" >/dev/full' - "$darknet" mafat plan "$cfg"
long=$(printf '%0256d' 0)
expect 1 'longer than the 255 bytes' detect $coco "$tiny" "$tiny_w" "$long"
expect 1 'no-such-folder/drawn.jpg: No such file' \
    "$darknet" mafat detector test $coco "$tiny" "$tiny_w" "$dog" -out no-such-folder/drawn
printf 'names=%s/data/coco.names\n' "$top/darknet" >"$scratch/labels.data"
cd "$scratch" || exit 1
expect 1 'data/labels/32_1.png: No such file or directory; nor is it in none, which MAFAT_SHARE names' \
    env MAFAT_SHARE=none "$darknet" mafat detector test "$scratch/labels.data" "$tiny" "$tiny_w" "$dog" \
    -out "$scratch/drawn"

# what a command reads it does not write over
cp "$top/darknet/cfg/codes.cfg" "$top/darknet/cfg/codes.weights" "$scratch"
for output in 'plan codes.cfg -svg codes.cfg' 'search codes.cfg codes.weights -memory 9M -save codes.weights' \
    'search codes.cfg codes.weights -front -svg codes.cfg' \
    "detector test $top/darknet/cfg/codes.data codes.cfg codes.weights $top/darknet/cfg/codes.jpg -json -out ./codes.cfg.json"; do
    ln -f codes.cfg codes.cfg.json
    expect 2 'is what the command reads; name another file to write' "$darknet" mafat $output
    cmp codes.cfg "$top/darknet/cfg/codes.cfg" && cmp codes.weights "$top/darknet/cfg/codes.weights" || fail "$output writes over what it reads"
done
rm codes.cfg.json
expect 0 '^config: ' "$darknet" mafat search codes.cfg -memory 9M -save codes.cfg    # that is wanted

cd "$top/darknet" || exit 1
[ ! -e "$scratch/drawn.jpg" ] || fail "a picture was written"
[ "$(find . -newer "$w" -type f | sort)" = "$files_before" ] || fail "files were written in darknet/"
finish
