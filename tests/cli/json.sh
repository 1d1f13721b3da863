#!/bin/bash
# -json: whatever of MAFAT's own commands, with whichever of its options, prints one JSON value, with the keys
# of its lines and the rows of its tables; classifiers print one for each image.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || { echo "  no python3 to read it"; exit 0; }
cat >"$scratch/check.py" <<'END'
import json, math, sys
def refuse(word):
    raise ValueError(word)
value = json.load(open(sys.argv[1], encoding="utf-8"), parse_constant=refuse)
assert isinstance(value, dict) and value
lines = open(sys.argv[2], encoding="utf-8").read()
head = lines.split("\n\n")[0].splitlines()
keys = [line.split(": ")[0] for line in head if ": " in line]
missing = [k for k in keys if k not in value]
assert "configurations" in value or not missing, missing
for line in head:
    key, text = line.split(": ", 1)
    chance = "configurations" in value or "costs" in value    # on a busy machine costs are measured later
    assert chance or not isinstance(value[key], str) or value[key] == text, line
lists = {k: v for k, v in value.items() if isinstance(v, list)}
assert sorted(lists) == sorted(sys.argv[3:]), (sorted(lists), sys.argv[3:])
assert all(rows or k == "weights" for k, rows in lists.items())
END
cfg=$scratch/tiny.cfg
w=$scratch/tiny.weights
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=24\nsize=5\nstride=2\npad=1\nactivation=leaky
[maxpool]\nsize=2\nstride=2\n[convolutional]\nfilters=16\nsize=3\nstride=1\nactivation=linear\n' >"$cfg"
tools/random_weights "$cfg" "$w" >/dev/null || fail "no weights"
cd "$top/darknet" || exit 1
knows_costs
# COMMAND : LISTS
while IFS=: read -r command lists; do
    for json in '' -json; do
        # shellcheck disable=SC2086
        "$darknet" mafat $command $json >"$scratch/out$json" 2>"$scratch/stderr" ||
            fail "exit code $?: $command $json: $(tail -n 1 "$scratch/stderr")"
    done
    # shellcheck disable=SC2086
    python3 "$scratch/check.py" "$scratch/out-json" "$scratch/out" $lists || fail "$command -json"
done <<END
plan $cfg -memory 8M -svg $scratch/plan.svg:layer_groups buffers weights
plan $cfg -mafat 2x2 -steps:layer_groups buffers weights each_step
plan $cfg -mafat layers:
predict $cfg -memory 8M:
predict $cfg -mafat layers:
predict cfg/yolov2-tiny.cfg -image data/dog.jpg -data cfg/coco.data:
search $cfg -memory 8M:
search $cfg $w -memory 8M -save $scratch/saved.cfg:
search $cfg -memory 8M -trace:trace
search $cfg -memory 8M -paper:
search $cfg -front -svg $scratch/front.svg:front
search $cfg $w -memory 8M -measure:measured
compare $cfg $w:
compare $cfg $w -mafat 2x2 -mafat 1x1:configurations
compare $cfg $w -mafat layers:
bench $cfg $w -n 2:
bench $cfg $w -n 2 -layers -mafat 2x2:layers
END

