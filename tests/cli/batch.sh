#!/bin/bash
# -batch: several images in a pass of the weights. Outputs stay Darknet's, bit by bit; a pass reads no more than it
# does for one image whose weights all come in each run; plans say how many images they are for; the search
# chooses so many as take least; and who cannot take it says so.
. "$(dirname "$0")/../lib.sh"
cfg=$scratch/small.cfg
w=$scratch/small.weights
{
    printf '[net]\nwidth=96\nheight=64\nchannels=3\n'
    conv() { printf '[convolutional]\nbatch_normalize=1\nfilters=%s\nsize=%s\nstride=%s\npad=1\nactivation=leaky\n' "$@"; }
    yolo() {
        printf '[convolutional]\nfilters=18\nsize=1\nactivation=linear\n'
        printf '[yolo]\nmask=0,1,2\nanchors=10,14, 23,27, 37,58\nclasses=1\nnum=3\n'
    }
    conv 16 3 1
    printf '[maxpool]\nsize=2\nstride=2\n'
    conv 32 3 1
    printf '[maxpool]\nsize=2\nstride=2\n'
    conv 512 3 2
    conv 256 1 1
    conv 512 3 1
    printf '[route]\nlayers=-3,-1\n'
    yolo
    printf '[route]\nlayers=-4\n'
    conv 128 1 1
    printf '[upsample]\nstride=2\n'
    yolo
} >"$cfg"
"$top/tools/random_weights" "$cfg" "$w" >/dev/null || fail "no weights"

# the same outputs, as often as there are images
for arguments in '-memory 9M' '-memory 9M -mafat 3x2/4/1x1' '-memory 9M -mafat 6x1r/4/1x1' '-mafat 2x2'; do
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$cfg" "$w" $arguments -threads 2
    n=$(value values_compared)
    for batch in 2 3 5; do
        expect 0 '^values_different: 0$' "$darknet" mafat compare "$cfg" "$w" $arguments -threads 2 -batch $batch
        [ "$(value values_compared)" -ge $((n * batch / 2)) ] || fail "$arguments: $(value values_compared) values of $batch images, $n of one"
        [ "$(value batch)" = $batch ] || fail "compare does not say that there are $batch images"
    done
done

# the plan: all images have the same steps, each window of weights is read once
for batch in 2 4; do
    expect 0 "^batch: $batch\$" "$darknet" mafat plan "$cfg" -memory 9M -batch $batch -threads 2 -steps
    [ "$(value weight_bytes_read)" -le "$(stat -c %s "$w")" ] || fail "$(value weight_bytes_read) bytes read of a file of $(stat -c %s "$w")"
    awk -v batch=$batch '/^ step  image  moment/ { steps = 1; next } steps { n[$2]++ }
        END { for (i = 0; i < batch; i++) if (n[i] == 0 || n[i] != n[0]) exit 1; exit n[batch] > 0 }' "$scratch/stdout" ||
        fail "images have other steps than others: $(cat "$scratch/stdout")"
    [ "$(value predicted_bytes)" -le $((9 << 20)) ] || fail "$(value predicted_bytes) bytes predicted in 9M"
    ! command -v python3 >/dev/null || "$darknet" mafat plan "$cfg" -memory 9M -batch $batch -steps -json | python3 -c "
import json, sys
plan = json.load(sys.stdin)
assert plan['batch'] == $batch and 1 <= plan['head_groups'] <= plan['groups']
assert {step['image'] for step in plan['each_step']} == set(range($batch))" || fail "JSON of $batch images"
done
for arguments in '' '-batch 1' '-batch auto'; do    # without a limit there is nothing to share
    expect 0 '^config: ' "$darknet" mafat plan "$cfg" $arguments -steps
    ! grep -qE '^batch|^head_groups|  image  ' "$scratch/stdout" || fail "'$arguments': a plan for one image tells of several"
done
expect 0 '^batch: 3$' "$darknet" mafat predict "$cfg" -memory 9M -batch 3
expect 0 '^batch: 3$' "$darknet" mafat bench "$cfg" "$w" -memory 9M -batch 3 -n 2 -layers
expect 0 '<svg' cat <("$darknet" mafat plan "$cfg" -memory 9M -batch 3 -svg "$scratch/plan.svg" >/dev/null && cat "$scratch/plan.svg")

# the search: no number of images that was tried takes less time an image
expect 0 '^config: ' "$darknet" mafat search "$cfg" -memory 9M -batch auto -threads 2
auto_s=$(value predicted_latency_s) auto=$(value batch)
for batch in 1 2 3 4; do
    "$darknet" mafat search "$cfg" -memory 9M -batch $batch -threads 2 >"$scratch/stdout" 2>"$scratch/stderr" || break
    awk -v auto="$auto_s" -v least="$(value predicted_latency_s)" 'BEGIN { exit auto > least * 1.0001 }' ||
        fail "${auto:-1} images, $auto_s s each, are chosen, and $batch take $(value predicted_latency_s)"
done
expect 3 'the smallest limit that works is ' "$darknet" mafat plan "$cfg" -memory 9M -batch 200

# who cannot
for n in 0 257 -1 2x '' Auto; do
    expect 2 "batch \"$n\": expected a number from 1 to 256" "$darknet" mafat plan "$cfg" -batch "$n"
done
expect 2 'option -batch lacks its value' "$darknet" mafat plan "$cfg" -batch
expect 2 'one image at a time; given batch 2' "$darknet" mafat bench "$cfg" "$w" -mafat layers -batch 2
expect 0 '^config: layers$' "$darknet" mafat bench "$cfg" "$w" -mafat layers -batch auto -n 1
for option in -front -paper -trace "-save $scratch/new.cfg"; do
    expect 2 "${option%% *} is for plans for one image" "$darknet" mafat search "$cfg" -memory 9M -batch 2 $option
done
for command in 'detector demo' 'classifier predict' 'segmenter test' 'detector recall'; do
    expect 2 "^mafat: -batch is for MAFAT's own commands, " "$darknet" mafat $command x.data "$cfg" "$w" -batch 2
done
finish
