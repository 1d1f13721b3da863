#!/bin/bash
# What install puts into a folder is used from a clean one: the program and its files, the pages, the completion,
# the Python module, and the library by examples that are compiled against it. Its results are those of stock in a Darknet tree.
# uninstall takes away what was put there and nothing else.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL MAFAT_SHARE MAFAT_LIBRARY PYTHONPATH PYTHON
set_up() { make --no-print-directory "$@" >"$scratch/log" 2>&1 || fail "make $*: $(tail -n 1 "$scratch/log")"; }
tree() { (cd "$1" && find . | sort); }

prefix=$scratch/prefix
set_up install PREFIX="$prefix"
program=$prefix/bin/darknet-mafat
version=$(cat VERSION)
share=$prefix/share/mafat
for file in bin/darknet-mafat lib/libmafat.so lib/libmafat.so.0 "lib/libmafat.so.$version" lib/pkgconfig/mafat.pc \
    include/mafat.h share/man/man1/darknet-mafat.1 share/man/man5/mafat.cfg.5 share/mafat/data/labels/32_0.png \
    share/bash-completion/completions/darknet-mafat share/mafat/cfg/yolov2.cfg share/mafat/cfg/yolov2-first16.cfg \
    share/mafat/cfg/coco.data share/mafat/data/coco.names share/doc/mafat/examples/detect.c; do
    [ -s "$prefix/$file" ] || fail "install leaves out $file"
