#!/bin/bash
# Text files that Darknet reads beside the cfg: what it will index by is checked before it does, what is
# no regular file is refused and never waited for, and files of Windows' editors are read as meant.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
ln -s "$top/darknet/data" data
mkdir results
weights_of() { "$top/tools/random_weights" "$1.cfg" "$1.weights" >/dev/null || fail "no weights for $1.cfg"; }
works() { # COMMAND...: it exits with 0, whatever it prints
    "$@" >stdout 2>stderr </dev/null || fail "exit code $?: $*: $(tail -n 1 stderr)"
}
mafat() { timeout 60 "$darknet" mafat "$@"; }

# Three classes, found in 32x32 places; one number a box is left for what a test adds.
detector() { # NAME KEYS: a detector with these keys in its [region]
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n%b[conv]\nfilters=8\n[region]\nclasses=3\nnum=1\n%b' \
        "${3-}" "$2" >"$1.cfg"
    weights_of "$1"
}
classifier() { # NAME OUTPUTS KEYS
    printf '[net]\nwidth=16\nheight=16\nchannels=3\n[connected]\noutput=%d\nactivation=linear\n[softmax]\n%b' \
        "$2" "$3" >"$1.cfg"
    weights_of "$1"
}
printf 'x\ny\nz\n' >names
printf 'names=names\nvalid=list\n' >data.data
cp data/dog.jpg dog_1.jpg
for i in 1 2 3 4; do echo dog_1.jpg; done >list
detector plain ''
detector tree 'softmax=1\ntree=tree\n'
drawn() { timeout 60 "$@" plain.cfg plain.weights dog_1.jpg -thresh .3 -out drawn 2>stderr | sed 1d >stdout; }
valid() { mafat detector valid "${2-data.data}" "${1-plain}.cfg" "${1-plain}.weights"; }

# trees: `with TEXT` writes one, then a command that only needs the network
with() { printf "$1" >tree; mafat bench tree.cfg tree.weights -n 1; }
test_tree() { # PATTERN TEXT: refused, by MAFAT's commands and where Darknet reads a cfg with a flag
    expect 1 "tree: $1" with "$2"
    expect 1 "tree: $1" timeout 60 "$darknet" detector test data.data flag.cfg tree.weights dog_1.jpg
}
sed 's/^\[net\]/&\nmafat=1x1/' tree.cfg >flag.cfg
test_tree 'line 1: the parent is "100000000", must be .* from 0 to 2, or -1' 'a 100000000\nb 0\nc 0\n'
test_tree 'line 3: the parent is "3", must be' 'a -1\nb 0\nc 3\n'
test_tree 'line 2: the parent is "99999999999999999999"' 'a -1\nb 99999999999999999999\nc 0\n'
test_tree 'line 2: the parent is "up"' 'a -1\nb up\nc 0\n'
test_tree 'line 2: it is its own parent' 'a -1\nb 1\nc 0\n'
test_tree 'line 1: a name of 400 bytes; Darknet has room for 255' "$(printf '%0400d' 0) -1\nb 0\nc 0\n"
test_tree 'holds 1 classes, must hold 3' 'a -1\n'
test_tree 'holds 4 classes, must hold 3' 'a -1\nb -1\nc -1\nd -1\n'
test_tree 'holds 0 classes, must hold 3' ''
test_tree 'line 2 holds a NUL byte: it is no tree of classes' 'a -1\nb\0 -1\nc -1\n'
rm tree
expect 1 'tree: cannot be read: No such file' mafat bench tree.cfg tree.weights -n 1
expect 0 '^config' mafat plan tree.cfg    # a plan needs no tree
classifier four 3 'tree=tree4\n'
printf 'a -1\nb -1\nc -1\nd -1\n' >tree4
expect 1 'tree4: holds 4 classes, must hold 3' mafat bench four.cfg four.weights -n 1
# as they come: no parent, CR LF, a mark, blank lines, a name of 255 bytes
for text in 'a\nb\nc\n' '\xef\xbb\xbfa -1\r\nb 0\r\nc 0\r\n' 'a -1\n\nb 0\nc 0\n \n' "$(printf '%0255d' 0) -1\nb 0\nc 0"; do
    expect 0 '^config' with "$text"
