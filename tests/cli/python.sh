#!/bin/bash
# The Python module: python.py in this folder says what programs rely on; here, that its records are
# those of mafat.h, where it finds the library, and the command `python3 -m mafat`.
. "$(dirname "$0")/../lib.sh"

# a Python that has numpy, if there is one
for python in ${PYTHON:-python3 /usr/bin/python3}; do
    "$python" -c 'import ctypes, numpy' 2>/dev/null && break
    python=
done
if [ -z "$python" ]; then
    python=${PYTHON:-python3}
    "$python" -c 'import ctypes' 2>/dev/null || { echo "  not tested: Python, which is not here"; finish; }
    echo "  not tested: arrays of numpy, which is not here"
fi
unset MAFAT_LIBRARY
export PYTHONPATH=$top/src_mafat/python PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=passive scratch

cd "$scratch" || exit 1
cat >small.cfg <<'CFG'
[net]
width=96
height=64
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
batch_normalize=1
filters=16
size=3
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
filters=16
activation=linear

[region]
anchors=1,1, 3,3
classes=3
num=2
CFG
printf 'cat\ndog\nbird\n' >small.names
echo "names=$scratch/small.names" >small.data
"$top/tools/random_weights" small.cfg small.weights >/dev/null || exit 1
ln -s "$top/darknet/data" data
cp data/dog.jpg .

"$darknet" mafat detector test small.data small.cfg small.weights dog.jpg -out command >stdout 2>stderr ||
    fail "the command: $(tail -n 1 stderr)"
grep '%$' stdout >command.boxes
[ -s command.boxes ] || fail "the command finds nothing"

"$python" "$top/tests/cli/python.py" >unittest 2>&1 || { cat unittest; fail "python.py fails"; }

# networks that are opened, run and closed leave nothing behind
"$python" - <<'PYTHON' || fail "grows"
import mafat
def held():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
pixels = memoryview(bytes(3 * 150 * 70)).cast("B", (70, 150, 3))
for i in range(220):
    if i == 20:
        before = held()
    with mafat.Network("small.cfg", "small.weights", names="small.names", memory="1G" if i % 4 == 0 else None) as network:
        network.detect(pixels, .2)
        try:
            network.run("gone.jpg")
        except mafat.Failed:
            pass
assert held() - before < 512, f"{before} kB became {held()}"
PYTHON

# records, codes and functions are mafat.h's
"$python" - >layout.c <<'PYTHON'
import ctypes
import mafat
from mafat import _library
print('#include <stddef.h>\n#include "mafat.h"')
for name, record in vars(_library).items():
    if not isinstance(record, type) or not issubclass(record, ctypes.Structure):
        continue
    sizes = [(f"sizeof({name})", ctypes.sizeof(record))]
    for field, kind in record._fields_:
        sizes += [(f"offsetof({name}, {field})", getattr(record, field).offset),
                  (f"sizeof((({name} *)0)->{field})", ctypes.sizeof(kind))]
    for what, size in sizes:
        print(f'_Static_assert({what} == {size}, "{what}");')
for kind in mafat.Failed, mafat.Usage, mafat.NoFit, mafat.Unsupported:
    upper = {"NoFit": "NO_FIT"}.get(kind.__name__, kind.__name__.upper())
    print(f'_Static_assert(MAFAT_{upper} == {kind.status}, "{upper}");')
PYTHON
[ "$(grep -c sizeof layout.c)" -gt 30 ] || fail "sees no records: $(cat layout.c)"
${CC:-gcc} -fsyntax-only -I"$top/src_mafat" layout.c || fail "records are not those of mafat.h"
"$python" -c 'from mafat import _library; print(*sorted(_library._FUNCTIONS), sep="\n")' >functions
sed -nE 's/^ *(mafat_[a-z_]+);$/\1/p' "$top/src_mafat/library/exports.map" | sort | diff - functions ||
    fail "functions are not those of the library"

# the command: the same boxes, as text and as JSON
run() { "$python" -m mafat "$@"; }
net=(--cfg small.cfg --weights small.weights --names small.names)
expect 0 '^dog.jpg: 768x576, ' run dog.jpg "${net[@]}"
sed -nE 's/^([a-z]+: [0-9]+%)\t.*/\1/p' stdout | cmp - command.boxes || fail "other boxes than the command's"
expect 0 '"file"' run dog.jpg "${net[@]}" --json --memory=1G --threshold .5 data/kite.jpg
"$python" - stdout command.boxes <<'PYTHON' || fail "JSON: $(head -c 300 stdout)"
import json
import sys
with open(sys.argv[1]) as lines, open(sys.argv[2]) as boxes:
    dog, kite = [json.loads(line) for line in lines]
    expected = boxes.read().split("\n")[:-1]
assert list(dog) == ["file", "width", "height", "boxes", "seconds", "config", "predicted_bytes", "peak_bytes",
                     "peak_bytes_unknown", "peak_rss_bytes"], list(dog)