# classifiers: an object a line for the image, or for each of a list, with the classes that Darknet prints
input() { printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=6\nsize=5\nstride=4\nactivation=leaky\n[avgpool]\n[softmax]\n'; }
{ input; echo groups=1; } >"$scratch/flat.cfg"
{ input; echo "tree=$scratch/tree"; } >"$scratch/tree.cfg"
printf 'a -1\nb -1\nc 0\nd 0\ne 1\nf 1\n' >"$scratch/tree"
printf 'a "b"\n\xc3\xa4\nc\nd\ne\nf\n' >"$scratch/names"
printf 'labels=%s/names\ntop=2\n' "$scratch" >"$scratch/class.data"
cat >"$scratch/classes.py" <<'END'
import json, sys
stock, ours, files = open(sys.argv[1], encoding="utf-8").read().splitlines(), sys.argv[2], sys.argv[3:]
objects = [json.loads(line) for line in open(ours, encoding="utf-8")]
assert [o["file"] for o in objects] == files, objects
keys = ["file", "width", "height", "classes", "seconds", "config", "predicted_bytes", "peak_bytes"]
names = open(sys.argv[1] + ".names", encoding="utf-8").read().splitlines()
lines = []
for o in objects:
    assert [k for k in o if k != "peak_bytes_unknown"] == keys, list(o)
    assert (o["width"], o["height"]) in ((768, 576), (773, 512)) and o["seconds"] >= 0
    for c in o["classes"]:
        assert list(c) == ["class", "name", "probability"] and names[c["class"]] == c["name"]
        lines.append("%5.2f%%: %s" % (c["probability"] * 100, c["name"]))
assert lines == stock, (lines, stock)
END
cp "$scratch/names" "$scratch/stock.names"
for name in flat tree; do
    "$top/tools/random_weights" "$scratch/$name.cfg" "$scratch/$name.w" >/dev/null || fail "no weights"
    of() { "$1" ${2:+"$2"} classifier predict "$scratch/class.data" "$scratch/$name.cfg" "$scratch/$name.w" "${@:3}"; }
    while IFS=/ read -r options limit; do
        # shellcheck disable=SC2086
        {
            of "$stock" '' data/dog.jpg $options >"$scratch/stock" 2>/dev/null
            of "$darknet" mafat data/dog.jpg $options $limit -json >"$scratch/ours" 2>"$scratch/stderr" ||
                fail "$name: exit code $?: $(tail -n 1 "$scratch/stderr")"
            of "$darknet" mafat data/dog.jpg ${options/-t/-top} $limit >"$scratch/plain" 2>"$scratch/stderr"
        }
        python3 "$scratch/classes.py" "$scratch/stock" "$scratch/ours" data/dog.jpg || fail "$name $options $limit: other classes"
        cmp "$scratch/stock" "$scratch/plain" || fail "$name $options $limit: without -json stdout is not stock's"
    done <<END
/
-t 3/-memory 16M
-t 6/-mafat layers
END
    of "$stock" '' data/dog.jpg >"$scratch/stock" 2>/dev/null
    of "$stock" '' data/eagle.jpg >>"$scratch/stock" 2>/dev/null
    printf '%s\n' data/dog.jpg '' none.jpg data/eagle.jpg >"$scratch/list"
    "$darknet" classifier predict "$scratch/class.data" "$scratch/$name.cfg" "$scratch/$name.w" -json -quiet \
        <"$scratch/list" >"$scratch/ours" 2>"$scratch/stderr" && fail "$name: a missing image is nothing"
    grep -q '^mafat: none.jpg: No such file' "$scratch/stderr" || fail "$name: a missing image is not told"
    python3 "$scratch/classes.py" "$scratch/stock" "$scratch/ours" data/dog.jpg data/eagle.jpg || fail "$name: other classes in a list"
done
expect 2 'option -t: 7 must be from 0 to 6' of "$darknet" mafat data/dog.jpg -json -top 7
expect 2 '^mafat: -t and -top are one option: give one of them$' of "$darknet" mafat data/dog.jpg -json -top 2 -t 2
for option in -t -top; do
    expect 2 "^mafat: option $option is given twice\$" of "$darknet" mafat data/dog.jpg -json $option 2 $option 2
done
expect 3 'nothing fits 1048576 bytes' of "$darknet" mafat data/dog.jpg -json -memory 1M
expect 1 'cannot write the results' bash -c '"$@" >/dev/full' - "$darknet" mafat classifier predict "$scratch/class.data" \
    "$scratch/flat.cfg" "$scratch/flat.w" data/dog.jpg -json

# what is odd or amiss is told as without -json, an image that is none before weights are loaded
swapped() { "$darknet" mafat classifier predict "$scratch/class.data" "$scratch/flat.w" "$scratch/flat.cfg" data/dog.jpg "$@"; }
for options in '' -json; do
    expect 1 'flat.w: is a weights file, not a cfg file; usage: .* classifier predict DATA CFG' swapped $options
    expect 1 'none.jpg: No such file' of "$darknet" mafat none.jpg $options
    ! grep -q 'Loading weights' "$scratch/stderr" || fail "weights are loaded for an image that is not there: $options"
done
{ sed '/softmax/,$d' "$scratch/flat.cfg"; printf '[region]\nanchors=1,1\nclasses=1\ncoords=4\nnum=1\n'; } >"$scratch/boxes.cfg"
"$top/tools/random_weights" "$scratch/boxes.cfg" "$scratch/boxes.w" >/dev/null || fail "no weights"
expect 0 '^{"file": ' "$darknet" mafat classifier predict "$scratch/class.data" "$scratch/boxes.cfg" "$scratch/boxes.w" data/dog.jpg -json
grep -q 'boxes.cfg: is a detector, of whose boxes' "$scratch/stderr" || fail "-json: a detector is taken for a classifier, and nothing says so"

# a list ends where the network can run no more, its weights having changed while they are read in each run
{ sed '/avgpool/,$d' "$scratch/flat.cfg"; printf '[convolutional]\nfilters=512\n[convolutional]\nfilters=1024\nsize=3\npad=1\n[convolutional]\nfilters=6\n[avgpool]\n'
} >"$scratch/large.cfg"
"$top/tools/random_weights" "$scratch/large.cfg" "$scratch/large.w" >/dev/null || fail "no weights"
mkfifo "$scratch/paths"
rm -f "$scratch/ours"
"$darknet" mafat classifier predict "$scratch/class.data" "$scratch/large.cfg" "$scratch/large.w" -json -quiet -memory 14M \
    <"$scratch/paths" >"$scratch/ours" 2>"$scratch/stderr" &
classifier=$!
exec 7>"$scratch/paths"
echo data/dog.jpg >&7
until [ -s "$scratch/ours" ] || ! kill -0 $classifier 2>/dev/null; do sleep .02; done
truncate -s 100000 "$scratch/large.w"
(printf '%s\n' data/eagle.jpg data/dog.jpg >&7)    # which nobody may be there to read to its end
exec 7>&-
wait $classifier && fail "a network without weights runs"
[ "$(wc -l <"$scratch/stderr")" = 1 ] && grep -q 'large.w: was changed while it was in use' "$scratch/stderr" ||
    fail "a list goes on without a network: $(cat "$scratch/stderr")"
[ -s "$scratch/plan.svg" ] && [ -s "$scratch/front.svg" ] && [ -s "$scratch/saved.cfg" ] || fail "-json writes no files"
finish
