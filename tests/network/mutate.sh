#!/bin/bash
# Hostile files: good ones of every sort that a command reads, and options, changed at random and given
# to the sanitized program (tests/mutate.c), which refuses them or runs, and does nothing else.
# `make hostile TIME=600 SEED=2` goes on for longer and keeps what it finds in build/findings/.
# Beside: it runs a program of another build.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 OMP_WAIT_POLICY=passive
make="make -s --no-print-directory SANITIZE=asan"
program=$top/$($make where)
mutate=${program%/darknet/darknet}/tests/mutate
$make "${program#"$top"/}" "${mutate#"$top"/}" >"$scratch/log" 2>&1 || fail "make: $(tail -n 1 "$scratch/log")"
seeds=$scratch/seeds
findings=${MUTATE_SECONDS:+$top/build/findings}
findings=${findings:-$scratch/findings}

conv() { printf '[convolutional]\nbatch_normalize=%d\nfilters=%d\nsize=%d\nstride=%d\npad=1\nactivation=leaky\n' "$@"; }
net() { printf '[net]\nbatch=1\nsubdivisions=1\nwidth=32\nheight=32\nchannels=3\nmomentum=0.9\n%b\n' "${1:-}"; }
region() {
    printf '[convolutional]\nfilters=14\nsize=1\nstride=1\npad=1\nactivation=linear\n[region]\nanchors=1,1,2,2\n'
    printf 'bias_match=1\nclasses=2\ncoords=4\nnum=2\nsoftmax=1\nthresh=.6\n%b' "${1:-}"
}
detector() { net "${1:-}"; conv 1 8 3 1; printf '[maxpool]\nsize=2\nstride=2\n'; conv 1 6 3 1; region "${2:-}"; }
yolo() {
    net; conv 1 8 3 2; conv 1 4 1 1; conv 0 8 3 1; printf '[shortcut]\nfrom=-3\nactivation=linear\n'; conv 0 21 1 1
    printf '[yolo]\nmask=0,1,2\nanchors=1,2,3,4,5,6\nclasses=2\nnum=3\n[route]\nlayers=-3,0\n[upsample]\nstride=2\n'
    conv 0 21 1 1; printf '[yolo]\nmask=0,1,2\nanchors=1,2,3,4,5,6\nclasses=2\nnum=3\n'
}
classifier() { # SOFTMAX
    net; conv 1 8 3 2; printf '[reorg]\nstride=2\n[dropout]\nprobability=.5\n'
    printf '[avgpool]\n[connected]\noutput=3\nactivation=linear\n[softmax]\ngroups=1\n%b[cost]\ntype=sse\n' "$1"
}

# seed NAME ARGUMENTS...: a folder with the command, and files as stdin says, a line each: NAME FROM.
seed() {
    local dir=$seeds/$1 name from
    shift
    mkdir -p "$dir"
    printf '%s\n' "$@" >"$dir/command"
    ln -s "$top/darknet/data" "$dir/data"
    while read -r name from; do cp "$scratch/good/$from" "$dir/$name"; done
}

rm -rf "$findings"
mkdir "$scratch/good" "$findings"
cd "$scratch/good" || exit 1
detector >detector.cfg
detector 'mafat_memory=256M\nmafat_threads=1' >flags.cfg
detector '' 'tree=two.tree\n' >tree.cfg
yolo >yolo.cfg
classifier '' >classifier.cfg
classifier 'tree=three.tree\n' >hierarchy.cfg
printf 'a -1\nb -1\n' >two.tree
printf 'a -1\nb 0\nc 0\n' >three.tree
for cfg in *.cfg; do
    "$top/tools/random_weights" "$cfg" "${cfg%.cfg}.weights" >/dev/null || fail "no weights for $cfg"
done
printf 'one\ntwo\n' >two.names
printf 'one\ntwo\nthree\n' >three.names
printf 'classes=2\nnames=names\nvalid=list\nresults=.\n' >detector.data
printf 'classes=3\nnames=names\nlabels=names\nvalid=list\ntop=2\n' >classifier.data
printf 'image\nimage\nimage\nimage\n' >list
cp "$top/darknet/data/labels/65_1.png" image.png
printf 'P6 9 7 255\n%0189d' 0 >image.ppm
base64 -d >image.gif <<<'R0lGODlhAwACAPAAAP8AAAAA/yH5BAAAAAAALAAAAAADAAIAAAIDhI9WADs='
"$program" mafat search detector.cfg -threads 1 -memory 256M >/dev/null 2>"$scratch/stderr" ||
    fail "no costs: $(tail -n 1 "$scratch/stderr")"
