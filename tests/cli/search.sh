#!/bin/bash
# search: what it prints, its front, the paper's choice, what it saves and measures, and what is refused.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
export XDG_CACHE_HOME=$scratch/cache
search() { # CODE PATTERN ARGUMENTS...
    local code=$1 pattern=$2
    shift 2
    expect "$code" "$pattern" "$darknet" mafat search "$@"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && a + 0 <= b + 0) }'; }
# no slower, but for half a percent that a plan may take for the memory that it spares
as_fast() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && a <= b * 1.005) }'; }

# what does not fit is told before costs are measured
search 3 'the smallest limit that works is [0-9]+' cfg/yolov2-tiny.cfg -memory 1M -threads 1
[ "$(wc -l <"$scratch/stderr")" = 1 ] && [ ! -e "$scratch/cache" ] || fail "measured in vain: $(cat "$scratch/stderr")"
told=$(cat "$scratch/stderr")
# costs are measured once for a number of threads, and kept
search 0 '^costs: measured, reads defaults$' cfg/yolov2-tiny.cfg -memory 16M -threads 1
grep -q '^mafat: measuring what computing costs here$' "$scratch/stderr" || fail "costs are measured, and nothing says so"
[ "$(ls "$scratch/cache/mafat" | wc -l)" = 1 ] || fail "not one file of costs: $(ls "$scratch/cache/mafat")"
search 0 '^costs: measured, reads defaults$' cfg/yolov2-tiny.cfg -memory 16M -threads 1
! grep -q measuring "$scratch/stderr" || fail "measured again"
found=$(value config)
search 3 '' cfg/yolov2-tiny.cfg -memory 1M -threads 1
[ "$(cat "$scratch/stderr")" = "$told" ] || fail "another limit with costs than without: $(cat "$scratch/stderr")"
# what is kept is used by all commands, and only where it was written by this program on this machine
expect 0 "^config: $found\$" "$darknet" mafat plan cfg/yolov2-tiny.cfg -memory 16M -threads 1
file=$(echo "$scratch"/cache/mafat/costs-*)
cp "$file" "$scratch/kept"
seconds_of_plan() { # what a plan takes by the costs that are there
    timeout 60 "$darknet" mafat plan cfg/yolov2-tiny.cfg -memory 16M -threads 1 2>&1 | sed -n 's/^predicted_latency_s: //p'
}
usual=$(XDG_CACHE_HOME=$scratch/empty seconds_of_plan)
kept=$(seconds_of_plan)
[ -n "$usual" ] && [ "$usual" != "$kept" ] || fail "costs of this machine make no difference: $kept s"
for damage in 's/^program: .*/program: another/' 's/^processor: .*/processor: another/' '/^sum_s/d' \
    '/^sum_s/d; s/^pack_s: .*/&\n&/' 's/^mac_s: .*/mac_s: nan/' 's/^step_s: .*/step_s: inf/' 's/^read_s: .*/read_s: -1/' \
    's/_s: .*/_s: 0/' 's/^mac_s: .*/mac_s: 0/' 's/^mac_s: .*/mac_s: 1e-300/' 's/^mac_s: .*/mac_s: 0.9/' \
    's/^lost_byte_s: .*/lost_byte_s: 0/' 's/^lost_byte_s: .*/lost_byte_s: nan/'; do
    sed "$damage" "$scratch/kept" >"$file"
    [ "$(seconds_of_plan)" = "$usual" ] || fail "took costs that say '$damage'"
done
{ cat "$scratch/kept"; head -c 1M /dev/zero; } >"$file"
[ "$(seconds_of_plan)" = "$usual" ] || fail "took costs out of a file of a megabyte"
# what is no file is not waited for
mkfifo "$scratch/pipe"
for odd in "$scratch/pipe" /dev/zero "$scratch"; do
    ln -sfn "$odd" "$file"
    [ "$(seconds_of_plan)" = "$usual" ] || fail "$odd: another plan"
