#!/bin/bash
# One image on several ranks, all on this machine: every value that rank 0 has whole equals Darknet's, with
# and without a memory limit, in even and uneven shares, by rows, tiles and filters; boxes and pictures are
# those of one rank; ranks that do not match are named before anything runs, and one that is lost meanwhile
# ends all.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/ranks.sh"
cd "$top/darknet" || exit 1

# small CFG PIXELS: prints the path of the same network with a smaller input
small() {
    local out
    out=$scratch/$(basename "$1")
    sed -E "s/^(width|height) *=.*/\1=$2/" "$1" >"$out"
    echo "$out"
}
# cuts CFG: prints the configuration by which each layer is a group, so that all outputs are whole
cuts() {
    local n
    n=$(grep -c '^\[' "$1")
    seq 1 $((n - 2)) | sed 's|.*|/&/1x1|' | tr -d '\n' | sed 's/^/1x1/'
}
same() { # N CFG WEIGHTS OPTION...
    expect 0 '^values_different: 0$' ranks "$1" "$mpi" mafat compare "$2" "$3" data/dog.jpg "${@:4}"
    [ "$(value values_compared)" -gt 10000 ] || fail "$2 on $1 ranks: compared $(value values_compared) values only"
    echo "  $(basename "$2") on $1 ranks${5:+, ${5:0:16}}: $(value layers_compared) layers, $(value values_compared) values"
}
on_ranks() { # CFG WEIGHTS LIMIT TILING
    same 4 "$1" "$2" -mafat "$(cuts "$1")"
    same 3 "$1" "$2" -memory "$3"
    same 2 "$1" "$2" -mafat "$4" -shares 3,2
}
fastest=$top/../shared/nets/yolo-fastest-1.1/yolo-fastest-1.1
on_ranks "$(small cfg/yolov2.cfg 160)" "$(weights cfg/yolov2.cfg)" 20M 5x5/8/2x2
on_ranks "$(small cfg/yolov2-tiny.cfg 160)" "$(weights cfg/yolov2-tiny.cfg)" 12M 5x1r/6/2x2
on_ranks "$(small cfg/yolov3-tiny.cfg 160)" "$(weights cfg/yolov3-tiny.cfg)" 12M 6x1r
on_ranks "$(small cfg/resnet18.cfg 128)" "$(weights cfg/resnet18.cfg)" 12M 3x2
[ ! -e $fastest.cfg ] || on_ranks $fastest.cfg $fastest.weights 12M 4x1r/21/2x1
same 1 "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)"
same 2 "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)" -memory 14M,13M -shares 5,4
expect 2 '^mafat: option -shares: "1,1" has 2 shares for 3 ranks' ranks 3 "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" \
    "$(weights cfg/yolov3-tiny.cfg)" -shares 1,1
expect 2 '^mafat: option -shares: "1,1" has 2 shares, and this is one process; mpirun starts several' "$darknet" mafat compare \
    "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)" -shares 1,1
for wish in -front -measure; do
    expect 2 "$wish is for one process, and these are 2 ranks" ranks 2 "$mpi" mafat search "$scratch/yolov3-tiny.cfg" \
        "$(weights cfg/yolov3-tiny.cfg)" -memory 20M $wish
done
expect 0 '^n_ranks: 2$' ranks 2 "$mpi" mafat search "$scratch/yolov3-tiny.cfg" -memory 20M -shares 1,1 -save "$scratch/saved.cfg"
grep -q 'saved.cfg: is for one process, too: how 2 ranks divide its layers they choose' "$scratch/stderr" ||
    fail "not said that a saved cfg says nothing of ranks"
expect 2 '^mafat: option -memory: memory limits "12M,12M": 2 for 3 ranks' ranks 3 "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" \
    "$(weights cfg/yolov3-tiny.cfg)" -memory 12M,12M
expect 3 "rank 1 on $(hostname): nothing fits" ranks 2 "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" \
    "$(weights cfg/yolov3-tiny.cfg)" -memory 16M,4M

# A rank whose cgroup is too small says so, and how much it takes.
if "$top/tools/limit" none true 2>/dev/null; then
    expect 3 "rank 1 on $(hostname): its plan takes [0-9]+ bytes .* less here: .*8388608, the limit of cgroup" \
        "${mpirun[@]}" \
        -n 1 "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)" -shares 1,1 : \
        -n 1 "$top/tools/limit" 8M "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)" -shares 1,1
    expect 3 "rank 1 on $(hostname): nothing fits" "${mpirun[@]}" \
        -n 1 "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)" -memory auto -shares 1,1 : \
        -n 1 "$top/tools/limit" 8M "$mpi" mafat compare "$scratch/yolov3-tiny.cfg" "$(weights cfg/yolov3-tiny.cfg)"
else
    echo "  not tried, as this user may not make a memory cgroup: a rank whose cgroup is too small"
fi

