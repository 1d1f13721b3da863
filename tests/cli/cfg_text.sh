#!/bin/bash
# What people write into cfg files: read as they mean it, with stock's results, or refused with a message
# that names their mistake; and what other Darknets write.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
base=$scratch/base.cfg
cfg=$scratch/t.cfg
printf '%s\n' '[net]' batch=1 width=40 height=32 channels=3 '[convolutional]' filters=9 size=3 pad=1 \
    activation=leaky batch_normalize=1 '[convolutional]' size=1 stride=1 activation=linear filters=16 \
    '[region]' classes=3 num=2 anchors=1,2,3,1 >"$base"
"$top/tools/random_weights" "$base" "$scratch/base.w" >/dev/null || exit 1
w=$scratch/base.w

boxes() { # FILE COMMAND...: its boxes, without times; their warnings go to FILE.err
    local file=$1
    shift
    "$@" cfg/voc.data "$cfg" "$w" data/dog.jpg -thresh .3 -out "$scratch/drawn" 2>"$file.err" </dev/null |
        sed -E 's/Predicted in .*//' >"$file"
}
same_boxes() { # FILE: a run that ended well
    cmp -s "$1" "$scratch/stock" || fail "$(cat "$1.err" | grep mafat: | tail -n 1): other boxes than stock: $(tr '\n' ' ' <"$cfg" | cut -c 1-300)"
}
like_stock() { # a cfg like $base, which stock itself may not read: through MAFAT, and without it
    boxes "$scratch/ours" "$darknet" mafat detector test
    same_boxes "$scratch/ours"
    boxes "$scratch/plain" "$darknet" detector test
    same_boxes "$scratch/plain"
}
changed() { # SED-SCRIPT...: $base changed
    sed -E "$@" "$base" >"$cfg"
}
warned() { # COUNT PATTERN: lines in what the last runs of MAFAT printed
    local n
    n=$(grep -cE "^mafat: .*$2" "$scratch/ours.err")
    [ "$n" -eq "$1" ] || fail "$n warnings '$2' instead of $1"
}

cp "$base" "$cfg"
boxes "$scratch/stock" "$stock" detector test
[ "$(wc -l <"$scratch/stock")" -gt 2 ] || fail "no boxes at this threshold"

# as people write
changed 's/$/\r/'; like_stock
changed '1s/^/\xEF\xBB\xBF/'; like_stock
changed '1s/^/\xEF\xBB\xBF/; s/$/\r/; $s/\r$//'; like_stock
changed 's/^\[(.*)\]/[ \1 ] # c/; s/=leaky/ = leaky # x/; s/=9/=9 #32/; s/batch=1/& # was 32/; s/=40/=40#900#416/'; like_stock
changed 's/leaky/leaky;x/; s/num=2/num=2 ; x/; s/=9/=9.0/; s/stride=1/stride=1,/'; like_stock
changed 's/(anchors=.*)/\1,/'; like_stock; warned 0 .
changed 's/(anchors=.*)/\1,9,9,9/'; like_stock; warned 1 'anchors= holds 7 numbers'
changed 's/batch=1/&\nmafat_memory = 64M # of the board/; 1s/^/\xEF\xBB\xBF/; s/$/\r/'; like_stock
grep -q '^mafat: limit 67108864 bytes' "$scratch/plain.err" || fail "a limit in a cfg of DOS is not kept"
# what stock passes over: so do both, and MAFAT says it
changed 's/=40/=40px/; s/=32/=32.5/; s/=9/=9 ch/; s/size=3/size=3x3/; s/num=2/num=2,/; s/anchors=.*/anchors=1,2,3p,1/'
like_stock; warned 1 'line 4: height=32.5: Darknet takes 32 .*and 4 more of this kind'
changed 's/=9/=9 \/\/ was 32/; s/leaky/leaky \/\/ x/; s/=16/=16\t\/\/x/'; like_stock
warned 1 'line [0-9]+: activation=leaky: taken for leaky, as it is meant; unpatched Darknet .* computes relu'
warned 1 .
changed 's/size=3/&\nfilters 32\nhello world\n-----\n=5\nstride=/; s/num=2/&\nno value/'; like_stock
warned 1 "t.cfg: .*line [0-9]+: 'filters 32' is neither .section. nor key=value .*and 5 more of this kind"
changed 's/filters=9/&\nfilters=7/; s/batch=1/&\nbatch=64/'; like_stock
warned 1 "filters=7 has no effect: of two Darknet takes the first, 'filters=9' in line 8"
warned 1 .
changed 's/batch=1/&\nmafat_memory=64M\nmafat_memory=16M/'
expect 1 "line 4: mafat_memory=16M: line 3 says 'mafat_memory=64M' already" "$darknet" detector test cfg/voc.data "$cfg" "$w" data/dog.jpg
changed 's/batch=1/&\nmafat_memory 64M/'
expect 1 "line 3: 'mafat_memory 64M' gives no value" "$darknet" mafat detector test cfg/voc.data "$cfg" "$w" data/dog.jpg
# what training goes by
schedule='policy=steps\nsteps=6400, 7200# 400000,450000\nscales=.1,.1'
changed "s/batch=1/batch=64\nsubdivisions=1\n$schedule/"; like_stock
changed "s/batch=1/batch=32 # x\nsubdivisions=64\n$schedule,\nlearning_rate=slow\nburn_in=1e3\nmomentum=/"; like_stock
changed 's/batch=1/batch=x\nsubdivisions=0\npolicy=none\nmax_batches=500200,/; s/num=2/&\njitter=\nrandom\nthresh=x/'; like_stock
changed 's/batch=1/policy=steps\nsteps=1,2,3,4,5\nscales=.1/'; like_stock
changed 's/batch=1/policy=steps/'
boxes "$scratch/ours" "$darknet" mafat detector test; same_boxes "$scratch/ours"
# a batch that is never run takes no address space: 300 MB for each buffer of layer 0 otherwise
printf '%s\n' '[net]' batch=1 width=40 height=32 channels=3 '[convolutional]' filters=64 size=3 pad=1 \
    activation=leaky batch_normalize=1 '[maxpool]' stride=8 '[convolutional]' filters=16 activation=linear \
    '[region]' classes=3 num=2 >"$cfg"
