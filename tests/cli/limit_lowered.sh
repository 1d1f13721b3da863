#!/bin/bash
# A memory limit that is lowered while images are run: as long as the plan fits it, the results are the same bytes.
# Where it does not, the kernel ends the command, or refuses to lower it; no picture is half there, and no process is
# left. Needs the right to a memory cgroup (tools/limit).
. "$(dirname "$0")/../lib.sh"
"$top/tools/limit" -o "$scratch/report" 64M true 2>/dev/null || { echo "  not tried: no right to a memory cgroup"; exit 0; }
cd "$top/darknet" || exit 1
sed 's/^width=.*/width=96/; s/^height=.*/height=96/' cfg/yolov2-tiny.cfg >"$scratch/net.cfg"
w=$scratch/net.weights
"$top/tools/random_weights" "$scratch/net.cfg" "$w" >/dev/null || fail "no weights"
for name in a b c; do cp data/person.jpg "$scratch/$name.jpg"; done
detect=("$darknet" mafat detector test cfg/coco.data "$scratch/net.cfg" "$w" -memory 16M -threads 1 -thresh .1)
expect 0 'Predicted' "${detect[@]}" "$scratch/a.jpg" -out "$scratch/expected"

mkfifo "$scratch/paths"
trap '' PIPE    # where the command has ended, nobody reads them
"$top/tools/limit" -o "$scratch/report" 256M "${detect[@]}" -out "$scratch/out/" <"$scratch/paths" >"$scratch/stdout" 2>"$scratch/stderr" &
pid=$!
exec 3>"$scratch/paths"
run() { # NAME: waits until its picture is there, or the command has ended
    echo "$scratch/$1.jpg" >&3
    while [ ! -e "$scratch/out/$1.jpg" ] && kill -0 $pid 2>/dev/null; do sleep .05; done
    [ ! -e "$scratch/out/$1.jpg" ] || cmp "$scratch/out/$1.jpg" "$scratch/expected.jpg" || fail "another picture: $1"
}
lower() { # BYTES
    local file
    for file in memory.max memory.limit_in_bytes memory.memsw.limit_in_bytes; do
        [ ! -e "$cgroup/$file" ] || echo "$1" >"$cgroup/$file" || return
    done 2>/dev/null
}
run a
cgroup=$(find /sys/fs/cgroup -type d -name "mafat-limit-$pid" | head -n 1)
child=$(pgrep -P $pid)
lower $((16 << 20)) || fail "a limit in which the plan fits cannot be lowered to: $(cat "$cgroup"/memory.*usage_in_bytes "$cgroup/memory.current" 2>/dev/null)"
run b
kill -0 $pid 2>/dev/null && [ -e "$scratch/out/b.jpg" ] || fail "ended in a limit in which the plan fits: $(cat "$scratch/report" "$scratch/stderr")"
lower $((2 << 20)) || echo "  this kernel does not lower a limit to less than what is used"
run c
exec 3>&-
wait $pid
code=$?
[ $code = 0 ] || [ $code = 137 ] || fail "exit code $code in a limit in which the plan does not fit: $(tail -n 1 "$scratch/stderr")"
[ $code != 0 ] || [ -e "$scratch/out/c.jpg" ] || fail "exit code 0 without a picture"
kill -0 "$child" 2>/dev/null && fail "it still runs"
[ -z "$(find "$scratch/out" -type f ! -name '[abc].jpg')" ] || fail "left behind: $(ls "$scratch/out")"
finish
