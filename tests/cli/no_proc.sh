#!/bin/bash
# Without /proc, as in some small containers: all runs and has the same bits; what only the kernel can tell is unknown.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
mkdir "$scratch/empty"
bare() { unshare -m sh -c 'mount --bind "$0" /proc && exec "$@"' "$scratch/empty" "$@"; }
if ! bare true 2>/dev/null; then
    echo "  no right to a mount namespace here: skipped"
    exit 0
fi

sed 's/^width=.*/width=96/; s/^height=.*/height=96/' cfg/yolov2-tiny.cfg >"$scratch/net.cfg"
w=$scratch/net.weights
"$top/tools/random_weights" "$scratch/net.cfg" "$w" >"$scratch/log"
mafat() { bare "$darknet" mafat "$@"; }
expect 0 '^predicted_bytes: [1-9]' mafat plan "$scratch/net.cfg" -memory 12M
grep -q 'there is no /proc here' "$scratch/stderr" || fail "it does not say what it could not see"
expect 0 '^values_different: 0$' mafat compare "$scratch/net.cfg" "$w" data/dog.jpg -memory 12M
[ "$(value peak_rss_bytes)" = unknown ] || fail "peak_rss_bytes: $(value peak_rss_bytes)"
expect 0 '^start_to_first_run_s: unknown$' mafat bench "$scratch/net.cfg" "$w" -mafat 1x1 -n 1
expect 0 '"values_compared": [1-9]' mafat compare "$scratch/net.cfg" "$w" data/dog.jpg -json -mafat 3x3/NoCut
is_json "$scratch/stdout"
grep -q '"peak_rss_bytes": null' "$scratch/stdout" || fail "JSON: $(cat "$scratch/stdout")"

# boxes and their picture are as with it
for how in bare ''; do
    expect 0 'Predicted in' $how "$darknet" mafat detector test cfg/coco.data "$scratch/net.cfg" "$w" data/dog.jpg -memory 20M \
        -thresh .1 -out "$scratch/picture$how"
    grep '%$' "$scratch/stdout" >"$scratch/boxes$how"
done
cmp -s "$scratch/boxesbare" "$scratch/boxes" || fail "other boxes"
cmp -s "$scratch"/picturebare* "$scratch"/picture[^b]* || fail "another picture"
# what Darknet is measured with is a file of TMPDIR's then, and gone at the end
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=6\nsize=1\nactivation=linear
[region]\nanchors=1,1\nclasses=1\ncoords=4\nnum=1\n' >"$scratch/tiny.cfg"
"$top/tools/random_weights" "$scratch/tiny.cfg" "$scratch/tiny.w" >/dev/null || fail "no weights"
printf 'names=data/coco.names\nvalid=%s/list\nresults=%s\n' "$scratch" "$scratch" >"$scratch/data"
for i in 1 2 3 4; do echo data/dog.jpg; done >"$scratch/list"
mkdir "$scratch/tmp"
for words in 'test' 'valid'; do
    run() { bare env TMPDIR="$1" "${@:2}" "$darknet" mafat detector $words "$scratch/data" "$scratch/tiny.cfg" "$scratch/tiny.w" -threads 1; }
    run "$scratch/tmp" <"$scratch/list" >/dev/null 2>"$scratch/stderr" ||
        fail "$words: exit code $?: $(tail -n 1 "$scratch/stderr")"
    [ -z "$(ls "$scratch/tmp")" ] || fail "$words: a file was left in TMPDIR"
    run "$scratch/none" <"$scratch/list" >/dev/null 2>"$scratch/stderr" && fail "$words: TMPDIR is ignored"
    grep -q "or in $scratch/none, to measure Darknet with: No such file" "$scratch/stderr" || fail "$words: $(tail -n 1 "$scratch/stderr")"
done
# what cannot be found without it ends with its name
expect 1 '/proc/meminfo: No such file' mafat plan "$scratch/net.cfg" -memory auto
finish
