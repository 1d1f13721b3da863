#!/bin/bash
# What people type and give who are new here, or come from another Darknet: the message says what the word or
# the file is, and what was probably meant. Whatever reads a file says the same of it.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[convolutional]\nfilters=14\nsize=3\nstride=4\npad=1\nactivation=linear
[region]\nanchors=1,1, 3,4\nclasses=2\nnum=2\nsoftmax=1\n' >own.cfg
"$top/tools/random_weights" own.cfg own.weights >/dev/null || fail "no weights"
printf 'a\nb\n' >names
printf 'classes=2\nnames=names\nvalid=list.txt\n' >own.data
cp "$top/darknet/data/dog.jpg" dog.jpg
printf '%s\n' "$scratch/dog.jpg" "$scratch/dog.jpg" >list.txt
mkdir folder
mafat() { "$darknet" mafat "$@"; }
usage='usage: darknet mafat detector test DATA CFG WEIGHTS \[IMAGE\]$'

# commands
meant='did you mean `detector test DATA CFG WEIGHTS \[IMAGE\]`[?]$'
expect 2 "\`test\` takes IMAGE; $meant" mafat test own.cfg own.weights dog.jpg
expect 2 "\`test\` takes IMAGE; $meant" mafat test own.data own.cfg own.weights dog.jpg
expect 2 "\`test\` takes IMAGE; $meant" mafat test own.cfg
for word in valid recall map; do
    expect 2 "did you mean .detector $word DATA CFG WEIGHTS.[?]$" mafat $word own.data own.cfg own.weights
done
expect 2 'did you mean .detector demo DATA CFG WEIGHTS \[FILM\].[?]$' mafat demo own.data own.cfg own.weights
for word in own.cfg yolov2.cfg own.weights dog.jpg; do
    expect 2 "unknown command \"$word\"; .*a command comes first: .detector test DATA" mafat $word
done
expect 2 'a second word comes before files: .detector test.$' mafat detector own.data own.cfg own.weights
for words in 'detector mafat test own.data own.cfg own.weights' 'mafat mafat plan own.cfg' 'mafat detector mafat test own.data'; do
    expect 2 'the word mafat stands once, before a command' "$darknet" $words
done

# words in the place of others
expect 1 "own.weights: is a weights file, not a cfg file; $usage" mafat detector test own.cfg own.weights dog.jpg
expect 1 "own.weights: is a weights file, not a cfg file; $usage" mafat detector test own.data own.weights own.cfg dog.jpg
expect 1 "dog.jpg: is a JPEG picture, not a cfg file; $usage" mafat detector test own.data dog.jpg own.weights
expect 1 "dog.jpg: is a JPEG picture, not weights of Darknet; $usage" mafat detector test own.data own.cfg dog.jpg
expect 1 "dog.jpg: is a JPEG picture, not a data file; $usage" mafat detector test dog.jpg own.cfg own.weights
expect 1 "own.data: is a data file, not a cfg file; $usage" mafat detector test own.cfg own.data own.weights
expect 1 "own.data: is a data file, not weights of Darknet; usage: .* classifier predict" mafat classifier predict own.data own.cfg own.data
expect 1 'own.data: cannot be read as an image: it is a data file; .*; usage: ' mafat detector test own.data own.cfg own.weights ./own.data
for command in 'plan own.weights' 'predict own.weights' 'search own.weights' 'bench own.weights own.cfg' 'compare own.weights own.cfg'; do
    expect 1 'own.weights: is a weights file, not a cfg file$' mafat $command
done

# words that are empty, as of a variable that is not set
path='"": expected the path of a file$'
expect 2 "^mafat: argument DATA $path" mafat detector test '' own.cfg own.weights dog.jpg
expect 2 "^mafat: argument CFG $path" mafat detector valid own.data '' own.weights
expect 2 "^mafat: argument WEIGHTS $path" mafat classifier predict own.data own.cfg '' dog.jpg
expect 2 "^mafat: argument \[IMAGE] $path" mafat detect own.cfg own.weights ''
expect 2 "^mafat: argument CFG $path" mafat bench '' own.weights
expect 2 "^mafat: argument WEIGHTS $path" mafat compare own.cfg ''
expect 2 "^mafat: argument \[IMAGE] $path" mafat bench own.cfg own.weights ''
expect 2 "^mafat: argument \[WEIGHTS] $path" mafat search own.cfg '' -memory 8M
expect 2 "^mafat: argument \[FILM] $path" mafat detector demo own.data own.cfg own.weights ''
for command in 'search own.cfg -memory 8M:-save' 'search own.cfg -front:-svg' 'plan own.cfg:-svg' 'predict own.cfg:-image' \
    'search own.cfg -image dog.jpg:-data' 'detector test own.data own.cfg own.weights dog.jpg:-out' \
    'yolo test own.cfg own.weights dog.jpg:-out' 'detector demo own.data own.cfg own.weights:-prefix'; do
    expect 2 "^mafat: option ${command##*:} $path" mafat ${command%:*} "${command##*:}" ''
done
expect 2 '^mafat: word 1 is "": expected a command' mafat '' own.cfg
expect 2 '^mafat: word 2 is "": expected a command' mafat detector '' own.cfg

# many images in place of one
expect 1 'list.txt: cannot be read as an image: it is a list of images; .* in place of an image: <list.txt$' \
    mafat detector test own.data own.cfg own.weights list.txt
expect 1 'folder: is a directory, not an image; .*: ls folder/\*.jpg |$' mafat detector test own.data own.cfg own.weights folder

# downloads that went wrong, in every place
printf '<!DOCTYPE html>\n<html>\n' >page
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >pointer
web='a web page, not .*: a download that went wrong$'
lfs='a pointer of Git LFS, not .*: .git lfs pull. fetches'
for way in "page:$web" "pointer:$lfs"; do
    file=${way%%:*}
    expect 1 "$file: is ${way#*:}" mafat detector test own.data own.cfg $file dog.jpg
    expect 1 "$file: is ${way#*:}" mafat detector test own.data $file own.weights dog.jpg
    expect 1 "$file: is ${way#*:}" mafat detector test $file own.cfg own.weights dog.jpg
    expect 1 "$file: is ${way#*:}" mafat plan $file
    expect 1 "$file: cannot be read as an image: it is a" mafat detector test own.data own.cfg own.weights $file
    expect 1 "$file: cannot be read as an image: it is a" mafat predict own.cfg -image $file
done

# images without an end
: >empty.jpg
expect 1 'empty.jpg: cannot be read as an image: it is empty' mafat detector test own.data own.cfg own.weights empty.jpg
png=$top/darknet/data/labels/65_7.png
for size in 20 100 300 600; do
    head -c $size "$png" >cut.png
    expect 1 'cut.png: cannot be read as an image: it ends before the image does' mafat detector test own.data own.cfg own.weights cut.png
    head -c $((10 * size)) dog.jpg >cut.jpg
    expect 1 'cut.jpg: cannot be read as an image: it ends before the image does' mafat detector test own.data own.cfg own.weights cut.jpg
done

# options
expect 2 'option -thresh: "50" must be from 0 to 1; did you mean 0.5[?]' mafat detector test own.data own.cfg own.weights dog.jpg -thresh 50
for option in '-points 11' '-iou_thresh .5' -save_labels '-mjpeg_port 8090' '-json_port 8070' -show -dontdraw_bbox -benchmark; do
    for command in 'detector test' 'detector map' 'detector demo'; do
        expect 2 "option ${option%% *} is of AlexeyAB's Darknet: [^ ]" mafat $command own.data own.cfg own.weights $option
    done
done
finish
