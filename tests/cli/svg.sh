#!/bin/bash
# plan -svg: well-formed, one rectangle for each buffer in the arena, and a file all or nothing. What it
# looks like is for eyes.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
svg=$scratch/plan.svg

# n_in CLASS: how many rectangles the drawing has in the groups of that class; fails on malformed XML.
n_in() {
    python3 - "$svg" "$1" <<'END'
import sys
import xml.etree.ElementTree as xml
rect = "{http://www.w3.org/2000/svg}rect"
root = xml.parse(sys.argv[1]).getroot()
print(sum(1 for g in root.iter() if g.get("class") == sys.argv[2] for r in g.iter(rect)))
END
}

# drawn OPTIONS...: draws a plan and compares what is drawn with the plan's tables.
drawn() {
    rm -f "$svg"
    expect 0 '^config: ' "$darknet" mafat plan "$@" -svg "$svg"
    local n_outputs n_windows n_rooms n_pinned
    n_outputs=$(grep -cE '^(image|workspace|layer [0-9]+) .* [0-9]+-[0-9]+ +[0-9]+$' "$scratch/stdout")
    n_windows=$(sed -n '/^weights  /,$p' "$scratch/stdout" | awk '/^layer/ {n += $4} END {print n + 0}')
    n_rooms=$(sed -n '/^weights  /,$p' "$scratch/stdout" | awk '/^layer/ {n += $4 > 2 ? 2 : $4} END {print n + 0}')
    n_pinned=$(sed -n '/^weights  /,$p' "$scratch/stdout" | awk '/^layer/ {n += $6} END {print n + 0}')
    [ "$(n_in buffers)" = $((n_outputs + n_rooms - n_pinned)) ] ||
        fail "$*: $(n_in buffers) buffers drawn of $n_outputs and of $n_rooms for windows less $n_pinned"
    [ $n_windows -eq 0 ] || [ "$(n_in weights)" = $n_windows ] ||
        fail "$*: $(n_in weights) windows drawn of $n_windows"
    n_messages=$(grep -cE '^ +[0-9]+ +[0-9]+  (to|from) ' "$scratch/stdout")    # without those of the image, -1
    [ "$(n_in messages)" = "$n_messages" ] || fail "$*: $(n_in messages) messages drawn of $n_messages"
    grep -qE 'nan|inf[^o]|script|href' "$svg" && fail "$*: not plain: $(grep -E 'nan|inf' "$svg")"
}

drawn cfg/yolov2.cfg
drawn cfg/yolov2.cfg -mafat 5x5/8/2x2
drawn cfg/yolov2.cfg -memory 16M
drawn cfg/yolov2.cfg -ranks 4 -shares 2,1,1,1
[ "$n_messages" -gt 20 ] || fail "4 ranks exchange $n_messages messages"
drawn cfg/yolov2.cfg -mafat 64x1/4/40x40/12/19x1r
drawn cfg/yolov3.cfg -memory 48M
drawn cfg/yolov3-tiny.cfg -mafat 3x3/NoCut -threads 1
drawn cfg/densenet201.cfg
drawn cfg/alexnet.cfg
drawn cfg/resnet152.cfg -mafat "1x1$(printf '/%d/1x1' $(seq 1 140))"

# names that XML would misread
hostile="$scratch/a<b>&\"c'"$'\xff.cfg'
printf '[net]\nwidth=8\nheight=8\nchannels=3\n[convolutional]\nfilters=2\nsize=3\npad=1\n[maxpool]\nsize=2\nstride=2\n' >"$hostile"
drawn "$hostile" -mafat 2x2
grep -qF 'a&#60;b&#62;&#38;&#34;c&#39;&#xfffd;.cfg' "$svg" || fail "the file's name is not drawn"

# the same tables with the option as without it
"$darknet" mafat plan cfg/yolov2.cfg -threads 1 >"$scratch/without"
"$darknet" mafat plan cfg/yolov2.cfg -threads 1 -svg "$svg" >"$scratch/with"
diff <(grep -v predicted "$scratch/without") <(grep -v predicted "$scratch/with") || fail "the tables differ"

# all or nothing: an error names the file, prints nothing else, and leaves what was there
mkdir "$scratch/folder"
expect 1 'no/such/folder/a.svg: cannot be written: No such file' \
    "$darknet" mafat plan cfg/yolov2.cfg -svg "$scratch/no/such/folder/a.svg"
[ -s "$scratch/stdout" ] && fail "a plan is printed though its picture failed"
expect 1 'folder: cannot be written: not a regular file' \
    "$darknet" mafat plan cfg/yolov2.cfg -svg "$scratch/folder"
expect 1 '/dev/full: cannot be written: not a regular file' \
    "$darknet" mafat plan cfg/yolov2.cfg -svg /dev/full
echo before >"$scratch/folder/a.svg"
(
    ulimit -f 8
    trap '' XFSZ
    exec "$darknet" mafat plan cfg/yolov2.cfg -svg "$scratch/folder/a.svg" >/dev/null 2>"$scratch/stderr"
)
[ $? -eq 1 ] || fail "exit code $? where the file grows too large"
grep -q 'a.svg: cannot be written: File too large' "$scratch/stderr" || fail "$(cat "$scratch/stderr")"
[ "$(ls "$scratch/folder")" = a.svg ] && [ "$(cat "$scratch/folder/a.svg")" = before ] ||
    fail "a picture that failed left something behind: $(ls "$scratch/folder")"

# the command line
expect 2 'option -svg lacks its value' "$darknet" mafat plan cfg/yolov2.cfg -svg
expect 2 'option -svg is given twice' "$darknet" mafat plan cfg/yolov2.cfg -svg a -svg b
expect 2 'no plan to draw' "$darknet" mafat plan cfg/yolov2.cfg -mafat layers -svg "$svg"
finish
