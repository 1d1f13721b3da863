#!/bin/bash
# What `detector test` and `detect` tell of boxes: lines with pixels, JSON, pictures for each image of a list.
# Whatever the form, the same boxes; stock's where it has them.
. "$(dirname "$0")/../lib.sh"
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nfilters=24\nsize=5\nstride=8\npad=1\nactivation=leaky
[convolutional]\nfilters=16\nsize=1\nstride=1\nactivation=linear
[region]\nanchors=1,1,2,4\nclasses=3\ncoords=4\nnum=2\nsoftmax=1\n' >"$scratch/tiny.cfg"
tools/random_weights "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
printf 'a "b"\n\xc3\xa4\nc\xff\n' >"$scratch/names"
has_python=$(command -v python3)

# Run where Darknet's letters are, in a folder of its own.
mkdir "$scratch/work"
cd "$scratch/work" || exit 1
ln -s "$top"/darknet/{data,cfg} .
cp "$top/darknet/data/dog.jpg" dog.jpg
cp "$top/darknet/data/eagle.jpg" 'an "eagle".jpg'
cp dog.jpg $'d\xffg.jpg'
printf 'names=%s/names\n' "$scratch" >d.data
detect() { # OPTIONS...: stdout and stderr of a list on stdin, or of an image among them
    "$darknet" mafat detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" "$@" >stdout 2>stderr
}
code() { # CODE OPTIONS...
    local expected=$1 given
    shift
    detect "$@"
    given=$?
    [ $given -eq "$expected" ] || fail "exit code $given instead of $expected: $*: $(tail -n 1 stderr)"
}
told() { # PATTERN
    grep -qE -e "$1" stderr || fail "no '$1' in $(tail -n 1 stderr)"
}
python() { # SCRIPT ARGUMENTS...
    [ -z "$has_python" ] || python3 -c "$@" || fail "${FUNCNAME[0]}"
}

# lines: Darknet's, and behind a tab the box
code 0 dog.jpg -thresh .2
cp stdout plain
[ "$(grep -c '%$' plain)" -gt 5 ] || fail "few boxes: $(cat plain)"
code 0 dog.jpg -thresh .2 -ext_output
cp stdout boxes
sed 's/\t(left_x.*//; s/in [0-9.]* seconds/in T seconds/' boxes | diff - <(sed 's/in [0-9.]* seconds/in T seconds/' plain) ||
    fail "-ext_output has other lines"
LC_ALL=C grep -av "^dog.jpg: Predicted" boxes | LC_ALL=C grep -qavE \
    '%'$'\t''\(left_x: [ 0-9-]{4,}   top_y: [ 0-9-]{4,}   width: [ 0-9-]{4,}   height: [ 0-9-]{4,}\)$' &&
    fail "-ext_output in another form: $(cat boxes)"
# with those options the word mafat may be left out
for word in -ext_output -json -no_picture; do
    "$darknet" detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" dog.jpg $word >stdout 2>stderr ||
        fail "no $word without the word mafat"
    "$darknet" detect "$scratch/tiny.cfg" "$scratch/tiny.weights" -dont_show $word >stdout 2>stderr </dev/null ||
        fail "detect $word is stock's: $(tail -n 1 stderr)"
done
rm -f predictions.jpg

# JSON: a line for each image, and nothing else on stdout; the numbers are those of the lines
printf '%s\n' dog.jpg 'an "eagle".jpg' no-such.jpg '' d.data $'d\xffg.jpg' >list
code 1 -thresh .2 -json -gpus 0 -out out/ <list
told '^mafat: no-such.jpg: .*No such file'
told '^mafat: d.data: cannot be read as an image'
told '^mafat: images that were passed over: 2 of 5$'
[ "$(wc -l <stdout)" = 3 ] || fail "not a line for each image: $(cat stdout)"
python '
import json, sys
found = [json.loads(line.decode("utf-8")) for line in open("stdout", "rb")]
assert [f["file"] for f in found] == ["dog.jpg", "an \"eagle\".jpg", "d\ufffdg.jpg"], found
for f in found:
    assert list(f)[:8] == "file width height boxes seconds config predicted_bytes peak_bytes".split(), list(f)
    assert f["config"] == "1x1" and f["predicted_bytes"] > 0 and f["seconds"] > 0
    assert f["peak_bytes"] is None and f["peak_bytes_unknown"] or f["peak_bytes"] > 0
