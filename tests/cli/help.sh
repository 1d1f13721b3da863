#!/bin/bash
# --help exits with 0 and names every command and option; behind a command, what that one takes.
. "$(dirname "$0")/../lib.sh"
names() { # WORD...
    local word
    for word in "$@"; do
        grep -qF -e "$word" "$scratch/stdout" || fail "help does not name '$word'"
    done
    awk 'length > 100 { print "  too long: " $0; bad = 1 } END { exit bad }' "$scratch/stdout" ||
        fail "help has lines of more than 100 characters"
}
for asked in --help -help 'detector test --help'; do
    expect 0 'usage: darknet mafat COMMAND' "$darknet" mafat $asked
done
names plan compare bench 'detector test' 'classifier valid' -mafat -threads -json -n -layers 'exit codes'
for command in plan predict search compare bench; do
    expect 0 "^usage: darknet mafat $command CFG" "$darknet" mafat $command --help
    names '  -mafat CONFIG' '  -memory LIMIT' '  -threads N' '  -json'
    # what is refused says that it allows the same options
    expect 2 "unknown option -x; allowed are .*-mafat CONFIG" "$darknet" mafat $command -x
    allowed=$(sed -n 's/.*allowed are //p' "$scratch/stderr" | sed 's/, /\n/g; s/ and /\n/g')
    "$darknet" mafat $command --help >"$scratch/stdout"
    while read -r option; do
        names "  $option"
    done <<<"$allowed"
done
finish
