#!/bin/bash
# MAFAT is asked for by the word mafat, by an option, or by a flag in the cfg, and it is one: the same plan,
# the same output, the same exit code. Commands that MAFAT does not run refuse what they would not keep,
# before they touch a file, and nobody's weights are emptied.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
plain=$(sized cfg/yolov2-tiny.cfg 160)
w=$(weights $plain)

flagged() { # NAME FLAG...: a copy of the cfg with flags in its [net] section
    local name=$1
    shift
    sed "0,/^\[net/s/^\[net.*/&\n$(printf '%s\\n' "$@")/" $plain >"$scratch/$name.cfg"
}
flagged limit mafat_memory=8M
flagged small mafat_memory=3M
flagged tiles mafat=3x3 mafat_threads=1
flagged auto mafat_memory=auto

# detector test in three ways
run() { # NAME ARGUMENTS...
    local name=$1
    shift
    "$darknet" "$@" -thresh .12 -out "$scratch/$name" >"$scratch/$name.out" 2>"$scratch/$name.err" </dev/null
    echo "exit code $?" >>"$scratch/$name.out"
    sed -i -E 's/Predicted in [0-9.]+ seconds/Predicted/' "$scratch/$name.out"
    sed -i -E '/^mafat/!d; s/[^ ]+\.cfg/CFG/' "$scratch/$name.err"
}
same() { # NAME: as with the word mafat
    cmp "$scratch/named.out" "$scratch/$1.out" || fail "$1: other output: $(tail -n 1 "$scratch/$1.out")"
    diff "$scratch/named.err" "$scratch/$1.err" || fail "$1: another plan or message"
}
run named mafat detector test cfg/coco.data $plain "$w" data/dog.jpg -memory 8M
grep -q '^mafat: limit 8388608 bytes: ' "$scratch/named.err" || fail "no plan for the limit"
grep -q '^exit code 0' "$scratch/named.out" && [ "$(wc -l <"$scratch/named.out")" -gt 2 ] || fail "no boxes"
run option detector test cfg/coco.data $plain "$w" data/dog.jpg -memory 8M
same option
run first -memory 8M detector test cfg/coco.data $plain "$w" data/dog.jpg
same first
run flag detector test cfg/coco.data "$scratch/limit.cfg" "$w" data/dog.jpg
same flag
for name in option first flag; do cmp "$scratch/named.jpg" "$scratch/$name.jpg" || fail "$name: another picture"; done
run named mafat detector test cfg/coco.data $plain "$w" data/dog.jpg -memory 3M
grep -q '^exit code 3' "$scratch/named.out" || fail "3M fit"
run option detector test cfg/coco.data $plain "$w" data/dog.jpg -memory 3M
same option
run flag detector test cfg/coco.data "$scratch/small.cfg" "$w" data/dog.jpg
same flag
expect 3 'nothing fits' "$darknet" detect "$scratch/small.cfg" "$w" data/dog.jpg -out "$scratch/drawn"
expect 3 'nothing fits' "$darknet" detector test -thresh .5 cfg/coco.data -nogpu "$scratch/small.cfg" "$w" data/dog.jpg
expect 0 '^data/dog.jpg: ' "$darknet" detector test cfg/coco.data $plain "$w" data/dog.jpg -mafat 2x2 -out "$scratch/drawn"
expect 0 '^data/dog.jpg: ' "$darknet" detector test cfg/coco.data "$scratch/auto.cfg" "$w" data/dog.jpg -out "$scratch/drawn"
grep -q '^mafat: memory auto: [0-9]' "$scratch/stderr" || fail "auto in the cfg says nothing"
expect 2 'option -memory lacks its value' "$darknet" detector test cfg/coco.data $plain "$w" data/dog.jpg -memory
expect 2 'unknown command "nonsense"; [^;]*$' "$darknet" nonsense -threads 2
expect 2 'unknown command "plan .*; did you mean `darknet mafat plan`[?]$' "$darknet" plan $plain -memory 8M
expect 2 'unknown command "serach .*; did you mean search[?]$' "$darknet" mafat serach $plain -memory 8M
expect 2 'unknown command "Detector test"; .*; did you mean detector[?]$' "$darknet" mafat Detector test cfg/coco.data $plain "$w"
expect 2 'unknown command "detector tset"; .*; did you mean detector test[?]$' "$darknet" mafat detector tset cfg/coco.data $plain "$w"
expect 2 'unknown command "classifier predcit"; .*; did you mean classifier predict[?]$' "$darknet" mafat classifier predcit cfg/coco.data $plain "$w"
expect 2 'unknown command "nomalize .*; did you mean normalize[?]$' "$darknet" mafat nomalize $plain "$w" "$scratch/out.w"
expect 2 'unknown command "detector"; [^;]*$' "$darknet" mafat detector
expect 2 'unknown command "detector fly"; [^;]*$' "$darknet" mafat detector fly

