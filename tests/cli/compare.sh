#!/bin/bash
# compare: one configuration and several. Each of several gives what it gives alone, but for the peaks, which
# are the process's; Darknet's own pass runs once; what differs is told of each, and exits with 1.
. "$(dirname "$0")/../lib.sh"
cfg=$scratch/small.cfg
w=$scratch/small.weights
cat >"$cfg" <<'END'
[net]
width=20
height=12
channels=3

[convolutional]
filters=8
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
filters=5
size=1
stride=1
activation=linear
END
"$top/tools/random_weights" "$cfg" "$w" >/dev/null || exit 1
cd "$top/darknet" || exit 1
compare() { "$darknet" mafat compare "$cfg" "$w" "$@"; }
# keys FILE: but for those of the process as a whole
keys() { grep -vE '^(peak_|predicted_bytes)' "$1"; }

configs='1x1 2x2 layers 3x1r/1/1x1 2x2'
several=
for config in $configs; do
    several+=" -mafat $config"
    expect 0 "^config: $config$" compare -mafat "$config" -threads 2
    [ "$(value values_different)" = 0 ] || fail "$config differs"
    grep -q '^peak_rss_bytes: ' "$scratch/stdout" || fail "alone, $config has no peak"
    { [ ! -s "$scratch/alone" ] || echo; keys "$scratch/stdout"; } >>"$scratch/alone"
done
expect 0 '^config: 1x1$' compare $several -threads 2
keys "$scratch/stdout" | diff "$scratch/alone" - >"$scratch/diff" || fail "several are not as each alone: $(cat "$scratch/diff")"
grep -q '^peak_' "$scratch/stdout" && fail "peaks of several"
[ "$(value predicted_bytes | wc -l)" -eq 4 ] || fail "$(value predicted_bytes | wc -l) predictions of 4"
n=$(grep -c 'Loading weights from' "$scratch/stderr")
[ "$n" -eq 2 ] || fail "Darknet loads weights for its one pass and for layers, and $n times"
expect 0 '"configurations": \[' compare $several -json -threads 2
is_json "$scratch/stdout"
[ "$(sed -nE 's/^ *"config": "(.*)",$/\1/p' "$scratch/stdout" | tr '\n' ' ')" = "$configs " ] || fail "JSON lacks a configuration"
expect 0 '^\{$' compare -mafat 2x2 -json
is_json "$scratch/stdout"
grep -q '"configurations"' "$scratch/stdout" && fail "a list of one configuration"

# one is wrong: none runs
for asked in "-mafat 5x5/40/2x2" "-mafat 1x" "-memory 64M" "-mafat nothing"; do
    expect 2 '^mafat: .*(configuration|cut|memory limit)' compare -mafat 1x1 -mafat 2x2 $asked
    [ ! -s "$scratch/stdout" ] || fail "$asked: printed $(head -n 1 "$scratch/stdout")"
    grep -q 'Loading weights' "$scratch/stderr" && fail "$asked: ran"
done
sed 's/^width/mafat_memory=64M\n&/' "$cfg" >"$scratch/limited.cfg"
expect 2 '^mafat: .*limited.cfg: under a memory limit.* once, not 2 times$' \
    "$darknet" mafat compare "$scratch/limited.cfg" "$w" -mafat 1x1 -mafat 2x2
expect 0 '^limit_bytes: 67108864$' "$darknet" mafat compare "$scratch/limited.cfg" "$w" -mafat 1x1
expect 0 '^values_different: 0$' compare $(printf -- '-mafat 1x1 %.0s' {1..64})
[ "$(value config | wc -l)" -eq 64 ] || fail "compared $(value config | wc -l) of 64"
expect 2 'option -mafat is given more than 64 times' compare $(printf -- '-mafat 1x1 %.0s' {1..65})

# all others take one
for command in "plan $cfg" "predict $cfg" "search $cfg -memory 64M" "bench $cfg $w" "detect $cfg $w" \
    "detector test cfg/coco.data $cfg $w" "detector valid cfg/coco.data $cfg $w" "ops $cfg" "frobnicate"; do
    expect 2 'option -mafat is given twice' "$darknet" mafat $command -mafat 1x1 -mafat 2x2
done
expect 2 'option -mafat is given twice' "$darknet" detect -mafat 1x1 "$cfg" "$w" -mafat 1x1

# one of three differs: a bit is changed on the way from Darknet's pass
${CC:-gcc} -O1 -shared -fPIC "$top/tests/cli/flip.c" -o "$scratch/flip.so" -ldl || fail "flip.c"
flip() { env LD_PRELOAD="$scratch/flip.so" "$@"; }
expect 0 '^values_compared: [1-9]' compare -mafat 2x2
n_bytes=$((4 * $(value values_compared)))
for config in 1 2 3; do
    for json in '' -json; do
        flip FLIP_BYTE=$(((config - 1) * n_bytes + 84)) "$darknet" mafat compare "$cfg" "$w" -mafat 2x2 -mafat 1x2 \
            -mafat 2x1 $json >"$scratch/stdout" 2>"$scratch/stderr"
        [ $? -eq 1 ] || fail "no exit code 1 where the one at $config differs"
        name=$(cut -d ' ' -f $config <<<'2x2 1x2 2x1')
        grep -q "^mafat: .*small.cfg: layer 2 \[convolutional\]: $name: first difference at channel 0, row 2, column 1: " \
            "$scratch/stderr" || fail "does not say where $name differs: $(tail -n 2 "$scratch/stderr")"
        tail -n 1 "$scratch/stderr" | grep -q "small.cfg: 1 of 3 configurations differ" || fail "does not count them"
        [ "$(grep -oE 'values_different"?: [0-9]+' "$scratch/stdout" | sed 's/.* //' | tr -d '\n')" = \
            "$(sed "s/$config/x/; s/[0-9]/0/g; s/x/1/" <<<123)" ] || fail "not the one at $config differs alone"
        [ -z "$json" ] || is_json "$scratch/stdout"
    done
done
expect 1 'first difference at channel 0, row 2, column 1: ' flip FLIP_BYTE=84 "$darknet" mafat compare "$cfg" "$w" -mafat 2x2
grep -q '^mafat: .*: 1 of' "$scratch/stderr" && fail "counts one"
# Darknet's pass ends early: what was compared till then is there
flip CUT_BYTE=$n_bytes "$darknet" mafat compare "$cfg" "$w" -mafat 2x2 -mafat 1x2 -json >"$scratch/stdout" 2>"$scratch/stderr"
[ $? -eq 1 ] && grep -q "own forward pass ended early" "$scratch/stderr" || fail "does not tell of its end"
is_json "$scratch/stdout"
grep -q '"config": "2x2"' "$scratch/stdout" || fail "the first comparison is lost"
# a local layer asks for too small a workspace, and stock Darknet runs it in a convolution's, which is larger
cat >"$scratch/local.cfg" <<'END'
[net]
width=48
height=48
channels=8

[convolutional]
filters=64
size=9
pad=1
activation=leaky

[local]
filters=2
size=3
pad=1
activation=leaky
END
"$top/tools/random_weights" "$scratch/local.cfg" "$scratch/local.weights" >/dev/null || exit 1
for asked in "-mafat 1x1" "-mafat layers" "-memory 64M"; do
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$scratch/local.cfg" "$scratch/local.weights" $asked
done
finish
