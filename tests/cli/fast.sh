#!/bin/bash
# -fast and mafat_fast=1: 3x3 convolutions by Winograd's algorithm. Nobody gets it who does not ask; whoever asks is
# told so once; results are near Darknet's, and the same bits whatever the plan, threads, limit and batch.
. "$(dirname "$0")/../lib.sh"
cfg=$scratch/small.cfg
flagged=$scratch/flagged.cfg
w=$scratch/small.weights
{
    printf '[net]\nwidth=100\nheight=76\nchannels=3\n'
    conv() { printf '[convolutional]\nbatch_normalize=1\nfilters=%s\nsize=%s\nstride=%s\npad=1\nactivation=leaky\n' "$@"; }
    conv 16 3 1
    printf '[maxpool]\nsize=2\nstride=2\n'
    conv 40 3 1
    conv 24 1 1
    conv 40 3 1
    printf '[shortcut]\nfrom=-3\nactivation=linear\n[maxpool]\nsize=2\nstride=2\n'
    conv 320 3 1
    conv 320 3 1
    printf '[convolutional]\nfilters=18\nsize=1\nactivation=linear\n'
    printf '[yolo]\nmask=0,1,2\nanchors=10,14, 23,27, 37,58\nclasses=1\nnum=3\n'
} >"$cfg"
"$top/tools/random_weights" "$cfg" "$w" >/dev/null || fail "no weights"
sed 's/^channels.*/&\nmafat_fast=1/' "$cfg" >"$flagged"
cd "$top/darknet" || exit 1
notice='fast: 4 of 7 convolutions by Winograd'

# whatever the plan: the same bits, near Darknet's and not Darknet's
for arguments in '' '-mafat 5x3' '-mafat 19x1r' '-mafat 7x1r/4/2x2' '-memory 6M' '-memory 12M' \
    '-memory 8M -batch 3' '-mafat 2x2/2/4x1r/7/1x1 -memory 8M -batch 2'; do
    for threads in 1 2; do
        expect 0 '^fast_values_different: 0$' "$darknet" mafat compare "$cfg" "$w" -fast $arguments -threads $threads
        awk "BEGIN { exit !($(value max_relative_diff) > 0 && $(value max_relative_diff) < 1e-4) }" ||
            fail "$arguments: $(value max_relative_diff) of a layer's rms from Darknet"
        [ "$(value values_different)" -gt 1000 ] || fail "$arguments: $(value values_different) values differ from Darknet's"
        [ "$(value winograd_layers)" = 4 ] || fail "$arguments: $(value winograd_layers) layers"
        [ "$(grep -c "$notice" "$scratch/stderr")" = 1 ] || fail "$arguments: it is not said once: $(cat "$scratch/stderr")"
    done
done
expect 0 '^fast_values_different: 0$' "$darknet" mafat compare "$cfg" "$w" -fast -mafat 1x1 -mafat 3x3 -mafat 9x1r

# by the flag of a cfg as by the option, which plans, predicts, searches and runs
"$darknet" mafat plan "$cfg" -fast -memory 8M -threads 2 >"$scratch/option" 2>/dev/null
expect 0 '^fast: 1$' "$darknet" mafat plan "$flagged" -memory 8M -threads 2
diff "$scratch/option" "$scratch/stdout" >/dev/null || fail "mafat_fast=1 plans otherwise than -fast"
knows_costs
for command in "predict $cfg" "search $cfg" "bench $cfg $w -n 1"; do
    expect 0 '^fast: 1$' "$darknet" mafat $command -fast -memory 8M
    expect 0 '^predicted_bytes: ' "$darknet" mafat $command -memory 8M
    ! grep -qE '^fast|^winograd' "$scratch/stdout" || fail "$command is fast though nobody asks"
    ! grep -q fast: "$scratch/stderr" || fail "$command tells of what nobody asks for"
done
expect 0 '^winograd_layers: 4$' "$darknet" mafat search "$cfg" -fast -memory 8M -save "$scratch/saved.cfg"
grep -q '^mafat_fast=1$' "$scratch/saved.cfg" || fail "-save forgets -fast"
expect 0 '^winograd_layers: 4$' "$darknet" mafat search "$flagged" -memory 8M -save "$scratch/saved.cfg"
grep -q '^mafat_fast=1$' "$scratch/saved.cfg" || fail "-save forgets mafat_fast"
sed 's/mafat_fast=1/mafat_fast=0/' "$flagged" >"$scratch/off.cfg"
expect 0 '^values_different: 0$' "$darknet" mafat compare "$scratch/off.cfg" "$w"

# of several images a pass each has as much scratch as suits so many
for limit in 24M 32M; do
    expect 0 '^batch: [0-9]+$' "$darknet" mafat plan cfg/yolov2-tiny.cfg -fast -memory $limit -threads 2 -batch auto
    n=$(value batch) seconds=$(value predicted_latency_s)
    expect 0 "^predicted_latency_s: $seconds\$" "$darknet" mafat plan cfg/yolov2-tiny.cfg -fast -memory $limit \
        -threads 2 -batch "$n"
done

# the plan tells which layers, by steps at multiples of four, and the picture, too
expect 0 '^layer 2  ' "$darknet" mafat plan "$cfg" -fast -mafat 5x3/2/5x3 -steps -svg "$scratch/plan.svg"
[ "$(sed -n '/^winograd/,/^$/p' "$scratch/stdout" | grep -c '^layer')" = 4 ] || fail "the plan does not tell of 4 layers"
awk '$6 == "winograd" { split($0, a, /  +/); n++; split($(NF - 1), y, /[-,]/); if (y[1] % 4) exit 1 } END { exit n == 0 }' \
    "$scratch/stdout" || fail "steps of Winograd's do not begin at multiples of four: $(cat "$scratch/stdout")"