done
# a parent behind its child: the boxes of stock, where that survives what it writes
printf 'a -1\nb 2\nc -1\n' >tree
for program in "$stock" "$darknet mafat"; do
    timeout 60 $program detector test data.data tree.cfg tree.weights dog_1.jpg -thresh .3 -out drawn 2>stderr |
        sed 1d >"boxes.${#program}"
done
grep -q 'tree: line 2 names a parent that stands behind it' stderr || fail "no word about a parent behind its child"
set -- boxes.*
[ -s "$1" ] && cmp "$1" "$2" || fail "other boxes than stock's where a parent stands behind its child"

# (where it is far behind, stock does not)
printf '[net]\nwidth=1\nheight=1\nchannels=1\n[connected]\noutput=60000\n[softmax]\ntree=far\n' >far.cfg
awk 'BEGIN { for (i = 0; i < 60000; i++) print "n" i, i == 0 ? 59999 : -1 }' >far
works "$darknet" ops far.cfg

# maps: of a cfg, which only training uses; of a data file, of which 200 numbers are used with a tree
detector map 'map=map\n'
printf 'nonsense\n' >map
expect 0 '^config' mafat bench map.cfg map.weights -n 1
printf 'non\0sense\n' >map
expect 1 'map: line 1 holds a NUL byte' mafat bench map.cfg map.weights -n 1
awk 'BEGIN { for (i = 0; i < 200; i++) print "n" i, -1 }' >tree200
printf '[net]\nwidth=8\nheight=8\nchannels=3\n[conv]\nfilters=205\n[region]\nclasses=200\nsoftmax=1\ntree=tree200\n' >many.cfg
weights_of many
seq 200 >names200
printf 'names=names200\nvalid=list\nmap=map\neval=imagenet\n' >map.data
seq 0 198 >map
expect 1 'map: holds 199 numbers, Darknet reads 200' valid many map.data
seq 1 200 >map
expect 1 'map: line 200 is "200", must be the number of a class, from 0 to 199' valid many map.data
seq 0 199 | sed '5s/.*/-1/' >map
expect 1 'map: line 5 is "-1", must be' valid many map.data
seq 0 199 >map
works valid many map.data

# detector valid: a file for each class, categories of COCO and of ImageNet
works valid
printf 'names=names\nvalid=list\neval=imagenet\n' >eval.data
expect 1 'eval.data: eval=imagenet lists 200 classes; the network has 3' valid plain eval.data
printf 'names=names200\nvalid=list\neval=coco\n' >eval.data
expect 2 'eval=coco of `detector valid` has 80 classes, the network has 200' valid many eval.data
printf 'names=names\nvalid=ids\neval=coco\n' >eval.data
cp dog_1.jpg dog.jpg
printf 'dog_1.jpg\ndog_1.jpg\ndog.jpg\n./dog.jpg\n' >ids
expect 1 'ids: line 3: "dog.jpg": for COCO Darknet reads the number behind' valid plain eval.data
sed -i 3d ids
echo dog_1.jpg >>ids
works valid plain eval.data
printf 'x\na/y\nz\n' >slash
printf 'names=slash\nvalid=list\n' >slash.data
expect 1 'results/comp4_det_test_a/y.txt: No such file' valid plain slash.data
printf 'names=names200\nvalid=list\n' >files.data
expect 1 'opens a file for each of 200 classes, and 100 files may be open' \
    bash -c 'ulimit -n 100; "$@"' - "$darknet" mafat detector valid files.data many.cfg many.weights
expect 2 'valid2` runs two images at once' mafat detector valid2 data.data plain.cfg plain.weights
detector two '' 'batch=2\n'
works mafat detector valid2 data.data two.cfg two.weights

