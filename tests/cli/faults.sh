#!/bin/bash
# What fails under a command: memory, threads and processes, opening, looking at, reading, writing files; one call,
# or all from it on; transfers that are short or interrupted, and calls that take their time. Whatever it is, the
# command ends with a message that says so and a documented exit code, or its results are the same bytes; and no file
# is half there (tests/faults/sweep.c). Here some calls of each command are struck, and all of the two that are quickest;
# `make faults` strikes all.
. "$(dirname "$0")/../lib.sh"
[ "$(uname -m)" = x86_64 ] || { echo "  not tried: the shim is for x86 of 64 bits"; exit 0; }
kept=${FAULTS_KEPT:-}    # a folder for `make faults`: what was struck already is kept there
[ -z "$kept" ] || mkdir -p "$kept" || exit 1
${CC:-gcc} -O1 -shared -fPIC tests/faults/shim.c -o "$scratch/shim.so" &&
    ${CC:-gcc} -O1 tests/faults/sweep.c -o "$scratch/sweep" || { fail "tests/faults does not compile"; finish; }

net() {
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n%b[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=1
pad=1\nactivation=leaky\n[maxpool]\nsize=2\nstride=2\n' "${1:-}"
}
detector() {
    net "${1:-}"
    printf '[convolutional]\nfilters=14\nsize=1\nstride=1\nactivation=linear\n[region]\nanchors=1,1,2,2\nclasses=2
coords=4\nnum=2\nsoftmax=1\n'
}
good=$scratch/good
mkdir -p "$good/results" "$good/cache"
detector >"$good/net.cfg"
detector 'mafat_memory=24M\nmafat_threads=1\n' >"$good/flag.cfg"
{ net; printf '[avgpool]\n[connected]\noutput=2\nactivation=linear\n[softmax]\ngroups=1\n'; } >"$good/class.cfg"
for cfg in net class; do
    tools/random_weights "$good/$cfg.cfg" "$good/$cfg.weights" >/dev/null || fail "no weights"
done
printf 'a\nb\n' >"$good/names"
cp darknet/data/labels/65_1.png "$good/a.png"
echo '1 .5 .5 .4 .4' >"$good/a.txt"
base64 -d >"$good/b.gif" <<<'R0lGODlhAwACAPAAAP8AAAAA/yH5BAAAAAAALAAAAAADAAIAAAIDhI9WADs='
printf 'a.png\na.png\na.png\na.png\n' >"$good/list"
printf 'a.png\nb.gif\na.png\n' >"$good/stdin"
printf 'classes=2\nnames=names\nlabels=names\nvalid=list\nresults=results\ntop=1\n' >"$good/net.data"
ln -s "$top/darknet/data" "$good/data"    # letters
# Costs are there before: to measure takes long, and a machine that is busy measures none.
XDG_CACHE_HOME=$good/cache knows_costs
ls "$good"/cache/mafat/costs-*-1 >/dev/null 2>&1 || { echo "  not tried: what computing costs here was not measured"; finish; }

# What a message says, of ours or of others': Darknet's own opening does not tell why it failed.
declare -A says=(
    [malloc]="memory|temporarily unavailable|open file|can't fopen" [mmap]='memory|temporarily unavailable'
    [thread]='temporarily unavailable' [open]="Too many open files|open file|can't fopen"
    [read]='Input/output error|a part is missing' [stat]="Input/output error|open file|can't fopen" [write]='No space left|a part is missing'
)
# What differs from run to run: seconds, peaks, and what follows from them.
numbers='in [0-9.]+ seconds|^predicted_bytes: .*|_s[_a-z]*: .*|.*(peak|gflops).*|^seconds: .*'
json='"(seconds|config|predicted_bytes|peak_bytes|peak_bytes_unknown)": ?("[^"]*"|[0-9.e+-]+|null)'
choice=$'.+|\n'

# strike NAME MOST SORTS IGNORED ARGUMENTS...: sweeps over `darknet ARGUMENTS`, of whose calls of each sort at most
# MOST are struck. SORTS are those that it makes beside malloc() and files.
strike() {
    local name=$1 most=$2 sorts=$3 ignored=$4 folder=${kept:-$scratch}/$1 call mode sort
    shift 4
    [ -d "$folder" ] || cp -a "$good" "$folder"
    [ -z "$kept" ] || most=1000000000
    [ "$most" -gt 0 ] || return    # too long for every day
    for sort in {malloc,open,read,write}:{once,on} stat:once {read,write}:{short,interrupted} {open,read,write}:late $sorts; do
        call=${sort%:*} mode=${sort#*:}
        [[ $name:$sort =~ ${FAULTS_ONLY:-} ]] || continue
        XDG_CACHE_HOME=$folder/cache "$scratch/sweep" -e "${says[$call]}|Interrupted system call|did not run" -i "$ignored" \
            -v '^\./cache/mafat/costs-[0-9a-f]+-[0-9]+$' -l '^\./results/' -n "$most" ${kept:+-p "$kept/$name.$sort"} \
            "$scratch/shim.so" "$folder" "$call" "$mode" "$darknet" "$@" || echo "FAILED: $name $sort"
    done
}

# Commands, as many at a time as there are processors.
run="net.cfg net.weights -threads 1"
none= maps='mmap:once mmap:on' all="mmap:once mmap:on thread:once thread:on thread:late"
while read -r name most sorts ignored arguments; do
    while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    # shellcheck disable=SC2086
    strike "$name" "$most" "${!sorts}" "${!ignored}" $arguments >"$scratch/$name.log" 2>&1 &
done <<EOT
plan        12 none numbers mafat plan net.cfg -threads 1 -mafat 2x2 -svg new.svg
predict      2 maps numbers mafat predict net.cfg -threads 1 -memory 16M -mafat 2x2 -image a.png
search       2 maps choice  mafat search $run -memory 16M -save new.cfg
front        1 maps choice  mafat search net.cfg -threads 1 -front -svg new.svg
measure      0 all  choice  mafat search $run -memory 16M -measure
bench        1 none numbers mafat bench $run -memory 16M -mafat 2x2 -n 1
compare      2 all  numbers mafat compare net.cfg net.weights a.png -threads 1 -mafat 2x2
detect       2 all  numbers mafat detector test net.data net.cfg net.weights a.png -threads 1 -memory 16M -mafat 2x2 -thresh .99 -out new
pictures     1 all  numbers mafat detector test net.data $run -mafat 2x2 -thresh .1 -out new/
json         1 all  json    mafat detector test net.data $run -memory 16M -thresh .1 -json -out results/new.json
flag         2 all  numbers detector test net.data flag.cfg net.weights a.png -thresh .1 -out new
plain        1 maps numbers detector test net.data net.cfg net.weights a.png -thresh .1 -out results/new
valid        1 all  numbers mafat detector valid net.data $run -mafat 2x2
map          2 all  numbers mafat detector map net.data $run -memory 16M -mafat 2x2
class        2 maps numbers mafat classifier predict net.data class.cfg class.weights a.png -threads 1
classes      1 maps json    mafat classifier predict net.data class.cfg class.weights -threads 1 -json
class-valid  1 maps numbers mafat classifier valid net.data class.cfg class.weights -threads 1
EOT
wait
cat "$scratch"/*.log
cat "$scratch"/*.log | awk '/ wrong$/ { calls += $4; runs += $6; messages += $8; wrong += $(NF - 1) }
    END { printf "  all: %d calls, %d runs, %d ended with a message, %d wrong\n", calls, runs, messages, wrong }'
n_failures=$(cat "$scratch"/*.log | grep -c '^FAILED: ')
finish