done
for file in cfg/*.cfg cfg/*.weights cfg/*.names cfg/*.data; do
    [ ! -e "$file" ] || cmp "$file" "$share/$file" || fail "install leaves out $file"
done
[ -z "$(find "$prefix" ! -type l ! -perm -444)" ] || fail "not for everybody to read: $(find "$prefix" ! -type l ! -perm -444 | head -n 1)"
! grep -rqE '@[A-Z]+@' "$prefix/share/man" "$prefix/lib/pkgconfig" || fail "a text was not filled in"
! grep -qF "$top" "$program" "$prefix/lib/libmafat.so" || fail "the path of the sources is in what is installed"

# What it says names no file that is not installed, but where it says that it is in the sources.
strings -n 8 "$program" "$prefix"/lib/libmafat.so | grep -E '(tools|tests|src_mafat|build)/[a-z_]+' |
    grep -vE "in MAFAT's sources|src_mafat/[a-z_/]+\.[ch]$" >"$scratch/named" && fail "a message names $(head -n 1 "$scratch/named")"

# From a clean folder, through PATH and through a link: the boxes and the picture of stock.
weights=$(weights "$top/darknet/cfg/yolov2-tiny.cfg")
cp "$top/darknet/data/dog.jpg" "$scratch/dog.jpg"
(cd "$top/darknet" && "$stock" detector test cfg/coco.data cfg/yolov2-tiny.cfg "$weights" "$scratch/dog.jpg" -thresh .1 \
    -out "$scratch/stocks" 2>/dev/null | sed 1d >"$scratch/stocks")
mkdir "$scratch/clean" && cd "$scratch/clean" || exit 1
ln -s "$program" "$scratch/elsewhere"
for called in "$program" "$scratch/elsewhere mafat"; do
    PATH=$prefix/bin:$PATH
    [ "$called" = "$program" ] && called=darknet-mafat
    $called detector test coco.data yolov2-tiny.cfg "$weights" "$scratch/dog.jpg" -thresh .1 -memory 32M 2>"$scratch/stderr" |
        sed 1d | cmp -s - "$scratch/stocks" || fail "$called: other boxes than stock's: $(tail -n 1 "$scratch/stderr")"
    cmp "$scratch/stocks.jpg" predictions.jpg || fail "$called: another picture than stock's"
    rm -f predictions.jpg
done
[ -s "$scratch/stocks" ] || fail "stock found nothing"
expect 0 "^share: $share\$" darknet-mafat --version
own_networks_are_found darknet-mafat
expect 1 "no.cfg: .*; nor is it in $share\$" darknet-mafat plan no.cfg
# Video is there where it was built, and else said to be missing.
code=2
[ ! -e "$top/darknet/libmafat-video.so" ] || code=1
expect $code 'no.avi|make OPENCV=1' darknet-mafat detector demo coco.data yolov2-tiny.cfg "$weights" no.avi -dont_show
[ -z "$(ls)" ] || fail "left in the working directory: $(ls)"

# The module: compiled, found by a Python of that prefix, and finding what came with it.
if python3 -I -m venv --without-pip "$scratch/venv" 2>/dev/null; then
    cd "$top" || exit 1
    tree "$scratch/venv" >"$scratch/before"
    set_up install PREFIX="$scratch/venv" PYTHON="$scratch/venv/bin/python3"
    cd "$scratch/clean" || exit 1
    modules=$(dirname "$(find "$scratch/venv" -path '*/mafat/__main__.py')")
    [ "$(ls "$modules/__pycache__" | wc -l)" = "$(ls "$top"/src_mafat/python/mafat/*.py | wc -l)" ] || fail "not compiled: $(ls "$modules/__pycache__")"
    ! grep -qF "$top" "$modules"/__pycache__/* || fail "the path of the sources is in the module"
    expect 0 '/dog.jpg: 768x576, ' "$scratch/venv/bin/python3" -m mafat "$scratch/dog.jpg" --memory 64M --cfg yolov2-tiny.cfg \
        --weights "$weights" --names coco.names
    [ ! -e "$share/cfg/codes.weights" ] ||
        expect 0 '^qr code: ' "$scratch/venv/bin/python3" -m mafat "$share/cfg/codes.jpg" --memory 32M
    touch "$modules/__pycache__/_image.cpython-99.pyc"    # by another Python
    cd "$top" || exit 1
    set_up uninstall PREFIX="$scratch/venv"
    tree "$scratch/venv" | cmp -s - "$scratch/before" || fail "uninstall leaves" $(tree "$scratch/venv" | diff - "$scratch/before")
    set_up install PREFIX="$scratch/bare" PYTHON=no.python
    grep -q "^no.python finds the module with PYTHONPATH=$scratch/bare/lib/python3/dist-packages$" "$scratch/log" || fail "not told where the module is"
    expect 0 '^usage: ' env PYTHONPATH="$scratch/bare/lib/python3/dist-packages" python3 -B -m mafat --help
    cd "$scratch/clean" || exit 1
else
    echo "  not tested: the Python module, as python3 makes no venv here"
fi

# The pages: clean, and with each command and option that the program has.
for page in man1/darknet-mafat.1 man5/mafat.cfg.5; do
    file=$prefix/share/man/$page
    if command -v mandoc >/dev/null; then
        faults=$(mandoc -T lint "$file" 2>/dev/null | grep -v 'referenced manual not found')
        [ -z "$faults" ] || fail "$faults"
        [ -z "$(mandoc -T ascii -O width=80 "$file" | sed 's/.\x08//g' | awk 'length > 80')" ] || fail "$page: rows of more than 80 columns"
    fi
    ! command -v man >/dev/null || [ -z "$(man --warnings -l "$file" 2>&1 >/dev/null)" ] || fail "man warns of $page"
done
darknet-mafat --help >"$scratch/help"
sed -E 's/^\.[A-Z][a-z] //; s/(It|Cm|Ar|Op|Fl) //g; s/\\//g' "$prefix/share/man/man1/darknet-mafat.1" >"$scratch/page"
n=0
while read -r name; do
    n=$((n + 1))
    # options without their dash, which is a macro's; [IMAGE] without its brackets
    name=$(sed -E 's/^-//; s/[][]//g' <<<"$name")
    grep -qxF -e "$name" "$scratch/page" || fail "the page lacks $name"
done < <(sed -nE 's/^  (  )?(--?[a-z_]+|[a-z]+ )/\2/p' "$scratch/help" | sed 's/  .*//')
[ $n -gt 40 ] || fail "help has $n commands and options"
for code in 0 1 2 3 4; do grep -qx "$code" "$scratch/page" || fail "the page lacks exit code $code"; done
for words in 't N' "Pa $prefix/include/mafat.h" 'python3 1 ,'; do
    grep -qxF -e "$words" "$scratch/page" || fail "the page lacks $words"
done
for flag in mafat mafat_memory mafat_threads mafat_fast; do
    grep -q "^\.It Cm $flag " "$prefix/share/man/man5/mafat.cfg.5" || fail "mafat.cfg(5) lacks $flag="
done