# classifiers: labels, outputs, places
classifier ten 10 ''
seq 10 >ten.names
printf 'names=ten.names\nlabels=ten.names\nvalid=list\nclasses=10\ntop=10\n' >ten.data
predict() { mafat classifier predict ten.data ten.cfg ten.weights dog.jpg "$@"; }
expect 0 '%: 10$' predict
expect 0 '%: ' predict -t 3
expect 2 'option -t: 11 must be from 0 to 10, the outputs' predict -t 11
sed -i 's/^top=.*/top=11/' ten.data
expect 1 'ten.data: line 5: top="11" must be from 0 to 10, the outputs' predict
expect 0 '%: ' predict -t 3
kind='^mafat: plain.cfg: is a detector, of whose boxes `classifier predict` takes all 8192 numbers for classes'
expect 1 "$kind" mafat classifier predict data.data plain.cfg plain.weights dog_1.jpg
works mafat detector test data.data ten.cfg ten.weights dog_1.jpg -out drawn
grep -q '^mafat: ten.cfg: is no detector: without .yolo., .region. or .detection. `detector test` finds no boxes' stderr ||
    fail "no word about a classifier in detector test"
sed 's/^classes=.*/classes = 1 2/' ten.data >blanks.data
expect 1 'blanks.data: line 4: classes="1 2" must be from 1 to 10' mafat classifier valid blanks.data ten.cfg ten.weights
expect 1 'names: holds 3 names; the network has 8192 classes' \
    mafat classifier predict data.data plain.cfg plain.weights dog.jpg
for command in valid valid10 validmulti validfull; do
    sed 's/^classes=.*/classes=11/; s/^top=.*/top=1/' ten.data >wrong.data
    expect 1 'wrong.data: line 4: classes="11" must be from 1 to 10, the outputs' \
        mafat classifier $command wrong.data ten.cfg ten.weights
    sed -i 's/^classes=.*/classes=10/; s/^top=.*/top=0/' wrong.data
    expect 1 'wrong.data: line 5: top="0" must be from 1' mafat classifier $command wrong.data ten.cfg ten.weights
    sed -i 's/^labels=.*/labels=names/; s/^top=.*/top=1/' wrong.data
    expect 1 'names: holds 3 names; the data file has 10 classes' \
        mafat classifier $command wrong.data ten.cfg ten.weights
done
sed 's/^top=.*/leaves=names/' ten.data >leaves.data
expect 1 'leaves.data: leaves= is for networks whose last \[softmax\] has a tree' \
    mafat classifier valid leaves.data ten.cfg ten.weights
sed -i 's/^top=.*/top=1/' ten.data
expect 0 'top 1' mafat classifier valid ten.data ten.cfg ten.weights
expect 1 'list: holds 4 images; this command needs 1000' mafat classifier validcrop ten.data ten.cfg ten.weights
classifier one 1 ''
ln -s "$top/darknet/cfg" cfg
expect 2 'classify` reads 5 outputs, the network has 1' mafat classify one.cfg one.weights dog.jpg

# tables of Darknet's own: 20 and 80 names; other last layers; masks
box() { # CLASSES COORDS: a network whose only layer finds boxes
    printf '[net]\nwidth=8\nheight=8\nchannels=3\n[connected]\noutput=%d\n[detection]\nside=2\ncoords=%d\nclasses=%d\n' \
        $((4 * (1 + $2 + $1))) "$2" "$1" >box.cfg
    weights_of box
}
box 19 4
expect 2 'classes=19: `yolo test` draws 20 classes' mafat yolo test box.cfg box.weights dog.jpg
expect 2 'classes=19: `coco test` draws 80 classes' mafat coco test box.cfg box.weights dog.jpg
box 20 4
expect 0 'Predicted' mafat yolo test box.cfg box.weights dog.jpg
box 20 100
expect 2 'coords=100: `yolo test` draws masks of 196 numbers' mafat yolo test box.cfg box.weights dog.jpg
printf '[net]\nwidth=2\nheight=2\nchannels=3\n[conv]\nfilters=36\n[region]\nclasses=1\ncoords=10\nnum=3\n' >mask.cfg
weights_of mask
expect 2 'layer 1 \[region\]: coords=10: `detector test` draws masks' \
    mafat detector test data.data mask.cfg mask.weights dog.jpg -out drawn
