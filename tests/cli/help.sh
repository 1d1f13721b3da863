#!/bin/bash
# --help exits with 0 and names every command and option; behind a command, what that one does and takes. What
# help, usage and messages say that a command takes is the same everywhere, and the command takes it.
. "$(dirname "$0")/../lib.sh"
mafat() { "$darknet" mafat "$@"; }
# listed FILE: the options that a help lists, one a line
listed() {
    sed -nE 's/^ +(-[a-z_]+( [A-Za-z.]+)?)(  .*|$)/\1/p' "$1" | sort
}
# named: those that the last message names
named() {
    grep -oE '(\[|allowed are |, | and )-[a-z_]+( [A-Z][A-Za-z.]*)?' "$scratch/stderr" | sed -E 's/^[^-]*//' | sort
}

for asked in --help -help -h help '-memory --help' '--help --help' 'nothing --help'; do
    expect 0 'usage: darknet mafat COMMAND' mafat $asked
done
for word in 'detector test' --version -thresh -hier -out -ext_output 'classifier valid' -mafat -memory -threads -json 'exit codes'; do
    grep -qF -e "$word" "$scratch/stdout" || fail "help does not name '$word'"
done
cp "$scratch/stdout" "$scratch/help"
n=0
while read -r command words; do
    n=$((n + 1))
    expect 0 "^usage: darknet mafat $command CFG" mafat "$command" --help
    cp "$scratch/stdout" "$scratch/$command"
    own=$(listed "$scratch/$command")
    for asked in "-help $command" "$command x.cfg -memory -help" "-threads 2 $command --help" "help $command" "$command -h"; do
        mafat $asked | cmp -s - "$scratch/$command" || fail "$asked does not help as $command --help does"
    done
    expect 2 "usage: darknet mafat $command $(sed 's/[][]/\\&/g' <<<"$words")( |$)" mafat "$command"
    [ "$(named)" = "$own" ] || fail "usage of $command names $(named), its help" $own
    expect 2 'unknown option -nothing; allowed are ' mafat "$command" -nothing
    [ "$(named)" = "$own" ] || fail "$command allows $(named), its help lists" $own
    while read -r option value; do
        grep -qE "^ +$option${value:+ $value}(  |$)" "$scratch/help" || fail "help lacks $option of $command"
        [ "$option" = -help ] || expect 2 'usage: darknet mafat' mafat "$command" $option ${value:+1}
        [ -z "$value" ] || expect 2 "option $option lacks its value" mafat "$command" x.cfg $option
        [ -z "$value" ] || expect 2 "option $option lacks its value" mafat "$command" x.cfg $option $option 1
        case $command$option in *-help | compare-mafat) continue ;; esac
        expect 2 "option $option is given twice" \
            mafat "$command" x.cfg $option ${value:+1} $option ${value:+2}
    done <<<"$own"
done < <(sed -nE '/own commands/q; s/^  ([a-z]+) (CFG( [][A-Z]+)*)  .*/\1 \2/p' "$scratch/help")
[ $n -eq 5 ] || fail "help lists $n of MAFAT's own commands"
# Darknet's commands
n=0
while read -r line; do
    n=$((n + 1))
    command=$(sed -E 's/ \[?[A-Z].*//' <<<"$line")
    page="$scratch/${command/ /_}"
    expect 0 "^usage: darknet mafat $(sed 's/[][]/\\&/g' <<<"$line") \[OPTIONS\]$" mafat $command --help
    cp "$scratch/stdout" "$page"
    [ -n "$(sed -n 3p "$page")" ] || fail "$command: help does not say what it does"
    for asked in "$command d x.cfg -thresh .5 -h" "-nogpu $command -help" "help $command" "-memory 8M $command --help"; do
        mafat $asked | cmp -s - "$page" || fail "$asked does not help as $command --help does"
    done
    while read -r option value; do
        case $option in -help | -mafat | -top) continue ;; esac
        expect 2 "option $option is given twice" mafat $command x.cfg $option ${value:+1} $option ${value:+1}
    done < <(listed "$page")
    [ "$command" = "detector demo" ] || for option in -nogpu -clear -t; do
        grep -qE "(^|:| )$option( |$)" "$page" || fail "$command: help is silent on $option"
    done
