#!/bin/bash
# A program in whose language 1.5 is written 1,5, by libmafat, by the command and from Python: numbers in cfgs
# and settings are read with points and written with them, results are those of any other program, and the
# program's own numbers stay as they were.
. "$(dirname "$0")/../lib.sh"
# shellcheck disable=SC2086
${CC:-gcc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Isrc_mafat tests/cli/locale.c -o "$scratch/program" \
    -Lbuild -lmafat || fail "the program does not build"
export LD_LIBRARY_PATH=$top/build
# The system's German, or else one that is made here.
german=$(locale -a 2>/dev/null | grep -m 1 -iE '^de_DE\.?utf-?8$')
if [ -z "$german" ] && command -v localedef >/dev/null && localedef -c -i de_DE -f UTF-8 "$scratch/de_DE.UTF-8" >/dev/null 2>&1; then
    export LOCPATH=$scratch
    german=de_DE.UTF-8
fi
[ -n "$german" ] || { echo "  no locale with a decimal comma, and none can be made (localedef, with locales' sources)"; exit 0; }

# Anchors, thresholds and a batch norm's keys have points; costs that were measured are read, too.
printf '[net]\nwidth=64\nheight=64\nchannels=3\n[convolutional]\nbatch_normalize=1\nfilters=24\nsize=5\nstride=8\npad=1\nactivation=leaky
[convolutional]\nfilters=16\nsize=1\nstride=1\nactivation=linear
[region]\nanchors=1.25,1.5,2.75,4.5\nclasses=3\ncoords=4\nnum=2\nsoftmax=1\nthresh=.6\n' >"$scratch/tiny.cfg"
tools/random_weights "$scratch/tiny.cfg" "$scratch/tiny.weights" >/dev/null || fail "no weights"
printf 'a\nb\nc\n' >"$scratch/names"
printf 'names=%s/names\n' "$scratch" >"$scratch/data"
cd darknet || exit 1
knows_costs
for locale in C "$german"; do
    "$scratch/program" "$locale" "$scratch/tiny.cfg" "$scratch/tiny.weights" "$scratch/names" data/dog.jpg "$scratch/$locale.jpg" \
        >"$scratch/$locale.found" 2>"$scratch/$locale.number" || fail "$locale: exit code $?: $(cat "$scratch/$locale.number")"
    sed -i '/^notice/s/[0-9][0-9]*/N/g' "$scratch/$locale.found"    # a locale takes memory
    LC_ALL=$locale "$darknet" mafat detector test "$scratch/data" "$scratch/tiny.cfg" "$scratch/tiny.weights" data/dog.jpg \
        -thresh .1 -json -memory 16M -threads 1 -no_picture 2>&1 | sed -E 's/"(seconds|predicted_bytes|peak_bytes)": [^,}]*//g; /^mafat/s/[0-9]+/N/g' >"$scratch/$locale.command"
done
[ "$(cat "$scratch/$german.number")" = 1,5 ] || fail "the program writes $(cat "$scratch/$german.number") for 1.5, no comma"
[ "$(grep -vc '^notice' "$scratch/C.found")" -gt 3 ] || fail "few boxes: $(cat "$scratch/C.found")"
cmp "$scratch/C.found" "$scratch/$german.found" || fail "other results: $(diff "$scratch/C.found" "$scratch/$german.found" | sed -n 2,3p)"
cmp "$scratch/C.jpg" "$scratch/$german.jpg" || fail "another picture"
cmp "$scratch/C.command" "$scratch/$german.command" || fail "the command: $(diff "$scratch/C.command" "$scratch/$german.command" | head -n 3)"
if command -v python3 >/dev/null && python3 -c 'import numpy' 2>/dev/null; then
    for locale in C "$german"; do
        PYTHONPATH=$top/src_mafat/python python3 - "$locale" "$scratch" <<'END' >"$scratch/$locale.python" 2>"$scratch/stderr" || fail "python: $(tail -n 1 "$scratch/stderr")"
import locale, sys
import mafat
locale.setlocale(locale.LC_ALL, sys.argv[1])
point = locale.localeconv()["decimal_point"]
folder = sys.argv[2]
network = mafat.Network(folder + "/tiny.cfg", folder + "/tiny.weights", memory="64M", names=folder + "/names")
print(network.detect("data/dog.jpg", threshold=.1))
assert locale.localeconv()["decimal_point"] == point and locale.str(1.5) == "1" + point + "5"
END
    done
    [ -s "$scratch/C.python" ] && cmp "$scratch/C.python" "$scratch/$german.python" || fail "python: other results"
fi
finish