printf '[net]\nwidth=2\nheight=2\nchannels=3\n[conv]\nfilters=12\n[region]\nclasses=1\ncoords=10
[conv]\nfilters=7\n[region]\nclasses=1\ncoords=5\n' >coords.cfg
expect 1 'layer 1 \[region\]: has coords=10, but Darknet makes room for .* last layer, 3 \[region\], which has 5' \
    mafat plan coords.cfg
printf '[net]\nwidth=2\nheight=2\nchannels=3\n[conv]\nfilters=10\n[iseg]\nclasses=5\nids=5\n' >iseg.cfg
expect 4 'layer 1 \[iseg\]: Darknet itself crashes on it' mafat plan iseg.cfg
weights_of iseg
expect 4 'layer 1 \[iseg\]' mafat isegmenter test data.data iseg.cfg iseg.weights dog.jpg
expect 0 'Predicted' mafat regressor test ten.cfg ten.weights dog.jpg
printf '[net]\nwidth=8\nheight=8\nchannels=4\n[conv]\nfilters=2\n' >deep.cfg
weights_of deep
expect 2 'an image has 3 channels, the network.s input is 4x8x8' \
    mafat segmenter test data.data deep.cfg deep.weights dog.jpg

# lists whose names are Darknet's own, boxes of all places of the last layer
mkdir -p own/data own/results
(
    cd own || exit 1
    ln -s ../dog_1.jpg ../*.cfg ../*.weights ../data.data ../names ../list ../tree200 .
    n_failures=0
    expect 1 'data/coco_val_5k.list: .*No such file' mafat detector recall data.data plain.cfg plain.weights
    expect 1 'data/voc.2007.test: .*No such file' mafat yolo recall box.cfg box.weights
    expect 1 'data/tags.txt: .*No such file' mafat tag test ten.cfg ten.weights dog_1.jpg
    for i in 1 2 3 4 5 6 7 8; do echo dog_1.jpg; done >data/coco_val_5k.list
    printf '[net]\nwidth=32\nheight=32\nchannels=3\n[conv]\nfilters=8\n[yolo]\nclasses=3\n' >yolo.cfg
    "$top/tools/random_weights" yolo.cfg yolo.weights >/dev/null
    expect 2 'layer 1 \[yolo\]: `detector recall` reads past the boxes' \
        mafat detector recall data.data yolo.cfg yolo.weights
    expect 2 'valid2` has too little room for the boxes|valid2` runs two images at once' \
        mafat detector valid2 data.data yolo.cfg yolo.weights
    expect 2 'table of `coco valid` has 80 classes, the network has 200' mafat coco valid many.cfg many.weights
    expect 1 'data/coco_val_5k.list: holds 7 images; this command needs 8' \
        bash -c 'sed -i 1d data/coco_val_5k.list; "$@"' - "$darknet" mafat coco valid box.cfg box.weights
    ln dog_1.jpg dog.jpg
    sed -i '1s/.*/dog.jpg\n&/' data/coco_val_5k.list
    expect 1 'data/coco_val_5k.list: line 1: "dog.jpg": for COCO' mafat coco valid box.cfg box.weights
    expect 2 '`cifar test` gives the network 3072 inputs, it has 768' mafat cifar test ten.cfg ten.weights
    exit $n_failures
) || fail "lists whose names are Darknet's own"

