#!/bin/bash
# -json: whatever of MAFAT's own commands, with whichever of its options, prints one JSON value, with the keys
# of its lines and the rows of its tables.
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
plan $cfg -mafat layers -steps:
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
[ -s "$scratch/plan.svg" ] && [ -s "$scratch/front.svg" ] && [ -s "$scratch/saved.cfg" ] || fail "-json writes no files"
finish
