#!/bin/bash
# `detector map`: its lines and its JSON say the same, labels are found where Darknet's training looks for them, and
# what is no label is refused before an image is run.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
cat >net.cfg <<'END'
[net]
width=64
height=64
channels=3
[convolutional]
filters=14
size=3
stride=4
pad=1
activation=linear
[region]
anchors=1,1, 3,4
classes=2
coords=4
num=2
softmax=1
END
"$top/tools/random_weights" net.cfg net.weights >/dev/null
mkdir -p set/images set/labels
printf 'one\ntwo\n' >names
printf 'valid=list\nnames=names\n' >data
for name in dog eagle person; do
    cp "$top/darknet/data/$name.jpg" set/images/
    echo "set/images/$name.jpg" >>list
    echo '0 .5 .5 .3 .4' >set/labels/$name.txt
done
run() { expect 0 "$1" "$darknet" mafat detector map data net.cfg net.weights "${@:2}"; }
refused() { # CODE PATTERN OPTIONS...: the command, and that it runs nothing
    expect "$1" "$2" "$darknet" mafat detector map data net.cfg net.weights "${@:3}"
    ! grep -q '^layer ' "$scratch/stderr" || fail "made a network before it refused"
}
lines() { grep -v -e seconds -e peak -e least -e latency "$@"; }

# the same in lines and in JSON; and so it is without the word "mafat", and by a flag in the cfg
run '^map_50_voc11: [0-9.]*$' -mafat 1x1
lines stdout >lines
for key in images labels boxes true_positives false_positives false_negatives map_50_voc11 map_50_95_voc11 \
    map_50_coco101 map_50_95_coco101; do
    echo "$key: $(value $key)"
done >expected
[ "$(value images) $(value labels)" = '3 3' ] || fail "counts $(value images) images, $(value labels) labels"
[ $(($(value true_positives) + $(value false_negatives))) -eq 3 ] || fail "labels are neither found nor missed"
tail -n 2 stdout | grep -q '^    0 .* one$' || fail "no line of class 0: $(tail -n 2 stdout)"
for batch in 2 3; do    # images that share a pass of the weights are judged as one by one
    run "^batch: $batch\$" -memory 12M -batch $batch
    for key in images labels boxes true_positives false_positives false_negatives map_50_voc11 map_50_95_voc11 map_50_coco101 map_50_95_coco101; do
        echo "$key: $(value $key)"
    done | cmp -s - expected || fail "-batch $batch: $(cat stdout)"
done
run '^  "classes": \[$' -mafat 1x1 -json
is_json stdout
sed -n '/"classes"/q; s/^  "\(.*\)": \([^,]*\),*$/\1: \2/p' stdout | grep -xFf expected | cmp -s - expected ||
    fail "JSON says something else: $(xargs <stdout)"
"$darknet" detector map data net.cfg net.weights -mafat 1x1 2>/dev/null | lines | cmp -s - lines ||
    fail "something else without the word mafat"
sed 's/^channels/mafat=1x1\n&/' net.cfg >flag.cfg
"$darknet" detector map data flag.cfg net.weights 2>/dev/null | lines | cmp -s - lines ||
    fail "something else by a flag in the cfg"

# a box must have more than -thresh to be counted one by one; averages are of all
run '^true_positives: 0$' -thresh 1
grep -q '^precision: undefined$' stdout || fail "a precision of nothing: $(value precision)"
grep -qxF "map_50_voc11: $(sed -n 's/^map_50_voc11: //p' expected)" stdout || fail "-thresh changes the average"

# an image without a file has no labels, which is told; if none has one, they lie elsewhere
rm set/labels/eagle.txt
run '^images_without_labels: 1$'
grep -q 'list: 1 of 3 images have no file of labels.*set/labels/eagle.txt' stderr || fail "a missing file is not told"
mv set/labels set/elsewhere
refused 1 'list: none of its 3 images has a file of labels; .* set/labels/dog.txt'
mv set/elsewhere set/labels
: >set/labels/eagle.txt
run '^images_without_labels: 0$'

# lines that are no labels
while IFS='|' read -r line pattern; do
    printf '0 .5 .5 .1 .1\n\n%s\n' "$line" >set/labels/eagle.txt
    refused 1 "set/labels/eagle.txt: line 3: .*$pattern"
done <<'END'
0 .5 .5 .1|is no label: CLASS X Y WIDTH HEIGHT
0 .5 .5 .1 .1 .9|is no label
dog .5 .5 .1 .1|is no label
0.0 .5 .5 .1 .1|is no label
0,.5,.5,.1,.1|is no label
0 .5 .5 nan .1|is no label
0 .5 .5 .1 1e999|is no label
99999999999999999999 .5 .5 .1 .1|is no label
2 .5 .5 .1 .1|class 2 must be from 0 to 1
-1 .5 .5 .1 .1|class -1 must be from 0 to 1
0 320 240 100 50|lies outside of the image; its centre and size are parts
0 .5 .5 -.1 .1|lies outside
END
printf '\xef\xbb\xbf1\t.5 .5  .1 .1 \r\n' >set/labels/eagle.txt
run '^labels: 3$'

# images that Darknet knows no labels for, lists and files that are amiss, what does not suit
cp list shorter
cp set/images/dog.jpg set/images/dog.jpeg
echo set/images/dog.jpeg >>list
refused 1 'set/images/dog.jpeg: Darknet knows no file of labels for it: .* in place of .jpg'
cp shorter list
echo set/images/cat.jpg >>list
refused 1 'list: line 4: "set/images/cat.jpg": No such file'
cp shorter list
refused 2 "option -iou_thresh is of AlexeyAB's Darknet" -iou_thresh .5
"$darknet" mafat detector map --help >help
options=$(sed -n '/^It refuses/,/^$/s/.*: //p' help)
[ "$(wc -w <<<"$options")" -ge 4 ] || fail "help names few options that it refuses: $options"
for option in $options -out -hier -t -top; do
    refused 2 "option ${option/-top/-t} would do nothing to .detector map." $option 1
    sed -n '/^Darknet.s other options are taken/,$p' help | grep -qE " $option( |$)" && fail "help says that $option is taken"
done
refused 2 'must be from 0 to 1; did you mean 0.25' -thresh 25
refused 3 'nothing fits' -memory 1M
sed '/region/,$d' net.cfg >classifier.cfg
"$top/tools/random_weights" classifier.cfg classifier.weights >/dev/null
expect 2 'classifier.cfg: `detector map` is for detectors' "$darknet" mafat detector map data classifier.cfg classifier.weights

# more boxes than memory holds go to a file, of which nothing is left, or its folder is named
for _ in $(seq 60); do cat shorter; done >list
mkdir empty
export TMPDIR=empty
run '^images: 180$'
[ "$(value boxes)" -gt 8192 ] || fail "only $(value boxes) boxes"
[ -z "$(ls -A empty)" ] || fail "left a file: $(ls -A empty)"
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
    export TMPDIR=/dev/shm
    run '^images: 180$' -memory 12M
    grep -q '^mafat: /dev/shm: is a file system in memory' stderr || fail "says nothing of a file in memory"
fi
export TMPDIR=nowhere
expect 1 'nowhere: cannot make a file for the boxes.*TMPDIR' "$darknet" mafat detector map data net.cfg net.weights
finish
