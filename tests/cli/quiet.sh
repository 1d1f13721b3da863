#!/bin/bash
# What is said on stderr while something runs: progress in a log and on a terminal, and nothing with -quiet but
# errors. Results are the same.
. "$(dirname "$0")/../lib.sh"
printf '[net]\nwidth=64\nheight=64\nchannels=3\nmafat=1x1/9/1x1\n[convolutional]\nfilters=24\nsize=5\nstride=8\npad=1\nactivation=leaky
[convolutional]\nfilters=16\nsize=1\nstride=1\nactivation=linear
[region]\nanchors=1,1,2,4\nclasses=3\ncoords=4\nnum=2\nsoftmax=1\n' >"$scratch/tiny.cfg"
tools/random_weights "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
printf 'a\n\nc\n' >"$scratch/names"    # of a blank line there is a word, as of the cut behind the last layer
printf 'names=%s/names\n' "$scratch" >"$scratch/data"
cfg=$scratch/tiny.cfg
w=$scratch/tiny.weights
class_cfg=$scratch/class.cfg
class_w=$scratch/class.weights
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=3\nsize=5\nstride=8\nactivation=leaky\n[avgpool]\n[softmax]\n' >"$class_cfg"
tools/random_weights "$class_cfg" "$class_w" >/dev/null || fail "no weights"
cd "$top/darknet" || exit 1
mkdir "$scratch/results"
yes "$PWD/data/dog.jpg" | head -n 200 >"$scratch/many"
seq -f class%g 3 >"$scratch/classes"
printf 'classes=3\nnames=%s/classes\nlabels=%s/classes\nvalid=%s/four\nresults=%s/results\n' "$scratch" "$scratch" "$scratch" "$scratch" >"$scratch/valid"
ls "$PWD"/data/{dog,eagle,person,horses}.jpg >"$scratch/four"
ls data/{dog,eagle,person}.jpg >"$scratch/list"

knows_costs
# keys FILE: what it says, without what differs from run to run
keys() { sed -E 's/^( *"?(peak|latency|gflops|peak_gflops|share|start|search_s|least|predicted_l|[a-z_]*_s"?)[^:]*):.*/\1/; s/in [0-9.]+ sec.*//; s/"seconds".*//' "$1"; }
while read -r command; do
    for way in loud quiet; do
        # shellcheck disable=SC2086
        "$darknet" mafat $command $([ $way = loud ] || echo -quiet) \
            >"$scratch/$way.out" 2>"$scratch/$way.err" <"$scratch/list" || fail "$way: exit code $?: $command"
    done
    [ -s "$scratch/loud.err" ] || fail "nothing is said: $command"
    [ ! -s "$scratch/quiet.err" ] || fail "-quiet says $(head -n 2 "$scratch/quiet.err"): $command"
    case $command in search*) continue ;; esac    # on a busy machine costs are measured later
    diff <(keys "$scratch/loud.out") <(keys "$scratch/quiet.out") || fail "other results: $command"
done <<END
plan $cfg
predict $cfg -memory 64M
search $cfg $w -memory 16M -save $scratch/saved.cfg -mafat 2x2
search $cfg -front
compare $cfg $w
bench $cfg $w -n 2
detector test $scratch/data $cfg $w -no_picture -memory 64M
detector test $scratch/data $cfg $w -no_picture -json
detector test $scratch/data $cfg $w -out $scratch/some.jpg
detector valid $scratch/valid $cfg $w
detector valid $scratch/valid $cfg $w -memory 64M
classifier valid $scratch/valid $class_cfg $class_w
classifier predict $scratch/valid $class_cfg $class_w
classifier predict $scratch/valid $class_cfg $class_w -json
END
"$darknet" mafat search "$cfg" -memory 16M -threads 1 -calibrate -quiet >"$scratch/stdout" 2>"$scratch/stderr"
! grep -v 'too busy' "$scratch/stderr" || fail "-quiet says what it measures"
# errors are told, also those that come while Darknet makes its network
for command in "bench $scratch/none.cfg $w" "detector test $scratch/data $cfg $w none.jpg" "plan $cfg -memory 1M" \
    "detector test $scratch/data $cfg $w -memory 1M" "detector valid $scratch/valid $cfg $scratch/none.weights"; do
    # shellcheck disable=SC2086
    "$darknet" mafat $command -quiet >/dev/null 2>"$scratch/stderr" </dev/null && fail "no failure: $command"
    grep -q '^mafat: ' "$scratch/stderr" || fail "-quiet hides an error: $command"
    [ "$(wc -l <"$scratch/stderr")" = 1 ] || fail "-quiet says more: $(cat "$scratch/stderr")"
done
expect 2 "-quiet is for MAFAT's own commands" "$darknet" mafat detector recall "$cfg" "$w" -quiet
"$darknet" detector test "$scratch/data" "$cfg" "$w" data/dog.jpg -no_picture -quiet >"$scratch/stdout" 2>"$scratch/stderr" &&
    [ ! -s "$scratch/stderr" ] || fail "-quiet without the word mafat: $(head -n 1 "$scratch/stderr")"