done
ln -sfn "$scratch/pipe" "$file"
# it is measured again, and what is no file stays what it is
search 0 '^costs: measured, reads defaults$' cfg/yolov2-tiny.cfg -memory 16M -threads 1
grep -q measuring "$scratch/stderr" || fail "took costs of a pipe"
grep -q 'cannot be written: not a regular file' "$scratch/stderr" || fail "kept costs in a pipe"
rm "$file"
cp "$scratch/kept" "$file"
[ "$(seconds_of_plan)" = "$kept" ] || fail "the costs that were kept are not taken"

# From here on what computing costs here is known.
knows_costs

# a plan that fits, for every limit; more memory is never slower, and the paper's is no faster
before=
for limit in 7M 8M 12M 16M 24M 32M 48M 64M; do
    search 0 '^config: ' cfg/yolov2-tiny.cfg -memory $limit -threads 2
    [ "$(value predicted_bytes)" -le "$(value limit_bytes)" ] || fail "$limit: predicted more"
    seconds=$(value predicted_latency_s)
    below "$(value least_latency_s)" "$seconds" || fail "$limit: faster than can be"
    [ -z "$before" ] || as_fast "$seconds" "$before" || fail "$limit: $seconds s, with less memory $before"
    before=$seconds
    "$darknet" mafat search cfg/yolov2-tiny.cfg -memory $limit -threads 2 -paper >"$scratch/stdout" 2>"$scratch/stderr"
    case $? in
    0) as_fast "$seconds" "$(value predicted_latency_s)" || fail "$limit: the paper's $(value config) is faster" ;;
    3) grep -q "none of the paper's configurations fits" "$scratch/stderr" || fail "$limit: $(cat "$scratch/stderr")" ;;
    *) fail "$limit: -paper: $(cat "$scratch/stderr")" ;;
    esac
done

# so it is in a network of 205 layers, where what promises most may all need too much
"$darknet" mafat plan cfg/resnet152.cfg -memory 128M -threads 2 >"$scratch/stdout" 2>"$scratch/stderr"
before=$(value predicted_latency_s)
"$darknet" mafat plan cfg/resnet152.cfg -memory 200M -threads 2 >"$scratch/stdout" 2>"$scratch/stderr"
as_fast "$(value predicted_latency_s)" "$before" || fail "resnet152 takes $(value predicted_latency_s) s in 200M, $before in 128M"

# the smallest limit that works works, and one byte less does not
plan="$darknet mafat plan cfg/yolov2.cfg -threads 2 -memory"
expect 3 'nothing fits 1048576 bytes; the smallest limit that works is [0-9]+ \([0-9.]+ [KMG]iB\)$' $plan 1M
least=$(sed -n 's/.*works is \([0-9]*\).*/\1/p' "$scratch/stderr")
expect 0 "^predicted_bytes: $least\$" $plan "$least"
expect 3 "nothing fits $((least - 1)) bytes; the smallest limit that works is $least \\([0-9.]+ [KMG]iB\\)\$" $plan $((least - 1))

# the front: from much memory and little time to little memory and much time
search 0 '^ *limit bytes +takes bytes +latency s +reads in a run +takes  config$' cfg/yolov2-tiny.cfg -front -svg "$scratch/front.svg" -threads 2
awk '/^ *([0-9]+|none) +[0-9]+ +[0-9.]+ +[0-9]+  / { n++; if (n > 1 && ($2 >= bytes || $3 < seconds)) bad = 1; bytes = $2; seconds = $3
     if ($1 != "none" && $2 > $1) bad = 1 } END { exit !(n > 10 && !bad) }' "$scratch/stdout" || fail "the front: $(cat "$scratch/stdout")"
grep -q '</svg>' "$scratch/front.svg" || fail "no picture"
search 0 '"front": \[' cfg/yolov2-tiny.cfg -front -json -memory 16M -threads 2
is_json "$scratch/stdout"

# -save: the cfg as it was, with what was found; it then does the same everywhere
search 0 '^config: ' cfg/yolov2-tiny.cfg -memory 12M -threads 2 -save "$scratch/new.cfg"
found=$(value config)
diff cfg/yolov2-tiny.cfg "$scratch/new.cfg" | grep '^[<>]' >"$scratch/difference"
printf '> mafat=%s\n> mafat_memory=12M\n> mafat_threads=2\n' "$found" | diff - "$scratch/difference" ||
    fail "saved something else"