done < <(sed -n '/own commands, with all/,/^`/s/^  \([a-z].*\)/\1/p' "$scratch/help")
[ $n -gt 25 ] || fail "the help lists $n of Darknet's commands"
grep -q '^  -thresh P .*(default .25)' "$scratch/detector_map" || fail "help of detector map: no -thresh"
! grep -q '^  -memory' "$scratch/detector_valid2" || fail "help of detector valid2 names -memory, which it refuses"
! grep -q '^  -hier' "$scratch/detect" || fail "help of detect names -hier, which it passes over"
expect 0 '^  detector map DATA CFG WEIGHTS$' mafat detector --help
! grep -q '^  classifier' "$scratch/stdout" || fail "help for detector lists other commands"
for command in 'detector train:trains' 'speed:in no memory' 'ops:runs no network' 'lsd gan:hidden layers' '3d:handles images'; do
    expect 0 "^.${command%:*}. .*${command#*:}" mafat ${command%:*} --help
done
# what takes -json and -quiet: the refusals name the commands whose help does, and those go on to their files
for option in -json -quiet; do
    expect 2 "^mafat: $option is for MAFAT's own commands, " mafat detector recall x.cfg w $option
    grep -oE '`[^`]*`' "$scratch/stderr" | tr -d '`' | sort >"$scratch/named"
    grep -lE "^ +$option( |$)" "$scratch"/{detect,yolo,coco,classif,segm,iseg,regr,super,tag,cifar}* | sed 's|.*/||; s/_/ /' | sort |
        diff "$scratch/named" - || fail "the refusal of $option names other commands than help"
    while read -r command; do
        case $command in detect | classify) words=() ;; *) words=(d) ;; esac
        mafat $command "${words[@]}" x.cfg w $option >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
        grep -q "^mafat: $option is for" "$scratch/stderr" && fail "$command refuses $option, which its help lists"
    done <"$scratch/named"
done
expect 2 'option -h: "0x" must be a whole number' mafat detector valid d x.cfg w -h 0x    # Darknet's own -h

# Called darknet-mafat, as it is installed, it needs no word and says what is typed then.
ln -s "$darknet" "$scratch/darknet-mafat"
own() { "$scratch/darknet-mafat" "$@"; }
for asked in --help -h 'nothing --help' 'mafat --help'; do
    own $asked | diff - <(sed 's/darknet mafat/darknet-mafat/' "$scratch/help") >/dev/null ||
        fail "darknet-mafat $asked: other help than darknet mafat --help"
done
expect 2 '^usage: darknet-mafat COMMAND' own
expect 2 'usage: darknet-mafat plan CFG' own plan
expect 0 '^usage: darknet-mafat search CFG' own search --help
expect 2 'did you mean plan' own plann x.cfg
expect 2 'unknown command "plan x.cfg".*darknet mafat --help.*did you mean .darknet mafat plan' "$darknet" plan x.cfg -memory 8M
expect 2 'DATA is missing; usage: darknet-mafat detector test' own detector test
expect 2 '`darknet-mafat --help` lists' own detector test -nothing
expect 2 'trains' own detector train cfg/coco.data x.cfg
for help in help detect{,or_test,or_map,or_valid,or_demo} classifier_predict \
    $(sed -nE '/own commands/q; s/^  ([a-z]+) CFG.*/\1/p' "$scratch/help"); do
    awk 'length > 80 { print "  too long: " $0; bad = 1 } END { exit bad }' "$scratch/$help" ||
        fail "help has lines of more than 80 columns: $help"
    grep -q '[^ ]$' "$scratch/$help" || fail "no help: $help"
    ! grep -q ' $' "$scratch/$help" || fail "help has blanks at the end of lines: $help"
done

# tools say what they are for, as their first lines do
for tool in memory instructions man_page setup; do
    expect 0 "^  (tools/$tool|make $tool) " "$top/tools/$tool" --help
    [ ! -s "$scratch/stderr" ] && ! grep -q '^set -' "$scratch/stdout" || fail "tools/$tool --help: $(cat "$scratch/stdout" "$scratch/stderr")"
done
finish
