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
    for batch in 2 5; do
        expect 0 '^values_different: 0$' "$darknet" mafat compare "$cfg" "$w" $arguments -threads 2 -batch $batch
        [ "$(value values_compared)" -ge $((n * batch / 2)) ] || fail "$arguments: $(value values_compared) values of $batch images, $n of one"
        [ "$(value batch)" = $batch ] || fail "compare does not say that there are $batch images"
    done
done

# the plan: one turn through the head and one for each window, which is read once, however many images there are
for batch in 2 4; do
    expect 0 "^batch: $batch\$" "$darknet" mafat plan "$cfg" -memory 9M -batch $batch -threads 2 -steps
    [ "$(value weight_bytes_read)" -le "$(stat -c %s "$w")" ] || fail "$(value weight_bytes_read) bytes read of a file of $(stat -c %s "$w")"
    awk -v heads="$(value head_groups)" '/^ step   turn  moment/ { steps = 1; next }
        steps { bad = bad || (($4 < heads) != ($2 == 0)) || $2 < turn || $2 > turn + 1; turn = $2 }
        END { exit bad || turn < 2 }' "$scratch/stdout" || fail "turns do not follow one another: $(cat "$scratch/stdout")"
    [ "$(value predicted_bytes)" -le $((9 << 20)) ] || fail "$(value predicted_bytes) bytes predicted in 9M"
    ! command -v python3 >/dev/null || "$darknet" mafat plan "$cfg" -memory 9M -batch $batch -steps -json | python3 -c "
import json, sys
plan = json.load(sys.stdin)
assert plan['batch'] == $batch and 1 <= plan['head_groups'] <= plan['groups']
turns = [step['turn'] for step in plan['each_step']]
assert turns == sorted(turns) and set(turns) == set(range(turns[-1] + 1)) and len(turns) == plan['steps']" || fail "JSON of $batch images"
done
for arguments in '' '-batch 1' '-batch auto'; do    # without a limit there is nothing to share
    expect 0 '^config: ' "$darknet" mafat plan "$cfg" $arguments -steps
    ! grep -qE '^batch|^head_groups|   turn  ' "$scratch/stdout" || fail "'$arguments': a plan for one image tells of several"
done
expect 0 '^batch: 3$' "$darknet" mafat predict "$cfg" -memory 9M -batch 3
expect 0 '^batch: 3$' "$darknet" mafat bench "$cfg" "$w" -memory 9M -batch 3 -n 2 -layers
expect 0 '<svg' cat <("$darknet" mafat plan "$cfg" -memory 9M -batch 3 -svg "$scratch/plan.svg" >/dev/null && cat "$scratch/plan.svg")

knows_costs
# the search: no number of images that was tried takes less time an image
expect 0 '^config: ' "$darknet" mafat search "$cfg" -memory 9M -batch auto -threads 2
auto_s=$(value predicted_latency_s) auto=$(value batch) auto=${auto:-1}
for batch in 1 2 3 4; do
    "$darknet" mafat search "$cfg" -memory 9M -batch $batch -threads 2 >"$scratch/stdout" 2>"$scratch/stderr" || break
    awk -v auto="$auto_s" -v least="$(value predicted_latency_s)" 'BEGIN { exit auto > least * 1.0001 }' ||
        fail "$auto images, $auto_s s each, are chosen, and $batch take $(value predicted_latency_s)"
done
expect 0 '^config: ' "$darknet" mafat plan "$cfg" -memory 9M -batch auto -threads 2
planned=$(value batch) planned=${planned:-1}
[ "$(cat "$scratch/stdout")" = "$("$darknet" mafat plan "$cfg" -memory 9M -batch "$planned" -threads 2 2>/dev/null)" ] ||
    fail "auto plans $planned images otherwise than -batch $planned"
expect 3 'the smallest limit that works is ' "$darknet" mafat plan "$cfg" -memory 9M -batch 200
# who says the configuration that was found gets the plan that was found
networks=$'yolov2 2 16M\nyolov3-tiny 5 14M'
! long || networks+=$'\nyolov2 3 18M\nyolov2-tiny 2 32M\nresnet18 2 40M'
while read -r net batch limit; do
    found=(-batch "$batch" -memory "$limit" -threads 2)
    expect 0 '^config: ' "$darknet" mafat search "$top/darknet/cfg/$net.cfg" "${found[@]}"
    seconds=$(value predicted_latency_s)
    expect 0 '^predicted_latency_s: ' "$darknet" mafat plan "$top/darknet/cfg/$net.cfg" "${found[@]}" -mafat "$(value config)"
    [ "$(value predicted_latency_s)" = "$seconds" ] || fail "$net, $batch images in $limit: $seconds s, and $(value predicted_latency_s) by its configuration"
