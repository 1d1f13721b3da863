#!/bin/bash
# Every command of Darknet, as its sources list them: through MAFAT it gives stock's output, files among it, in tiles
# and in a memory limit, or says in one sentence why it does not.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
mkdir -p data/cifar/cifar-10-batches-bin results made
ln -s "$top/darknet/cfg" cfg
ln -s "$top"/darknet/data/* data/
truncate -s 30730000 data/cifar/cifar-10-batches-bin/test_batch.bin
conv() { printf '[convolutional]\nfilters=%s\nsize=3\nstride=%s\npad=1\nactivation=%s\n' "$@"; }
head() { printf '[net]\nwidth=%s\nheight=%s\nchannels=3\n' "$1" "$1"; }
{ head 64; conv 14 4 linear; printf '[region]\nanchors=1,1, 3,4\nclasses=2\nnum=2\nsoftmax=1\n'; } >det.cfg
sed 's/^channels/batch=2\n&/' det.cfg >det2.cfg
{ head 64; conv 12 2 leaky; conv 10 2 leaky; printf '[avgpool]\n[softmax]\ngroups=1\n'; } >cls.cfg
{ head 32; conv 4 8 leaky; conv 10 4 linear; printf '[softmax]\ngroups=1\n'; } >cif.cfg
{ head 64; conv 12 2 leaky; conv 3 1 logistic; } >seg.cfg
# networks of fewer channels see the first ones of an image
for n in 1 2; do sed "s/^channels=3/channels=$n/" cls.cfg >cls$n.cfg; done
for name in det cls cls1 cls2 cif seg; do "$top/tools/random_weights" $name.cfg $name.w >/dev/null || exit 1; done
seq -f class%g 10 >names
cp names data/tags.txt
for name in dog eagle person horses; do
    cp "$top/darknet/data/$name.jpg" "${name}_7.jpg"
    echo "${name}_7.jpg" >>list
    printf '1 .5 .5 .3 .4\n0 .4 .4 .2 .2\n' >"${name}_7.txt"
done
cat list list >data/coco_val_5k.list
cp list data/voc.2007.test
printf 'classes=10\nnames=names\nlabels=names\nvalid=list\ntest=list\ntop=3\n' >d

# try PROGRAM OUT WORDS...: what it prints to stdout, and its exit code.
try() {
    local program=$1 out=$2
    shift 2
    timeout 100 "$program" "$@" <input >"$out" 2>"$out.err"
    echo "exit code $?" >>"$out"
}
# try_all PROGRAM OUT WORDS...: the same without times, and the files that it makes.
try_all() {
    touch .begin
    sleep .01
    try "$@"
    find . -maxdepth 2 -newer .begin -type f ! -name '*.out*' -print0 | sort -z | xargs -0r sha256sum >>"$2"
    sed -i -E 's/[0-9.]+ seconds/T seconds/' "$2"
}

# check EXPECTED WORDS...: "same" as stock, CODE:PATTERN of what is said on stderr, or - for what is not tried.
check() {
    local expected=$1
    shift
    [ "$expected" != - ] || return
    if [ "$expected" = same ]; then
        try_all "$darknet" ours.out mafat "$@"
        cmp -s stock.out ours.out || fail "$*: other output: $(diff stock.out ours.out | sed -n 2,4p | xargs) $(tail -n 1 ours.out.err)"
    else
        try "$darknet" ours.out mafat "$@"
        grep -q "^exit code ${expected%%:*}$" ours.out || fail "$*: $(grep '^exit code' ours.out), not ${expected%%:*}"
        grep -qE "^mafat: .*${expected#*:}" ours.out.err || fail "$*: says $(tail -n 1 ours.out.err)"
    fi
}

# by_flag WORDS...: with a flag in the cfg, a limit in which nothing fits, the word mafat changes nothing.
by_flag() {
    local word words=()
    for word; do
        case $word in
            *.cfg) sed '0,/^\[net/s/^\[net.*/&\nmafat_memory=1/' "$word" >"flagged-${word##*/}" && word=flagged-${word##*/} ;;
        esac
        words+=("$word")
    done
    try "$darknet" ours.out mafat "${words[@]}"
    mv ours.out.err named.err
    grep '^exit code' ours.out >>named.err
    try "$darknet" ours.out "${words[@]}"
    grep '^exit code' ours.out >>ours.out.err
    grep -q '^mafat: ' named.err && cmp -s named.err ours.out.err || fail "${words[*]}: a flag in the cfg is not the word mafat"
}