dog = found[0]
assert (dog["width"], dog["height"]) == (768, 576) and dog["boxes"] == found[2]["boxes"]
names = ["a \"b\"", "\u00e4", "c\ufffd"]
lines = []
for b in dog["boxes"]:
    assert list(b) == "class name probability left top width height".split()
    assert b["name"] == names[b["class"]]
    whole = [int(abs(v) + .5) * (1 if v > 0 else -1) for v in (b["left"], b["top"], b["width"], b["height"])]
    lines.append((b["name"], round(100 * b["probability"]), *whole))
import re
told = []
for line in open("boxes", encoding="utf-8", errors="replace").read().splitlines()[1:]:
    numbers = re.findall(r"-?\d+", line.split("\t")[1])
    told.append((line.split(": ")[0], int(re.search(r"(\d+)%", line).group(1)), *map(int, numbers)))
assert lines == told, (lines, told)
'
# a picture of each, which are those of one at a time
ls out >stdout
[ "$(LC_ALL=C ls out | wc -l)" = 3 ] || fail "not three pictures: $(ls out)"
code 0 'an "eagle".jpg' -thresh .2 -out one
cmp one.jpg 'out/an "eagle".jpg' || fail "the picture in a folder is another one"
cmp out/dog.jpg $'out/d\xffg.jpg' || fail "a picture of the same image is another one"
[ ! -e predictions.jpg ] || fail "predictions.jpg was drawn beside a folder"

# the boxes that stock's `detector valid` writes
if [ -n "$has_python" ]; then
    mkdir results
    printf 'dog.jpg\ndog.jpg\ndog.jpg\ndog.jpg\n' >valid.list
    printf 'x\ny\nz\n' >plain.names
    printf 'names=plain.names\nvalid=valid.list\nresults=results\n' >valid.data
    "$stock" detector valid valid.data "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null 2>&1 || fail "stock's valid"
    code 0 dog.jpg -thresh .005 -json -no_picture
    python '