done <<<"$networks"
# and so it is with what else a search does: a front, of one number or of the best for each limit; what neighbours
# lost by; a cfg that keeps the configuration; runs for real
search() { expect 0 "$1" "$darknet" mafat search "$cfg" ${weights:-} -memory 9M -threads 2 "${@:2}"; }
search '^ *limit bytes .*  images  config$' -front -batch 2
awk '/^ *limit bytes/ { on = 1; next } on { n++; bad = bad || $7 != 2 || $2 > $1 } END { exit bad || n < 2 }' "$scratch/stdout" ||
    fail "a front of two images: $(cat "$scratch/stdout")"
search '^ *limit bytes ' -front -batch auto
awk -v auto="$auto" '/^ *limit bytes/ { on = 1; has_images = /  images  /; next }
    on { last = has_images ? $7 : 1; bad = bad || $2 > $1 || (!n++ && auto > 1 && last == 1) } END { exit bad || last != 1 }' "$scratch/stdout" ||
    fail "a front does not begin with several images, as $auto suit, and end with one: $(cat "$scratch/stdout")"
search '"batch": 2,' -front -batch 2 -json
is_json "$scratch/stdout"
search '^ *layers ' -trace -batch 2
search '^batch: 2$' -save "$scratch/saved.cfg" -batch 2
grep -q '^mafat_memory=9M$' "$scratch/saved.cfg" || fail "saved: $(grep mafat "$scratch/saved.cfg")"
weights=$w search '^batch: 2$' -measure -batch 2
expect 2 '-paper is the paper' "$darknet" mafat search "$cfg" -memory 9M -batch 2 -paper
# rows that are many steps each: images share them
{
    printf '[net]\nwidth=16\nheight=1000\nchannels=3\n'
    for i in {1..10}; do conv 8 3 1; done
    printf '[avgpool]\n'
} >"$scratch/tall.cfg"
expect 0 '^batch: 256$' "$darknet" mafat search "$scratch/tall.cfg" -memory 256M -batch 256
steps=$("$darknet" mafat plan "$scratch/tall.cfg" -mafat 1000x1r/NoCut | sed -n 's/^steps: //p')
expect 0 "^steps: $steps\$" "$darknet" mafat plan "$scratch/tall.cfg" -mafat 1000x1r/NoCut -batch 256
expect 0 '^config: 1000x1r' "$darknet" mafat plan "$scratch/tall.cfg" -mafat 1000x1r/NoCut -memory 256M -batch auto

# lists: lines, pictures and results are those of images one by one, also where images cannot be read, or are cut
# off, or too large for the limit, and where the last pass has fewer; in the order of the list
cd "$top/darknet" || exit 1
echo thing >"$scratch/names"
printf 'classes=1\nnames=%s\n' "$scratch/names" >"$scratch/data"
head -c 60000 data/dog.jpg >"$scratch/cut.jpg"
head -c 300 data/dog.jpg >"$scratch/stub.jpg"
cp data/dog.jpg "$scratch/spoilt.jpg"    # which shows when its rows are decoded
printf '\377\304\377\304\377\304' | dd of="$scratch/spoilt.jpg" bs=1 conv=notrunc status=none \
    seek=$(($(stat -c %s "$scratch/spoilt.jpg") / 2))
cp data/dog.jpg "$scratch/changing.jpg"    # while its rows are read, so that what was found of it counts for nothing
${CC:-gcc} -O1 -shared -fPIC "$top/tests/cli/changing.c" -o "$scratch/changing.so" || fail "changing.c"
{
    printf 'P6\n4000 3000\n255\n'
    head -c 36000000 /dev/zero
} >"$scratch/huge.ppm"
printf '%s\n' data/dog.jpg data/person.jpg '' "$scratch/nothere.jpg" data/eagle.jpg "$scratch/cut.jpg" "$scratch/stub.jpg" \
    "$scratch/huge.ppm" "$scratch/spoilt.jpg" data/horses.jpg '  ' data/giraffe.jpg "$scratch/changing.jpg" data/dog.jpg \
    data/kite.jpg "$scratch/changing.jpg" >"$scratch/list"
