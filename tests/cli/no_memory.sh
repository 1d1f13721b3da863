#!/bin/bash
# Memory that is refused: whichever call it is, of ours, Darknet's or the C library's, the command
# ends with a message that says so and exit code 1, or does without and prints what it always does;
# and there is no file that is written half. tests/cli/no_memory.c refuses one call after the other.
. "$(dirname "$0")/../lib.sh"
${CC:-gcc} -O1 -shared -fPIC tests/cli/no_memory.c -o "$scratch/no_memory.so" || fail "no_memory.c"

printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3
stride=1\npad=1\nactivation=leaky\n[maxpool]\nsize=2\nstride=2\n[convolutional]\nfilters=14\nsize=1
stride=1\nactivation=linear\n[region]\nanchors=1,1,2,2\nclasses=2\ncoords=4\nnum=2\nsoftmax=1\n' >"$scratch/tiny.cfg"
sed 's/^\[net\]$/&\nmafat_memory=24M\nmafat_threads=1/' "$scratch/tiny.cfg" >"$scratch/flag.cfg"
tools/random_weights "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
printf 'a\nb\n' >"$scratch/names"
image=$top/darknet/data/labels/65_1.png
for i in 1 2 3 4; do echo "$image"; done >"$scratch/list"
printf 'names=%s/names\nvalid=%s/list\nresults=%s/results\n' "$scratch" "$scratch" "$scratch" >"$scratch/data"

cp "$image" "$scratch/A.png"    # and labels beside it
echo '1 .5 .5 .4 .4' >"$scratch/A.txt"
echo "$scratch/A.png" >"$scratch/labelled"
sed "s/list$/labelled/" "$scratch/data" >"$scratch/map.data"

cd "$top/darknet" || exit 1
# Seconds, peaks and what depends on them differ from run to run, and so does what is chosen where
# costs had to be measured again.
steady() { # NAME FILE
    case $1 in
        search) ;;
        map) sed -n '/^images: /,$ {/^seconds: /d; /peak/d; p}' "$2" ;;    # behind what was planned for
        *) sed -E '/_s[_a-z]*: /d; /peak|gflops/d; s/in [0-9.]+ seconds//' "$2" ;;
    esac
}

# refuse NAME STEP ARGUMENTS...: runs `darknet ARGUMENTS` once with all the memory that it wants, then
# with the first call refused, the one STEP further, and so on. Files go to $scratch/NAME/.
refuse() {
    local name=$1 step=$2 n code dir=$scratch/$1
    shift 2
    mkdir -p "$dir"
    LD_PRELOAD=$scratch/no_memory.so NO_MEMORY_COUNT=$dir/calls \
        "$darknet" "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null || fail "$name: exit code $?"
    mv "$dir/stdout" "$dir/expected"
    [ "$(cat "$dir/calls")" -gt 30 ] || fail "$name: only $(cat "$dir/calls") calls"
    for ((n = 1; n <= $(cat "$dir/calls"); n += step)); do
        LD_PRELOAD=$scratch/no_memory.so NO_MEMORY_AT=$n timeout 60 \
            "$darknet" "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
        code=$?
        case $code in
            0) [ "$(steady "$name" "$dir/stdout")" = "$(steady "$name" "$dir/expected")" ] ||
                fail "$name, call $n: other output" ;;
            1) grep -qE 'memory|open file|fopen|temporarily unavailable' "$dir/stderr" ||
                fail "$name, call $n: $(tail -n 1 "$dir/stderr")" ;;
            *) fail "$name, call $n: exit code $code: $(tail -n 1 "$dir/stderr")" ;;
        esac
        if [ -n "$(find "$dir" -name 'new.*.??????')" ]; then
            fail "$name, call $n: left $(find "$dir" -name 'new.*.??????')"
            break
        fi
    done
    echo "  $name: $(cat "$dir/calls") calls, each ${step}th refused"
} 2>/dev/null    # bash has a line for each signal

cfg=$scratch/tiny.cfg
w=$scratch/tiny.weights
# ours, and Darknet's through ours and alone; two at a time
{
    "$darknet" mafat search "$cfg" "$w" -threads 1 -memory 16M >/dev/null 2>&1    # costs are measured once
    refuse plan 1 mafat plan "$cfg" -threads 1 -mafat 2x2 -svg "$scratch/plan/new.svg"
    refuse search 3 mafat search "$cfg" "$w" -threads 1 -memory 16M -save "$scratch/search/new.cfg"
    refuse bench 1 mafat bench "$cfg" "$w" -threads 1 -memory 16M -mafat 2x2 -n 1
    refuse plain 97 detector test "$scratch/data" "$cfg" "$w" "$image" -thresh .1 -out "$scratch/plain/drawn"
} >"$scratch/one" &
{
    refuse predict 1 mafat predict "$cfg" -threads 1 -memory 16M -mafat 2x2
    refuse compare 1 mafat compare "$cfg" "$w" "$image" -threads 1 -mafat 2x2
    refuse detect 3 mafat detector test "$scratch/data" "$cfg" "$w" "$image" -threads 1 -memory 16M \
        -mafat 2x2 -thresh .99 -out "$scratch/detect/new"
    refuse draw 53 mafat detector test "$scratch/data" "$cfg" "$w" "$image" -threads 1 -mafat 2x2 \
        -thresh .1 -out "$scratch/draw/new"
    refuse flag 97 detector test "$scratch/data" "$scratch/flag.cfg" "$w" "$image" -thresh .1 -out "$scratch/flag/drawn"
    mkdir -p "$scratch/results"
    refuse valid 13 mafat detector valid "$scratch/data" "$cfg" "$w" -threads 1 -mafat 2x2
    refuse map 13 mafat detector map "$scratch/map.data" "$cfg" "$w" -threads 1 -memory 16M -mafat 2x2
} >"$scratch/two"
wait
cat "$scratch/one" "$scratch/two"
n_failures=$(cat "$scratch/one" "$scratch/two" | grep -vcE ' calls, each [0-9]+th refused$')
finish