# what is no regular file is never waited for
mkfifo pipe
for odd in pipe /dev/zero /dev/stdin "$scratch"; do
    ln -sfn "$odd" odd
    pattern='odd: is (not a regular file|a directory)'
    expect 1 "$pattern" mafat detector test odd plain.cfg plain.weights dog.jpg
    expect 1 "$pattern" mafat detector test data.data odd plain.weights dog.jpg
    expect 1 "$pattern" mafat detector test data.data plain.cfg odd dog.jpg
    expect 1 "$pattern" mafat predict plain.cfg -image dog.jpg -data odd
    printf 'names=odd\nvalid=list\n' >odd.data
    expect 1 "$pattern" valid plain odd.data
    expect 1 "$pattern" mafat predict plain.cfg -image dog.jpg -data odd.data
    printf 'names=names\nvalid=odd\n' >odd.data
    expect 1 "$pattern" valid plain odd.data
    printf 'names=names\nvalid=list\nmap=odd\n' >odd.data
    expect 1 "$pattern" valid plain odd.data
    ln -sfn "$odd" tree
    expect 1 'tree: is (not a regular file|a directory)' mafat bench tree.cfg tree.weights -n 1
    ln -sfn "$odd" map
    expect 1 'map: is (not a regular file|a directory)' mafat bench map.cfg map.weights -n 1
done

# Windows: CR LF, a mark, UTF-16; blank lines
drawn "$stock" detector test data.data
mv stdout plain.stdout
[ -s plain.stdout ] || fail "no boxes at this threshold"
printf '\xef\xbb\xbfx\r\ny\r\nz\r\n' >names
printf '\xef\xbb\xbfnames = names\r\nvalid = list\r\n' >windows.data
{ printf '\xef\xbb\xbf'; sed 's/$/\r/' list; printf '\r\n \r\n'; } >list.new
mv list.new list
for program in "$darknet" "$darknet mafat"; do
    drawn $program detector test windows.data
    cmp stdout plain.stdout || fail "$program: CR LF and a mark give other names"
done
works valid plain windows.data
[ "$(ls results/*_x.txt)" = results/comp4_det_test_x.txt ] || fail "no results for the class x"
printf 'x\ny\n' | iconv -t UTF-16 >names
expect 1 'names: is written in UTF-16' valid
# so are lists that are typed, or come through a pipe
printf 'x\ny\nz\n' >names
printf '\xef\xbb\xbfdog_1.jpg\r\n\r\n \ndog.jpg\r\n\n' | mafat detector test data.data plain.cfg plain.weights \
    -thresh .3 -out drawn >stdout 2>stderr || fail "a list through a pipe: $(tail -n 1 stderr)"
[ "$(grep -c Predicted stdout)" = 2 ] || fail "a list through a pipe: other images were run: $(grep Predicted stdout)"
printf 'x\n\nz\n' >names
works valid
grep -q 'names: line 2 is blank, and counts: class 1 has no name' stderr || fail "no word about a blank line in names"
printf 'x\ny\nz\n' >names
# what cannot be seen is shown
printf 'dog_1.jpg\ndog_1.jpg \ndog_1.jpg\ndog_1.jpg\n' >list
expect 1 'list: line 2: "dog_1.jpg ": No such file' valid
printf 'dog_1.jpg\ndog\r_1.jpg\ndog_1.jpg\ndog_1.jpg\n' >list
expect 1 'list: line 2: "dog\\r_1.jpg": No such file' valid
printf "dog_1.jpg\ndog_1.jpg\ndog_1.jpg\ndog_1.jpg\n" >list
# lines of a data file that say nothing are passed over, as in stock, and a name without "=" hides the next
printf 'a line\nclasses = 3\n-----\nbackup=\nnames = names # x\n' >stray.data
cp names 'names#x'
drawn "$stock" detector test stray.data && mv stdout stock.stdout && mv drawn.jpg stock.jpg
[ -s stock.stdout ] || fail "stock draws nothing"
drawn "$darknet" mafat detector test stray.data
cmp stdout stock.stdout && cmp drawn.jpg stock.jpg || fail "another reading of a data file with stray lines"
[ "$(grep -c '^mafat: stray.data: line [13]: ".*" is no KEY=VALUE; Darknet passes over it$' stderr)" -eq 2 ] ||
    fail "not one warning of each stray line: $(grep -c stray.data: stderr)"