# The completion: the words before the cursor, the last of them begun, and what is offered.
touch own.cfg own.data own.weights own.jpg own.txt
mkdir folder
completes() { # OFFERED... -- WORDS...: among what is offered these are, each only once
    local offered wanted=()
    while [ "$1" != -- ]; do wanted+=("$1"); shift; done
    offered=$(bash -c '. "$0/share/bash-completion/completions/darknet-mafat"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _darknet_mafat "$1" "${!#}" "${@:$#-1:1}"
        printf "%s\n" "${COMPREPLY[@]}"' "$prefix" darknet-mafat "${@:2}" 2>"$scratch/stderr")
    [ ! -s "$scratch/stderr" ] || fail "completing ${*:2}: $(cat "$scratch/stderr")"
    for word in "${wanted[@]}"; do
        case $word in
            !*) ! grep -qxF -e "${word#!}" <<<"$offered" || fail "completing ${*:2}: offers ${word#!}" ;;
            *) [ "$(grep -cxF -e "$word" <<<"$offered")" = 1 ] || fail "completing ${*:2}: $word is not offered once: $offered" ;;
        esac
    done
}
completes plan search detector detect classifier !test -- ''
completes plan !predict -- mafat pl
completes test valid !predict -- detector ''
completes predict -- classifier pre
completes own.cfg yolov2.cfg folder !own.weights -- plan ''
completes own.data coco.data !own.cfg -- detector test ''
completes own.cfg -- detector test own.data own
completes own.weights !own.cfg -- detector test own.data own.cfg ''
completes own.jpg folder !own.txt -- detector test own.data own.cfg own.weights ''
completes own.cfg -- plan -memory 8M -threads 2 own
completes -steps -svg -memory -help !-measure !-thresh -- plan own.cfg -
completes -measure !-steps -- search own.cfg -m
completes -thresh -out -memory !-steps !-measure -- detector test own.data own.cfg -
completes -ext_output -no_picture -json -quiet !-fullscreen !-out_filename -- detector test own.data own.cfg -
completes -ext_output -out -- mafat detect own.cfg -
completes -out !-ext_output !-fullscreen !-json -- detector valid own.data own.cfg -
completes -t -memory !-ext_output -- classifier predict own.data own.cfg -
completes -thresh -json !-out -- detector map own.data own.cfg -
completes !-memory !-thresh -- detector train own.data own.cfg -
completes -out_filename -thresh -memory -json !-no_picture !-out -- detector demo own.data own.cfg -
completes own.txt own.jpg folder -- detector demo own.data own.cfg own.weights ''
completes own.txt folder -- detector demo -out_filename ''
completes own.data coco.data -- detector map ''
completes --version -help -- -
completes auto -- plan own.cfg -memory ''
completes own.data !own.cfg -- predict own.cfg -data ''
completes own.jpg !own.cfg -- predict own.cfg -image ''
completes own.cfg folder !yolov2.cfg -- search own.cfg -save ''
completes own.txt own.jpg -- plan own.cfg -svg ''
completes !own.cfg -- 'no.such*(' own
rm -r folder own.*

# The library, by its pkg-config file.
if command -v pkg-config >/dev/null; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    [ "$(pkg-config --modversion mafat)" = "$version" ] || fail "mafat.pc: version $(pkg-config --modversion mafat)"
    cat >"$scratch/example.c" <<'END'