expect 0 "^config: $found\$" "$darknet" mafat plan "$scratch/new.cfg"
[ "$(value limit_bytes)" = 12582912 ] && [ "$(value threads)" = 2 ] || fail "saved other limits"
search 1 'no-such-folder' cfg/yolov2-tiny.cfg -memory 12M -threads 2 -save "$scratch/no-such-folder/new.cfg"
# what was saved runs in that limit: with the image that is named, or with one that leaves a configuration
# room; where it would leave none, each run searches
tiny_weights=$(weights cfg/yolov2-tiny.cfg)
detects() { # LIMIT OPTIONS...: saves a search, and has it detect in that limit
    local bytes=$1
    shift
    search 0 '^config: ' cfg/yolov2-tiny.cfg -memory "$bytes" -threads 2 -save "$scratch/saved.cfg" "$@"
    found=$(value config)
    said=$(grep "^mafat: $scratch/saved.cfg: " "$scratch/stderr")
    expect 0 'Predicted in' "$darknet" mafat detector test cfg/coco.data "$scratch/saved.cfg" "$tiny_weights" \
        data/dog.jpg -thresh .9 -out "$scratch/drawn"
    ran=$(sed -nE "s/^mafat: limit [0-9]+ bytes: ([^,]*), .*/\1/p" "$scratch/stderr")
}
search 3 'the smallest limit that works is [0-9]+ .* for data/dog.jpg, an image of 768x576 pixels$' \
    cfg/yolov2-tiny.cfg -memory 1M -threads 2 -image data/dog.jpg
least=$(sed -n 's/.*works is \([0-9]*\).*/\1/p' "$scratch/stderr")
for limit in $least 8M 12M; do
    detects $limit -image data/dog.jpg
    [ "$ran" = "$found" ] || fail "$limit: ran $ran, saved $found"
    grep -q "is planned for data/dog.jpg in" <<<"$said" || fail "$limit: does not name the image: $said"
done
detects 64M
[ "$ran" = "$found" ] || fail "64M: ran $ran, saved $found"
grep -q 'leaves room in 67108864 bytes for a photo of 4096x3072' <<<"$said" || fail "64M: names no image: $said"
detects $least    # what suffices for a smaller image leaves no room for a photo, whatever is chosen
grep -q "saved without a configuration: in $least bytes" <<<"$said" || fail "$least: does not say what it saved: $said"
! grep -q '^mafat=' "$scratch/saved.cfg" || fail "$least: saved a configuration that leaves no room for an image"
grep -q "^mafat_memory=$least\$" "$scratch/saved.cfg" || fail "$least: saved no limit"
expect 3 'the smallest limit that works is [0-9]+ \([0-9.]+ [KMG]iB\) with 1x1$' "$darknet" mafat plan cfg/yolov2-tiny.cfg -mafat 1x1 -memory 8M
search 1 'no-such-folder' cfg/yolov2-tiny.cfg -front -threads 2 -svg "$scratch/no-such-folder/front.svg"
[ ! -s "$scratch/stdout" ] || fail "searched for what could not be written"
# what was saved binds whoever runs the network, and not another search
search 0 '^config: ' cfg/yolov2-tiny.cfg -memory 24M -threads 2
found=$(value config) least=$(value least_latency_s)
for options in "" -paper; do
    search 0 '^config: ' "$scratch/new.cfg" -memory 24M -threads 2 $options
    grep -q "mafat=.* of $scratch/new.cfg is left aside" "$scratch/stderr" || fail "does not say what it leaves aside"
    [ "$(value least_latency_s)" = "$least" ] || fail "another bound than for the cfg without flags"
    [ -n "$options" ] || [ "$(value config)" = "$found" ] || fail "bound by the cfg's configuration"
done

