#!/bin/bash
# tests/run: what is marked "# Alone:" runs while no other script does, but for those marked "# Beside:"; no more run at
# once than were asked for, and one beside what is alone; what may start does not wait for all scripts; what failed is
# told.
# Beside: it runs scripts of its own.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
make_script() { # NAME MARK SECONDS
    printf '#!/bin/bash\n# %s: a test.\necho "+ %s" >>log\nsleep %s\necho "- %s" >>log\n[ %s != c4 ]\n' "$2" "$1" "$3" "$1" "$1" >"$1"
    chmod +x "$1"
}
for i in 1 2 3 4; do
    make_script "a$i" Alone .1
    make_script "b$i" Beside .2
    make_script "c$i" Script "$(((i - 1) / 3)).$i"
done
for jobs in 1 2 3; do
    rm -f log
    "$top/tests/run" -j $jobs ./a? ./b? ./c? >stdout && fail "$jobs at once: exit code 0, though one fails"
    [ "$(grep FAILED: stdout)" = 'FAILED: ./c4' ] || fail "$jobs at once: $(grep FAILED: stdout)"
    [ "$(grep -c '^+' log)" = 12 ] || fail "$jobs at once: ran $(grep -c '^+' log) of 12"
    awk -v jobs=$jobs '{ n[substr($2, 1, 1)] += $1 == "+" ? 1 : -1 }
        n["a"] > 1 || n["a"] && n["c"] || n["b"] + n["c"] > jobs || jobs == 1 && n["a"] + n["b"] > 1 { bad = 1 }
        n["b"] && n["c"] { early = 1 }
        END { exit bad || jobs > 1 && !early }' log || fail "$jobs at once: $(xargs <log)"
done
finish
