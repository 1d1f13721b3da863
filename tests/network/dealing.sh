#!/bin/bash
# Lists of images dealt out to ranks, each of which runs whole images: what is printed and written is what one
# process prints and writes, byte for byte and in the order of the list, also where an image cannot be read;
# and a rank that is lost meanwhile ends all.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/ranks.sh"
cd "$top/darknet" || exit 1
weights=$(weights cfg/yolov3-tiny.cfg)
cfg=$scratch/net.cfg
sed -E 's/^(width|height) *=.*/\1=96/' cfg/yolov3-tiny.cfg >"$cfg"
mkdir "$scratch/images" "$scratch/labels" "$scratch/results"
for image in dog horses kite person; do
    cp "data/$image.jpg" "$scratch/images"
    echo '1 0.5 0.5 0.2 0.3' >"$scratch/labels/$image.txt"
done
ls "$scratch"/images/*.jpg >"$scratch/list"
printf 'classes=80\nvalid=%s\nnames=data/coco.names\nresults=%s\neval=coco\n' "$scratch/list" "$scratch/results" >"$scratch/data"

# both N CODE WORD...: a command on one process and on N ranks, with what it writes to @; $scratch/typed is typed
both() {
    local n=$1 code=$2 k
    for k in 1 "$n"; do
        local with=()
        [ "$k" = 1 ] || with=(ranks "$k")
        local program=$darknet
        [ "$k" = 1 ] || program=$mpi
        rm -rf "$scratch/out$k" "$scratch/results"/*
        "${with[@]}" "$program" mafat "${@:3:2}" "${@:5}" ${writes:+-out "$scratch/out$k"} \
            <"$scratch/typed" >"$scratch/stdout$k" 2>"$scratch/stderr$k"
        [ $? -eq "$code" ] || fail "$3 $4 on $k: another exit code than $code: $(cat "$scratch/stderr$k")"
        sed -i -E 's/Predicted in [^ ]*//; s/"(seconds|config|predicted_bytes|peak_bytes)": [^,}]*//g; s/^(seconds|predicted_bytes|peak_rss_bytes|predicted_latency_s|image_bytes): .*//' "$scratch/stdout$k"
        mkdir -p "$scratch/out$k" && cp -r "$scratch/results"/. "$scratch/out$k"
    done
    grep -q "$n of $n ranks take whole images" "$scratch/stderr$n" || fail "$3 $4: not dealt: $(cat "$scratch/stderr$n")"
    cmp "$scratch/stdout1" "$scratch/stdout$n" || fail "$3 $4: $n ranks print something else"
    diff -r "$scratch/out1" "$scratch/out$n" >/dev/null || fail "$3 $4: $n ranks write something else"
    [ "$(find "$scratch/stdout1" "$scratch/out1" -type f -exec cat {} + | wc -c)" -gt 1000 ] || fail "$3 $4: nothing is written"
}

# paths that are typed: one that leads nowhere, one of a picture that is cut short, a blank line
head -c 20000 data/dog.jpg >"$scratch/cut.jpg"
{ head -n 2 "$scratch/list"; echo "$scratch/cut.jpg"; echo; echo "$scratch/none.jpg"; tail -n 2 "$scratch/list"; } >"$scratch/typed"
writes=yes both 3 1 detector test cfg/coco.data "$cfg" "$weights" -thresh 0.1
diff <(grep -o '^mafat: .*jpg: .*' "$scratch/stderr1") <(grep -o '^mafat: .*jpg: .*' "$scratch/stderr3") ||
    fail "3 ranks say something else of images that cannot be read"
[ "$(grep -c '^mafat: .*\(cut\|none\).jpg: ' "$scratch/stderr3")" -eq 2 ] || fail "not said of two images that they cannot be read"
both 2 1 detector test cfg/coco.data "$cfg" "$weights" -thresh 0.1 -json -memory 48M
both 2 1 detector test cfg/coco.data "$cfg" "$weights" -thresh 0.1 -json -memory 14M -batch 2
! long || both 3 1 detector test cfg/coco.data "$cfg" "$weights" -thresh 0.1 -json -memory 14M -batch 3
both 2 1 detector test cfg/coco.data cfg/yolov2.cfg "$(weights cfg/yolov2.cfg)" -thresh 0.01 -json -memory 20M
: >"$scratch/typed"
both 2 0 detector valid "$scratch/data" "$cfg" "$weights"
both 2 0 detector valid "$scratch/data" "$cfg" "$weights" -memory 14M -batch 2
both 4 0 detector map "$scratch/data" "$cfg" "$weights"
for _ in 1 2 3; do cat "$scratch/list"; done >"$scratch/long"
printf 'classes=1000\nvalid=%s\nlabels=data/imagenet.labels.list\n' "$scratch/long" >"$scratch/data"
sed -E 's/^(width|height) *=.*/\1=64/' cfg/darknet.cfg >"$scratch/class.cfg"
both 3 0 classifier valid "$scratch/data" "$scratch/class.cfg" "$(weights cfg/darknet.cfg)"
both 2 0 classifier valid "$scratch/data" "$scratch/class.cfg" "$(weights cfg/darknet.cfg)" -memory 64M -batch 2