# COMMAND | without options | in tiles | in a limit
holds='2:holds more beside the network than a memory limit counts'
video='2:(video is read and shown by OpenCV, and this program was built without it|shows video by code of Darknet.s for OpenCV 2 and 3)'
trains='2:trains, and MAFAT runs networks'
hidden='2:needs outputs of hidden layers, which MAFAT does not keep'
go='2:crashes in Darknet itself'
recurs='2:is for recurrent networks'
weights='2:runs no network, and needs all weights in memory'
images='2:handles images, and runs no network'
nobody='2:is no command of this Darknet'
absent='1:/home/pjreddie/data/voc/.*: No such file'    # a list that upstream's author has
: >input
while IFS='|' read -r command plain tiles limit; do
    echo "$command" >>tried
    for column in plain tiles limit; do
        case ${!column} in \$*) name=${!column#\$} && printf -v $column %s "${!name}" ;; esac
    done
    case "$plain $tiles $limit" in *same*) try_all "$stock" stock.out $command ;; esac
    check "$plain" $command
    check "$tiles" $command -mafat 2x2
    check "$limit" $command -memory 32M
    case "$limit|$command" in "$nobody|"*) ;; *.cfg*) by_flag $command ;; esac
done <<'END'
detector test d det.cfg det.w dog_7.jpg|same|same|same
detector valid d det.cfg det.w|same|same|same
detector valid2 d det2.cfg det.w|same|same|$holds
detector recall d det.cfg det.w|same|same|same
detector demo d det.cfg det.w|$video|$video|2:
detector train d det.cfg|$trains|$trains|$trains
detector extract d det.cfg det.w|$nobody|$nobody|$nobody
detector censor d det.cfg det.w|$nobody|$nobody|$nobody
detect det.cfg det.w dog_7.jpg|same|same|same
yolo test det.cfg det.w dog_7.jpg|same|same|same
yolo valid det.cfg det.w|$absent|$absent|$holds
yolo recall det.cfg det.w|same|same|same
yolo demo det.cfg det.w|$video|$video|2:
yolo train det.cfg|$trains|$trains|$trains
coco test det.cfg det.w dog_7.jpg|same|same|same
coco valid det.cfg det.w|same|same|$holds
coco recall det.cfg det.w|$absent|$absent|$absent
coco demo det.cfg det.w|$video|$video|2:
coco train det.cfg|$trains|$trains|$trains
classifier predict d cls.cfg cls.w dog_7.jpg|same|same|same
classifier valid d cls.cfg cls.w|same|same|same
classifier valid d cls1.cfg cls1.w|same|same|same
classifier valid d cls2.cfg cls2.w|same|same|same
classifier predict d cls1.cfg cls1.w dog_7.jpg|same|same|same
classifier label d cls.cfg cls.w|same|same|same
classifier csv d cls.cfg cls.w|same|same|same
classifier fout d cls.cfg cls.w list|same|same|same
classifier test d cls.cfg cls.w|same|same|$holds
classifier validmulti d cls.cfg cls.w|same|same|$holds
classifier valid10 d cls.cfg cls.w|same|same|$holds
classifier validcrop d cls.cfg cls.w|1:holds 4 images; this command needs 1000|-|$holds
classifier validfull d cls.cfg cls.w|same|same|$holds
classifier try d cls.cfg cls.w dog_7.jpg 1|$hidden|$hidden|$hidden
classifier demo d cls.cfg cls.w|$video|$video|2:
classifier gun d cls.cfg cls.w|$video|$video|2:
classifier threat d cls.cfg cls.w|$video|$video|2:
classifier train d cls.cfg|$trains|$trains|$trains
classify cls.cfg cls.w dog_7.jpg|same|same|same
segmenter test d seg.cfg seg.w dog_7.jpg|same|same|same
segmenter demo d seg.cfg seg.w|$video|$video|2:
segmenter train d seg.cfg|$trains|$trains|$trains
isegmenter test d seg.cfg seg.w dog_7.jpg|same|same|same
isegmenter demo d seg.cfg seg.w|$video|$video|2:
isegmenter train d seg.cfg|$trains|$trains|$trains
regressor test cls.cfg cls.w dog_7.jpg|same|same|same
regressor demo d cls.cfg cls.w|$video|$video|2:
regressor train d cls.cfg|$trains|$trains|$trains
tag test cls.cfg cls.w dog_7.jpg|same|same|$holds
tag train cls.cfg|$trains|$trains|$trains
super test seg.cfg seg.w dog_7.jpg|same|same|same
super valid seg.cfg seg.w|$nobody|$nobody|$nobody
super train seg.cfg|$trains|$trains|$trains
cifar test cif.cfg cif.w|-|same|$holds
cifar multi cif.cfg cif.w|-|same|$holds
cifar csv cif.cfg cif.w|-|same|$holds
cifar csvtrain cif.cfg cif.w|-|-|$holds
cifar extract cif.cfg|-|$images|$images
cifar eval cif.cfg|-|$images|$images
cifar train cif.cfg|$trains|$trains|$trains
cifar distill cif.cfg|$trains|$trains|$trains
lsd gan seg.cfg seg.w|$hidden|$hidden|$hidden
lsd inter seg.cfg seg.w|$hidden|$hidden|$hidden
lsd test seg.cfg seg.w dog_7.jpg|$hidden|$hidden|$hidden
lsd color seg.cfg seg.w dog_7.jpg|$hidden|$hidden|$hidden
lsd traingan seg.cfg|$trains|$trains|$trains
lsd trainprog seg.cfg|$trains|$trains|$trains
lsd traincolor seg.cfg|$trains|$trains|$trains
lsd train seg.cfg|$nobody|$nobody|$nobody
lsd train2 seg.cfg|$nobody|$nobody|$nobody
lsd train3 seg.cfg|$nobody|$nobody|$nobody
lsd valid seg.cfg|$nobody|$nobody|$nobody
nightmare seg.cfg seg.w dog_7.jpg 1|$hidden|$hidden|$hidden
art cls.cfg cls.w|$video|$video|$video
go train cfg/go.test.cfg|$trains|$trains|$trains
go valid cfg/go.test.cfg cls.w|$go|$go|$go
go self cfg/go.test.cfg cls.w|$go|$go|$go
go test cfg/go.test.cfg cls.w|$go|$go|$go
go engine cfg/go.test.cfg cls.w|$go|$go|$go
rnn train cfg/rnn.cfg|$trains|$trains|$trains
rnn valid cfg/rnn.cfg cls.w|$recurs|$recurs|$recurs
rnn validtactic cfg/rnn.cfg cls.w|$recurs|$recurs|$recurs
rnn vec cfg/rnn.cfg cls.w|$recurs|$recurs|$recurs
rnn generate cfg/rnn.cfg cls.w|$recurs|$recurs|$recurs
rnn generatetactic cfg/rnn.cfg cls.w|$recurs|$recurs|$recurs
speed cls.cfg 1|-|-|$holds
ops cls.cfg|same|$weights|$weights
average cls.cfg avg.w cls.w cls.w|same|$weights|$weights
rgbgr cls.cfg cls.w new.w|same|$weights|$weights
reset cls.cfg cls.w new.w|same|$weights|$weights
normalize cls.cfg cls.w new.w|same|$weights|$weights
denormalize cls.cfg cls.w new.w|same|$weights|$weights
rescale cls.cfg cls.w new.w|same|$weights|$weights
statistics cls.cfg cls.w|same|$weights|$weights
oneoff cls.cfg cls.w new.w|same|$weights|$weights
oneoff2 cls.cfg cls.w new.w 1|same|$weights|$weights
print cls.cfg cls.w 1|same|$weights|$weights
partial cls.cfg cls.w new.w 1|same|$weights|$weights
visualize cls.cfg cls.w|same|$weights|$weights
mkimg cls.cfg cls.w 9 9 1 made|same|$weights|$weights
3d dog_7.jpg dog_7.jpg three|same|$images|$images
test dog_7.jpg|same|$images|$images
imtest dog_7.jpg|same|$images|$images
attention predict d cls.cfg cls.w|$nobody|$nobody|$nobody
captcha test cls.cfg cls.w|$nobody|$nobody|$nobody
dice test cls.cfg cls.w|$nobody|$nobody|$nobody
swag train cls.cfg|$nobody|$nobody|$nobody
vid generate cls.cfg cls.w|$nobody|$nobody|$nobody
voxel test cls.cfg cls.w|$nobody|$nobody|$nobody
writing test cls.cfg cls.w|$nobody|$nobody|$nobody
END