# a log has a line once two seconds have passed, and a last one; what is over before says nothing
slowly() { cat "$scratch/list"; sleep 2.2; cat "$scratch/list"; }
slowly | "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -json -no_picture >"$scratch/stdout" 2>"$scratch/stderr"
[ "$(grep -c '^mafat: images: [456], [0-9.]* a second$' "$scratch/stderr")" = 2 ] || fail "no progress in a log: $(tail -n 1 "$scratch/stderr")"
slowly | "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -json -no_picture -quiet 2>&1 >"$scratch/stdout" | grep . &&
    fail "-quiet shows progress"
"$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -json -no_picture <"$scratch/list" 2>&1 >"$scratch/stdout" |
    grep 'images:' && fail "progress of what is over at once"

# So do Darknet's own lists, in place of its numbers, where MAFAT runs them: stopped for a while as soon as they run.
sed "s|^valid=.*|valid=$scratch/many|" "$scratch/valid" >"$scratch/long"
stopped() { # TEST FILE WORDS...: the test of the file succeeds when the list is begun
    local file=$2 process
    rm -f "$scratch/listed" "$scratch/stderr"
    [ "$file" = / ] || rm -f "$file"
    "$darknet" mafat "${@:3}" >"$scratch/listed" 2>"$scratch/stderr" &
    process=$!
    until [ "$1" "$file" ] || ! kill -0 $process 2>/dev/null; do sleep .02; done
    sleep .1
    kill -STOP $process && sleep 2.2 && kill -CONT $process
    wait $process || grep -q 'too busy to measure' "$scratch/stderr" || fail "exit code $?: ${*:3}"
}
last='^mafat: images: 200 of 200, [0-9.]* a second$'
stopped -e "$scratch/results/toldclass3.txt" detector valid "$scratch/long" "$cfg" "$w" -out told
grep -qE "$last" "$scratch/stderr" || fail "detector valid: no progress in a log: $(tail -n 1 "$scratch/stderr")"
! grep -qE '^[0-9]+$' "$scratch/stderr" || fail "detector valid: Darknet's numbers beside progress"
stopped -s "$scratch/listed" classifier valid "$scratch/long" "$class_cfg" "$class_w"
grep -qE "$last" "$scratch/stderr" || fail "classifier valid: no progress in a log: $(tail -n 1 "$scratch/stderr")"
# what computing costs is measured before a search; it may be given up where the machine is too busy
stopped -s "$scratch/stderr" search "$cfg" -memory 16M -threads 1 -calibrate
grep -qE '^mafat: measurements: [0-9]+ of [0-9]+, ' "$scratch/stderr" || fail "no progress of costs: $(tail -n 1 "$scratch/stderr")"
if ls "$XDG_CACHE_HOME"/mafat/costs-* >/dev/null 2>&1; then    # else it measures them first
    stopped -e / search cfg/yolov2.cfg -front
    grep -qE '^mafat: plans: ([0-9]+) of \1, ' "$scratch/stderr" || fail "search -front: no total: $(grep plans "$scratch/stderr" | tail -n 1)"
fi

# a terminal has a bar that is gone at the end, and no error runs into it
cat >"$scratch/terminal.py" <<'END'
import os, pty, sys
process, terminal = pty.fork()
if process == 0:
    os.dup2(os.open(sys.argv[1], os.O_RDONLY), 0)
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execv(sys.argv[2], sys.argv[2:])
written = b""
while True:
    try:
        written += os.read(terminal, 4096)
    except OSError:
        break
os.waitpid(process, 0)
sys.stdout.buffer.write(written)
END
if ! python3 -c 'import os; os.openpty()' 2>/dev/null; then
    echo "  not tested: a terminal, for want of python3 or of terminals here"
else
    mkfifo "$scratch/pipe"
    terminal() { python3 "$scratch/terminal.py" "$@" >"$scratch/terminal"; }
    clear=$'\r\033[K'
    (cat "$scratch/list"; sleep 1; cat "$scratch/list"; echo none.jpg) >"$scratch/pipe" &
    terminal "$scratch/pipe" "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -json -no_picture
    wait
    grep -qF "${clear}images: " "$scratch/terminal" || fail "no bar: $(cat -v "$scratch/terminal" | tail -n 1)"
    grep -qF "${clear}mafat: none.jpg: No such file" "$scratch/terminal" || fail "an error runs into the bar"
    (cat "$scratch/list"; sleep 1; cat "$scratch/list") >"$scratch/pipe" &
    terminal "$scratch/pipe" "$darknet" mafat detector test "$scratch/data" "$cfg" "$w" -json -no_picture -quiet
    wait
    [ ! -s "$scratch/terminal" ] || fail "-quiet shows on a terminal: $(cat -v "$scratch/terminal")"
fi
finish