costs=$(basename "$scratch"/cache/mafat/*)
cp "$scratch/cache/mafat/$costs" costs
(cd "$top/darknet" && "$program" mafat detect "$scratch/good/detector.cfg" "$scratch/good/detector.weights" \
    data/labels/65_7.png -out "$scratch/good/image" >/dev/null 2>&1) || fail "no JPEG"

plans() { # NAME CFG ARGUMENTS...
    local name=$1 cfg=$2
    shift 2
    printf 'net.cfg %s\ntwo.tree two.tree\nthree.tree three.tree\n' "$cfg" | seed "$name" mafat "$@"
}
for cfg in detector yolo classifier hierarchy; do
    plans "plan-$cfg" $cfg.cfg plan net.cfg -threads 1 -mafat 2x2/4/1x1
    plans "search-$cfg" $cfg.cfg plan net.cfg -memory 256M -threads 2
done
plans predict yolo.cfg predict net.cfg -memory 256M -threads 1
plans draw yolo.cfg plan net.cfg -memory 256M -threads 1 -svg new.svg
# where costs are kept they are hostile, too; without them each search would measure some seconds long
with_costs() { # NAME CFG ARGUMENTS...
    printf 'net.cfg %s\n%s costs\n' "$2" "$costs" | seed "$1" mafat "${@:3}"
    ln -s . "$seeds/$1/mafat"    # the cache's folder
}
with_costs costs yolo.cfg plan net.cfg -memory 256M -threads 1
with_costs save detector.cfg search net.cfg -memory 256M -threads 1 -save new.cfg
runs() { # NAME CFG DATA NAMES IMAGE COMMAND...
    local name=$1 cfg=$2 data=$3 names=$4 image=$5
    shift 5
    printf '%s %s\n' net.cfg "$cfg.cfg" net.weights "$cfg.weights" two.tree two.tree three.tree three.tree \
        data.data "$data" names "$names" image "$image" list list | seed "$name" "$@"
}
for image in png ppm gif jpg; do
    runs "image-$image" detector detector.data two.names image.$image \
        mafat detector test data.data net.cfg net.weights image -thresh .1 -out new -threads 1
done
runs limit yolo detector.data two.names image.jpg \
    mafat detector test data.data net.cfg net.weights image -memory 256M -threads 1 -out new
runs tree tree detector.data two.names image.png \
    mafat detector test data.data net.cfg net.weights image -thresh .1 -hier .5 -threads 1 -out new
runs flags flags detector.data two.names image.png detector test data.data net.cfg net.weights image -thresh .1 -out new
runs classify classifier classifier.data three.names image.png \
    mafat classifier predict data.data net.cfg net.weights image -threads 1
runs hierarchy hierarchy classifier.data three.names image.jpg \
    mafat classifier predict data.data net.cfg net.weights image -threads 1 -mafat 1x1
runs valid detector detector.data two.names image.png mafat detector valid data.data net.cfg net.weights -threads 1
runs valid-classifier classifier classifier.data three.names image.png \
    mafat classifier valid data.data net.cfg net.weights -threads 1
runs compare yolo detector.data two.names image.png \
    mafat compare net.cfg net.weights image -mafat 3x1r/3/1x1 -threads 2
runs bench classifier classifier.data three.names image.png mafat bench net.cfg net.weights -n 1 -threads 1

# good ones run, else what is made of them tests little
export XDG_CACHE_HOME=$scratch/good/run
for dir in "$seeds"/*; do
    mapfile -t words <"$dir/command"
    cp -a "$dir" "$scratch/good/run"
    (cd "$scratch/good/run" && "$program" "${words[@]}" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null) ||
        fail "${dir##*/}: exit code $?: $(tail -n 1 "$scratch/stderr")"
    rm -rf "$scratch/good/run"
done

# what failed once stays a seed where it is there
for file in "$top"/../shared/cases/*.{jpg,png}; do
    [ -e "$file" ] && cp "$file" "$scratch/good/" && runs "case-$(basename "$file")" detector detector.data two.names \
        "$(basename "$file")" mafat detector test data.data net.cfg net.weights image -threads 1 -out new
done
for file in "$top"/../shared/cases/*.cfg; do
    [ -e "$file" ] && cp "$file" "$scratch/good/" && plans "case-$(basename "$file")" "$(basename "$file")" plan net.cfg -threads 1
done

export XDG_CACHE_HOME=$findings/work
if [ -n "${MUTATE_SECONDS:-}" ]; then
    set -- 0 "$MUTATE_SECONDS" "${SEED:-1}"
else
    set -- $(if long; then echo 200; else echo 50; fi) 0 1
fi
nice -n 10 "$mutate" "$program" "$seeds" "$findings" "$@" || fail "findings"
finish