# what names images is no list of them where it gives values, as data files do, or in comments
for line in '# made from cam1.png' '; cam1.png' ' # cam1.jpg' 'cover = cam1.png' 'cam1.png'; do
    printf '%s\nclasses=3\nnames=names\n' "$line" >images.data
    rm -f drawn.jpg
    drawn "$darknet" mafat detector test images.data
    cmp drawn.jpg stock.jpg || fail "refused, or read otherwise: a data file that begins $line"
done
# and a cfg's fault is told as it is
for i in 1 2 3; do printf '# made from cam%0200d.png\n' $i; done >images.cfg
printf 'width=3\n[net]\n' >>images.cfg
expect 1 'images.cfg: .*line 4' mafat detector test data.data images.cfg plain.weights dog_1.jpg
printf 'names\nnames=names\n' >stray.data
expect 1 'data/names.list: .*No such file' mafat detector test stray.data plain.cfg plain.weights dog_1.jpg
# a name that no label holds, before the work
{ printf '%04096d\n' 7; printf 'y\nz\n'; } >long.names
printf 'names=long.names\n' >long.data
expect 1 'long.names: line 1: a name of 4096 bytes: Darknet draws labels of 4095 at most' \
    mafat detector test long.data plain.cfg plain.weights dog_1.jpg -thresh .99
[ ! -s "$scratch/stdout" ] || fail "the work was done before a name was found too long"
printf 'names=my names\nvalid=list\n' >blank.data
expect 1 'mynames: .*No such file.*; line 1 of blank.data says "my names", and Darknet leaves blanks out' \
    valid plain blank.data
printf 'valid=list\n' >blank.data
for command in 'valid plain blank.data' 'mafat predict plain.cfg -image dog.jpg -data blank.data'; do
    expect 1 'data/names.list: .*No such file.*; Darknet looks there because blank.data has no names=FILE' $command
done
# of a name beyond ASCII what can be drawn is drawn, in each picture of a list
printf 'hser\n\ny\n' >ascii.names
printf 'h\xc3\xa4\xc3\xbcser\n\xe7\x8c\xab\ny\xcc\xff\xcc\n' >names
for program in "$darknet" "$darknet mafat"; do
    printf 'names=ascii.names\n' >ascii.data
    drawn $program detector test ascii.data
    mv drawn.jpg ascii.jpg
    drawn $program detector test data.data
    cmp drawn.jpg ascii.jpg || fail "$program: names beyond ASCII draw something else"
    [ "$(cut -d: -f1 stdout | sort -u | wc -l)" -gt 1 ] || fail "boxes of one class alone"
    grep -qxE "$(printf 'h\xc3\xa4\xc3\xbcser'): [0-9]+%" stdout || fail "$program: prints another name"
done
printf 'dog_1.jpg\ndog.jpg\n' | mafat detector test data.data plain.cfg plain.weights -thresh .3 -out drawn \
    >stdout 2>stderr || fail "a list with names beyond ASCII: $(tail -n 1 stderr)"
[ "$(grep -c Predicted stdout)" = 2 ] || fail "names beyond ASCII end a list"
printf 'x\ny\nz\n' >names
# demos say why they cannot be, `detector demo` where nothing that shows video lies beside the program
mkdir apart && cp "$darknet" apart/darknet
for demo in 'detector demo data.data' 'classifier demo data.data' 'segmenter demo data.data' 'isegmenter demo data.data' \
    'regressor demo data.data' 'yolo demo' 'coco demo'; do
    case $demo in
        detector*) expect 2 'this program was built without it: .make OPENCV=1' apart/darknet mafat $demo plain.cfg plain.weights ;;
        *) expect 2 "${demo% data*}. shows video by code .*; .detector demo. is the one that MAFAT runs\$" mafat $demo plain.cfg plain.weights ;;
    esac
    expect 1 'Demo needs OpenCV' timeout 60 apart/darknet $demo plain.cfg plain.weights
done
finish
