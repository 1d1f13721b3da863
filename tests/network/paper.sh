#!/bin/bash
# make paper QUICK=1: all of its machinery on a small network. Whatever moment it is interrupted at, swap, cgroups,
# bounds on reading and files are afterwards as they were, or after the next run where it was killed, and that
# makes the runs that are lacking and no others. PAPER_MOMENTS says how many moments of each sort are tried.
# Left to `make test-long`; cli/paper.sh has the rules.
# Needs root, swap on a file, and memory cgroups.
# Alone: it counts what the whole machine swaps.
. "$(dirname "$0")/../lib.sh"
long || { echo "  not run: an experiment of minutes (make test-long)"; finish; }
paper=$top/tools/paper/paper
moments=${PAPER_MOMENTS:-1}
out=$top/build/paper-test.$$    # on a disk, which swap needs and bounds on reading are set on
# what cannot be taken back stays written down there
clean_up() {
    # shellcheck disable=SC2046    # as many words as there are
    kill $(jobs -p) 2>/dev/null && wait
    [ ! -e "$out/made" ] || "$paper" --out "$out" --clean 2>/dev/null || echo "  left behind: see $out/made"
    rm -rf "$scratch"
    [ -e "$out/made" ] || rm -rf "$out"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
weights "$top/cfg/yolov2-first16.cfg" >"$scratch/weights"

# state: what others must find as it was. Cgroups of tools/limit have its process id in their names.
state() {
    awk '{ print $1, $2, $3, $5 }' /proc/swaps
    find /sys/fs/cgroup -type d -name 'mafat-paper-*' 2>/dev/null
    find /sys/fs/cgroup -maxdepth 2 \( -name cgroup.subtree_control -o -name io.max -o -name 'blkio.throttle.*_bps_device' \) \
        -exec grep -H . {} + 2>/dev/null
    find "$out" -mindepth 1 -maxdepth 1 ! -name quick
}
# n_runs: that are written down
n_runs() { cat "$out/quick/runs.csv" 2>/dev/null | wc -l; }
# quick: in the background, its process id in $pid; a script's background commands ignore SIGINT
quick() {
    env --default-signal=INT,TERM,HUP "$paper" --quick --out "$out" >"$scratch/stdout" 2>"$scratch/stderr" &
    pid=$!
}

mkdir -p "$out/quick"
: >"$out/lock"
before=$(state)
"$paper" --check 2>"$scratch/stderr"
if [ $? -eq 2 ]; then
    echo "  not tested: $(tail -n 1 "$scratch/stderr")"
    finish
fi

# killed in the middle of a run and swap, the next one clears, goes on, and comes to an end
quick
for ((i = 0; i < 600 && $(n_runs) < 20; i++)); do sleep .1; done
kill -KILL $pid
wait $pid 2>/dev/null
done_runs=$(n_runs)
[[ $(state) = *paper* ]] || fail "was killed before it made anything"
quick
wait $pid
code=$?
command -v gnuplot >/dev/null || { echo "  not tested: pictures, without gnuplot"; [ $code -eq 1 ] && code=0; }
[ $code -eq 0 ] || fail "after SIGKILL: exit code $code: $(tail -n 3 "$scratch/stderr")"
grep -q 'cleared what a run that was killed had left' "$scratch/stderr" || fail "does not say that it cleared"
[ "$(state)" = "$before" ] || fail "after SIGKILL: not as before: $(diff <(echo "$before") <(state))"
grep -q ', which takes some ' "$scratch/stderr" || fail "no estimate"
grep -q '^paper: round [1-9]: .* runs left' "$scratch/stderr" || fail "no progress"
[ "$done_runs" -ge 20 ] && head -n "$done_runs" "$out/quick/runs.csv" | tail -n 1 | grep -q , || fail "no runs to go on from"

# what came of it: each case has its runs, ours all ended, stock swapped, reading was bounded
summary=$out/quick/summary.csv
column() { head -n 1 "$summary" | tr , '\n' | grep -nx "$1" | cut -d: -f1; }
lines() { # CONDITION of awk: the lines for which it holds; columns by their names
    local name condition=$1
    for name in $(head -n 1 "$summary" | tr , ' '); do condition=${condition//@$name/\$$(column "$name")}; done
    awk -F , "NR > 1 && ($condition)" "$summary"
}
[ "$(lines '@config == "ours" && @outcome == "done" && @runs >= 3' | wc -l)" -ge 9 ] || fail "ours: $(lines '@config == "ours"')"
[ -z "$(lines '@config == "ours" && @outcome != "done"')" ] || fail "ours: $(lines '@config == "ours"')"
[ -z "$(lines '@outcome == "done" && @how == "" && (@runs < 3 || @runs > 5)')" ] || fail "not three to five runs"
[ -n "$(lines '@config == "stock" && @swap == "yes" && @limit_mb == 24 && @swapped_mb > 5')" ] || fail "stock does not swap"
[ -n "$(lines '@config == "stock" && @swap == "no" && @limit_mb == 24 && @outcome == "killed"')" ] || fail "stock is not killed"
[ -z "$(lines '@mode == "held" && @peak_mb > @limit_mb')" ] || fail "more than the limit: $(lines '@mode == "held"')"
# bounds on reading, of cgroups of version 1 where the disk is one: 13.7 MB of weights at 25 MB/s
if ! grep -q 'reading cannot be bounded here' "$scratch/stderr"; then
    [ -n "$(lines '@read_mb_s == 25 && @config == "stock" && @process_s > .4')" ] || fail "reading is not bounded"
elif [ -e /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device ] && [[ $(df --output=source "$out") = */dev/* ]]; then
    fail "$(grep 'reading cannot be bounded here' "$scratch/stderr")"
else
    echo "  not tested: $(grep 'reading cannot be bounded here' "$scratch/stderr")"
fi
grep -q '^| 24 MB |' "$out/quick/tables.md" || fail "no tables"
if command -v gnuplot >/dev/null; then
    for picture in latency-quick-swap swapped-quick-swap front-quick predicted-memory-quick predicted-time-quick share-quick-swap; do
        for form in svg png; do
            [ -s "$out/quick/plots/$picture.$form" ] || fail "no picture $picture.$form"
        done
    done
fi

# complete, it makes nothing and draws
done_runs=$(n_runs)
quick
wait $pid
grep -q '; 0 runs are to be made' "$scratch/stderr" || fail "runs again what has been run: $(head -n 2 "$scratch/stderr")"
[ "$(n_runs)" -eq "$done_runs" ] || fail "$(n_runs) runs instead of $done_runs"

# a moment within the seconds that a run from nothing takes
moment() { sleep "$((RANDOM % 8)).$((RANDOM % 10))"; }
# the second one a millisecond later: make passes on what the terminal sends as well
sorts=(INT 'INT TERM' 'TERM TERM' 'HUP HUP' KILL)
for signals in "${sorts[@]}"; do
    for ((i = 0; i < moments; i++)); do
        rm -rf "$out/quick"
        quick
        moment
        for signal in $signals; do
            sleep .001
            kill -$signal $pid 2>/dev/null
        done
        wait $pid 2>/dev/null
        code=$?
        if [ $signal != KILL ]; then
            [[ $code =~ ^1(29|30|43)$ ]] || fail "$signals: exit code $code: $(tail -n 1 "$scratch/stderr")"
        else
            # what it measured is killed with it, what it asked ends by itself
            for ((s = 0; s < 100; s++)); do pgrep -f "$out" >/dev/null && sleep .1 || break; done
            [ $s -lt 100 ] || fail "SIGKILL: still runs: $(pgrep -af "$out")"
            "$paper" --out "$out" --clean 2>/dev/null || fail "--clean: exit code $?"
        fi
        [ "$(state)" = "$before" ] || fail "$signals: not as before: $(diff <(echo "$before") <(state))"
    done
done
finish