# what ranks would do is told without them: all is computed by somebody, little twice; all that is sent is received
expect 0 '^rank: 3$' "$darknet" mafat predict cfg/yolov3-tiny.cfg -ranks 4 -shares 2,1,1,1
read -r unreceived macs < <(awk '/^rank: / { is_rank = 1 } is_rank { sum[$1] += $2 }
    END { printf "%.0f %.0f\n", sum["sent_bytes:"] - sum["received_bytes:"], sum["macs:"] }' "$scratch/stdout")
expect 0 '^macs: ' "$darknet" mafat predict cfg/yolov3-tiny.cfg
[ "$unreceived" = 0 ] || fail "$unreceived bytes are sent and not received"
[ "$macs" -ge "$(value macs)" ] && [ $((macs * 10)) -le $(($(value macs) * 11)) ] ||
    fail "4 ranks compute $macs multiply-adds, one computes $(value macs)"

# ranks that would only make all slower have nothing to do, unless somebody has said so
expect 0 '^working_ranks: 1$' "$darknet" mafat predict "$scratch/yolov3-tiny.cfg" -ranks 8
grep -q '1 of 8 ranks work: with more, messages would take longer' "$scratch/stderr" || fail "not said that one rank works"
expect 0 '^working_ranks: 8$' "$darknet" mafat predict "$scratch/yolov3-tiny.cfg" -ranks 8 -shares 1,1,1,1,1,1,1,1
expect 0 '^working_ranks: [4-8]$' "$darknet" mafat predict cfg/yolov2.cfg -ranks 8

# What goes over the wire between machines is what the plan says, within 1 %; and of machines that were ended
# nothing is left.
sent() { # RUNS: by the first of two machines, of a command that runs a network so often, and once before; the
    # least of two times, as TCP now and then sends some of it again
    for _ in 1 2; do
        "$top/tools/machines" 2 none none "$mpi" mafat bench cfg/yolov3-tiny.cfg "$(weights cfg/yolov3-tiny.cfg)" \
            -shares 1,1 -n "$1" >/dev/null 2>"$scratch/machines" || fail "tools/machines: $(cat "$scratch/machines")"
        sed -n 's/^sent_bytes_m1: //p' "$scratch/machines"
    done | sort -n | head -n 1
}
if "$top/tools/machines" 2 none none true >/dev/null 2>&1; then
    once=$(sent 1)
    carried=$((($(sent 11) - once) / 10))
    expect 0 '^sent_bytes: ' "$darknet" mafat plan cfg/yolov3-tiny.cfg -ranks 2 -shares 1,1
    planned=$(value sent_bytes | head -n 1)
    [ $((carried * 100)) -ge $((planned * 99)) ] && [ $((carried * 100)) -le $((planned * 101)) ] ||
        fail "a rank sends $carried bytes an image, where the plan says $planned"
    echo "  a rank sends $carried bytes an image, the plan says $planned"
    mkdir "$scratch/tmp"
    TMPDIR=$scratch/tmp "$top/tools/machines" 2 100mbit none sleep 1000 >/dev/null 2>&1 &
    for _ in $(seq 100); do
        sleep 0.1
        ! pgrep -f 'sleep 1000$' >/dev/null || break
    done
    kill $!
    wait $!
    [ $? -eq 130 ] || fail "tools/machines ended otherwise than with 130"
    [ -z "$(ls "$scratch/tmp")" ] && ! pgrep -f "$scratch/tmp" >/dev/null || fail "tools/machines left something"
else
    echo "  not tried, as this user may not have networks of his own: bytes on the wire"
fi

# what a person gets of one rank, and of three
cp "$(weights cfg/yolov3-tiny.cfg)" "$scratch/w"
for n in 1 3; do
    mkdir "$scratch/$n" "$scratch/$n/data" && cp -r data/labels data/coco.names "$scratch/$n/data"
    ( cd "$scratch/$n" && ranks $n "$mpi" mafat detector test "$top/darknet/cfg/coco.data" ../yolov3-tiny.cfg ../w \
        "$top/darknet/data/dog.jpg" -thresh 0.1 -json >boxes 2>/dev/null ) || fail "detector test on $n ranks: exit code $?"
    sed -i -E 's/"(seconds|predicted_bytes|peak_bytes)": [^,}]*//g' "$scratch/$n/boxes"
done
cmp "$scratch/1/boxes" "$scratch/3/boxes" || fail "other boxes on 3 ranks"
cmp "$scratch"/[13]/predictions.* || fail "another picture on 3 ranks"

# refused CODE PATTERN: a second rank that has another folder's files
refused() {
    expect "$1" "$2" "${mpirun[@]}" \
        -n 1 -wdir "$scratch/a" "$mpi" mafat compare net.cfg net.weights : \
        -n 1 -wdir "$scratch/b" "$mpi" mafat compare net.cfg net.weights
    ! grep -q values_compared "$scratch/stdout" || fail "ran all the same: $2"
}
mkdir "$scratch/a" "$scratch/b"
cp "$scratch/yolov3-tiny.cfg" "$scratch/a/net.cfg"
mv "$scratch/w" "$scratch/a/net.weights"
cp "$scratch/a/net.cfg" "$scratch/b"
refused 1 "rank 1 on $(hostname): .*net.weights|net.weights: rank 1 on $(hostname)"
"$top/tools/random_weights" "$scratch/a/net.cfg" "$scratch/b/net.weights" 2 >/dev/null
refused 2 "net.weights: rank 1 on $(hostname): its weights are other ones than those of rank 0"
sed 's/activation=leaky/activation=relu/' "$scratch/a/net.cfg" >"$scratch/b/net.cfg"
refused 2 "net.cfg: rank 1 on $(hostname): its cfg is another one than that of rank 0"
# another version of the program, which knows no order alike
commit=$("$darknet" mafat --version | sed -nE 's/^commit: ([0-9a-f]{12}).*/\1/p')
[ -n "$commit" ] || commit=unknown
LC_ALL=C sed "s/$commit/${commit//[0-9a-z]/f}/g" "$mpi" >"$scratch/another"
chmod +x "$scratch/another"
expect 2 "rank 1 on $(hostname): runs [0-9.]+ of commit f+, and rank 0 [0-9.]+ of commit $commit; all ranks run the same program" \
    "${mpirun[@]}" -n 1 "$mpi" mafat plan "$scratch/a/net.cfg" : -n 1 "$scratch/another" mafat plan "$scratch/a/net.cfg"
[ ! -s "$scratch/stdout" ] || fail "planned beside another version"
expect 2 '2 ranks divide each image, and take one at a time; given batch 2' \
    ranks 2 "$mpi" mafat compare "$scratch/a/net.cfg" "$scratch/a/net.weights" -batch 2

# lost SIGNAL CODE PATTERN: one of three ranks is stopped or killed in a run; all end, and soon
lost() {
    local pids pid code begin
    : >"$scratch/stderr"    # before the command's own shell does: until then it would hold what the last run said
    "${mpirun[@]}" -n 3 "$mpi" mafat bench "$scratch/a/net.cfg" "$scratch/a/net.weights" \
        -threads 1 -shares 1,1,1 -n 10000 >"$scratch/stdout" 2>"$scratch/stderr" </dev/null &
    until grep -q '^mafat: runs: ' "$scratch/stderr" || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
    pids=$(pgrep -P $!)
    pid=$(echo "$pids" | sed -n 2p)
    begin=$SECONDS
    kill "-$1" "$pid"
    wait $!
    code=$?
    [ $code -eq "$2" ] || fail "-$1: exit code $code instead of $2: $(tail -n 1 "$scratch/stderr")"
    grep -qE "$3" "$scratch/stderr" || fail "-$1: no '$3' in $(cat "$scratch/stderr")"
    for pid in $pids; do
        case $(ps -o stat= -p "$pid") in '' | Z*) ;; *) fail "-$1: process $pid is left" ;; esac
    done
    [ $((SECONDS - begin)) -lt 30 ] || fail "-$1: took $((SECONDS - begin)) s"
}
lost KILL 137 "rank 1 with PID [0-9]+ on node $(hostname) exited on signal 9"
# costs that were measured, by this program and for so many threads, so that silence is noticed in seconds; of which
# all ranks have work
if ranks 3 "$mpi" mafat search "$scratch/a/net.cfg" -memory 32M -threads 1 -calibrate >"$scratch/stdout" 2>/dev/null; then
    [ "$(value messages_cost)" = measured ] || fail "messages were not measured"
    grep -qE '^message_byte_s: [0-9.e-]+$' "$XDG_CACHE_HOME"/mafat/ranks-* || fail "what messages cost is not kept"
    lost STOP 1 "^mafat: .*no answer in [0-9]+ s from rank 1 on $(hostname); all ranks end"
    # portions that go while the next ones are computed, as in a slower network
    portions=0
    for byte_s in 3e-8 1e-7 3e-7 1e-6; do
        [ "$portions" = 0 ] || break
        sed -i -E "s/^(message_byte_s): .*/\1: $byte_s/; s/^(slowness of rank [0-9]+): .*/\1: 1/" "$XDG_CACHE_HOME"/mafat/ranks-*
        portions=$(ranks 3 "$mpi" mafat plan "$scratch/yolov2.cfg" -threads 1 -shares 1,1,1 -steps 2>/dev/null | grep -c ' send ')
    done
    [ "$portions" -gt 0 ] || fail "however slow the network, there are no portions"
    same 3 "$scratch/yolov2.cfg" "$(weights cfg/yolov2.cfg)" -threads 1 -shares 1,1,1
else
    echo "  not tried, as this machine is too busy to measure costs: a paused rank, portions"
fi

# installed, it is used from any folder, and taken away again
prefix=$scratch/prefix
MPI=1 PREFIX=$prefix "$top/tools/install" install >/dev/null || fail "it is not installed"
mkdir "$scratch/clean" && cd "$scratch/clean" || exit 1
expect 0 '^values_different: 0$' ranks 2 "$prefix/bin/darknet-mafat-mpi" mafat compare yolov2-tiny.cfg "$(weights "$top/darknet/cfg/yolov2-tiny.cfg")" \
    "$top/darknet/data/dog.jpg" -shares 1,1
PREFIX=$prefix "$top/tools/install" uninstall >/dev/null || fail "it is not taken away"
[ ! -e "$prefix/bin/darknet-mafat-mpi" ] || fail "darknet-mafat-mpi is left behind"
finish
