#!/bin/bash
# -memory auto: one line that says what was chosen and why, however often a command plans; the limit of
# a real cgroup, and what a neighbour in it leaves. The arithmetic is tests/test_cgroup.c's.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
cfg=cfg/yolov2-tiny.cfg
w=$(weights $cfg)
sed 's/^\[net\]/&\nmafat_memory=auto/' $cfg >"$scratch/auto.cfg"
line='^mafat: memory auto: [0-9]+ bytes \([0-9.]+ [KMGT]iB\): 15/16 of ([0-9]+, what is left of )?[0-9]+, (the limit of cgroup /.* \(memory\.[a-z_]+\)|what the machine has available .*)$'

# says_once COMMAND...: it succeeds, and one line says it; sets $chosen.
says_once() {
    local n
    "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || fail "exit code $?: $*: $(tail -n 1 "$scratch/stderr")"
    n=$(grep -cE "$line" "$scratch/stderr")
    [ "$n" = 1 ] && [ "$(grep -c 'memory auto' "$scratch/stderr")" = 1 ] ||
        fail "said it $n times: $*: $(grep 'memory auto' "$scratch/stderr")"
    chosen=$(sed -nE 's/^mafat: memory auto: ([0-9]+) bytes.*/\1/p' "$scratch/stderr")
}

says_once "$darknet" mafat plan $cfg -memory auto
says_once "$darknet" mafat plan "$scratch/auto.cfg"
says_once "$darknet" mafat compare $cfg "$w" data/dog.jpg -memory auto
grep -q "^mafat: limit $chosen bytes" "$scratch/stderr" || fail "compare: another limit than $chosen"
says_once "$darknet" mafat detector test cfg/coco.data $cfg "$w" data/dog.jpg -memory auto -out "$scratch/drawn"
grep -q "^mafat: limit $chosen bytes" "$scratch/stderr" || fail "detector: another limit than $chosen"
says_once "$darknet" detector test cfg/coco.data "$scratch/auto.cfg" "$w" data/dog.jpg -out "$scratch/drawn"
"$darknet" mafat plan "$scratch/auto.cfg" -memory 1G 2>&1 >/dev/null | grep 'memory auto' &&
    fail "speaks of auto where the option says 1G"

caged="$top/tools/limit -o $scratch/report 96M"
if ! $caged true 2>"$scratch/stderr"; then
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
fi
says_once $caged "$darknet" mafat plan $cfg -memory auto
grep -qE 'of 100663296, the limit of cgroup .*mafat-limit-[0-9]+ \(' "$scratch/stderr" ||
    fail "another limit than the cage's: $(grep 'memory auto' "$scratch/stderr")"
alone=$chosen
# a limit that somebody names beyond it: one warning; one that is the cage's own: none
above='^mafat: memory limit 134217728 is more than there is here: .*100663296, the limit of cgroup .*mafat-limit-'
for command in "plan $cfg" "bench $cfg $w -n 1" "detector test cfg/coco.data $cfg $w data/dog.jpg -out $scratch/drawn"; do
    $caged "$darknet" mafat $command -memory 128M >"$scratch/stdout" 2>"$scratch/stderr" || fail "exit code $?: $command"
    [ "$(grep -cE "$above" "$scratch/stderr")" = 1 ] || fail "$command: no warning of 128M, or more"
    $caged "$darknet" mafat $command -memory 96M >"$scratch/stdout" 2>"$scratch/stderr" || fail "exit code $?: $command"
    ! grep 'more than there is' "$scratch/stderr" || fail "$command: warns of the cage's own limit"
done
[ "$alone" -gt 90000000 ] || fail "$alone bytes of 94371840 for a process alone in its cage"
says_once $caged bash -c 'held=$(head -c 33554432 /dev/zero | tr "\0" x); "$@"; exit $?' - \
    "$darknet" mafat plan $cfg -memory auto
[ "$chosen" -lt $((alone - 30000000)) ] || fail "$chosen bytes beside a neighbour of 32 MB, $alone alone"
# a file just written lies idle in the page cache (a tmpfs has it nowhere else)
if [ "$(stat -f -c %T "$scratch")" != tmpfs ]; then
    says_once $caged bash -c 'head -c 33554432 /dev/zero >"$0"; sync "$0"; "$@"' "$scratch/cached" \
        "$darknet" mafat plan $cfg -memory auto
    [ "$chosen" -gt $((alone - 8000000)) ] ||
        fail "$chosen bytes beside 32 MB of page cache, $alone alone"
fi
finish
