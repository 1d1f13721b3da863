#!/bin/bash
# `darknet mafat detector demo` finds in each frame of a film what `detector test` finds in it as a picture,
# writes films and pictures of them, keeps memory limits, and ends with a message where there is no film,
# camera, desktop or room.
# Alone: counts the memory of the program.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM
cd "$top/darknet" || exit 1
cfg=$(sized cfg/yolov2-tiny.cfg 160)    # for the sake of time
w=$(weights $cfg)

# the library that shows video, beside the program: none, none that loads, one of another version
apart=$scratch/apart
mkdir "$apart" && cp "$darknet" "$apart/darknet" || exit 1
demo="mafat detector demo cfg/coco.data $cfg $w"
expect 2 'this program was built without it: `make OPENCV=1` builds libmafat-video.so' "$apart/darknet" $demo film.avi
expect 1 'Demo needs OpenCV' "$apart/darknet" ${demo#mafat } film.avi
echo nonsense >"$apart/libmafat-video.so"
expect 1 'libmafat-video.so: cannot be loaded: ' "$apart/darknet" $demo film.avi
echo 'int nothing;' | ${CC:-gcc} -shared -fPIC -x c - -o "$apart/libmafat-video.so" || fail "no library to try"
expect 1 'libmafat-video.so: was built for another version' "$apart/darknet" $demo film.avi
rm -r "$apart"
(cd "$top" && tools/setup --check opencv 2>/dev/null) || { echo "  no OpenCV here, hence no video"; finish; }

# the variant's own program, with the library beside it; darknet/ stays as it is
program=$top/$(make -s -C "$top" where)
make -s -C "$top" WERROR=1 OPENCV=1 "${program#"$top/"}" "$(dirname "${program#"$top/"}")/libmafat-video.so" >/dev/null ||
    fail "OPENCV=1 does not build"
demo() { "$program" mafat detector demo cfg/coco.data $cfg "$w" "$@"; }
silent() { demo "$@" -dont_show -thresh .12; }

# twelve pictures of something that moves, each a file, and a film of them
n=12
frame=$scratch/frame_%03d.ppm
for ((i = 0; i < n; i++)); do
    # shellcheck disable=SC2059    # the name of the film is the format
    LC_ALL=C awk -v i=$i 'BEGIN {
        printf "P6 96 64 255\n"
        for (y = 0; y < 64; y++) for (x = 0; x < 96; x++)
            printf "%c%c%c", 1 + (5 * x + 9 * i) % 250, 1 + (7 * y + x) % 250, 1 + ((x - 4 * i) * (y - 30)) % 97 + 99
    }' >"$(printf "$frame" $i)"
done
pictures=$(for ((i = 0; i < n; i++)); do printf "$frame\n" $i; done)

# the same boxes, frame by frame; without codes of terminals where stdout is none
"$program" mafat detector test cfg/coco.data $cfg "$w" -thresh .12 -out "$scratch/drawn" <<<"$pictures" 2>/dev/null |
    sed -E 's/^(Enter.*)Predicted in.*/frame/; /^Enter/d' >"$scratch/expected"
[ "$(grep -c '%$' "$scratch/expected")" -gt $n ] || fail "no boxes to compare"
silent "$frame" >"$scratch/stdout" 2>"$scratch/stderr" || fail "$(tail -n 1 "$scratch/stderr")"
sed -E 's/^FPS:[0-9.]+$/frame/; /^(Objects:)?$/d' "$scratch/stdout" | diff - "$scratch/expected" >"$scratch/diff" ||
    fail "other boxes than detector test: $(head -n 3 "$scratch/diff")"
grep -q $'\033' "$scratch/stdout" && fail "codes of terminals in a file"
grep -qE "^mafat: $n frames in [0-9.]+ seconds: [0-9.]+ a second; peak [0-9.]+ MiB" "$scratch/stderr" || fail "no sum"
cp "$scratch/stdout" "$scratch/plain"
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then    # terminals can be made here
    script -qec "$program $demo '$frame' -dont_show -thresh .12" /dev/null </dev/null >"$scratch/stdout" 2>&1
    grep -q $'\033\[2J' "$scratch/stdout" || fail "a terminal is not cleared"
fi

# JSON, one object a line, with what -ext_output tells; frames that are passed over
silent "$frame" -json >"$scratch/json" 2>/dev/null || fail "-json failed"
[ "$(wc -l <"$scratch/json")" = $n ] || fail "not one line of JSON for each frame"
while read -r line; do echo "$line" >"$scratch/line"; is_json "$scratch/line"; done <"$scratch/json"
for key in frame width height boxes class name probability left top seconds config predicted_bytes peak_bytes; do
    [ "$(grep -c "\"$key\": " "$scratch/json")" -ge $((n - 3)) ] || fail "JSON lacks $key"
done
silent "$frame" -ext_output >"$scratch/stdout" 2>/dev/null || fail "-ext_output failed"
sed -E 's/\t\(left_x: +-?[0-9]+   top_y: +-?[0-9]+   width: +[0-9]+   height: +[0-9]+\)$//' "$scratch/stdout" |
    diff <(sed '/^FPS/d' "$scratch/plain") <(sed '/^FPS/d' -) >/dev/null || fail "-ext_output changes more than it adds"
if command -v python3 >/dev/null; then
    python3 - "$scratch/json" >"$scratch/told" <<'END'
import json, sys
for line in open(sys.argv[1]):
    for b in json.loads(line)["boxes"]:
        print("%s: %.0f%%\t(left_x: %4.0f" % (b["name"], b["probability"] * 100, b["left"]))
END
    [ "$(wc -l <"$scratch/told")" = "$(grep -c % "$scratch/stdout")" ] || fail "JSON has other boxes than -ext_output"
fi
[ "$(silent "$frame" -json -s 4 2>/dev/null | sed -E 's/^.*"frame": ([0-9]+),.*/\1/' | paste -sd ' ')" = '0 5 10' ] ||
    fail "-s 4 shows other frames"

# pictures of frames are those of detector test; films have all frames, with boxes, and can be read again
silent "$frame" -prefix "$scratch/picture" >/dev/null 2>&1 || fail "-prefix failed"
"$program" mafat detector test cfg/coco.data $cfg "$w" "$(tail -n 1 <<<"$pictures")" -thresh .12 -out "$scratch/drawn" >/dev/null 2>&1
cmp "$scratch/drawn.jpg" "$scratch/picture_000000$((n - 1)).jpg" || fail "another picture than detector test's"
for suffix in avi mp4 mov mkv; do
    silent "$frame" -out_filename "$scratch/film.$suffix" >/dev/null 2>"$scratch/stderr" || fail "$suffix: $(tail -n 1 "$scratch/stderr")"
    [ "$(silent "$scratch/film.$suffix" -json 2>/dev/null | grep -c '"width": 96, "height": 64')" = $n ] ||
        fail "film.$suffix has another number of frames, or size"
done
demo "$frame" -dont_show -thresh 1 -out_filename "$scratch/bare.avi" >/dev/null 2>&1
cmp -s "$scratch/bare.avi" "$scratch/film.avi" && fail "no boxes in the film"
"$program" ${demo#mafat } "$scratch/film.avi" -dont_show -thresh .12 >/dev/null 2>&1 || fail "wants the word mafat"

# memory limits: none that is too small, and the boxes stay
expect 3 '(works is|no limit below) [0-9]+' silent "$scratch/film.avi" -memory 1M
least=$(grep -oE '(works is|no limit below) [0-9]+' "$scratch/stderr" | grep -oE '[0-9]+$')
silent "$scratch/film.avi" -json 2>/dev/null | sed 's/"seconds".*//' >"$scratch/expected"
sed "0,/^\[net/s/^\[net.*/&\nmafat_memory=1M/" $cfg >"$scratch/limit.cfg"
expect 3 'nothing fits 1048576 bytes' "$program" mafat detector demo cfg/coco.data "$scratch/limit.cfg" "$w" "$scratch/film.avi" -dont_show
for film in "$frame" "$scratch/film.avi" "$scratch/film.mp4"; do
    limit=$((least + (8 << 20)))
    cage=("$top/tools/limit" "$limit")
    "${cage[@]}" true >/dev/null 2>&1 || cage=()
    "${cage[@]}" "$program" $demo "$film" -dont_show -thresh .12 -memory $limit -json >"$scratch/json" 2>"$scratch/stderr" ||
        fail "$film in $limit bytes: $(grep mafat "$scratch/stderr" | tail -n 1)"
    [ "$(grep -c '"frame": ' "$scratch/json")" = $n ] || fail "$film in $limit bytes: not all frames"
    [ "$film" != "$scratch/film.avi" ] || sed '/"frame"/!d; s/"seconds".*//' "$scratch/json" | cmp - "$scratch/expected" ||
        fail "other boxes in a limit"
    [ ${#cage[@]} -gt 0 ] || echo "  no cgroup to be had: limit not enforced"
done
"${cage[@]}" "$program" $demo "$frame" -dont_show -memory $((limit + (4 << 20))) -out_filename "$scratch/film.avi" \
    >/dev/null 2>"$scratch/stderr" || fail "a film written in a limit: $(grep mafat "$scratch/stderr" | tail -n 1)"
silent "$frame" -memory $limit -quiet >/dev/null 2>"$scratch/stderr" && [ ! -s "$scratch/stderr" ] ||
    fail "-quiet: $(head -n 1 "$scratch/stderr")"
# frames that share a pass of the weights: what is told, written and drawn is what it is of frames one by one, also
# where the last pass has fewer, some are passed over, or there is no limit; and the limit is kept
limit=$((least + (10 << 20)))
told() { # NAME ARGUMENTS...: what a demo tells, without times
    "$program" $demo "$scratch/film.mp4" -dont_show -thresh .12 "${@:2}" 2>"$scratch/stderr" |
        sed -E 's/^FPS:.*//; s/"seconds".*//' >"$scratch/$1.told"
    [ "${PIPESTATUS[0]}" = 0 ] || fail "${*:2}: $(grep mafat "$scratch/stderr" | tail -n 1)"
}
while read -r batches how; do
    told one $how -batch 1
    [ "$(wc -l <"$scratch/one.told")" -ge 6 ] || fail "$how: tells nothing"
    for batch in ${batches//,/ }; do
        told several $how -batch $batch
        cmp -s "$scratch/one.told" "$scratch/several.told" || fail "$how -batch $batch: $(diff "$scratch/one.told" "$scratch/several.told" | head -3)"
        [[ $how != *memory* ]] || grep -q "^mafat: limit .*, ${batch/auto/[1-9][0-9]*} images a pass" "$scratch/stderr" ||
            fail "$how: $batch frames do not share a pass: $(grep limit "$scratch/stderr")"
    done
done <<<"2,5,auto -memory $limit -ext_output
5 -json -s 1"
for batch in 1 3; do
    told drawn -memory $((limit + (4 << 20))) -batch $batch -out_filename "$scratch/by$batch.avi" -prefix "$scratch/by${batch}_"
done
cmp "$scratch/by1.avi" "$scratch/by3.avi" || fail "another film"
for ((i = 0; i < n; i++)); do cmp "$scratch/by1__$(printf %08d $i).jpg" "$scratch/by3__$(printf %08d $i).jpg" || fail "another picture"; done
"$top/tools/limit" -o "$scratch/counts" none "$program" $demo "$scratch/film.mp4" -dont_show -thresh .12 -memory $limit -batch 5 >/dev/null 2>"$scratch/stderr" &&
    { [ "$(sed -n 's/^peak_bytes: //p' "$scratch/counts")" -le "$(grep -oE 'predicted [0-9]+' "$scratch/stderr" | tail -n 1 | grep -oE '[0-9]+')" ] ||
        fail "five frames: $(cat "$scratch/counts" "$scratch/stderr")"; }
told unasked -memory $limit
grep -q ', [1-9][0-9]* images a pass' "$scratch/stderr" || fail "frames of a file share no pass: $(grep limit "$scratch/stderr")"
expect 2 '-batch 2 is for films: the frames of a camera are run one by one' silent -c 99 -batch 2
expect 1 'there is no camera 99' silent -c 99 -batch auto
expect 2 'batch "0": expected a number' silent "$frame" -batch 0
# a limit without room for the decoder is told, and the process not killed
for i in 0 1; do
    { printf 'P6 1920 1080 255\n' && head -c $((3 * 1920 * 1080)) /dev/zero; } >"$scratch/large_$i.ppm"
done
silent "$scratch/large_%d.ppm" -out_filename "$scratch/large.mp4" >/dev/null 2>&1 || fail "no large film"
[ ${#cage[@]} = 0 ] || expect 3 'nothing fits 37748736 bytes' \
    "$top/tools/limit" 36M "$program" $demo "$scratch/large.mp4" -dont_show -memory 36M

# what cannot be
expect 1 'nothing.avi: cannot be read: No such file' silent nothing.avi
expect 1 'data: is no film' silent data
expect 1 'coco.names: is no film' silent data/coco.names
expect 1 'there is no camera 99' silent -c 99
expect 1 'no window can be opened here .DISPLAY is not set.' demo "$scratch/film.avi"
expect 1 'no window can be opened here .DISPLAY is :99999.' env DISPLAY=:99999 "$program" $demo "$scratch/film.avi"
expect 2 'give one of them' silent "$scratch/film.avi" -c 0
expect 2 'has a size of its own' silent "$scratch/film.avi" -w 320
expect 2 'is read as fast as can be' silent "$scratch/film.avi" -fps 5
expect 2 'option -avg: "3": each frame' silent "$scratch/film.avi" -avg 3
expect 2 'is the film that is read' silent "$scratch/film.avi" -out_filename "$scratch/./film.avi"
expect 2 'films are written as .avi' silent "$scratch/film.mp4" -out_filename "$scratch/film.gif"
expect 1 'cannot be written' silent "$scratch/film.mp4" -out_filename "$scratch/nowhere/film.avi"
expect 2 'is no detector' "$program" mafat detector demo cfg/coco.data cfg/tiny.cfg "$(weights cfg/tiny.cfg)" "$scratch/film.mp4" -dont_show
expect 1 'cannot write the results' sh -c "exec '$program' $demo '$scratch/film.mp4' -dont_show >/dev/full"
head -c $(($(stat -c %s "$scratch/film.avi") / 2)) "$scratch/film.avi" >"$scratch/cut.avi"
silent "$scratch/cut.avi" >/dev/null 2>"$scratch/stderr"
grep -q "says that it has $n frames; behind number" "$scratch/stderr" || fail "half a film is passed off as whole"
(trap '' XFSZ && ulimit -f 30 && silent "$frame" -out_filename "$scratch/large.avi") >/dev/null 2>"$scratch/stderr" &&
    fail "a film that could not be written passes"
grep -q "cannot be written: $n frames came, and its end cannot be read" "$scratch/stderr" || fail "no word of a film cut off"

# somebody ends it: the film is ended, too
for ((i = n; i < 400; i++)); do ln -s "$(printf "$frame" $((i % n)))" "$(printf "$frame" $i)"; done
mkfifo "$scratch/results"
"$program" $demo "$frame" -dont_show -json -out_filename "$scratch/ended.mp4" >"$scratch/results" 2>"$scratch/stderr" &
pid=$!
{ read -r _; read -r _; kill $pid; cat >/dev/null; } <"$scratch/results"
wait $pid
[ $? = 143 ] || fail "a film that is ended does not end as the signal wants it"
silent "$scratch/ended.mp4" -s 1000 >/dev/null 2>"$scratch/stderr" || fail "interrupted: $(tail -n 1 "$scratch/stderr")"
finish