assert dog["peak_bytes"] is None
assert (dog["file"], dog["width"], dog["height"], kite["file"]) == ("dog.jpg", 768, 576, "data/kite.jpg")
assert [f"{box['name']}: {100 * box['probability']:.0f}%" for box in dog["boxes"]] == expected
assert list(dog["boxes"][0]) == ["class", "name", "probability", "left", "top", "width", "height"]
assert dog["seconds"] > 0 and 1 << 20 < dog["predicted_bytes"] < 1 << 30 and dog["config"]
PYTHON
expect 0 '"name": null' run dog.jpg --cfg small.cfg --weights small.weights --json
expect 0 '^2: [0-9]+%' run dog.jpg --cfg small.cfg --weights small.weights
sed 's/^\[net\]/&\nmafat_memory=1M/' small.cfg >limited.cfg
expect 0 '^dog.jpg: ' run dog.jpg --cfg limited.cfg --weights small.weights --names small.names --memory 1G
expect 3 'limited.cfg: nothing fits 1048576 bytes' run dog.jpg --cfg limited.cfg --weights small.weights
mkdir drawn
expect 0 '^dog.jpg: ' run dog.jpg "${net[@]}" --draw drawn
cmp drawn/dog.jpg command.jpg || fail "another picture than the command's"
expect 0 '^usage: ' run --help
awk 'length > 80' stdout | grep . && fail "--help is wider than 80 columns"

# what is not text comes out as it went in, and in JSON as U+FFFD
name=$(printf 'h\303\274te \377.jpg')
cp dog.jpg "$name"
printf 'k\303\244tzchen\ndo\377g\nbird\n' >odd.names
for how in "" --json; do
    expect 0 "" env LC_ALL=C "$python" -m mafat "$name" --cfg small.cfg --weights small.weights --names odd.names \
        --threshold .2 $how
    shown=$name
    [ -z "$how" ] || shown=$(printf 'h\303\274te \357\277\275.jpg')
    grep -qF "$shown" stdout && grep -q "$(printf 'k\303\244tzchen')" stdout || fail "other names: $(head -c 300 stdout)"
done

# what cannot be done
expect 1 '^mafat: gone.jpg: No such file' run gone.jpg dog.jpg "${net[@]}"
grep -q '^dog.jpg: ' stdout || fail "an image that is missing keeps the others from being run"
expect 1 '^mafat: gone.cfg: .*No such file' run dog.jpg --cfg gone.cfg --weights small.weights
expect 2 'no option is called --memmory' run dog.jpg --memmory 16M
expect 2 'no image is named' run --memory 16M
expect 2 '\-\-memory wants a LIMIT' run dog.jpg --memory
expect 2 '\-\-memory wants a LIMIT' run dog.jpg --memory=
expect 2 'name of an image is empty' run '' "${net[@]}"
expect 2 '\-\-json takes no value' run dog.jpg --json=1
expect 2 'go together' run dog.jpg --cfg small.cfg
expect 2 'from 0 to 1' run dog.jpg --threshold 50
expect 2 'memory limit "16 M"' run dog.jpg "${net[@]}" --memory '16 M'
expect 2 'give --names' run dog.jpg --cfg small.cfg --weights small.weights --draw drawn
expect 2 'would both be drawn to drawn/dog.jpg' run dog.jpg data/dog.jpg "${net[@]}" --draw drawn
expect 2 './dog.jpg is an image to be read' run dog.jpg "${net[@]}" --draw .
expect 1 'nowhere/dog.jpg: ' run dog.jpg "${net[@]}" --draw nowhere
expect 3 'smallest limit that works|no limit below' run dog.jpg "${net[@]}" --memory 1M
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[implicit]\n' >implicit.cfg
expect 4 'implicit.cfg: .*\[implicit\]' run dog.jpg --cfg implicit.cfg --weights small.weights
run dog.jpg "${net[@]}" >/dev/full 2>stderr
[ $? -eq 1 ] && [ "$(wc -l <stderr)" -eq 1 ] || fail "a full disk: $(cat stderr)"

# where it is installed: the library and the network that comes with it are those of its prefix
prefix="$scratch/a prefix"
mkdir -p "$prefix/lib/python3/dist-packages" "$prefix/share/mafat/cfg"
cp -r "$top/src_mafat/python/mafat" "$prefix/lib/python3/dist-packages"
cp "$top/build/libmafat.so.0" "$prefix/lib"
cd / || exit 1
PYTHONPATH="$prefix/lib/python3/dist-packages"
found="import mafat; print([line.split(maxsplit=5)[5] for line in open('/proc/self/maps') if 'libmafat' in line][0])"
expect 0 "^$prefix/lib/libmafat.so.0$" "$python" -c "$found"
expect 2 'no codes.cfg came with this module' run "$scratch/dog.jpg"
for kind in cfg weights names; do cp "$scratch/small.$kind" "$prefix/share/mafat/cfg/codes.$kind"; done
expect 0 '^bird: ' run "$scratch/dog.jpg" --memory 16M
export MAFAT_LIBRARY=$top/build/libmafat.so.0
expect 0 "^$MAFAT_LIBRARY$" "$python" -c "$found"
MAFAT_LIBRARY=$scratch/gone.so
expect 1 "ImportError: $MAFAT_LIBRARY: .*MAFAT_LIBRARY=FILE" "$python" -c "$found"
finish