#include <mafat.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    mafat *m;
    mafat_error error;
    mafat_result *found;
    char text[1024];
    mafat_settings settings = {.memory = "32M", .names = "data/coco.names"};
    mafat_image image = {.path = argv[argc - 1]};
    mafat_thresholds thresholds = {.1f, .5f};
    if (mafat_open(&m, "yolov2-tiny.cfg", argv[1], &settings, &error) == MAFAT_OK &&
        mafat_detect(m, &image, &thresholds, &found, &error) == MAFAT_OK &&
        mafat_draw(m, &image, found, "drawn.jpg", &error) == MAFAT_OK)
        return 0;
    mafat_error_message(&error, text, sizeof text);
    puts(text);
    return 1;
}
END
    eval "${CC:-gcc} $(pkg-config --cflags mafat) \"\$scratch/example.c\" -o \"\$scratch/example\" $(pkg-config --libs mafat)" ||
        fail "an example does not build"
    LD_LIBRARY_PATH="$prefix/lib" "$scratch/example" "$weights" "$scratch/dog.jpg" || fail "an example does not run"
    cmp "$scratch/stocks.jpg" drawn.jpg || fail "an example: another picture than stock's"
    # the one that comes with it, as it says that it is built
    cp "$prefix/share/doc/mafat/examples/detect.c" .
    build=$(sed -n "s/^ \* *cc \(detect.c .*)\).*/${CC:-gcc} \1/p" detect.c)
    eval "${build:-false}" || fail "detect.c does not build: $build"
    weights=$(weights "$top/darknet/cfg/yolov3-tiny.cfg")
    LD_LIBRARY_PATH="$prefix/lib" ./detect yolov3-tiny.cfg "$weights" coco.names "$scratch/dog.jpg" 48M >"$scratch/found" || fail "detect.c does not run"
    darknet-mafat detector test coco.data yolov3-tiny.cfg "$weights" "$scratch/dog.jpg" -memory 48M -no_picture 2>/dev/null |
        sed -n 's/^\(.*\): [0-9]*%$/\1/p' >"$scratch/expected"
    [ -s "$scratch/expected" ] || fail "nothing is found"
    sed 's/ [0-9.]*: .*//' "$scratch/found" | cmp -s - "$scratch/expected" || fail "detect.c: other boxes than detector test"
fi
cd "$top" || exit 1

# As a package's: the same below DESTDIR, with nothing of it in the files.
set_up install PREFIX="$prefix" DESTDIR="$scratch/staged"
diff <(tree "$prefix") <(tree "$scratch/staged$prefix") >/dev/null || fail "other files below DESTDIR"
diff -r -x manifest "$prefix" "$scratch/staged$prefix" >/dev/null || fail "other texts below DESTDIR"
set_up uninstall PREFIX="$prefix" DESTDIR="$scratch/staged"
[ -z "$(find "$scratch/staged" -mindepth 1)" ] || fail "uninstall leaves $(find "$scratch/staged" -mindepth 1 | head -n 3)"

# A copy does not take away what it was copied from.
cp -a "$prefix" "$scratch/copy"
before=$(tree "$prefix")
for target in install uninstall; do
    expect 2 "manifest lists files of another PREFIX: $prefix; name that one" make $target PREFIX="$scratch/copy"
    [ "$(tree "$prefix")" = "$before" ] || fail "$target of a copy takes files of what was copied"
    [ "$(tree "$scratch/copy")" = "$before" ] || fail "$target of a copy changes it"
done

# Again over itself, with a file of a version before; what is not ours stays, and the folder that it is in.
touch "$share/cfg/gone.cfg"
echo "$share/cfg/gone.cfg" >>"$share/manifest"
set_up install PREFIX="$prefix"
[ ! -e "$share/cfg/gone.cfg" ] || fail "a file of a version before stays"
touch "$prefix/bin/other" "$share/cfg/own.cfg"
set_up uninstall PREFIX="$prefix"
[ "$(tree "$prefix" | tr '\n' ' ')" = '. ./bin ./bin/other ./share ./share/mafat ./share/mafat/cfg ./share/mafat/cfg/own.cfg ' ] ||
    fail "uninstall leaves" $(tree "$prefix")
there="$scratch/is there & here"
mkdir -p "$there/bin" "$there/share/man/man1"
before=$(tree "$there")
set_up install PREFIX="$there" LIBDIR="$there/lib/of"
[ -s "$there/lib/of/pkgconfig/mafat.pc" ] || fail "LIBDIR is passed over"
grep -qxF "prefix=$there" "$there/lib/of/pkgconfig/mafat.pc" || fail "another prefix: $(head -n 1 "$there/lib/of/pkgconfig/mafat.pc")"
expect 0 '^config: ' "$there/bin/darknet-mafat" plan yolov2.cfg
set_up uninstall PREFIX="$there"
[ "$(tree "$there")" = "$before" ] || fail "uninstall leaves" $(tree "$there")

expect 2 'is not there: nothing to take away' make uninstall PREFIX="$scratch/nothing"
expect 2 'PREFIX and LIBDIR must begin with a /' make install PREFIX=relative
[ ! -e relative ] || fail "relative was made"
finish
