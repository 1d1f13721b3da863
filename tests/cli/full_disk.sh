#!/bin/bash
# Results that cannot be written: exit code 1 and why, what stood in a file's place stays, and nothing is
# left beside it. A reader that goes away ends the command, and that is all.
. "$(dirname "$0")/../lib.sh"
cfg=$top/cfg/yolov2-first16.cfg
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=14\nsize=1\nstride=1\nactivation=linear
[region]\nanchors=1,1,2,2\nclasses=2\ncoords=4\nnum=2\nsoftmax=1\n' >"$scratch/tiny.cfg"
tools/random_weights "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
printf 'a\nb\n' >"$scratch/names"
printf 'names=%s/names\n' "$scratch" >"$scratch/data"
mkdir "$scratch/out"
cd "$top/darknet" || exit 1

# no_room FILE COMMAND...: where a file may have no more than so many blocks, as on a disk that is full.
no_room() {
    local file=$1
    shift
    echo mine >"$file"
    expect 1 "$file: cannot be written: " bash -c 'trap "" XFSZ; ulimit -f 4; "$@"' - "$@"
    [ "$(cat "$file")" = mine ] || fail "$file was written to: ${*:2}"
    [ "$(ls "$scratch/out")" = "${file##*/}" ] || fail "left behind: $(ls "$scratch/out")"
    rm "$file"
}
knows_costs
no_room "$scratch/out/new.svg" "$darknet" mafat plan "$cfg" -svg "$scratch/out/new.svg"
{ cat "$cfg" && printf '# %0100d\n' $(seq 100); } >"$scratch/long.cfg"
no_room "$scratch/out/new.cfg" "$darknet" mafat search "$scratch/long.cfg" -memory 64M -save "$scratch/out/new.cfg"
w=$scratch/tiny.weights
for command in "plan $cfg" "predict $cfg" "search $cfg -memory 64M" "bench $scratch/tiny.cfg $w -n 1" \
    "compare $scratch/tiny.cfg $w" "detector test $scratch/data $scratch/tiny.cfg $w data/dog.jpg -out $scratch/out/new"; do
    # shellcheck disable=SC2086
    expect 1 'cannot write the results: No space left' bash -c '"$@" >/dev/full' - "$darknet" mafat $command
    # shellcheck disable=SC2086
    [ "$("$darknet" mafat $command 2>/dev/null | head -n 1 | wc -l)" = 1 ] || fail "$command | head -1"
done
[ -z "$(find "$scratch/out" -name 'new.*.*')" ] || fail "left behind: $(ls "$scratch/out")"
finish
