#!/bin/bash
# bench: its keys, its table and its options. How fast anything is, is no test's business.
. "$(dirname "$0")/../lib.sh"
cat >"$scratch/small.cfg" <<'END'
[net]
width=20
height=12
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[dropout]
probability=.5

[convolutional]
filters=5
size=1
stride=1
activation=linear

[softmax]
END
cfg=$scratch/small.cfg
w=$scratch/small.weights
"$top/tools/random_weights" "$cfg" "$w" >/dev/null || fail "no weights"
bench() { "$darknet" mafat bench "$cfg" "$w" "$@"; }
keys="config threads predicted_bytes arena_bytes pinned_bytes weight_bytes_read redundant_macs_percent predicted_latency_s runs
    latency_s_min latency_s_median latency_s_max gflops peak_gflops share_of_peak_percent peak_bytes peak_rss_bytes
    start_to_first_run_s"

# what is known beforehand
expect 0 '^config: 1x1$' bench -threads 1
[ "$(value runs)" = 10 ] || fail "$(value runs) runs where nobody says how many"
expect 0 '^runs: 3$' bench -n 3 -threads 2 -mafat 2x2
[ "$(value config)" = 2x2 ] || fail "config $(value config) instead of 2x2"
[ "$(cut -d: -f1 "$scratch/stdout" | xargs)" = "$(echo $keys | xargs)" ] || fail "other keys, or another order"
for key in $keys; do
    value $key | grep -qE "^(2x2|unknown|[0-9.e+-]+)$" || fail "$key is \"$(value $key)\""
done
awk -v min="$(value latency_s_min)" -v median="$(value latency_s_median)" -v max="$(value latency_s_max)" \
    -v gflops="$(value gflops)" -v peak="$(value peak_gflops)" -v share="$(value share_of_peak_percent)" '
    function same(a, b) { return a > b * (1 - 1e-6) && a < b * (1 + 1e-6) }
    BEGIN {
        macs = 20 * 12 * 8 * 27 + 10 * 6 * 5 * 8
        exit !(0 < min && min <= median && median <= max && same(gflops, 2e-9 * macs / median) &&
            (peak == "unknown" ? share == "unknown" : share <= 100 && same(share, 100 * gflops / peak)))
    }' || fail "the numbers do not agree with each other: $(cat "$scratch/stdout")"
"$darknet" mafat plan "$cfg" -mafat 2x2 -threads 2 >"$scratch/plan"
for key in arena_bytes redundant_macs_percent; do
    grep -qx "$key: $(value $key)" "$scratch/plan" || fail "$key is not the plan's"
done

# the table, and the same as JSON
layers='0 convolutional 4;1 maxpool 4;2 dropout 4;3 convolutional 4;4 softmax 1;'
expect 0 '^layer  type ' bench -layers -n 2 -mafat 2x2
[ "$(sed '1,/^layer/d' "$scratch/stdout" | awk '{ printf "%s %s %s;", $1, $2, $3 }')" = "$layers" ] ||
    fail "other layers or tiles: $(cat "$scratch/stdout")"
sed '1,/^layer/d' "$scratch/stdout" |
    awk '{ sum += $NF } END { exit !(sum > 99.5 && sum < 100.5) }' || fail "the layers do not add up"
expect 0 '^  "runs": 2,$' bench -layers -n 2 -json -mafat 2x2
for key in $keys layers; do
    grep -qE "^  \"$key\": [^ ]+$" "$scratch/stdout" || fail "JSON lacks $key"
done
[ "$(tr -d ' "\n' <"$scratch/stdout" | grep -o 'layer:[0-9]*,type:[a-z]*,tiles:[0-9]*' |
    sed 's/[a-z]*://g; s/,/ /g; s/$/;/' | tr -d '\n')" = "$layers" ] || fail "JSON has other layers"
is_json "$scratch/stdout"

