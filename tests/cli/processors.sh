#!/bin/bash
# How many threads there are where nobody says: the program under folders that stand for /sys, of a board with slow
# and fast processors, of a container with a quota, and of one where nothing can be seen.
. "$(dirname "$0")/../lib.sh"
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n' >"$scratch/net.cfg"
mapfile -t numbers < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")')
n=${#numbers[@]}
mkdir "$scratch/sys"
under() { # COMMAND...
    unshare -m sh -c 'mount --bind "$0" /sys && exec "$@"' "$scratch/sys" "$@"
}
expect 0 "^processors: $n" "$darknet" mafat version
expect 0 'LITTLE.s the fast ones' "$darknet" mafat plan --help
if ! under true 2>/dev/null; then
    echo "  no right to a mount namespace here: skipped"
    finish
fi

# threads N WORDS ENVIRONMENT... [-- OPTION...]: so many; and where there are fewer than processors, why
threads() {
    local expected=$1 words=$2
    shift 2
    expect 0 "^threads: $expected\$" under env "$@" "$darknet" mafat plan "$scratch/net.cfg"
    if [ -n "$words" ]; then
        grep -q "^mafat: processors: $n$words; threads: $expected (-threads" "$scratch/stderr" || fail "$(cat "$scratch/stderr")"
    elif grep -q '^mafat: processors' "$scratch/stderr"; then
        fail "told where nobody wants to know: $(cat "$scratch/stderr")"
    fi
}
threads "$n" ''    # nothing can be seen

# the last processor is the only fast one
for i in "${numbers[@]}"; do
    mkdir -p "$scratch/sys/devices/system/cpu/cpu$i"
    echo 446 >"$scratch/sys/devices/system/cpu/cpu$i/cpu_capacity"
done
threads "$n" ''
echo 1024 >"$scratch/sys/devices/system/cpu/cpu$i/cpu_capacity"
if [ "$n" -gt 1 ]; then
    threads 1 ', of which 1 are fast'
    threads 2 '' OMP_NUM_THREADS=2
    threads 1 ', of which 1 are fast' OMP_NUM_THREADS=
    threads 1 '' taskset -c "${numbers[0]}"
    expect 0 '^threads: 2$' under "$darknet" mafat plan "$scratch/net.cfg" -threads 2
    expect 0 "^processors: $n, of which 1 are fast\$" under "$darknet" mafat version
    sed 's/^channels.*/&\nmafat_threads=2/' "$scratch/net.cfg" >"$scratch/two.cfg"
    expect 0 '^threads: 2$' under "$darknet" mafat plan "$scratch/two.cfg"
fi
rm -r "$scratch/sys/devices"

# a quota, where this machine has its cgroups mounted
point=$(awk '/ - cgroup / && $NF ~ /(^|,)cpu(,|$)/ { print $5; exit }' /proc/self/mountinfo)
name=$(awk -F: '$2 ~ /(^|,)cpu(,|$)/ { print $3 }' /proc/self/cgroup)
if [ -n "$point" ]; then
    mkdir -p "$scratch$point$name"
    echo 150000 >"$scratch$point$name/cpu.cfs_quota_us"
    echo 100000 >"$scratch$point$name/cpu.cfs_period_us"
else
    point=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
    name=$(awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup)
    [ -n "$point" ] || finish
    mkdir -p "$scratch$point$name"
    echo 150000 100000 >"$scratch$point$name/cpu.max"
fi
[ "$n" -eq 1 ] || threads 1 ', CPU quota 1.5'
finish
