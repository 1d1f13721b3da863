#!/bin/bash
# --help exits with 0 and names every command and option.
. "$(dirname "$0")/../lib.sh"
for asked in --help -help 'detector test --help' 'plan -help'; do
    expect 0 'usage: darknet mafat COMMAND' "$darknet" mafat $asked
done
for word in plan compare bench 'detector test' 'classifier valid' -mafat -threads -json -n -layers 'exit codes'; do
    grep -qF -e "$word" "$scratch/stdout" || fail "help does not name '$word'"
done
awk 'length > 100 { print "  too long: " $0; bad = 1 } END { exit bad }' "$scratch/stdout" ||
    fail "help has lines of more than 100 characters"
finish
