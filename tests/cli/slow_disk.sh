#!/bin/bash
# tools/slow_disk: a command in a bound on reading, with costs of its own, and nothing of it left behind.
. "$(dirname "$0")/../lib.sh"
slow=$top/tools/slow_disk
for words in '' 46 '46M true' '0 true' '-1 true' '4.5 true' '100000 true'; do
    # shellcheck disable=SC2086    # words
    expect 125 '^usage: tools/slow_disk RATE COMMAND' "$slow" $words
done
if [ "$(id -u)" != 0 ]; then
    expect 125 'only root may bound reading' "$slow" 46 true
    finish
fi
if "$slow" 46 true 2>"$scratch/stderr"; then :; else
    echo "  not tested: $(tail -n 1 "$scratch/stderr")"
    finish
fi

# what the command sees: in whose cgroup, its bound, where costs are kept
cat >"$scratch/look.py" <<'END'
import os, sys
sys.path.insert(0, sys.argv[1])
import machine
version, folder, _ = machine.find_cgroup(["blkio"])
path = f"{folder}/blkio.throttle.read_bps_device" if version == 1 else f"{os.path.dirname(folder)}/io.max"
print(machine.read(path).replace("rbps=", ""), os.environ["XDG_CACHE_HOME"])
END
expect 0 "^[0-9:]* $((46 << 20))\\b" "$slow" 46 python3 "$scratch/look.py" "$top/tools/paper"
expect 0 '/costs-46$' "$slow" 46 python3 "$scratch/look.py" "$top/tools/paper"
expect 7 ran "$slow" 46 sh -c 'echo ran >&2; exit 7'
expect 137 ran "$slow" 46 sh -c 'echo ran >&2; kill -9 $$'
expect 127 'no_such_command: No such file' "$slow" 46 no_such_command
expect 126 'look.py: Permission denied' "$slow" 46 "$scratch/look.py"
expect 125 'another one runs' "$slow" 46 "$slow" 46 true

# interrupted, and killed: what runs ends with it, and nothing stays, behind SIGKILL once another one has run
runs() { grep -qsE '^State:[[:space:]]+[^Z[:space:]]' "/proc/$1/status"; }    # a zombie is its new parent's
left() { find /sys/fs/cgroup -type d -name "mafat-paper-$1" 2>/dev/null; }
for signal in INT KILL; do
    env --default-signal=INT "$slow" 46 sh -c 'echo $$ >"$0"; exec sleep 1000' "$scratch/pid" &
    pid=$!
    until [ -s "$scratch/pid" ]; do sleep .02; done
    child=$(cat "$scratch/pid")
    rm "$scratch/pid"
    kill -$signal $pid
    wait $pid 2>/dev/null
    code=$?
    [ $signal = INT ] && [ $code != 130 ] && fail "exit code $code behind SIGINT"
    [ $signal = KILL ] && "$slow" 46 true
    [ -z "$(left $pid)" ] || fail "left behind SIG$signal: $(left $pid)"
    ! runs "$child" || fail "still runs behind SIG$signal"
done
[ ! -e "$top/build/slow_disk/made" ] || fail "$(cat "$top/build/slow_disk/made")"
finish
