#!/bin/bash
# tools/get_network, against a server of the test's own: a file has its name only when it is whole and right, a
# fetch that was cut goes on where it stopped, and what cannot be had is told with what to do by hand.
# Beside: it fetches, and runs nothing.
. "$(dirname "$0")/../lib.sh"
get=$top/tools/get_network
expect 0 '^usage: ' "$get" --help
expect 2 'the network.s name is missing' "$get"
expect 2 'no network "yolov9" is known' "$get" yolov9
expect 2 'unknown option -x' "$get" -x yolov2
expect 2 'one argument too many' "$get" yolov2 yolov2-tiny
expect 2 'has a blank in it' "$get" -d "$scratch/a b" yolov2

command -v python3 >/dev/null || { echo "  not tested: fetching, without python3 for a server"; finish; }

# A tree whose tool wants a file that is made here.
tree=$scratch/tree
file=yolov3-tiny.weights
folder=$tree/build/networks/yolov3-tiny
mkdir -p "$tree/tools" "$tree/darknet/data" "$tree/darknet/cfg" "$scratch/served"
echo person >"$tree/darknet/data/coco.names"
echo '[net]' >"$tree/darknet/cfg/yolov3-tiny.cfg"
seq 200000 >"$scratch/served/$file"
sum=$(sha256sum <"$scratch/served/$file" | cut -d ' ' -f 1)
sed "s/dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c/$sum/" "$get" >"$tree/tools/get_network"
chmod +x "$tree/tools/get_network"
grep -q "$sum" "$tree/tools/get_network" || fail "the checksum of $file is not where this test looks for it"

# The first word of a path says how it is served; each request's range goes to a log.
cat >"$scratch/server.py" <<'PYTHON'
import http.server, os, re, sys, time
served, log = sys.argv[1], sys.argv[2]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *words): pass
    def do_GET(self):
        how, name = self.path.strip('/').split('/')
        asked = self.headers.get('Range', '')
        open(log, 'a').write('%s %s\n' % (how, asked))
        data = open(os.path.join(served, name), 'rb').read()
        if how == 'wrong': data = b'<html>this page has moved</html>'
        begin = int(re.sub('[^0-9]', '', asked) or 0) if how != 'norange' else 0
        if how == 'gone' or begin >= len(data):
            self.send_response(404 if how == 'gone' else 416)
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin: self.send_header('Content-Range', 'bytes %d-%d/%d' % (begin, len(data) - 1, len(data)))
        self.send_header('Content-Length', str(len(data) - begin))
        self.end_headers()
        part = data[begin:]
        if how == 'cut' and len(part) > 300000: part = part[:300000]
        try:
            for i in range(0, len(part), 65536):
                self.wfile.write(part[i:i + 65536])
                if how == 'slow': time.sleep(.2)
        except OSError: pass
        self.close_connection = True
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$scratch/server.py" "$scratch/served" "$scratch/log" >"$scratch/port" &
server=$!
trap 'kill $server; rm -rf "$scratch"' EXIT
while [ ! -s "$scratch/port" ]; do sleep .1; kill -0 $server || exit 1; done
from=http://127.0.0.1:$(cat "$scratch/port")

