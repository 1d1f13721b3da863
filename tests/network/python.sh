#!/bin/bash
# Python and whole networks: what is predicted covers a Python process, and a limit holds for it; what a
# trained network finds; and upstream's own darknet.py, on stock's library and on ours.
# Alone: it counts memory.
. "$(dirname "$0")/../lib.sh"
python=${PYTHON:-python3}
"$python" -c 'import ctypes' 2>/dev/null || { echo "  not tested: Python, which is not here"; finish; }
unset MAFAT_LIBRARY
export PYTHONPATH=$top/src_mafat/python PYTHONDONTWRITEBYTECODE=1
limit=$top/tools/limit
cd "$top/darknet" || exit 1
tiny=cfg/yolov2-tiny.cfg
tiny_w=$(weights $tiny)

# files and pixels in a limit, and pictures: the same as without one; and what was predicted at most
cat >"$scratch/program.py" <<'PYTHON'
import sys
import mafat

cfg, weights, names, memory, drawn, *images = sys.argv[1:]
images.append(memoryview(bytes(range(256)) * 3600).cast("B", (480, 640, 3)))
predicted = 0
with mafat.Network(cfg, weights, names=names, memory=memory or None) as network:
    for image in images:
        found = network.detect(image, .12)
        print(found, network.run(image)[97])
        network.draw(image, found, drawn)
        with open(drawn, "rb") as file:
            print(hash(file.read()))
        predicted = max(predicted, network.facts.predicted_bytes)
print("predicted_bytes:", predicted, file=sys.stderr)
PYTHON
export PYTHONHASHSEED=0
"$top/tools/make_images" "$scratch" 1600 1200 24.bmp >/dev/null
set -- "$python" "$scratch/program.py" $tiny "$tiny_w" data/coco.names
images="data/dog.jpg $scratch/24.bmp data/eagle.jpg"
"$@" "" "$scratch/drawn.jpg" $images >"$scratch/expected" 2>"$scratch/stderr" || fail "$(tail -n 1 "$scratch/stderr")"
[ "$(grep -c Box "$scratch/expected")" -eq 4 ] || fail "finds nothing"
if "$limit" -o "$scratch/report" none true 2>/dev/null; then
    for memory in 32M 100M; do
        "$limit" -o "$scratch/report" $memory "$@" $memory "$scratch/drawn.jpg" $images >"$scratch/stdout" 2>"$scratch/stderr" ||
            fail "$memory: $(tail -n 1 "$scratch/stderr")"
        cmp "$scratch/stdout" "$scratch/expected" || fail "$memory: other results"
        grep -qx 'limit_hits: 0' "$scratch/report" || fail "$memory: the limit was hit: $(xargs <"$scratch/report")"
        predicted=$(sed -n 's/^predicted_bytes: //p' "$scratch/stderr")
        peak=$(sed -n 's/^peak_bytes: //p' "$scratch/report")
        echo "  $memory: predicted $predicted, charged $peak"
        [ "$predicted" -ge "$peak" ] || fail "$memory: predicted $predicted, charged $peak"
    done
else
    echo "  not tested: limits, without the right to a memory cgroup"
fi

# a trained network
net=$top/../shared/nets/yolo-fastest-1.1/yolo-fastest-1.1
if [ -f "$net.weights" ]; then
    expect 0 '^dog: 61%' "$python" -m mafat data/dog.jpg --cfg "$net.cfg" --weights "$net.weights" --names "$net.names" \
        --threshold .25
    found=$(sed -nE 's/^([a-z]+): ([0-9]+)%.*/\1 \2/p' "$scratch/stdout" | xargs)
    [ "$found" = "dog 61 bicycle 43 cat 28 car 54 car 38 bicycle 60" ] || fail "found $found"
else
    echo "  not tested: a trained network, which is not here"
fi

# darknet.py as it is: its own example, in a Darknet tree, gives on stock's library what it gives on ours
tree=$scratch/tree
mkdir -p "$tree/cfg" "$tree/stock"
ln -s "$PWD/data" "$tree/data"
cp $tiny "$tree/cfg/tiny-yolo.cfg"
cp cfg/coco.data "$tree/cfg"
cp "$tiny_w" "$tree/tiny-yolo.weights"
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
${CC:-gcc} -shared -Ofast $openmp -Wl,--whole-archive "$top/build/stock/libdarknet.a" -Wl,--no-whole-archive -lm -pthread \
    -o "$tree/stock/libdarknet.so" || fail "stock's library does not link"
cd "$tree" || exit 1
sed 's/^    r = detect(.*)$/    r = detect(net, meta, "data\/dog.jpg", .12)/' "$top/darknet/python/darknet.py" >lower.py
for script in "$top/darknet/python/darknet.py" lower.py; do
    for lib in "$tree/stock" "$top/darknet"; do
        expect 0 '^\[.*\]$' env LD_LIBRARY_PATH="$lib" "$python" "$script"
        tail -n 1 "$scratch/stdout" >"${lib##*/}.found"
    done
    cmp stock.found darknet.found || fail "$script: finds other boxes on our library"
done
grep -q "^\[('[a-z ]*', 0\.[0-9]*, (" darknet.found || fail "darknet.py finds $(cat darknet.found)"
sed -i '0,/^\[net.*/s//&\nmafat_memory=64M/' cfg/tiny-yolo.cfg
expect 0 '^\[.*\]$' env LD_LIBRARY_PATH="$top/darknet" "$python" lower.py
tail -n 1 "$scratch/stdout" | cmp - stock.found || fail "darknet.py finds other boxes in a limit"
grep -q '^mafat: limit 67108864 bytes' "$scratch/stderr" || fail "darknet.py runs without its limit"
expect 0 '^True$' env LD_LIBRARY_PATH="$tree/stock" PYTHONPATH="$top/darknet/python" "$python" -c '
import darknet
net, bare = [darknet.load_net(cfg, None, 0) for cfg in ("cfg/tiny-yolo.cfg", b"cfg/tiny-yolo.cfg")]
metas = [darknet.load_meta(path) for path in ("cfg/coco.data", b"cfg/coco.data")]
print(all(darknet.class_name(meta, 16) == "dog" for meta in metas))'
finish
