#!/bin/bash
# Deep narrow networks, where choosing a plan takes more memory than running it: the smallest limit that a
# command names works for it, choosing included, and so do larger ones; what is predicted is never below what
# a cgroup charges, and not far above, also where hundreds of layers have a few hundred bytes of weights each. `-memory auto` names what it took or says that nothing fits. Needs the right to a memory
# cgroup (tools/limit).
# Alone: where others run the same program, its pages are charged to them.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
mib=1048576
nets=$top/../shared/nets
cd "$top/darknet" || exit 1

"$limit" none true 2>"$scratch/stderr" >/dev/null
if [ $? -eq 124 ]; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi

conv() { # FILTERS SIZE STRIDE MORE
    printf '[convolutional]\nfilters=%s\nsize=%s\nstride=%s\npad=1\nactivation=leaky\n%s\n' "$1" "$2" "$3" "${4:-}"
}
# The blocks that networks repeat: all layers can be fused with all around them, or end there.
residual() { conv 8 1 1; conv 8 3 1 groups=8; printf '[shortcut]\nfrom=-3\nactivation=linear\n'; }
chain() { conv 8 3 1; conv 12 1 1; }
branches() { conv 8 1 1; printf '[route]\nlayers=-2\n'; conv 8 3 1; printf '[route]\nlayers=-1,-3\n'; conv 8 1 1; }
activations() { conv 8 3 1; printf '[activation]\nactivation=leaky\n'; }
dropouts() { chain; printf '[dropout]\nprobability=.5\n'; }
# blocks BLOCK N: N such blocks
blocks() {
    printf '[net]\nwidth=64\nheight=64\nchannels=3\n'
    conv 8 3 2
    for ((i = 0; i < $2; i++)); do "$1"; done
    conv 30 1 1
}
# deep BLOCK N, deep_classifier BLOCK N: networks of them
deep_classifier() {
    blocks "$@"
    printf '[avgpool]\n[softmax]\n'
}
deep() {
    blocks "$@"
    printf '[region]\nanchors=1,1,2,2,3,3,4,4,5,5\nclasses=1\ncoords=4\nnum=5\nsoftmax=1\n'
}

counted() {
    sed -n "s/^$1: //p" "$report"
}
# named COMMAND...: the smallest limit that works, by what the command says in one that is too small
named() {
    expect 3 'the smallest limit that works is [0-9]+ \([0-9.]+ [KMG]iB\)( for .*, an image of .*)?$' "$darknet" mafat "$@" -memory 1M
    sed -nE 's/.*the smallest limit that works is ([0-9]+) .*/\1/p' "$scratch/stderr"
}
# runs LIMIT COMMAND...: it does so in a cgroup of that limit, which is not hit
runs() {
    local bytes=$1
    shift
    "$limit" -o "$report" "$bytes" "$darknet" mafat "$@" -memory "$bytes" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "$* in $bytes: exit code $?: $(tail -n 1 "$scratch/stderr")"
    [ "$(counted limit_hits)" -eq 0 ] || fail "$* in $bytes: the limit was hit"
    charged=$(($(counted peak_bytes) + $(counted cached_bytes)))    # others may have the program in use
}
# predicted CFG OPTIONS...
predicted() {
    "$darknet" mafat predict "$@" >"$scratch/stdout" 2>"$scratch/stderr" ||
        fail "predict $*: $(tail -n 1 "$scratch/stderr")"
    value predicted_bytes
}
# holds NAME PREDICTED CHARGED: never below, and where the network runs not far above either
holds() {
    [ "$2" -ge "$3" ] || fail "$1: predicted $2 bytes, charged $3"
}
is_close() { [ $(($1 - $2)) -le $(($2 / 20 + slack_bytes)) ]; }
close() {
    holds "$@"
    is_close "$2" "$3" || fail "$1: predicted $2 bytes, charged $3"
}

# small NAME CFG WEIGHTS COMMAND...: the smallest limits by all commands, and larger ones by one that runs it
small() {
    local name=$1 cfg=$2 w=$3 least bytes p command most
    shift 3
    for command; do
        least=$(named $command "$cfg")
        runs "$least" $command "$cfg"
        holds "$name: $command in $least" "$(value predicted_bytes)" "$charged"
    done
    least=$(named bench "$cfg" "$w")
    for bytes in "$least" $((2 * least)) $((128 * mib)); do
        p=$(predicted "$cfg" -memory "$bytes")
        [ "$p" -le "$bytes" ] || fail "$name: predicted $p bytes of $bytes"
        most=0
        for _ in 1 2 3; do    # what is charged ahead differs by half a megabyte from run to run; the most is predicted
            runs "$bytes" bench "$cfg" "$w" -n 1
            holds "$name: bench in $bytes" "$p" "$charged"
            [ "$charged" -le "$most" ] || most=$charged
            ! is_close "$p" "$most" || break
        done
        close "$name: bench in $bytes" "$p" "$most"
    done
    echo "  $name: bench from $least bytes"
}

# detects NAME CFG WEIGHTS: the same for a photo
detects() {
    local name=$1 cfg=$2 w=$3 least bytes p
    least=$(named predict "$cfg" -image data/dog.jpg -data cfg/coco.data)
    for bytes in "$least" $((least + least / 3)); do
        p=$(predicted "$cfg" -image data/dog.jpg -data cfg/coco.data -memory "$bytes")
        runs "$bytes" detector test cfg/coco.data "$cfg" "$w" data/dog.jpg -thresh .9 -out "$scratch/drawn"
        holds "$name: detector test in $bytes" "$p" "$charged"
    done
    echo "  $name: detector test from $least bytes"
}