[ "$(grep -c Winograd "$scratch/plan.svg")" -ge 4 ] || fail "the picture does not tell of Winograd"
! command -v python3 >/dev/null || "$darknet" mafat plan "$cfg" -fast -steps -json 2>/dev/null | python3 -c "
import json, sys
plan = json.load(sys.stdin)
assert plan['fast'] == 1 and plan['winograd_layers'] == 4
assert [layer['layer'] for layer in plan['winograd']] == [2, 4, 7, 8]
assert {step['layer'] for step in plan['each_step'] if step['does'] == 'winograd'} == {2, 4, 7, 8}" || fail "JSON of a fast plan"

# what it takes is foreseen: a plan in a limit keeps it, and no layer's weights are there twice
for limit in 6M 8M; do
    expect 0 '^predicted_bytes: ' "$darknet" mafat plan "$cfg" -fast -memory $limit
    [ "$(value predicted_bytes)" -le $((${limit%M} << 20)) ] || fail "$(value predicted_bytes) bytes predicted in $limit"
done
"$darknet" mafat plan "$cfg" -threads 2 >"$scratch/exact" 2>/dev/null
exact=$(sed -n 's/^predicted_bytes: //p' "$scratch/exact")
expect 0 '^fast: 1$' "$darknet" mafat plan "$cfg" -fast -threads 2
[ "$(value predicted_bytes)" -le $((exact + (4 << 20))) ] || fail "fast takes $(value predicted_bytes) bytes, exact $exact"

# where there is nothing to gain, all stays as it is
printf '[net]\nwidth=20\nheight=20\nchannels=3\n[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n' >"$scratch/tiny.cfg"
"$top/tools/random_weights" "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
expect 0 '^values_different: 0$' "$darknet" mafat compare "$scratch/tiny.cfg" "$scratch/tiny.weights" -fast
[ "$(value winograd_layers)" = 0 ] || fail "3 channels by Winograd's algorithm"
grep -q 'suits none of its 1 convolutions' "$scratch/stderr" || fail "it is not said that -fast does nothing"

# Darknet's own commands and ours: by the option without the word mafat, in a list, from a cfg
cp "$top/darknet/data/dog.jpg" "$scratch/a.jpg"
cp "$top/darknet/data/person.jpg" "$scratch/b.jpg"
echo a >"$scratch/small.names"
printf 'classes=1\nnames=%s\nvalid=%s\n' "$scratch/small.names" "$scratch/list" >"$scratch/small.data"
printf '%s\n' "$scratch/a.jpg" "$scratch/b.jpg" >"$scratch/list"
expect 0 'Predicted in' "$darknet" detector test "$scratch/small.data" "$cfg" "$w" "$scratch/a.jpg" -no_picture -thresh .1 -fast
grep -q "$notice" "$scratch/stderr" || fail "detector test -fast does not say so"
for arguments in '' '-memory 9M' '-memory 9M -batch 2'; do
    "$darknet" detector test "$scratch/small.data" "$flagged" "$w" $arguments -json -thresh .1 <"$scratch/list" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "'$arguments': a list fails: $(cat "$scratch/stderr")"
    sed -E 's/"(seconds|config|predicted_bytes|peak_bytes)": [^,}]*//g' "$scratch/stdout" >"$scratch/boxes"
    [ -s "$scratch/before" ] || cp "$scratch/boxes" "$scratch/before"
    diff "$scratch/before" "$scratch/boxes" >/dev/null || fail "'$arguments' finds other boxes: $(diff "$scratch/before" "$scratch/boxes" | head -c 400)"
done

# strides that multiply to more than an int holds, behind a layer that suits the algorithm
conv() { printf '[convolutional]\nfilters=%s\nsize=3\nstride=%s\npad=1\nactivation=leaky\n' "$@"; }
{ printf '[net]\nwidth=16\nheight=16\nchannels=16\n' && conv 16 1 && for i in {1..23}; do conv 8 3; done; } >"$scratch/strides.cfg"
"$top/tools/random_weights" "$scratch/strides.cfg" "$scratch/strides.weights" >/dev/null || fail "no weights"
for arguments in '-mafat 1x1' '-memory 16M'; do
    expect 0 '^values_compared: [1-9]' "$darknet" mafat compare "$scratch/strides.cfg" "$scratch/strides.weights" -fast $arguments
done

# refused
expect 2 'layers" is Darknet.s own forward pass.*given -fast' "$darknet" mafat plan "$cfg" -fast -mafat layers
sed 's/mafat_fast=1/&\nmafat=layers/' "$flagged" >"$scratch/layers.cfg"
expect 2 'layers" is Darknet.s own forward pass.*given mafat_fast=1' "$darknet" mafat plan "$scratch/layers.cfg"
expect 0 '^config: layers$' "$darknet" mafat plan "$flagged" -mafat layers    # the command line wins
for value in 2 yes -1 ''; do
    sed "s/mafat_fast=1/mafat_fast=$value/" "$flagged" >"$scratch/wrong.cfg"
    expect 2 'wrong.cfg: .*mafat_fast "'"$value"'"' "$darknet" mafat plan "$scratch/wrong.cfg"
done
expect 2 'option -fast is given twice' "$darknet" mafat plan "$cfg" -fast -fast
expect 2 'leave MAFAT.s options out' "$darknet" detector train cfg/voc.data "$cfg" "$w" -fast
expect 0 '^ *-fast ' "$darknet" mafat plan --help
finish
