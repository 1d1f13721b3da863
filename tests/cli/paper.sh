#!/bin/bash
# make paper: what it says and refuses, and its rules (paper.py). tests/network/paper.sh runs it.
. "$(dirname "$0")/../lib.sh"
paper=$top/tools/paper/paper

if ! command -v python3 >/dev/null; then
    echo "  not tested: no python3 here"
    finish
fi
python3 "$top/tests/cli/paper.py" >"$scratch/stdout" 2>&1 || fail "$(cat "$scratch/stdout")"

expect 0 'The MAFAT paper.s experiment' "$paper" --help
expect 2 'no series other: expected first16, whole, slow$' "$paper" other
expect 2 'no series first16: expected quick, ' "$paper" --quick first16
expect 2 'no limit of 17 MB: expected 256, 192,.* 16, 12$' "$paper" --limits 64,17
expect 2 'no limit of 18 MB' "$paper" --limits 64M,18M
expect 2 'no limit of 17 MB' "$paper" --limits 17 --limits 64
expect 2 'argument --limits: .* value: .64K' "$paper" --limits 64K
expect 1 'nothing has been measured' "$paper" --out "$scratch/out" --draw

# who is not root is told before anything is made, by make too
as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if [ "$(id -u)" -ne 0 ]; then as_user() { "$@"; }; fi
mkdir "$scratch/open" && chmod 755 "$scratch" && chmod 777 "$scratch/open"
if as_user test -x "$paper" -a -r "$top/Makefile"; then
    for option in --check --clean --quick; do
        expect 2 'has to be run by root; nothing was done' as_user "$paper" --out "$scratch/open/out" $option
    done
    # a plan is none of these, while another one measures too; with programs there is one
    exec 9>"$scratch/open/lock"
    flock 9
    if [ -e darknet/libdarknet.a ] && [ -e build/stock/libdarknet.a ]; then
        # what --quick would do, tests/network/paper.sh reads
        knows_costs
        chmod -R a+rX "$XDG_CACHE_HOME"
        as_user "$paper" --out "$scratch/open" --plan --limits 64 slow 2>"$scratch/stderr" || fail "--plan: exit code $?"
        grep -q '^paper: .* runs are to be made, which takes some ' "$scratch/stderr" || fail "--plan: $(cat "$scratch/stderr")"
    fi
    exec 9>&-
    rm "$scratch/open/lock"
    [ -z "$(ls "$scratch/open")" ] || fail "made $(ls "$scratch/open") for who is not root"
    expect 2 'has to be run by root; nothing was done' as_user make -C "$top" --no-print-directory paper QUICK=1
else
    echo "  not tested: other users, who cannot read this folder"
fi
finish