import json
boxes, listed = json.load(open("stdout"))["boxes"], 0
for c, name in enumerate("xyz"):
    mine = sorted([b["probability"], max(b["left"] + 1, 1), max(b["top"] + 1, 1),
                   min(b["left"] + b["width"] + 1, 768), min(b["top"] + b["height"] + 1, 576)]
                  for b in boxes if b["class"] == c)
    rows = [line.split() for line in open("results/comp4_det_test_%s.txt" % name)]
    theirs = sorted([float(v) for v in row[1:]] for row in rows[:len(rows) // 4])
    listed += len(theirs)
    assert len(mine) == len(theirs), (name, len(mine), len(theirs))
    for a, b in zip(mine, theirs):
        assert all(abs(x - y) < .01 for x, y in zip(a, b)), (a, b)
assert listed > 20, listed
'
fi

# a file of JSON: one list, whole or not at all, beside the lines
echo mine >all.json
code 1 -thresh .2 -out all.json <list
[ "$(grep -c Predicted stdout)" = 3 ] || fail "-out FILE.json has other lines: $(cat stdout)"
[ "$(wc -l <all.json)" = 5 ] || fail "not a line for each image: $(cat all.json)"
python '
import json
assert [len(f["boxes"]) > 0 for f in json.load(open("all.json", encoding="utf-8"))] == [True] * 3'
code 0 dog.jpg -json -out ALL.JSON
python 'import json; assert [json.load(open("stdout"))["boxes"]] == [f["boxes"] for f in json.load(open("ALL.JSON"))]'
code 0 dog.jpg -no_picture -out none.json    # which names no picture
[ "$(wc -l <none.json)" = 3 ] || fail "-no_picture: not one image: $(cat none.json)"
code 0 -out none.json </dev/null
python 'import json; assert json.load(open("none.json")) == []'
echo mine >all.json
"$darknet" mafat detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" -out all.json <list >/dev/full 2>stderr &&
    fail "results were written to a full disk"
yes dog.jpg | timeout 60 "$darknet" mafat detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" -out all.json \
    >/dev/full 2>stderr
[ $? -eq 1 ] || fail "goes on where nobody takes results"
told 'cannot write the results: No space left'
"$darknet" mafat detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" no.jpg -out all.json >stdout 2>stderr
[ "$(cat all.json)" = mine ] || fail "what stood in a file's place is gone: $(cat all.json)"
code 1 dog.jpg -out no/such.json
told 'no/such.json: .*No such file'
[ "$(ls ./*.json* | wc -l)" = 2 ] || fail "left behind: $(ls ./*.json*)"

# images of one name from several folders; pictures of an earlier run are replaced, images never
mkdir one two three
for folder in one two three; do cp dog.jpg $folder/same.jpg; done
cp data/eagle.jpg two/same.jpg
# what is in mixed/ is older than the run that comes to it, by more than a tick of the kernel's clock
mkdir mixed elsewhere
cp eagle.jpg mixed/eagle.jpg 2>/dev/null || cp 'an "eagle".jpg' mixed/eagle.jpg
cp dog.jpg elsewhere/eagle.jpg
cp dog.jpg elsewhere/other.jpg
cp mixed/eagle.jpg kept.jpg
echo text >mixed/other.jpg
printf '%s/same.jpg\n' one two three >list
for run in 1 2; do
    code 0 -thresh .2 -out pictures/ <list
    [ "$(ls pictures)" = $'same-2.jpg\nsame-3.jpg\nsame.jpg' ] || fail "run $run: other pictures: $(ls pictures)"
    told 'two/same.jpg: another image of that name came before: the picture is pictures/same-2.jpg'
    cmp pictures/same.jpg out/dog.jpg && cmp pictures/same-2.jpg one.jpg && cmp pictures/same-3.jpg out/dog.jpg ||
        fail "run $run: pictures of other images"
done
# nor the image that comes later in the list and lies in the folder, wherever the list comes from
printf '%s\n' elsewhere/eagle.jpg mixed/eagle.jpg elsewhere/other.jpg dog.jpg >list
for way in 'cat list | detect' 'detect <list'; do
    rm -f mixed/dog.jpg
    eval "${way/detect/detect -out mixed/}" && fail "an image in the folder is nothing"
    told "^mafat: elsewhere/eagle.jpg: its picture would take the place of mixed/eagle.jpg, which is no picture of an earlier run"
    told "^mafat: elsewhere/other.jpg: its picture would take the place of mixed/other.jpg"
    cmp kept.jpg mixed/eagle.jpg || fail "an image that came later was written over"
    [ "$(cat mixed/other.jpg)" = text ] || fail "a file that is no picture was written over"
    [ -s mixed/dog.jpg ] || fail "the image behind them was not drawn"
done
for folder in one/ ./one/ three/../one/ "$PWD/one/"; do
    code 1 one/same.jpg -out $folder
    told 'one/same.jpg: lies in .*one/ itself'
    cmp one/same.jpg dog.jpg || fail "an image was drawn over"
done
mkdir linked && ln -s ../one/same.jpg linked/same.jpg
code 1 linked/same.jpg -out one/
told 'linked/same.jpg: its picture would take its place'
cmp one/same.jpg dog.jpg || fail "an image was drawn over by way of a link"
code 1 dog.jpg -out dog.jpg/
told 'dog.jpg/: is no folder'
code 1 dog.jpg -out no/such/folder/
told 'no/such/folder/: is no folder and cannot be made: No such file'

# one picture: NAME.jpg as in Darknet, whatever NAME ends in, but for .png
code 0 dog.jpg -thresh .2 -out x.jpg
[ -e x.jpg.jpg ] && [ ! -e x.jpg ] || fail "-out x.jpg is not what Darknet makes of it"
told 'Darknet adds a suffix: the picture will be x.jpg.jpg'
code 0 dog.jpg -thresh .2 -out out
[ -e out.jpg ] || fail "-out NAME of a folder is not what Darknet makes of it"
told 'out/ puts one of each image into that folder'
code 0 dog.jpg -thresh .2 -out x.png
[ "$(head -c 4 x.png | tail -c 3)" = PNG ] || fail "x.png is no PNG"
cp x.png image.png
code 1 image.png -out image.png
told 'its picture would take its place'
cmp x.png image.png || fail "an image was drawn over"
rm -f predictions.jpg
code 0 dog.jpg -dont_show
[ -e predictions.jpg ] || fail "-dont_show draws none"
rm -f predictions.jpg data    # and without a picture nobody needs letters
code 0 dog.jpg -no_picture -dont_show -ext_output -thresh .2
cmp <(sed 1d stdout) <(sed 1d boxes) || fail "-no_picture has other boxes"
[ ! -e predictions.jpg ] || fail "-no_picture draws one"
ln -s "$top/darknet/data" data

# what does not go together, or is for others
expect 2 '-out x.png names a picture, and -no_picture asks for none' "$darknet" mafat detector test d.data \
    "$scratch/tiny.cfg" "$scratch/tiny.weights" dog.jpg -no_picture -out x.png
expect 2 'option -ext_output is for `detector test` and `detect`' "$darknet" mafat detector valid d.data \
    "$scratch/tiny.cfg" "$scratch/tiny.weights" -ext_output
for command in 'classifier csv' 'detector valid' 'classifier label'; do
    # shellcheck disable=SC2086
    expect 2 '-json is for' "$darknet" mafat $command d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" -json
done
expect 2 'did you mean -ext_output' "$darknet" mafat detector test d.data "$scratch/tiny.cfg" "$scratch/tiny.weights" \
    dog.jpg --ext-output


# what failed is said before what was too large; the rest is done
{ printf 'P6 3000 2000 255\n'; head -c 18000000 /dev/zero; } >large.ppm
printf 'large.ppm\ndog.jpg\n' >list
code 3 -memory 12M -json -no_picture <list
told 'images that were passed over as too large for the memory limit: 1$'
echo no.jpg >>list
code 1 -memory 12M -json -no_picture <list
told 'images that were passed over: 1 of 3 that failed, 1 too large for the memory limit$'
[ "$(wc -l <stdout)" = 1 ] || fail "other images were run: $(cat stdout)"
printf 'no.jpg\ndog.jpg\n' >list
for how in layers 1x1; do
    code 1 -mafat $how -json <list
    [ "$(wc -l <stdout)" = 1 ] || fail "-mafat $how: ends at an image that is not there"
done

# an image is opened to be looked at, and once more for the network and the picture
${CC:-gcc} -O1 -shared -fPIC "$top/tests/cli/opens.c" -o opens.so || fail "opens.c"
for how in '' '-memory 12M'; do
    LD_PRELOAD=$PWD/opens.so OPENS=$PWD/opens "$darknet" mafat detector test d.data "$scratch/tiny.cfg" \
        "$scratch/tiny.weights" dog.jpg -out out.png $how >/dev/null 2>stderr || fail "$how: $(tail -n 1 stderr)"
    [ "$(grep -c '^dog.jpg$' opens)" = 2 ] || fail "$how: an image is opened $(grep -c '^dog.jpg$' opens) times"
done
finish
