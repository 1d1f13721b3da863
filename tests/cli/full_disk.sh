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

# no_room KB FILE COMMAND...: where a file may have no more than so many KB, as on a disk that is full.
no_room() {
    local kb=$1 file=$2
    shift 2
    echo mine >"$file"
    # what is printed goes through pipes, which have no end
    expect 1 "$file: cannot be written: " bash -c 'trap "" XFSZ; set -o pipefail
        { (ulimit -f "$0"; "$@") 2>&1 >&3 | cat >&2; } 3>&1 | tail -n 1' "$kb" "$@"
    [ "$(cat "$file")" = mine ] || fail "$file was written to: ${*:2}"
    [ "$(ls "$scratch/out")" = "${file##*/}" ] || fail "left behind: $(ls "$scratch/out")"
    rm "$file"
}
knows_costs
no_room 4 "$scratch/out/new.svg" "$darknet" mafat plan "$cfg" -svg "$scratch/out/new.svg"
{ cat "$cfg" && printf '# %0100d\n' $(seq 100); } >"$scratch/long.cfg"
no_room 4 "$scratch/out/new.cfg" "$darknet" mafat search "$scratch/long.cfg" -memory 64M -save "$scratch/out/new.cfg"
w=$scratch/tiny.weights
detect=("$darknet" mafat detector test "$scratch/data" "$scratch/tiny.cfg" "$w" -threads 1)
# 64 KB have room for what Darknet is measured with, which is a file in memory
no_room 64 "$scratch/out/new.jpg" "${detect[@]}" data/dog.jpg -out "$scratch/out/new"
no_room 64 "$scratch/out/new.json" sh -c 'echo data/dog.jpg | "$@"' - "${detect[@]}" -thresh .01 -json -out "$scratch/out/new.json"
# of a list each picture is told, and the others are run
yes data/dog.jpg | head -n 2 >"$scratch/list"
bash -c 'trap "" XFSZ; ulimit -f 64; "$@"' - "${detect[@]}" -out "$scratch/out/" <"$scratch/list" 2>&1 >/dev/null | cat >"$scratch/stderr"
[ "$(grep -c 'out/dog.*jpg: cannot be written: File too large' "$scratch/stderr")" = 2 ] || fail "a list: $(cat "$scratch/stderr")"
[ -z "$(ls "$scratch/out")" ] || fail "a list leaves $(ls "$scratch/out")"
for command in --help "plan --help" "plan $cfg" "predict $cfg" "search $cfg -memory 64M" "bench $scratch/tiny.cfg $w -n 1" \
    "compare $scratch/tiny.cfg $w" "detector test $scratch/data $scratch/tiny.cfg $w data/dog.jpg -out $scratch/out/new"; do
    # shellcheck disable=SC2086
    expect 1 'cannot write the results: No space left' bash -c '"$@" >/dev/full' - "$darknet" mafat $command
    # shellcheck disable=SC2086
    [ "$("$darknet" mafat $command 2>/dev/null | head -n 1 | wc -l)" = 1 ] || fail "$command | head -1"
done
[ -z "$(find "$scratch/out" -name 'new.*.*')" ] || fail "left behind: $(ls "$scratch/out")"
finish