# a file that a rank has no room for is run by rank 0; one that it has room for when it plans anew it runs itself
head -c 20M /dev/zero | cat data/dog.jpg - >"$scratch/images/large.jpg"
head -c 60M /dev/zero | cat data/dog.jpg - >"$scratch/images/too-large.jpg"
for name in large too-large; do cp "$scratch/labels/dog.txt" "$scratch/labels/$name.txt"; done
for name in dog too-large horses large too-large kite too-large too-large; do echo "$scratch/images/$name.jpg"; done >"$scratch/typed"
sed "s|^valid=.*|valid=$scratch/typed|" "$scratch/data" >"$scratch/classes.data"
printf 'classes=80\nvalid=%s\nnames=data/coco.names\nresults=%s\neval=coco\n' "$scratch/typed" "$scratch/results" >"$scratch/boxes.data"
class="$scratch/class.cfg $(weights cfg/darknet.cfg)"
while read -r often batch command; do
    [ "$often" = every ] || long || continue
    for limit in 140M 140M,50M; do
        with=("$darknet")
        [ $limit = 140M ] || with=(ranks 2 "$mpi")
        # shellcheck disable=SC2086
        "${with[@]}" mafat $command -memory $limit -batch $batch <"$scratch/typed" >"$scratch/stdout" 2>"$scratch/stderr" ||
            fail "-batch $batch, $limit: $command: exit code $?: $(tail -n 3 "$scratch/stderr")"
        { cat "$scratch/stdout"; cat "$scratch/results"/* 2>/dev/null; rm -f "$scratch/results"/*; } |
            sed -E 's/"(seconds|config|predicted_bytes|peak_bytes)": [^,}]*//g; s/^(seconds|predicted_bytes|peak_rss_bytes|predicted_latency_s|image_bytes): .*//' >"$scratch/of-$limit"
    done
    cmp "$scratch/of-140M" "$scratch/of-140M,50M" || fail "-batch $batch: $command: another result"
    [ "$(wc -c <"$scratch/of-140M")" -gt 500 ] || fail "-batch $batch: $command: nothing is written"
    grep -q '2 of 2 ranks take whole images' "$scratch/stderr" || fail "-batch $batch: $command: not dealt"
    n=$(grep -c "too-large.jpg: rank 1 on $(hostname): a file of [0-9]* bytes, held in memory: .*; rank 0 runs it" "$scratch/stderr")
    [ "$n" -ge 2 ] || fail "-batch $batch: $command: said of $n files that a rank has no room for them: $(tail -n 3 "$scratch/stderr")"
    ! grep -q '/large.jpg: rank 1' "$scratch/stderr" || fail "-batch $batch: $command: a rank refuses a file that it has room for"
done <<END
long 1 detector test cfg/coco.data $cfg $weights -thresh 0.1 -json -no_picture
every 2 detector test cfg/coco.data $cfg $weights -thresh 0.1 -json -no_picture
long 3 detector test cfg/coco.data $cfg $weights -thresh 0.1 -json -no_picture
every 2 detector map $scratch/boxes.data $cfg $weights
long 2 detector valid $scratch/boxes.data $cfg $weights
long 2 classifier valid $scratch/classes.data $class
every 2 classifier predict cfg/imagenet1k.data $class -json
END
rm "$scratch/images/large.jpg" "$scratch/images/too-large.jpg"

# who says what ranks take of an image has them divide each
cp "$scratch/list" "$scratch/typed"
ranks 2 "$mpi" mafat detector test cfg/coco.data "$cfg" "$weights" \
    -thresh 0.1 -shares 1,1 -json <"$scratch/typed" 2>"$scratch/stderr" | sed -E 's/"(seconds|config|predicted_bytes|peak_bytes)": [^,}]*//g' >"$scratch/divided"
! grep -q 'take whole images' "$scratch/stderr" || fail "images are dealt out in spite of -shares"
"$darknet" mafat detector test cfg/coco.data "$cfg" "$weights" -thresh 0.1 -json <"$scratch/typed" 2>/dev/null |
    sed -E 's/"(seconds|config|predicted_bytes|peak_bytes)": [^,}]*//g' | cmp - "$scratch/divided" || fail "-shares finds something else"

# lost SIGNAL CODE PATTERN: one of two ranks is stopped or killed while a long list is done
lost() {
    local run pids code
    for _ in $(seq 500); do cat "$scratch/list"; done >"$scratch/long"
    rm -f "$scratch/stdout"
    "${mpirun[@]}" -n 2 "$mpi" mafat detector test cfg/coco.data "$cfg" "$weights" \
        -threads 1 -json <"$scratch/long" >"$scratch/stdout" 2>"$scratch/stderr" &
    run=$!
    until [ -s "$scratch/stdout" ] || ! kill -0 $run 2>/dev/null; do sleep 0.1; done
    grep -q 'take whole images' "$scratch/stderr" || fail "-$1: not dealt"
    pids=$(pgrep -P $run)
    kill "-$1" "$(echo "$pids" | sed -n 2p)"
    wait $run
    code=$?
    [ $code -eq "$2" ] || fail "-$1: exit code $code instead of $2: $(tail -n 3 "$scratch/stderr")"
    grep -qE "$3" "$scratch/stderr" || fail "-$1: no '$3' in $(cat "$scratch/stderr")"
    for pid in $pids; do
        case $(ps -o stat= -p "$pid") in '' | Z*) ;; *) fail "-$1: process $pid is left" ;; esac
    done
}
lost KILL 137 "rank 1 with PID [0-9]+ on node $(hostname) exited on signal 9"
if ranks 2 "$mpi" mafat search "$cfg" -memory 32M -threads 1 -calibrate \
    >/dev/null 2>&1; then
    # however busy the machine was, both take images
    sed -i -E 's/^(slowness of rank [0-9]+): .*/\1: 1/' "$XDG_CACHE_HOME"/mafat/ranks-*
    lost STOP 1 "^mafat: .*no answer in [0-9]+ s from rank 1 on $(hostname); all ranks end"
else
    echo "  not tried, as this machine is too busy to measure costs: a paused rank"
fi
finish