# lists of a few: no fewer images a pass would do in as many passes
for n in 3 7 13; do
    yes data/eagle.jpg | head -n $n >"$scratch/few"
    "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -memory 9M -threads 2 -no_picture <"$scratch/few" \
        >"$scratch/stdout" 2>"$scratch/stderr" || fail "a list of $n: exit code $?"
    each=$(sed -nE 's/^mafat: limit .*, ([0-9]+) images a pass.*/\1/p' "$scratch/stderr") each=${each:-1}
    passes=$(((n + each - 1) / each))
    [ $each = $(((n + passes - 1) / passes)) ] || fail "$n images in $passes passes of $each"
done
# told DIR ARGUMENTS...: runs the list, to a folder of that name, and leaves what was told without its times
told() {
    local out=$scratch/$1
    shift
    LD_PRELOAD=$scratch/changing.so "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -memory 10M -threads 2 \
        -thresh .3 "$@" <"$scratch/list" >"$out.out" 2>"$out.err"
    printf "\nexit code %d\n" $? >>"$out.out"
    sed -E 's/in [0-9.]+ seconds/in S seconds/; s/"(seconds|peak_bytes[a-z_]*|predicted_bytes|config)":[^,}]*/"\1"/g' "$out.out" >"$out.told"
    grep '^mafat: ' "$out.err" | grep -vE '^mafat: (limit|images: )' | sed -E "s|$out|OUT|g; s/(smallest limit that works is).*/\1/" >"$out.errors"
}
for way in "-ext_output -out OUT/" "-json -no_picture" "-out OUT.json"; do
    for batch in 1 2 auto $(! long || echo 3); do
        told b$batch ${way//OUT/$scratch/b$batch} -batch $batch
        [ "$batch" = auto ] || grep -q "^mafat: limit .*, $batch images a pass" "$scratch/b$batch.err" || [ $batch = 1 ] ||
            fail "$way: does not say that $batch images share a pass: $(grep limit "$scratch/b$batch.err")"
        cmp -s "$scratch/b1.told" "$scratch/b$batch.told" || fail "$way -batch $batch tells $(diff "$scratch/b1.told" "$scratch/b$batch.told" | head -5)"
        cmp -s "$scratch/b1.errors" "$scratch/b$batch.errors" || fail "$way -batch $batch says $(diff "$scratch/b1.errors" "$scratch/b$batch.errors" | head -5)"
        [ ! -d "$scratch/b1" ] || diff -r "$scratch/b1" "$scratch/b$batch" >/dev/null || fail "$way -batch $batch draws other pictures"
    done
    grep -q 'nothere.jpg: No such file' "$scratch/b2.errors" || fail "$way: not told what is missing: $(cat "$scratch/b2.errors")"
    grep -q 'huge.ppm: an image of 4000x3000 pixels: nothing fits' "$scratch/b2.errors" || fail "$way: not told what is too large: $(cat "$scratch/b2.errors")"
    grep -q 'spoilt.jpg: cannot be read' "$scratch/b2.errors" || fail "$way: not told what is spoilt: $(cat "$scratch/b2.errors")"
    [ "$(grep -c 'changing.jpg: cannot be read as an image: it was changed' "$scratch/b2.errors")" = 2 ] || fail "$way: not told what changes: $(cat "$scratch/b2.errors")"
    grep -q '^exit code 1$' "$scratch/b2.told" || fail "$way: $(tail -n 1 "$scratch/b2.told")"
done
[ "$(ls "$scratch/b2" | wc -l)" -ge 7 ] || fail "$(ls "$scratch/b2" | wc -l) pictures"
# -batch of a pipe; of one without a word images come one by one, as who writes into it may wait
for batch in '' '-batch 2'; do
    cat "$scratch/list" | LD_PRELOAD=$scratch/changing.so "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -memory 10M -thresh .3 -json -no_picture \
        $batch 2>"$scratch/stderr" | sed -E 's/"(seconds|peak_bytes[a-z_]*|predicted_bytes|config)":[^,}]*/"\1"/g' >"$scratch/piped"
    [ -n "$batch" ] || ! grep -q 'images a pass' "$scratch/stderr" || fail "a pipe's images share a pass unasked"
    told b1 -json -no_picture -batch 1
    grep -vE '^(exit code .*)?$' "$scratch/b1.told" | cmp -s - "$scratch/piped" || fail "a pipe $batch gives other results"
done
for list in /dev/null "$scratch/unreadable"; do    # no image at all, and none that can be read
    printf 'no\n\nnone\n' >"$scratch/unreadable"
    for batch in 1 3; do
        "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -memory 10M -no_picture -batch $batch <"$list" >"$scratch/of$batch" 2>"$scratch/err$batch"
        echo "exit code $?" >>"$scratch/of$batch"
    done
    cmp -s "$scratch/of1" "$scratch/of3" || fail "$list: $(diff "$scratch/of1" "$scratch/of3")"
done
# each pass reads the weights once, whoever runs the list: four passes of ten images, and the images themselves
bytes_read() { # ARGUMENTS...: by darknet mafat detector with three images a pass
    bash -c '"$@" >/dev/null 2>"$0" && while read -r key n; do [ "$key" != rchar: ] || echo "$n"; done </proc/self/io' "$scratch/stderr" \
        "$darknet" mafat detector "$@" -memory 8M -batch 3 <"$scratch/photos"
}
mkdir -p "$scratch/set/images" "$scratch/set/labels" "$scratch/results"
for name in dog person eagle horses giraffe; do
    cp data/$name.jpg "$scratch/set/images/"
    echo '0 .5 .5 .3 .4' >"$scratch/set/labels/$name.txt"
    printf "$scratch/set/images/$name.jpg\n%.0s" 1 2
done >"$scratch/photos"
sed -i '4i\ ' "$scratch/photos"    # a blank line is no image
printf 'classes=1\nnames=%s\nvalid=%s\nresults=%s\n' "$scratch/names" "$scratch/photos" "$scratch/results" >"$scratch/valid.data"
for way in "test $scratch/data $cfg $w -no_picture" "valid $scratch/valid.data $cfg $w" "map $scratch/valid.data $cfg $w"; do
    n=$(bytes_read $way)
    [ "${n:-0}" -gt "$(stat -c %s "$w")" ] || fail "$way: reads ${n:-nothing} bytes: $(tail -n 1 "$scratch/stderr")"
    [ "$n" -lt $((6 * $(stat -c %s "$w"))) ] || fail "$way: four passes read $n bytes of a file of $(stat -c %s "$w")"
done
# classes of images
printf 'top=2\nlabels=%s\n' "$scratch/labels" >"$scratch/classes.data"
printf 'a\nb\nc\nd\ne\nf\n' >"$scratch/labels"
{
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n'
    conv 64 3 2
    conv 256 3 2
    conv 512 3 1
    conv 6 1 1
    printf '[avgpool]\n[softmax]\ngroups=1\n'
} >"$scratch/classes.cfg"
"$top/tools/random_weights" "$scratch/classes.cfg" "$scratch/classes.weights" >/dev/null || fail "no weights"
for batch in 1 3; do
    "$darknet" mafat classifier predict "$scratch/classes.data" "$scratch/classes.cfg" "$scratch/classes.weights" -memory 9M \
        -json -batch $batch <"$scratch/list" 2>"$scratch/c$batch.err" |
        sed -E 's/"(seconds|peak_bytes[a-z_]*|predicted_bytes|config)":[^,}]*/"\1"/g' >"$scratch/c$batch"
done
[ "$(wc -l <"$scratch/c1")" -ge 7 ] && cmp -s "$scratch/c1" "$scratch/c3" || fail "other classes: $(diff "$scratch/c1" "$scratch/c3" | head -5; tail -n 3 "$scratch/c1.err")"

# who cannot
expect 2 '-batch is for lists of images, and one is named' \
    "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" data/dog.jpg -memory 10M -batch 2
for n in 0 257 -1 2x '' Auto; do
    expect 2 "batch \"$n\": expected a number from 1 to 256" "$darknet" mafat plan "$cfg" -batch "$n"
done
expect 2 'option -batch lacks its value' "$darknet" mafat plan "$cfg" -batch
expect 2 'one image at a time; given batch 2' "$darknet" mafat bench "$cfg" "$w" -mafat layers -batch 2
expect 0 '^config: layers$' "$darknet" mafat bench "$cfg" "$w" -mafat layers -batch auto -n 1
expect 2 '^mafat: `classifier predict` takes -batch with -json alone$' \
    "$darknet" mafat classifier predict x.data "$cfg" "$w" -batch 2
for command in 'segmenter test' 'detector recall'; do
    expect 2 "^mafat: -batch is for MAFAT's own commands, " "$darknet" mafat $command x.data "$cfg" "$w" -batch 2
done
finish