# -trace: why neighbours of the plan lost. What fits is not faster than any can be, what is faster does not fit; a table
# and a list of the same lines, of a plan that is the same without them
search 0 '^config: ' cfg/yolov2-tiny.cfg -memory 12M -threads 2
found=$(value config) bytes=$(value predicted_bytes)
traced() { # ARGUMENTS...: a search with a trace, whose lines are true in themselves: no faster than the bound
    search 0 '^ *layers +chosen +weights +why not +weights +ms slower +bytes over$' "$@" -trace
    awk '/^predicted_latency_s: / { chosen = $2 * 1000 } /^least_latency_s: / { least = $2 * 1000 }
         /^ *[0-9]+-[0-9]+  / {
             n++
             if (NF != 7 || $2 " " $3 == $4 " " $5 || ($7 > 0 ? $6 >= 0 : $6 < least - chosen - .0005)) { print; bad = 1 }
         }
         END { exit !(n > 0 && !bad) }' "$scratch/stdout" || fail "lines of $*: $(cat "$scratch/stdout")"
}
lines() { grep -cE '^ *[0-9]+-[0-9]+  ' "$scratch/stdout"; }
traced cfg/yolov2-tiny.cfg -memory 12M -threads 2
[ "$(value config) $(value predicted_bytes)" = "$found $bytes" ] || fail "another plan where it is traced"
n_lines=$(lines)
search 0 '"trace": \[' cfg/yolov2-tiny.cfg -memory 12M -threads 2 -trace -json
[ "$(grep -o '"bytes_over": ' "$scratch/stdout" | wc -l)" = "$n_lines" ] || fail "not $n_lines lines: $(cat "$scratch/stdout")"
! command -v python3 >/dev/null || python3 - "$scratch/stdout" <<'END' || fail "the list: $(cat "$scratch/stdout")"
import json, sys
found = json.load(open(sys.argv[1]))
for line in found["trace"]:
    assert line["first_layer"] <= line["last_layer"] < 16 and line["config"] and line["weights"]
    seconds = found["predicted_latency_s"] + line["slower_s"]
    assert line["bytes_over"] > 0 or seconds >= found["least_latency_s"] * (1 - 1e-9), line
END
# where there is room for everything, nothing is over
traced cfg/yolov2-tiny.cfg -memory 200M -threads 2
[ -z "$(awk '/^ *[0-9]+-[0-9]+  / && $7 > 0' "$scratch/stdout")" ] || fail "over a limit that is large: $(cat "$scratch/stdout")"
# of a configuration that is fixed, the modes of weights
traced cfg/yolov2-tiny.cfg -memory 12M -threads 2 -mafat 3x3/4/1x1
grep -qE '^ *0-3  3x3  ' "$scratch/stdout" || fail "not of the configuration: $(cat "$scratch/stdout")"
awk '/^ *[0-9]+-[0-9]+  / && $1 == "0-3" && $4 != "3x3" { exit 1 }' "$scratch/stdout" || fail "other tilings: $(cat "$scratch/stdout")"
traced cfg/yolov2-tiny.cfg -memory 12M -threads 2 -save "$scratch/traced.cfg"
[ -s "$scratch/traced.cfg" ] || fail "-trace saves nothing"
# it is part of what the search holds: in the smallest limit, of which searching is most, it has room
{
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n'
    for _ in $(seq $(if long; then echo 150; else echo 75; fi)); do printf '[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n'; done
} >"$scratch/deep.cfg"
search 3 'the smallest limit that works is [0-9]+ \([0-9.]+ [KMG]iB\)$' "$scratch/deep.cfg" -memory 1M -threads 1 -trace
least=$(sed -n 's/.*works is \([0-9]*\).*/\1/p' "$scratch/stderr")
traced "$scratch/deep.cfg" -memory "$least" -threads 1
if "$top/tools/limit" -o "$scratch/report" 96M true 2>"$scratch/stderr"; then
    expect 0 '^ *0-' "$top/tools/limit" -o "$scratch/report" "$least" "$darknet" mafat search "$scratch/deep.cfg" \
        -memory "$least" -threads 1 -trace
    grep -q '^limit_hits: 0$' "$scratch/report" || fail "in the least limit: $(xargs <"$scratch/report")"
else
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
fi

# -measure: runs in processes of their own, ranked
w=$(weights cfg/yolov2-tiny.cfg)
search 0 '^ *measured s +predicted s  config$' cfg/yolov2-tiny.cfg "$w" -memory 12M -threads 1 -measure
awk '/^ *[0-9.]+ +[0-9.]+  [0-9]/ { n++; if ($1 < before) bad = 1; before = $1 } END { exit !(n > 0 && !bad) }' \
    "$scratch/stdout" || fail "not ranked: $(cat "$scratch/stdout")"
