#!/bin/bash
# A command that is ended by a signal at any moment leaves no file half there, none beside it and no process, those
# that it has started among them; one whose standard descriptors are closed uses no other file in their place; where
# costs cannot be kept, or two processes keep them at once, all runs as ever.
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
# a list that cannot be read to its end is not one that has ended: here a line wants more memory than there may be
expect 1 'cannot read paths from standard input: Cannot allocate memory' bash -c \
    '{ echo "$0"; head -c 700M /dev/zero | tr "\\0" x; } | (ulimit -v 1000000; "$@")' "$top/darknet/data/person.jpg" "${detect[@]}" -threads 1 -out "$scratch/one"
rm "$scratch/one.jpg"
bash -c '"$@" <&- >&- 2>&-' - "${one[@]}"
[ $? = 1 ] || fail "all descriptors closed: exit code $?"
[ ! -e "$scratch/one.jpg" ] || cmp "$scratch/one.jpg" "$scratch/expected.jpg" || fail "all descriptors closed: another picture"
[ "$(cksum <"$scratch/net.weights")" = "$sum" ] || fail "the weights were written to"

# What a command has started ends with it, whatever it is doing: here it has been stopped.
${CC:-gcc} -shared -fPIC tests/cli/stop.c -o "$scratch/stop.so" -ldl || fail "tests/cli/stop.c does not compile"
becomes() { # STATE PROCESS: waits until it is in that one: T, stopped, or Z, ended
    local i state
    for ((i = 0; i < 300; i++)); do
        state=$(ps -o stat= -p "$2")
        state=${state:-Z}
        [[ $state != $1* ]] || return 0
        [[ $state != Z* ]] || return 1
        sleep .1
    done
    return 1
}
ends_with_it() { # COMMAND...
    local pid child
    LD_PRELOAD=$scratch/stop.so "$@" >"$scratch/stdout" 2>"$scratch/stderr" &
    pid=$!
    becomes T $pid || { fail "starts no process: $*: $(tail -n 1 "$scratch/stderr")"; return; }
    child=$(pgrep -P $pid)
    becomes T "$child" || fail "its process does not ask to end with it: $*"
    { kill -KILL $pid && wait $pid; } 2>/dev/null
    becomes Z "$child" || { fail "its process goes on without it: $*"; kill -KILL "$child"; }
}
ends_with_it "$darknet" mafat compare "$scratch/net.cfg" "$scratch/net.weights" -threads 1

# costs that cannot be kept: where no file can be made, and on a full disk
search=("$darknet" mafat search "$scratch/net.cfg" "$scratch/net.weights" -threads 1 -memory 16M)
knows_costs
# of this program, with one thread; but of reads, which are measured and kept with them
known=$(grep -lx "program: $(stat -c '%s bytes of %.9Y' "$darknet")" "$XDG_CACHE_HOME"/mafat/costs-*-1)
if [ -z "$known" ]; then
    echo "  not tried: costs, which this machine is too busy to measure"
    finish
fi
unset XDG_CACHE_HOME
export HOME=$scratch/home
kept=$HOME/.cache/mafat/${known##*/}
mkdir -p "${kept%/*}"
cp "$known" "$kept"
sum=$(cksum <"$kept")
chmod a-w "${kept%/*}"
expect 0 '^config: ' powerless "${search[@]}"
grep -q "^mafat: $kept: cannot be written: Permission denied" "$scratch/stderr" || fail "costs that are not kept are not told: $(cat "$scratch/stderr")"
chmod u+w "${kept%/*}"
bash -c 'trap "" XFSZ; ulimit -f 0; "$@"' - "${search[@]}" 2>&1 | cat >"$scratch/stdout"
grep -q '^config: ' "$scratch/stdout" && grep -q "^mafat: $kept: cannot be written: File too large" "$scratch/stdout" ||
    fail "costs on a full disk: $(cat "$scratch/stdout")"
[ "$(cksum <"$kept")" = "$sum" ] || fail "costs were written to"
[ "$(find "$HOME" -type f)" = "$kept" ] || fail "left beside the costs: $(find "$HOME" -type f)"
ends_with_it "${search[@]}" -measure

# two processes that keep them: at no moment is a file half there
cp "$known" "$kept"
"${search[@]}" >"$scratch/first" 2>&1 &
first=$!
"${search[@]}" >"$scratch/second" 2>&1 &
second=$!
while kill -0 $first 2>/dev/null || kill -0 $second 2>/dev/null; do
    [ ! -e "$kept" ] || [[ $(tail -n 1 "$kept") == lost_byte_s:* ]] || fail "costs half there: $(cat "$kept")"
    sleep .02
done
wait $first || fail "the first: $(tail -n 1 "$scratch/first")"
wait $second || fail "the second: $(tail -n 1 "$scratch/second")"
if ! grep -q 'too busy to measure' "$scratch/first" "$scratch/second"; then
    expect 0 '^config: ' "${search[@]}"
    ! grep -q 'measuring' "$scratch/stderr" || fail "what two processes kept is no good"
    [ "$(find "$HOME" -type f)" = "$kept" ] || fail "left in the cache: $(find "$HOME" -type f)"
fi
finish
