#!/bin/bash
# A command that is ended by a signal at any moment leaves no file half there, none beside it and no process; one
# whose standard descriptors are closed uses no other file in their place; where costs cannot be kept, or two
# processes keep them at once, all runs as ever.
. "$(dirname "$0")/../lib.sh"
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=14\nsize=1\nstride=1\nactivation=linear
[region]\nanchors=1,1,2,2\nclasses=2\ncoords=4\nnum=2\nsoftmax=1\n' >"$scratch/net.cfg"
tools/random_weights "$scratch/net.cfg" "$scratch/net.weights" >/dev/null || fail "no weights"
printf 'a\nb\n' >"$scratch/names"
printf 'names=%s/names\n' "$scratch" >"$scratch/data"
for ((i = 0; i < 40; i++)); do echo "$top/darknet/data/person.jpg"; done >"$scratch/list"
detect=("$darknet" mafat detector test "$scratch/data" "$scratch/net.cfg" "$scratch/net.weights")

# whole FILE: a JPEG to its last two bytes.
whole() { [ "$(tail -c 2 "$1" | od -An -tx1 | tr -d ' ')" = ffd9 ]; }

"${detect[@]}" -threads 1 -out "$scratch/out/" <"$scratch/list" >/dev/null 2>&1 || fail "does not run"
n_ended=0
for signal in TERM INT PIPE KILL TERM TERM KILL INT PIPE TERM; do
    rm -rf "$scratch/out"
    setsid bash -c 'trap - INT PIPE; exec "$@"' - "${detect[@]}" -threads 2 -memory 64M -out "$scratch/out/" -json \
        <"$scratch/list" >"$scratch/stdout" 2>"$scratch/stderr" &
    pid=$!
    sleep ".$((RANDOM % 3))$((RANDOM % 10))"
    kill -s $signal -- $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ $? -le 128 ] || n_ended=$((n_ended + 1))
    kill -0 -- -$pid 2>/dev/null && fail "$signal leaves a process"
    for file in "$scratch/out"/*; do
        [ ! -e "$file" ] || { [[ $file == *.jpg ]] && whole "$file"; } || fail "$signal leaves ${file##*/}"
    done
done
[ $n_ended -gt 0 ] || fail "no run was ended by a signal"

# closed descriptors
sum=$(cksum <"$scratch/net.weights")
one=("${detect[@]}" "$top/darknet/data/person.jpg" -threads 1 -thresh .1 -out "$scratch/one")
expect 0 'Predicted' "${one[@]}"
mv "$scratch/one.jpg" "$scratch/expected.jpg"
expect 0 'Predicted' bash -c '"$@" <&-' - "${one[@]}"
cmp "$scratch/one.jpg" "$scratch/expected.jpg" || fail "another picture"
expect 0 'Predicted' bash -c '"$@" 2>&-' - "${one[@]}"
expect 1 'cannot write the results: Bad file descriptor' bash -c '"$@" >&-' - "${one[@]}"
expect 1 'cannot write the results: Bad file descriptor' bash -c '"$@" <&- >&-' - "$darknet" mafat plan "$scratch/net.cfg"
expect 1 'standard input|cannot be read' bash -c '"$@" <&-' - "${detect[@]}" -threads 1
[ "$(cksum <"$scratch/net.weights")" = "$sum" ] || fail "the weights were written to"

# costs that cannot be kept, and two processes that keep them
search=("$darknet" mafat search "$scratch/net.cfg" "$scratch/net.weights" -threads 1 -memory 16M)
expect 0 '^config: ' env XDG_CACHE_HOME=/proc/none "${search[@]}"
grep -q 'cannot be written' "$scratch/stderr" || fail "costs that are not kept are not told"
export XDG_CACHE_HOME=$scratch/shared
"${search[@]}" >"$scratch/first" 2>&1 &
"${search[@]}" >"$scratch/second" 2>&1 || fail "the second: $(tail -n 1 "$scratch/second")"
wait $! || fail "the first: $(tail -n 1 "$scratch/first")"
expect 0 '^config: ' "${search[@]}"
! grep -q 'measuring' "$scratch/stderr" || fail "what two processes kept is no good"
[ "$(find "$scratch/shared" -type f | wc -l)" = 1 ] || fail "left in the cache: $(find "$scratch/shared" -type f)"
finish
