#!/bin/bash
# tools/limit: a limit that holds, page cache that is charged, the command's own outcome, and nothing
# left behind. Where this machine gives no right to a memory cgroup, only what needs none is tested.
. "$(dirname "$0")/../lib.sh"
limit=$top/tools/limit
report=$scratch/report
mib=1048576

# counted KEY: what "KEY: number" says in the report.
counted() {
    sed -n "s/^$1: //p" "$report"
}
# holds TEST: an arithmetic test of numbers of the report, named by their keys.
holds() {
    local key test=$1
    for key in $(cut -d: -f1 "$report"); do
        test=${test//$key/$(counted $key)}
    done
    (($test)) 2>/dev/null || fail "not so: $1: $(xargs <"$report")"
}

# the command line
expect 125 '^usage: tools/limit \[-o FILE\] \[-s SWAP\] L COMMAND' "$limit"
expect 125 '^usage: tools/limit' "$limit" 16M
expect 0 '^usage: tools/limit' "$limit" --help
for l in '' 0 -1 16Q 1e99 1.5M ' 1M' auto 99999999999999999999 99999999999G; do
    expect 125 "memory limit \"$l\": expected a number of bytes .* K, M or G" "$limit" "$l" true
done
expect 125 'unknown option, .*: -x' "$limit" -x 1M true
expect 125 'unknown option, or one without its value: -s' "$limit" -s
for s in '' 0 -1 none 1.5M; do
    expect 125 "swap \"$s\": expected a number of bytes .* K, M or G" "$limit" -s "$s" 1M true
    grep -q '"any" leaves it to the machine' "$scratch/stderr" || fail "does not name any"
done
for s in 8M any; do
    expect 125 '-s: expected a memory limit beside it' "$limit" -s $s none true
done
expect 125 'no-such-folder/report: No such file' "$limit" -o "$scratch/no-such-folder/report" 1M true

"$limit" -o "$report" none true 2>"$scratch/stderr" || {
    [ $? -eq 124 ] || fail "exit code other than 124: $(cat "$scratch/stderr")"
    grep -q 'What helps: to be root' "$scratch/stderr" || fail "does not say what helps"
    echo "  not tested: $(head -n 1 "$scratch/stderr")"
    finish
}

# Cgroups whose tools/limit, which they are named after, has gone: no more of them afterwards.
orphans() {
    find /sys/fs/cgroup -type d -name 'mafat-limit-*' 2>/dev/null |
        while read -r folder; do kill -0 "${folder##*-}" 2>/dev/null || echo "$folder"; done
}
orphans_before=$(orphans)

# what is reported, and where: the command's own output is its own
[ "$(cut -d: -f1 "$report" | xargs)" = "exit_status peak_bytes peak_rss_bytes limit_bytes limit_hits \
oom_kills swap_bytes cached_bytes wall_s" ] || fail "other keys: $(xargs <"$report")"
[ "$(counted limit_bytes)" = none ] || [ "$(counted limit_bytes)" -gt 0 ] || fail "limit of none"
expect 0 '^out$' "$limit" -o "$report" none sh -c 'echo out; echo err >&2'
# (but that pages of sh stay in the cache, where another sh runs them)
[ "$(grep -hv '^limit: .*stay in the page cache' "$scratch/stdout" "$scratch/stderr")" = $'out\nerr' ] ||
    fail "more output than the command's"
expect 3 '^exit_status: 3$' "$limit" none sh -c 'exit 3'
expect 127 'no-such-command: No such file' "$limit" none no-such-command
expect 126 'report: Permission denied' "$limit" none "$report"

# dd holds one buffer of 24 MiB: killed in 20, and at ease in 40
touch_24m="dd if=/dev/zero of=/dev/null bs=24M count=1"
expect 137 'exit_status: 137' "$limit" 20M $touch_24m
"$limit" -o "$report" 20M $touch_24m 2>/dev/null
holds 'exit_status == 137 && signal == 9 && oom_kills == 1 && limit_hits > 0'
holds "peak_bytes <= 20 * $mib && limit_bytes == 20 * $mib"
for l in 40M $((40 * mib)) none; do
    "$limit" -o "$report" "$l" $touch_24m 2>/dev/null
    holds 'exit_status == 0 && oom_kills == 0 && limit_hits == 0 && swap_bytes == 0'
    holds "peak_bytes >= 24 * $mib && peak_bytes < 28 * $mib"
    holds "peak_rss_bytes >= 24 * $mib && peak_rss_bytes < 30 * $mib"
done

# swap: none but for what is asked for, as the cgroup itself says. Version 1 bounds memory and swap together,
# by a page more than memory where there is to be no swap, and has a number of some digits for "any".
swap_allowed() { # ARGUMENTS of tools/limit: bytes of swap in 16M of memory
    # shellcheck disable=SC2016
    "$limit" -o "$report" "$@" 16M sh -c 'cd "$(find /sys/fs/cgroup -name "mafat-limit-$PPID" | head -n 1)" || exit
        if [ ! -e memory.memsw.limit_in_bytes ]; then cat memory.swap.max
        elif [ "$(cat memory.memsw.limit_in_bytes)" -gt $((1 << 60)) ]; then echo max
        else echo $(($(cat memory.memsw.limit_in_bytes) - (16 << 20))); fi'
}
if swap_allowed >"$scratch/stdout" 2>"$scratch/stderr" && [ -s "$scratch/stdout" ]; then
    [ "$(swap_allowed)" -le "$(getconf PAGESIZE)" ] || fail "without -s: $(swap_allowed) bytes of swap"
    [ "$(swap_allowed -s 8M)" -eq $((8 * mib)) ] || fail "-s 8M: $(swap_allowed -s 8M) bytes of swap"
    [ "$(swap_allowed -s any)" = max ] || fail "-s any: $(swap_allowed -s any) bytes of swap"
else
    echo "  not tested: swap, which this kernel does not count"
fi
# a limit of none bytes to speak of kills the command before it runs
"$limit" -o "$report" 4K true 2>/dev/null
holds 'exit_status == 137 && oom_kills > 0'

# page cache: charged whenever the file is named, cached before or not; given back under a limit
head -c 20M /dev/urandom >"$scratch/file"
for i in 1 2; do
    expect 0 '' "$limit" -o "$report" none cat "$scratch/file"
    holds "peak_bytes >= 20 * $mib && cached_bytes == 0"
done
expect 0 '' "$limit" -o "$report" 8M cat "$scratch/file"
holds "limit_hits > 0 && oom_kills == 0 && peak_bytes <= 8 * $mib && swap_bytes == 0"

# pages that stay are said: the copy of sleep that runs is mapped
cp "$(command -v sleep)" "$scratch/sleeper"
"$scratch/sleeper" 100 &
sleeper=$!
sleep .1
expect 1 'sleeper: [0-9]+ bytes stay in the page cache' \
    "$limit" -o "$report" none sh -c 'exit 1' "$scratch/sleeper"
holds 'cached_bytes > 0'
kill $sleeper
wait $sleeper 2>/dev/null

# children belong to the command, and do not outlive it
expect 5 'limit: killed 2 processes that the command left running' \
    "$limit" none sh -c 'setsid sleep 4711 & sleep 4711 & exit 5'
pgrep -f 'sleep 4711' >/dev/null && fail "processes outlive the command"
"$limit" -o "$report" 20M sh -c "$touch_24m; exit 0" 2>/dev/null
holds 'exit_status == 0 && oom_kills == 1'

minded='trap "exit 9" INT TERM HUP; touch "$0"; for i in {1..300}; do sleep .1; done'
# a signal goes to the command, which may have its own mind about it; then all is cleaned up
# (a script's background commands ignore SIGINT where nobody says otherwise, all under nohup SIGHUP)
for signal in INT TERM HUP; do
    env --default-signal=INT,TERM,HUP "$limit" -o "$report" none bash -c "$minded" "$scratch/ready" \
        2>/dev/null &
    pid=$!
    for ((i = 0; i < 300; i++)); do [ -e "$scratch/ready" ] && break || sleep .1; done
    kill -$signal $pid
    wait $pid
    [ $? -eq 9 ] || fail "SIG$signal: exit code $? instead of the command's 9"
    holds 'exit_status == 9'
    rm "$scratch/ready"
done

[ "$(orphans)" = "$orphans_before" ] || fail "cgroups are left behind: $(orphans)"
finish