# fetches CODE PATTERN HOW: as `expect`, of a run that asks the server so
fetches() {
    : >"$scratch/log"
    expect "$1" "$2" env GET_NETWORK_FROM="$from/$3" PATH="$path" no_proxy=127.0.0.1 "$tree/tools/get_network" yolov3-tiny
}
asked() { cut -d ' ' -f 2 "$scratch/log" | tr '\n' ' '; }
whole() {
    cmp "$scratch/served/$file" "$folder/$file" || fail "$1: not the file"
    [ "$(ls "$folder" | tr '\n' ' ')" = "yolov3-tiny.cfg yolov3-tiny.data yolov3-tiny.names $file " ] ||
        fail "$1: leaves" "$folder"/*
}
nothing() { [ ! -e "$folder/$file" ] || fail "$1: a file has its name that is not right"; }

every_way() {
    rm -rf "$folder"
    fetches 0 '^cd .*/darknet && ./darknet mafat detector test .* data/dog.jpg -memory 16M' plain
    whole "as it should be"
    [ "$(cat "$folder/yolov3-tiny.data")" = "classes=80
names=$folder/yolov3-tiny.names" ] || fail "another data file: $(cat "$folder/yolov3-tiny.data")"
    fetches 0 '^cd ' plain
    [ -z "$(asked)" ] || fail "asks for what is there: $(cat "$scratch/log")"

    rm "$folder/$file"
    fetches 0 '^cd ' cut
    whole "cut off four times"
    [ "$(asked)" = " bytes=300000- bytes=600000- bytes=900000- bytes=1200000- " ] || fail "does not go on: $(asked)"

    mv "$folder/$file" "$folder/$file.part"
    fetches 0 '^cd ' plain
    whole "a part that is all"
    rm "$folder/$file"
    head -c 1000 "$scratch/served/$file" >"$folder/$file.part"
    fetches 0 '^cd ' plain
    whole "a part from before"
    [ "$(asked)" = "bytes=1000- " ] || fail "does not go on with a part: $(asked)"
    rm "$folder/$file"
    head -c 1000 "$scratch/served/$file" >"$folder/$file.part"
    fetches 0 '^cd ' norange
    whole "a server that begins anew"
    for bytes in 1000 2000000; do
        rm -f "$folder/$file"
        head -c $bytes /dev/zero >"$folder/$file.part"
        fetches 0 '^cd ' plain
        whole "$bytes bytes of another file"
    done

    rm "$folder/$file"
    fetches 1 'another file than the one that is wanted: 32 bytes, checksum [0-9a-f]{64}, not [0-9a-f]{64}' wrong
    nothing "a page instead"
    [ ! -e "$folder/$file.part" ] || fail "keeps a page as a part"
    fetches 1 '404' gone
    nothing "gone"
    grep -qx "  $folder/$file" "$scratch/stderr" || fail "does not say where to put it"
    echo other >"$folder/$file"
    fetches 1 "$file: another file .*; move it away" plain
    [ "$(cat "$folder/$file")" = other ] || fail "replaces somebody's file"
    rm "$folder/$file"
}

n_ways=0
path=$PATH
for program in curl wget; do
    command -v $program >/dev/null || { echo "  not tested: $program, which is not here"; continue; }
    path=$scratch/$program
    mkdir "$path"
    for word in $program sh cat cp cut dirname mkdir mv rm sha256sum sha512sum sleep tail wc; do
        ln -s "$(command -v $word)" "$path"
    done
    every_way
    n_ways=$((n_ways + 1))
done
if [ $n_ways -gt 0 ]; then
    # stopped, it keeps what has come; and tells how far it is, or nothing
    : >"$scratch/log"
    GET_NETWORK_FROM=$from/slow no_proxy=127.0.0.1 "$tree/tools/get_network" yolov3-tiny >/dev/null 2>"$scratch/stderr" &
    getting=$!
    while [ ! -s "$folder/$file.part" ] && kill -0 $getting 2>/dev/null; do sleep .1; done
    kill -TERM $getting
    wait $getting
    code=$?
    [ $code -eq 130 ] || fail "exit code $code when it is stopped: $(tail -n 1 "$scratch/stderr")"
    nothing "stopped"
    [ -s "$folder/$file.part" ] || fail "stopped, it keeps nothing"
    fetches 0 '^cd ' plain
    whole "stopped and run again"
    grep -qE '^plain bytes=[1-9][0-9]*-$' "$scratch/log" || fail "begins anew: $(asked)"
    rm "$folder/$file"
    fetches 0 '^cd ' slow
    grep -qE "^get_network: $file: [0-9]+ of 34 MiB$" "$scratch/stderr" || fail "no progress: $(cat "$scratch/stderr")"
    rm "$folder/$file"
    expect 0 '^cd ' env GET_NETWORK_FROM="$from/slow" no_proxy=127.0.0.1 "$tree/tools/get_network" -quiet yolov3-tiny
    [ ! -s "$scratch/stderr" ] || fail "not quiet: $(cat "$scratch/stderr")"
    rm "$folder/$file"
    expect 1 "^  http://127.0.0.1:9/$file$" env GET_NETWORK_FROM=http://127.0.0.1:9 no_proxy=127.0.0.1 "$tree/tools/get_network" yolov3-tiny
    grep -q "run this again, which verifies it" "$scratch/stderr" || fail "does not say what to do offline"
fi
path=$scratch/none
mkdir "$path"
for word in sh cat cp cut dirname mkdir mv rm sha256sum sha512sum sleep tail wc; do ln -s "$(command -v $word)" "$path"; done
rm -rf "$folder"
fetches 1 'neither curl nor wget is here' plain

# a network that is known, end to end, where it lies beside the repository
nets=$top/../shared/nets/yolo-fastest-1.1
if [ -d "$nets" ] && [ $n_ways -gt 0 ]; then
    cp "$nets"/yolo-fastest-1.1.{cfg,weights} "$scratch/served"
    expect 0 '^cd ' env GET_NETWORK_FROM="$from/plain" no_proxy=127.0.0.1 "$get" -d "$scratch/fetched" yolo-fastest-1.1
    expect 0 '^dog: ' sh -c "$(cat "$scratch/stdout") -out $scratch/drawn"
fi
finish