# what Darknet would look up and is not there: labels, outputs, lists, images of a batch
wrong() { # PATTERN KEY=VALUE WORDS...: with the data file's key so
    grep -v "^${2%%=*}=" d >wrong
    echo "$2" >>wrong
    expect 1 "$1" "$darknet" mafat "${@:3}"
}
echo one >few
wrong 'few: holds 1 names; the data file has 10 classes' names=few classifier label wrong cls.cfg cls.w
wrong 'classes="?1000"? must be from 1 to 10, the outputs of the network' classes=1000 classifier label wrong cls.cfg cls.w
wrong 'classes="?1000"? must be from 0 to 10, the outputs of the network' classes=1000 classifier fout wrong cls.cfg cls.w list
wrong 'no-list: .*No such file' test=no-list classifier label wrong cls.cfg cls.w
wrong 'no-list: .*No such file' test=no-list classifier csv wrong cls.cfg cls.w -memory 32M
expect 1 'no-list: .*No such file' "$darknet" mafat classifier fout d cls.cfg cls.w no-list
expect 2 'LIST is missing; usage: darknet mafat classifier fout DATA CFG WEIGHTS LIST' "$darknet" mafat classifier fout d cls.cfg cls.w
sed 's/^channels/batch=2\n&/' cls.cfg >cls2.cfg
expect 2 'gives the network one image at a time; the cfg must say batch=1' "$darknet" mafat classifier csv d cls2.cfg cls.w
expect 2 '`3d` has 2 arguments, of which too few are given; usage: darknet 3d LEFT RIGHT' "$darknet" mafat 3d dog_7.jpg
expect 2 'unknown command "super tset"; .*did you mean super test[?]' "$darknet" mafat super tset seg.cfg

# none is left out: what main() and the run_...() functions behind it compare words with
examples=$top/build/upstream/examples
words() { grep -oE "strcmp\(argv\[$1\], ?\"[a-z0-9_]+\"" "$examples/$2.c" | sed 's/.*"\(.*\)"/\1/' | sort -u; }
for word in $(words 1 darknet); do
    grep -qE "^$word( |$)" tried || fail "$word is left out"
    n=$((${n:-0} + 1))
done
[ "${n:-0}" -ge 35 ] || fail "main() has ${n:-0} commands"
for file in yolo coco detector classifier regressor segmenter instance-segmenter cifar go rnn tag lsd super; do
    for word in $(words 2 $file); do
        grep -q "^${file/instance-/i} $word " tried || fail "$file $word is left out"
    done
done
finish