# no command that trains or looks at hidden layers
for command in "detector train cfg/coco.data CFG" "classifier train cfg/coco.data CFG" "yolo train CFG" "cifar distill CFG"; do
    expect 2 'tiles.cfg: .*does not train them; take mafat=, mafat_memory=, mafat_threads= and mafat_fast= out of \[net\]' \
        "$darknet" ${command/CFG/$scratch/tiles.cfg} "$w"
    expect 2 'does not train them; leave MAFAT.s options out' "$darknet" ${command/CFG/$plain} "$w" -threads 2
done
expect 2 'hidden layers' "$darknet" nightmare "$scratch/tiles.cfg" "$w" data/dog.jpg 3
expect 2 'more beside the network than a memory limit counts; take mafat_memory= out' "$darknet" speed "$scratch/limit.cfg" 1
expect 0 '^Speed: ' "$darknet" speed "$scratch/tiles.cfg" 1

# commands that handle weights: stock's bytes, or a refusal that leaves the target alone
for command in "partial CFG W OUT 4" "normalize CFG W OUT" "denormalize CFG W OUT" "rescale CFG W OUT" \
    "reset CFG W OUT" "rgbgr CFG W OUT" "oneoff2 CFG W OUT 1" "average CFG OUT W W"; do
    command=${command//W/$w}
    command=${command/OUT/$scratch/out.weights}
    "$stock" ${command/CFG/$plain} >/dev/null 2>&1
    mv "$scratch/out.weights" "$scratch/stock.weights"
    "$darknet" ${command/CFG/$scratch/tiles.cfg} >/dev/null 2>"$scratch/stderr" || fail "$command: exit code $?"
    grep -q "^mafat: $scratch/tiles.cfg: ${command%% *} runs no network" "$scratch/stderr" || fail "$command: says nothing"
    cmp "$scratch/stock.weights" "$scratch/out.weights" || fail "$command: other weights"
    echo precious >"$scratch/out.weights"
    expect 2 "limit.cfg: \`${command%% *}\` .*all weights in memory; take mafat_memory= out" "$darknet" ${command/CFG/$scratch/limit.cfg}
    expect 2 "leave MAFAT.s options out" "$darknet" ${command/CFG/$plain} -memory 64M
    [ "$(cat "$scratch/out.weights")" = precious ] || fail "$command: the target was touched"
done
for command in "statistics CFG W" "print CFG W 0" "ops CFG" "visualize CFG W" "mkimg CFG W 9 9 1 $scratch"; do
    command=${command//W/$w}
    expect 2 'all weights in memory' "$darknet" ${command/CFG/$scratch/limit.cfg}
done
# commands that Darknet itself crashes in: with words that are missing, with its own networks, or with any
for command in print "print CFG" "print CFG W" "partial CFG W" "partial CFG W OUT" "oneoff2 CFG W OUT" "mkimg CFG W 9 9 1" \
    "mkimg CFG W 9" "oneoff2 CFG W" "average CFG OUT" "rgbgr CFG W" ops; do
    command=${command//W/$w}
    command=${command/OUT/$scratch/none.weights}
    expect 2 "^mafat: .${command%% *}. has [1-6] arguments, of which too few are given; usage: darknet ${command%% *} CFG" \
        "$darknet" mafat ${command/CFG/$plain}
    [ ! -e "$scratch/none.weights" ] || fail "$command: wrote weights"
done
for layer in -1 16 99; do
    expect 2 ".print.: layer $layer must be from 0 to 15$" "$darknet" mafat print $plain "$w" $layer
    expect 2 ".oneoff2.: layer $layer must be from 0 to 15$" "$darknet" mafat oneoff2 $plain "$w" "$scratch/none.weights" $layer
done
expect 0 '^[-0-9. ]+$' "$darknet" mafat print $plain "$w" 14
printf '[net]\nwidth=8\nheight=8\nchannels=4\n[convolutional]\nfilters=6\nsize=3\npad=1\ngroups=2\nactivation=leaky\n' >"$scratch/groups.cfg"
"$top/tools/random_weights" "$scratch/groups.cfg" "$scratch/groups.weights" >/dev/null || fail "no weights"
"$darknet" mafat print "$scratch/groups.cfg" "$scratch/groups.weights" 0 >"$scratch/stdout" 2>"$scratch/stderr" || fail "print: exit code $?"
[ "$(awk '{ print NF }' "$scratch/stdout" | xargs)" = "18 18 18 18 18 18" ] ||    # 3 x 3 of two channels
    fail "print: $(awk '{ print NF }' "$scratch/stdout" | xargs) weights in the filters of two groups"
for command in test valid self engine; do
    expect 2 "^mafat: .go $command. crashes in Darknet itself: it reads 363 outputs" "$darknet" mafat go $command cfg/go.test.cfg "$w"
done
expect 2 "^mafat: .rnn generatetactic. is for recurrent networks" "$darknet" mafat rnn generatetactic $plain "$w"
expect 0 '^Floating Point Operations' "$darknet" ops "$scratch/tiles.cfg"
# its cfg stands in another place than that of its word's other commands; the image is planned for
expect 3 'nothing fits 3145728 bytes' "$darknet" mafat regressor test $plain "$w" data/dog.jpg -memory 3M
needed=$(grep -o 'limit that works is [0-9]*' "$scratch/stderr")
expect 3 "nothing fits 3145728 bytes.*$needed" "$darknet" regressor test "$scratch/small.cfg" "$w" data/dog.jpg
# a flag in the cfg is seen in every command, which then verifies its files before Darknet makes a network
n=0
while read -r command; do
    for word in DATA=cfg/coco.data CFG=$scratch/limit.cfg WEIGHTS=$scratch/no-such.weights [IMAGE]=data/dog.jpg [FILE]=; do
        command=${command//"${word%%=*}"/${word#*=}}
    done
    "$darknet" $command >/dev/null 2>"$scratch/stderr" </dev/null
    grep -q '^mafat: ' "$scratch/stderr" && ! grep -q '^layer  ' "$scratch/stderr" ||
        fail "$command: Darknet came first: $(tail -n 1 "$scratch/stderr")"
    n=$((n + 1))
done < <("$darknet" mafat --help | sed -n '/own commands, with all/,$s/^  \([a-z].* CFG .*\)/\1/p')
[ $n -gt 20 ] || fail "the help lists $n of Darknet's commands"
# options of Darknet's before the command's words, as stock takes them
rest="cfg/coco.data $scratch/tiles.cfg $w data/dog.jpg -out $scratch/drawn"
for command in "-i 0 detector test" "-nogpu detector test" "detector -thresh .5 test" "-i 0 detector -hier .5 test"; do
    expect 0 'Predicted in' "$darknet" $command $rest
    grep -q '^layer  ' "$scratch/stderr" || fail "$command: made no network"
    expect 1 'no-such.weights' "$darknet" ${command} cfg/coco.data "$scratch/limit.cfg" "$scratch/no-such.weights" data/dog.jpg
    ! grep -q '^layer  ' "$scratch/stderr" || fail "$command: Darknet came first"
done
finish