"$top/tools/random_weights" "$cfg" "$scratch/batch.w" >/dev/null || exit 1
w=$scratch/batch.w
boxes "$scratch/stock" "$stock" detector test
[ "$(wc -l <"$scratch/stock")" -gt 2 ] || fail "no boxes at this threshold"
sed -i s/batch=1/batch=1000/ "$cfg"
boxes "$scratch/ours" bash -c 'ulimit -v 600000; exec "$@"' - "$darknet" mafat detector test -threads 1
same_boxes "$scratch/ours"
sed -i 's/batch=1000/batch=1000000/' "$cfg"
boxes "$scratch/ours" "$darknet" mafat detector test
same_boxes "$scratch/ours"
w=$scratch/base.w
cp "$base" "$cfg"
boxes "$scratch/stock" "$stock" detector test

# keys that nobody reads, and those that are of little effect: one warning, whoever reads the cfg
memroy='mafat_memroy= has no effect: Darknet knows no such key here; the nearest is mafat_memory='
changed 's/batch=1/&\nmafat_memroy=16M/'
like_stock
warned 1 "t.cfg: \[net\]: line 3: $memroy"
cp "$scratch/plain.err" "$scratch/ours.err"; warned 1 "$memroy"
for command in plan compare bench predict search 'search -measure'; do
    files="$cfg $w"
    case $command in plan | predict) files=$cfg ;; search*) files="$cfg $w -memory 16M" ;; esac
    "$darknet" mafat ${command%% *} $files ${command#"${command%% *}"} -mafat 2x2 >/dev/null 2>"$scratch/ours.err" || fail "$command fails"
    warned 1 "$memroy"
done
changed 's/batch_normalize/batch_normalise/'
expect 1 'line 11: batch_normalise= has no effect: .* the nearest is batch_normalize=$' \
    "$darknet" mafat detector test cfg/voc.data "$cfg" "$w" data/dog.jpg
changed 's/num=2/&\njitter=.3\nresize=1.5\nfocal_loss=0/; s/batch=1/&\nmosaic=1\nletter_box=1\nema_alpha=0.9998/'
like_stock; warned 0 .

# keys and names that stock would go by, or another Darknet: none of it is passed over
refused() { # PATTERN SED-SCRIPT
    changed "$2"
    expect 4 "t.cfg: $1" "$darknet" mafat plan "$cfg"
    "$top/tools/random_weights" "$cfg" "$scratch/refused.w" >/dev/null 2>&1 || return
    expect 4 "t.cfg: $1" "$darknet" mafat detector test cfg/voc.data "$cfg" "$scratch/refused.w" data/dog.jpg
    sed -i '0,/^\[net\]/s//&\nmafat=1x1/' "$cfg"
    expect 4 "t.cfg: $1" "$darknet" detector test cfg/voc.data "$cfg" "$scratch/refused.w" data/dog.jpg
    expect 4 "t.cfg: $1" "$darknet" mafat bench "$cfg" "$scratch/refused.w" -mafat layers
}
layer='layer 0 \[convolutional\]: line [0-9]+'
refused "$layer: flipped=1: the weights stand transposed" 's/size=3/&\nflipped=1/'
refused "$layer: numload=4: the weights file has fewer filters" 's/size=3/&\nnumload=4/'
refused "$layer: dontload=1: " 's/size=3/&\ndontload=1/'
refused "$layer: dontloadscales=1: " 's/size=3/&\ndontloadscales=1/'
refused "$layer: truth=1: " 's/size=3/&\ntruth=1/'
refused "$layer: antialiasing=1 is of AlexeyAB's Darknet" 's/size=3/&\nantialiasing=1/'
refused "$layer: bin_output=2 is of" 's/size=3/&\nbin_output=2 # x/'
refused "$layer: activation=revleaky is of another Darknet" 's/leaky/revleaky/'
refused "line 13: layer 1 is a \[implicit\]" 's/^\[region/[implicit]\nfrom=-1\n&/; /^size=1/,/^filters=16/d; 0,/activation/!s/^\[convolutional\]//'
changed 's/size=3/&\nflipped=0\nnumload=9\ndontloadscales=0\nstride_x=1\nstride_y=1.0\ndilation=1\nantialiasing=0/'
like_stock; warned 0 .

changed 's/size=3/&\nbinary=1/'; like_stock

# keys that are honoured change what they change in stock
honoured() { # SED-SCRIPT: of $base with all keys of the other cases absent
    changed "$1"
    "$top/tools/random_weights" "$cfg" "$w" >/dev/null || exit 1
    boxes "$scratch/stock" "$stock" detector test
    [ "$(wc -l <"$scratch/stock")" -gt 2 ] || fail "no boxes: $1"
    cmp -s "$scratch/stock" "$scratch/unchanged" && fail "stock has the same boxes: $1"
    like_stock
}
cp "$scratch/stock" "$scratch/unchanged"
honoured 's/num=2/&\nsoftmax=1/'
honoured 's/num=2/&\nbackground=1/; s/filters=16/&\nbatch_normalize=1/'
honoured 's/(anchors=).*/\13,5,7,2/'
honoured 's/size=3/&\nxnor=1/'
honoured 's/^\[region/[normalization]\nsize=3\nalpha=.5\nbeta=.6\nkappa=2\n&/'
honoured 's/^\[region/[crop]\ncrop_width=30\ncrop_height=20\nnoadjust=1\n&/'
honoured 's/^\[region/[activation]\nactivation=tanh\n&/'
honoured 's/pad=1/padding=2\nstride=2\ngroups=3/'
"$top/tools/random_weights" "$base" "$w" >/dev/null

# a weights file of old, whose version says that matrices stand transposed in it
printf '%s\n' '[net]' width=24 height=16 channels=3 '[convolutional]' filters=5 size=3 activation=leaky \
    '[connected]' output=9 activation=linear '[softmax]' temperature=2 >"$cfg"
"$top/tools/random_weights" "$cfg" "$scratch/new.w" >/dev/null || exit 1
classes() { # PROGRAM... WEIGHTS is the last word
    "${@:1:$#-1}" classifier predict cfg/imagenet1k.data "$cfg" "${@: -1}" data/dog.jpg 2>/dev/null | grep %
}
{ printf '\xE9\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0' && tail -c +21 "$scratch/new.w"; } >"$scratch/old.w"
classes "$stock" "$scratch/new.w" >"$scratch/new"
classes "$stock" "$scratch/old.w" >"$scratch/old"
cmp -s "$scratch/new" "$scratch/old" && fail "stock transposes nothing"
for version in new old; do
    classes "$darknet" mafat "$scratch/$version.w" | cmp -s - "$scratch/$version" || fail "$version weights: other classes"
done

# mistakes, by their names
mistake() { # PATTERN SED-SCRIPT
    changed "$2"
    expect 1 "t.cfg: $1" "$darknet" mafat plan "$cfg"
}
mistake 'layer 1 \[convolutional\]: line 16: filters=16: layer 2 \[region\] \(line 17\), with classes=1, coords=4 and num=2, needs filters=12 here' \
    's/classes=3/classes=1/'
mistake "line 1: '\[net\]\\\\rbatch=1.* holds a carriage return inside" ':a; N; $!ba; s/\n/\r/g'
mistake '.*width=\\xC2\\xA040: must be a whole number' 's/width=/&\xC2\xA0/'
mistake "line 1: '\\\\xEF\\\\xBB\\\\xBFbatch=1' stands before the first section" '1d; 2s/^/\xEF\xBB\xBF\xEF\xBB\xBF/'
mistake '.*the nearest is \[convolutional\]' 's/\[convolutional/[Convolutional/'

# networks of one and two channels get the first planes of an image
for channels in 1 2; do
    sed "s/channels=3/channels=$channels/" "$base" >"$cfg"
    w=$scratch/$channels.w
    "$top/tools/random_weights" "$cfg" "$w" >/dev/null || exit 1
    boxes "$scratch/stock" "$stock" detector test
    [ "$(wc -l <"$scratch/stock")" -gt 2 ] || fail "no boxes of $channels channels"
    like_stock
    boxes "$scratch/ours" "$darknet" mafat detector test -mafat 4x1r
    same_boxes "$scratch/ours"
    expect 0 '^values_different: 0' "$darknet" mafat compare "$cfg" "$w" data/dog.jpg -mafat 2x2
done
sed 's/channels=3/channels=4/' "$base" >"$cfg"
"$top/tools/random_weights" "$cfg" "$scratch/4.w" >/dev/null
expect 2 't.cfg: an image has 3 channels, the network.s input is 4x32x40' \
    "$darknet" mafat detector test cfg/voc.data "$cfg" "$scratch/4.w" data/dog.jpg

# a program that takes a batch as its cfg says gets what stock gives it
printf '%s\n' '[net]' batch=6 subdivisions=2 width=24 height=16 channels=3 '[convolutional]' filters=5 size=3 pad=1 \
    activation=leaky '[maxpool]' stride=2 '[dropout]' '[route]' layers=-3 '[convolutional]' filters=16 size=3 \
    activation=linear '[region]' classes=3 num=2 >"$cfg"
w=$scratch/batch.w
"$top/tools/random_weights" "$cfg" "$w" >/dev/null || exit 1
cat >"$scratch/program.c" <<'C'
#include <stdio.h>
#include "darknet.h"
int main(int argc, char **argv)
{
    if (argc < 3) return 1;
    network *net = load_network(argv[1], argv[2], 0);
    int n = net->inputs * net->batch;
    float *in = calloc(n, sizeof *in);
    for (int i = 0; i < n; i++) in[i] = i * 7919 % 1000 / 1000.f;
    for (int round = 0; round < 2; round++) {
        float *out = network_predict(net, in);
        printf("%d %d %d\n", net->batch, net->layers[0].batch, out == net->output);
        for (int i = 0; i < net->outputs * net->batch; i++) printf("%a\n", out[i]);
        set_batch_network(net, 2);
    }
    free_network(net);
    return 0;
}
C
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
for library in "$top/build/stock/libdarknet.a" libdarknet.a; do
    include=include
    [ $library = libdarknet.a ] || include=$top/build/upstream/include
    ${CC:-gcc} -Ofast $openmp -I"$include" "$scratch/program.c" "$library" -lm -lz -pthread -o "$scratch/program" ||
        fail "does not link to $library"
    "$scratch/program" "$cfg" "$w" >"$scratch/${library##*/}.$n_failures" 2>/dev/null || fail "$library fails"
    [ -e "$scratch/expected" ] || mv "$scratch/${library##*/}.$n_failures" "$scratch/expected"
    sed -i '0,/^\[net\]/s//&\nmafat=2x2/' "$cfg"
done
"$scratch/program" "$cfg" "$w" >"$scratch/given" 2>/dev/null || fail "a batch through MAFAT fails"
[ "$(wc -l <"$scratch/expected")" -gt 3000 ] || fail "the program printed too little"
cmp -s "$scratch/expected" "$scratch/given" || fail "a batch gives other outputs through MAFAT"

# parts of a configuration that have no effect
first16=$top/cfg/yolov2-first16.cfg
said() { # PATTERN CONFIG
    "$darknet" mafat plan "$first16" -mafat "$2" >/dev/null 2>"$scratch/said" || fail "$2: fails"
    if [ -n "$1" ]; then
        grep -qE "^mafat: configuration $2: $1" "$scratch/said" || fail "$2: not said: $1"
    else
        [ ! -s "$scratch/said" ] || fail "$2: $(cat "$scratch/said")"
    fi
}
said 'cut 99 has no effect: it is behind the last layer, 15' 2x2/99/1x1
said 'cut 16 has no effect' 1x1/16/1x1
said 'layers 8 to 15 give a map of 38 rows and 38 columns, which is no more than 38x38 tiles' 5x5/8/40x50
said 'layers 0 to 7 give a map of 76 rows and 76 columns, which is no more than 76x1 tiles' 80x1r/8/2x2
for config in 5x5/8/2x2 3x3/NoCut 38x1r/12/1x1 76x76/8/38x38 1x1 2x2/15/1x1; do said '' $config; done

# cfgs that people use, where they are at hand
answers() { # CODE FILE...
    local code=$1 file
    shift
    for file in "$@"; do expect "$code" . "$darknet" mafat plan "$file"; done
}
shared=$top/../shared
if [ -d "$shared/nets" ]; then
    answers 0 "$shared"/nets/*/*.cfg
fi
finish