[ "$(value config)" = "$(sed -n 's/^ *[0-9.]* *[0-9.]*  \([0-9]*x.*\)/\1/p' "$scratch/stdout" | head -n 1)" ] ||
    fail "chose another than the fastest"
grep -q 'run 3 of' "$scratch/stderr" || fail "no progress of runs"
! grep -q '^layer ' "$scratch/stderr" || fail "shows what the runs say"
[ "$(value costs)" = measured ] || fail "does not measure reads of $w"
search 0 '^costs: measured$' cfg/yolov2-tiny.cfg "$w" -memory 12M -threads 1 -paper
below "$(value least_latency_s)" "$(value predicted_latency_s)" || fail "-paper is better than can be"
search 1 'none.weights' cfg/yolov2-tiny.cfg none.weights -memory 12M -threads 1
# auto is kept as what it was
search 0 '^config: ' cfg/yolov2-tiny.cfg -memory auto -threads 2 -save "$scratch/auto.cfg"
grep -q "^mafat_memory=$(value limit_bytes)\$" "$scratch/auto.cfg" || fail "auto was saved as $(grep memory= "$scratch/auto.cfg")"
sed -i 's/^mafat_memory=.*/mafat_memory=auto/' "$scratch/auto.cfg"
search 0 '^config: ' "$scratch/auto.cfg" -save "$scratch/auto2.cfg"
grep -q "^mafat_memory=$(value limit_bytes)\$" "$scratch/auto2.cfg" || fail "the cfg's auto was saved as $(grep memory= "$scratch/auto2.cfg")"

# costs that cannot be kept: the runs would be of other plans than those that are ranked
XDG_CACHE_HOME=/proc/none "$darknet" mafat search cfg/yolov2-tiny.cfg "$w" -memory 12M -threads 1 -measure \
    >"$scratch/stdout" 2>"$scratch/stderr"
code=$?
grep -q 'too busy to measure' "$scratch/stderr" || { [ $code = 1 ] && grep -q '^mafat: /proc/none/mafat/costs' "$scratch/stderr" &&
    grep -q 'made another plan' "$scratch/stderr"; } ||
    fail "ranked other plans than those that ran: exit code $code: $(tail -n 1 "$scratch/stderr")"
# the costs of reading are those of one file system
sed -i 's/^reads: of device .*/reads: of device 1/' "$scratch"/cache/mafat/costs-*-1
search 0 '^costs: measured$' cfg/yolov2-tiny.cfg "$w" -memory 12M -threads 1
grep -q "^reads: of device $(stat -c %d "$w")\$" "$scratch"/cache/mafat/costs-*-1 || fail "costs of another disk's reads"

# usage
search 2 'a search needs a limit: -memory LIMIT' cfg/yolov2.cfg
search 2 'WEIGHTS is missing' cfg/yolov2.cfg -memory 16M -measure
search 2 'one can be given at a time' cfg/yolov2.cfg -memory 16M -paper -front
search 2 '-svg draws what -front finds' cfg/yolov2.cfg -memory 16M -svg "$scratch/x.svg"
search 2 '-save needs one plan' cfg/yolov2.cfg -front -save "$scratch/x.cfg"
for option in -front -measure -paper; do
    search 2 "-trace tells why .* lost: $option cannot be given with it" cfg/yolov2.cfg w -memory 16M -trace $option
done
search 2 '-paper chooses the configuration' cfg/yolov2.cfg -memory 16M -paper -mafat 3x3
search 2 'nothing to search' cfg/yolov2.cfg -front -mafat layers
search 2 'usage: darknet mafat search CFG' -memory 16M
search 2 'which holds no photo' cfg/yolov2.cfg w -memory 16M -measure -image data/dog.jpg
search 2 'it goes with -image FILE' cfg/yolov2.cfg -memory 16M -data cfg/coco.data
search 2 'unknown option -faster' cfg/yolov2.cfg -memory 16M -faster
search 1 'none.cfg: ' none.cfg -memory 16M
[ ! -e "$scratch/x.svg" ] && [ ! -e "$scratch/x.cfg" ] || fail "wrote files after wrong usage"
finish