# peak_bytes is this process's own, or unknown: a neighbour that stays, one that came first and has gone
caged="$top/tools/limit -o $scratch/report none"
if $caged true 2>/dev/null; then
    expect 0 '^peak_bytes: [0-9]+$' $caged "$darknet" mafat bench "$cfg" "$w" -n 1
    [ "$(value peak_bytes)" -le "$(sed -n 's/^peak_bytes: //p' "$scratch/report")" ] || fail "more than was charged"
    expect 0 '^peak_bytes: unknown$' $caged sh -c 'sleep 9 & exec "$@"' - "$darknet" mafat bench "$cfg" "$w" -n 1
    expect 0 '^peak_bytes: unknown$' $caged sh -c 'dd if=/dev/zero of=/dev/null bs=20M count=1 2>/dev/null; exec "$@"' - \
        "$darknet" mafat bench "$cfg" "$w" -n 1
    # and why: on stderr, or in JSON
    grep -q 'peak_bytes is unknown: its memory cgroup held ' "$scratch/stderr" || fail "no reason: $(cat "$scratch/stderr")"
    expect 0 '^  "peak_bytes_unknown": "other processes are in its memory cgroup' $caged sh -c 'sleep 9 & exec "$@"' - \
        "$darknet" mafat bench "$cfg" "$w" -n 1 -json
    grep -qx '  "peak_bytes": null,' "$scratch/stdout" || fail "JSON: $(grep peak_bytes "$scratch/stdout")"
    is_json "$scratch/stdout"

    # times of many layers in many runs are a part of what is planned: 5 MB of them in a limit of 9
    sed '/^\[softmax]/,$d' "$cfg" >"$scratch/deep.cfg"
    for ((i = 0; i < 60; i++)); do printf '[dropout]\nprobability=.5\n\n'; done >>"$scratch/deep.cfg"
    "$top/tools/random_weights" "$scratch/deep.cfg" "$w.deep" >/dev/null || fail "no weights"
    deep=(bench "$scratch/deep.cfg" "$w.deep" -layers -n 10000 -threads 1)
    expect 3 'the smallest limit that works is [0-9]+' "$darknet" mafat "${deep[@]}" -memory 1K
    limit=$(sed -n 's/.*the smallest limit that works is \([0-9]*\).*/\1/p' "$scratch/stderr")
    expect 0 '^runs: 10000$' "$top/tools/limit" -o "$scratch/report" "$limit" "$darknet" mafat "${deep[@]}" -memory "$limit"
    grep -qx 'limit_hits: 0' "$scratch/report" || fail "in $limit bytes: $(xargs <"$scratch/report")"
fi

# what is wrong
for n in 0 -1 10001 2x '' ' 3' +3 99999999999999999999; do
    expect 2 "option -n \"${n/+/\\+}\": expected a number from 1 to 10000" bench -n "$n"
done
expect 2 'option -n lacks its value' bench -n
expect 2 'option -n is given twice' bench -n 2 -n 2
expect 2 'option -layers is given twice' bench -layers -layers
expect 2 'unknown option -x; allowed are -n N, -layers, -mafat CONFIG, -memory LIMIT, -threads N, -batch N, -shares LIST, -fast, -stretch, -letter_box, -json, -quiet and -help' bench -x
expect 2 'small.cfg: configuration "layers" is .*, which is timed whole; given -layers$' bench -layers -mafat layers
expect 2 'usage: darknet mafat bench CFG WEIGHTS' "$darknet" mafat bench "$cfg"
expect 2 'usage: darknet mafat bench CFG WEIGHTS' bench one two
expect 2 'unknown option -n; allowed are -mafat' "$darknet" mafat compare "$cfg" -n
expect 1 'no-such.jpg: .*No such file' bench no-such.jpg -n 1
expect 1 'no-such.weights: .*No such file' "$darknet" mafat bench "$cfg" no-such.weights
expect 2 '^mafat: option -mafat: configuration "5x"' bench -mafat 5x
finish
