#!/bin/bash
# The text of a plan. Sizes that depend on the machine (its vectors' workspace, what the process holds, seconds) are
# left out.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
expect 0 '^config: 5x5/8/2x2$' "$darknet" mafat plan cfg/yolov2.cfg -mafat 5x5/8/2x2 -threads 2
sed -E '/^(arena|live|predicted)_bytes|^predicted_latency_s|^workspace/d; s/(one tile|whole map)( .*)  [0-9]+$/\1\2/' "$scratch/stdout" |
    diff "$top/tests/cli/plan.expected" - || fail "the plan's text changed"

"$darknet" mafat plan cfg/yolov2.cfg -mafat 5x5/8/2x2 -threads 2 -json >"$scratch/json"
for key in config threads groups steps arena_bytes live_bytes pinned_bytes macs redundant_macs_percent; do
    text=$(value $key)
    grep -qE "^  \"$key\": \"?$text\"?,?$" "$scratch/json" || fail "JSON lacks \"$key\": $text"
done
[ "$(sed -n '1p;$p' "$scratch/json" | tr -d '\n')" = '{}' ] || fail "JSON is no object"

# a configuration of any length comes back whole; steps can be printed
long=1x1$(printf '/%d/1x1' $(seq 1 140))
expect 0 "^config: $long\$" "$darknet" mafat plan cfg/resnet152.cfg -mafat "$long"
expect 0 '^  581      27     16  0,0         31  compute  0-424      0-18, 0-18 +0-18, 0-18$' \
    "$darknet" mafat plan cfg/yolov2.cfg -mafat 5x5/8/2x2 -steps

# a limit chooses a plan; one that is too small names the smallest that works, with exit code 3
expect 0 '^config: [0-9]+x[0-9]+r?/[0-9]' "$darknet" mafat plan cfg/yolov2.cfg -memory 16M
[ "$(value predicted_bytes)" -le 16777216 ] || fail "predicted $(value predicted_bytes) bytes for 16M"
expect 3 'nothing fits 4194304 bytes; the smallest limit that works is [0-9]+' \
    "$darknet" mafat plan cfg/yolov2.cfg -memory 4M

# what a prediction adds up to: decoding comes before the network runs
expect 0 '^predicted_bytes: ' "$darknet" mafat predict cfg/yolov2.cfg -memory 16M -image data/dog.jpg
sum=0
for key in arena pinned parameter result image decode plan network name process file thread kernel page_table \
    charged_ahead rounding; do
    sum=$((sum + $(value ${key}_bytes)))
done
[ "$(value predicted_bytes)" -eq $sum ] || fail "the terms add up to $sum of $(value predicted_bytes) bytes"
[ "$(value image_bytes)" -lt 262144 ] || fail "dog.jpg, a baseline JPEG of 768x576, does not come by rows"
expect 1 'none.jpg: cannot be read as an image' "$darknet" mafat predict cfg/yolov2.cfg -image none.jpg
# weights that MAFAT cannot read itself are counted whole
expect 3 'nothing fits 314572800 bytes' "$darknet" mafat predict cfg/vgg-16.cfg -memory 300M

# without a configuration: the cfg's own, else 1x1; the command line wins
expect 0 '^config: 5x5/8/2x2$' "$darknet" mafat plan "$top/cfg/yolov2-first16.cfg"
expect 0 '^config: 3x3/NoCut$' "$darknet" mafat plan "$top/cfg/yolov2-first16.cfg" -mafat 3x3/NoCut
expect 0 '^config: 1x1$' "$darknet" mafat plan cfg/yolov2.cfg
OMP_NUM_THREADS=1 expect 0 '^threads: 1$' "$darknet" mafat plan cfg/yolov2.cfg
# the tables, also as JSON: as many rows, the same numbers
for config in '-mafat 5x5/8/2x2' '-memory 16M'; do
    # shellcheck disable=SC2086
    expect 0 '^config: ' "$darknet" mafat plan cfg/yolov2.cfg $config -steps -threads 2
    cp "$scratch/stdout" "$scratch/tables"
    # shellcheck disable=SC2086
    expect 0 '^{$' "$darknet" mafat plan cfg/yolov2.cfg $config -steps -json -threads 2
    is_json "$scratch/stdout"
    ! command -v python3 >/dev/null || python3 -c '
import json, sys
plan = json.load(open(sys.argv[1]))
tables = {}
for block in open(sys.argv[2]).read().split("\n\n")[1:]:
    head, *rows = block.splitlines()
    tables[head.split()[0]] = [row.split() for row in rows]
assert [[str(g["tiles"]), g["input"], g["output"]] for g in plan["layer_groups"]] == [r[4:7] for r in tables["group"]]
assert [g["tiling"] for g in plan["layer_groups"]] == [r[3] for r in tables["group"]]
assert len(plan["buffers"]) == len(tables["buffer"])
for b, row in zip(plan["buffers"], tables["buffer"]):
    assert " ".join(row).startswith("%s %s %d %d-%d " % (b["name"], b["holds"], b["bytes"], b["first_moment"], b["last_moment"]))
    assert row[-1] == str(b.get("at", "output"))
for w, row in zip(plan["weights"], tables.get("weights", [])):
    assert row == ["layer"] + [str(w[k]) for k in ("layer", "bytes", "windows", "max_window_bytes", "pinned_windows", "bytes_read")]
assert len(plan["weights"]) == len(tables.get("weights", [])) and (plan["weights"] or "limit_bytes" not in plan)
assert plan["steps"] == len(plan["each_step"]) == len(tables["step"])
for i, (s, row) in enumerate(zip(plan["each_step"], tables["step"])):
    assert row[:4] == [str(i), str(s["moment"]), str(s["group"]), "%d,%d" % (s["tile_row"], s["tile_column"])]
    assert row[4:6] == [str(s.get("layer", -1)), s["does"]], (row, s)
    for side in ("reads", "writes"):
        if side in s:
            assert "%(first_row)d-%(last_row)d, %(first_column)d-%(last_column)d" % s[side] in " ".join(row)
' "$scratch/stdout" "$scratch/tables" || fail "JSON has other tables: $config"
done
# Darknet's own forward pass has no plan: that is said, and nothing is told of one
for command in plan predict; do
    expect 0 '^config: layers$' "$darknet" mafat $command cfg/yolov2.cfg -mafat layers -threads 2
    [ "$(xargs <"$scratch/stdout")" = 'config: layers threads: 2' ] || fail "$command: $(xargs <"$scratch/stdout")"
    grep -q '^mafat: cfg/yolov2.cfg: configuration "layers" is .*: there is no plan' "$scratch/stderr" || fail "$command says nothing"
done
expect 2 'forward pass: there are no steps to list$' "$darknet" mafat plan cfg/yolov2.cfg -mafat layers -steps
expect 2 'unknown option -steps' "$darknet" mafat predict cfg/yolov2.cfg -steps
finish
