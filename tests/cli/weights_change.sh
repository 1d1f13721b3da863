#!/bin/bash
# A weights file that is not what the network needs, or not any more: before the start, and while images
# are run. The message names it, the exit code is 1, and nothing is drawn or printed of the image.
. "$(dirname "$0")/../lib.sh"
cfg=$top/darknet/cfg/yolov2-tiny.cfg
original=$(weights "$cfg")
needed=$(stat -c %s "$original")
w=$scratch/a.weights
cd "$top/darknet" || exit 1
detect=("$darknet" mafat detector test cfg/coco.data "$cfg" "$w" -memory 16M -thresh .2 -out "$scratch/drawn")
restore() { cp "$original" "$w"; }

# before the start
refused() { # MESSAGE [HOW]
    expect 1 "a.weights: .*$1" ${2:-} "${detect[@]}" data/dog.jpg
    [ ! -s "$scratch/stdout" ] || fail "printed: $(head -n 1 "$scratch/stdout")"
    [ ! -e "$scratch/drawn.jpg" ] || fail "drew a picture"
}
refused 'No such file'
cp "$original" "$w"
chmod 000 "$w"
refused 'cannot be read: Permission denied' powerless
chmod 644 "$w"
head -c $((needed - 1)) "$original" >"$w"
refused "the file holds $((needed - 1)) bytes, the network needs $needed"
head -c 1000000 "$original" >"$w"
refused "the file holds 1000000 bytes, the network needs $needed"
{ cat "$original" && printf x; } >"$w"
refused "holds $((needed + 1)) bytes, the network needs $needed: 1 bytes too many"
: >"$w"
refused 'holds 0 bytes, too few for the header'

# while images are run: one is, then something happens to the file, and the next one is not
mkfifo "$scratch/paths"
trap '' PIPE    # where the program has ended, nobody reads them
# detected COMMAND: runs the first image, in the background. Its files are emptied before it waits for
# somebody who writes paths: until then they would hold what the last run printed.
detected() {
    "$@" >"$scratch/stdout" 2>"$scratch/stderr" <"$scratch/paths" &
    pid=$!
    exec 3>"$scratch/paths"
    echo data/dog.jpg >&3
    drawn_once
}
drawn_once() { # waits for the first picture, and then for the program to ask for the next one
    for ((i = 0; i < 300; i++)); do
        [ "$(grep -o 'Enter Image Path' "$scratch/stdout" | wc -l)" -ge 2 ] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep .1
    done
    fail "the first image was not run: $(tail -n 1 "$scratch/stderr")"
}
meanwhile() { # MESSAGE COMMAND...: what the second image meets with, and what happens before it
    local message=$1 boxes
    shift
    restore
    rm -f "$scratch/drawn.jpg"
    detected timeout 60 "${detect[@]}"
    boxes=$(grep -c '%$' "$scratch/stdout")
    [ "$boxes" -gt 0 ] || fail "the first image has no boxes"
    mv "$scratch/drawn.jpg" "$scratch/first.jpg" || fail "the first image was not drawn"
    sleep .02    # the clock that files' times are by has ticked
    "$@"
    echo data/person.jpg >&3
    exec 3>&-
    wait $pid
    given=$?
    [ $given -eq 1 ] || fail "$*: exit code $given instead of 1"
    grep -qE "^mafat: $w: .*$message" "$scratch/stderr" ||
        fail "$*: no '$message': $(tail -n 1 "$scratch/stderr")"
    [ "$(grep -c Predicted "$scratch/stdout")" -eq 1 ] || fail "$*: the second image was run"
    [ "$(grep -c '%$' "$scratch/stdout")" -eq "$boxes" ] || fail "$*: boxes of the second image"
    [ -z "$(find "$scratch" -name 'drawn*')" ] || fail "$*: a picture of the second image"
}
meanwhile "it had $needed bytes, it has 5000000 now" truncate -s 5000000 "$w"
meanwhile "it had $needed bytes, it has 0 now" truncate -s 0 "$w"
meanwhile "it had $needed bytes, it has $((needed + 1)) now" truncate -s +1 "$w"
meanwhile 'was written to while it was in use' \
    dd if=/dev/zero of="$w" bs=1M seek=3 count=1 conv=notrunc status=none

# a new file under the old name is another one: the program goes on with the one that it has
restore
detected "${detect[@]}"
mv "$scratch/drawn.jpg" "$scratch/first.jpg"
echo other >"$scratch/b.weights" && mv "$scratch/b.weights" "$w"
echo data/dog.jpg >&3
exec 3>&-
wait $pid || fail "a replaced file: exit code $?: $(tail -n 1 "$scratch/stderr")"
cmp "$scratch/first.jpg" "$scratch/drawn.jpg" || fail "a replaced file gives another picture"
finish