# whole NAME CFG WEIGHTS: without a limit, and so without a choice, all weights are kept
whole() {
    local name=$1 cfg=$2 w=$3 p
    p=$(predicted "$cfg" -mafat 1x1)
    "$limit" -o "$report" none "$darknet" mafat bench "$cfg" "$w" -n 1 -mafat 1x1 >"$scratch/stdout" \
        2>"$scratch/stderr" || fail "$name: bench: exit code $?: $(tail -n 1 "$scratch/stderr")"
    charged=$(($(counted peak_bytes) + $(counted cached_bytes)))
    close "$name: bench of 1x1" "$p" "$charged"
}

# classifies NAME CFG WEIGHTS: nobody takes what is free on the heap for the program's own, and plans anew
classifies() {
    local name=$1 cfg=$2 w=$3 least image
    for image in data/dog.jpg "$scratch/small.ppm"; do
        least=$(named classifier predict "$scratch/classes.data" "$cfg" "$w" "$image")
        runs "$least" classifier predict "$scratch/classes.data" "$cfg" "$w" "$image"
        [ "$(grep -c '^mafat: limit' "$scratch/stderr")" -eq 1 ] || fail "$name: planned twice for one image"
    done
    echo "  $name: classifier predict from $least bytes"
}

# auto CFG WEIGHTS: in cgroups of all sizes it runs or says that nothing fits
auto() {
    local bytes code
    for bytes in 2560K 4M 9M; do
        "$limit" -o "$report" $bytes "$darknet" mafat bench "$1" "$2" -n 1 -memory auto >"$scratch/stdout" \
            2>"$scratch/stderr"
        code=$?
        [ $code -eq 0 ] || [ $code -eq 3 ] || fail "auto in $bytes: exit code $code: $(tail -n 1 "$scratch/stderr")"
        [ $code -ne 0 ] || [ "$(value limit_bytes)" -gt 0 ] || fail "auto in $bytes: no limit is named"
    done
}

# made KIND BLOCK N: the cfg and its weights
made() {
    cfg="$scratch/$2$3.cfg"
    "$@" >"$cfg"
    "$top/tools/random_weights" "$cfg" "$scratch/weights" >"$scratch/stdout" || fail "no weights for $cfg"
}

nets_to_run=("residual 40" "branches 20")
! long || nets_to_run+=("chain 25")
for net in "${nets_to_run[@]}"; do
    made deep $net
    small "$net" "$cfg" "$scratch/weights" plan
    detects "$net" "$cfg" "$scratch/weights"
done
auto "$cfg" "$scratch/weights"
# outputs for all images of batch=, of which a run touches one's
sed 's/^batch=.*/batch=32/' cfg/tiny.cfg >"$scratch/batch.cfg"
"$top/tools/random_weights" "$scratch/batch.cfg" "$scratch/weights" >"$scratch/stdout" || fail "no weights for batch.cfg"
small "batch=32" "$scratch/batch.cfg" "$scratch/weights" plan
nets_to_run=("residual 300" "dropouts 150")
! long || nets_to_run+=("branches 100" "activations 150")
for net in "${nets_to_run[@]}"; do
    made deep $net
    whole "$net" "$cfg" "$scratch/weights"
done
printf 'classes=30\ntop=3\nnames=%s/names\n' "$scratch" >"$scratch/classes.data"
seq 30 >"$scratch/names"
printf 'P6 20 20 255\n%01200d' 0 >"$scratch/small.ppm"
nets_to_run=("residual 3" "branches 100")
! long || nets_to_run+=("chain 10" "chain 40")
for net in "${nets_to_run[@]}"; do
    made deep_classifier $net
    classifies "$net" "$cfg" "$scratch/weights"
done
# what is read of a cfg counts, too: a line of 2 MB, and 20,000 lines
made deep chain 2
{ printf '#%2000000d\n' 0 && cat "$cfg"; } >"$scratch/line.cfg"
{ seq -f '# %g: nothing that counts, in a line that is as long as lines of cfgs come to be' 20000 && cat "$cfg"; } >"$scratch/lines.cfg"
for name in line lines; do
    small "comments in $name.cfg" "$scratch/$name.cfg" "$scratch/weights" plan predict
done
if [ -d "$nets" ]; then
    knows_costs    # a search would measure them
    for name in yolo-fastest-1.1 $(! long || echo mnv2-fastest-voc); do
        small $name "$nets/$name/$name.cfg" "$nets/$name/$name.weights" plan predict search
        auto "$nets/$name/$name.cfg" "$nets/$name/$name.weights"
    done
fi

# a search that has measured nothing yet measures where there is room, and says so where there is none
deep residual 10 >"$scratch/small.cfg"
export XDG_CACHE_HOME=$scratch/nothing
runs 8M search "$scratch/small.cfg"
[ "$(value costs)" = defaults ] || fail "measured in 8 MB"
grep -q '^mafat: measuring costs takes [0-9]* bytes, and [0-9]* are left here$' "$scratch/stderr" ||
    fail "does not say why it has not measured: $(cat "$scratch/stderr")"
expect 3 'measuring costs takes' "$limit" -o "$report" 8M "$darknet" mafat search \
    "$scratch/small.cfg" -memory 8M -calibrate

# where there is no room to find out what would do, that is said
deep residual 300 >"$scratch/deepest.cfg"
expect 3 'nothing fits 5242880 bytes: no limit below [0-9]+ \([^)]*\) works, .* a plan of 903 layers takes' \
    "$limit" -o "$report" 5M "$darknet" mafat plan "$scratch/deepest.cfg" -memory 5M
runs "$(named plan "$scratch/deepest.cfg")" plan "$scratch/deepest.cfg"
finish
