#!/bin/bash
# What Darknet's users type: make inside darknet/ does what it does in the folder above and destroys
# nothing, and variables of upstream's Makefile, and of others' that came of it, are answered.
. "$(dirname "$0")/../lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
quiet() { make --no-print-directory "$@"; }

programs() { sha256sum darknet/darknet darknet/libdarknet.a darknet/libdarknet.so; }
sources() { (cd build/upstream && find . -type f) | while read -r file; do [ -e "darknet/$file" ] || echo "$file"; done; }
before=$(programs) || fail "not built"
for target in '' all darknet libdarknet.so; do
    # shellcheck disable=SC2086    # no target is a target too
    quiet -C darknet $target >"$scratch/log" 2>&1 || fail "make $target in darknet/: $(tail -n 1 "$scratch/log")"
    [ "$(programs)" = "$before" ] || fail "make $target in darknet/ changed the programs"
done
[ ! -e darknet/obj ] || fail "upstream's Makefile was used"
[ "$(quiet -C darknet -n clean | grep "^rm")" = "$(quiet -n clean)" ] || fail "make clean is another in darknet/"
[ "$(quiet -C darknet OPENMP=0 where)" = "$(quiet OPENMP=0 where)" ] || fail "OPENMP=0 is not passed on"
[ -z "$(sources)" ] || fail "missing in darknet/: $(sources)"

for name in GPU CUDNN CUDNN_HALF ZED_CAMERA; do
    expect 2 "$name=1: there is no .* in this build" make "$name=1"
    expect 2 "$name: not in this build; leave it out" make -C darknet "$name=1"
    expect 0 '^build/' make --no-print-directory "$name=0" where
    expect 0 '^build/' env "$name=1" make --no-print-directory where    # the environment is not the command line
done
for name in AVX LIBSO USE_CPP; do
    expect 0 '^build/' make --no-print-directory "$name=1" where
    [ "$(grep -c "$name=1: not needed: " "$scratch/stderr")" = 1 ] || fail "make $name=1: $(cat "$scratch/stderr")"
done
expect 2 'GPU ZED_CAMERA: not in this build' make OPENCV=1 ZED_CAMERA=1 GPU=1 DEBUG=1 AVX=1 LIBSO=1

# what took long to fetch or to measure stays, above all what tells how to take back what was made on the machine
clean_up() { make --no-print-directory -C "$scratch/tree" -f "$top/Makefile" "$1"; }
mkdir -p "$scratch/tree/darknet"
touch "$scratch/tree/darknet/UPSTREAM"
for folder in cache target upstream paper paper-test.7 stock weights; do mkdir -p "$scratch/tree/build/$folder"; done
touch "$scratch/tree/build/paper-test.7/made"
clean_up clean >"$scratch/log" 2>&1 || fail "make clean: $(tail -n 1 "$scratch/log")"
[ "$(ls -x -w 0 "$scratch/tree/build")" = 'cache  paper  paper-test.7  target  upstream' ] ||
    fail "make clean leaves $(ls -x "$scratch/tree/build")"
expect 2 '^build/paper-test.7/made: a run of make paper .* --out build/paper-test.7 --clean first$' clean_up distclean
[ -e "$scratch/tree/build/paper-test.7/made" ] && [ -e "$scratch/tree/build/cache" ] || fail "make distclean is refused too late"
rm "$scratch/tree/build/paper-test.7/made"
clean_up distclean >"$scratch/log" 2>&1 || fail "make distclean: $(tail -n 1 "$scratch/log")"
[ "$(cd "$scratch/tree" && find . -mindepth 1 | sort | xargs)" = './darknet ./darknet/UPSTREAM' ] || fail "make distclean leaves more"

# make paper says what setup says is missing, and goes on where that is not needed to build
paper() { make --no-print-directory -C "$scratch/tree" -f "$top/Makefile" MAKE="${make:-true}" "$@" paper; }
mkdir -p "$scratch/tree/tools/paper"
printf '#!/bin/sh\necho "paper $*"\n' >"$scratch/tree/tools/paper/paper"
cat >"$scratch/tree/tools/setup" <<'EOF'
#!/bin/sh
case "$*" in "--check build") [ ! -e no-compiler ] ;; *) echo "no $* here" >&2; exit 1 ;; esac
EOF
chmod +x "$scratch/tree/tools/setup" "$scratch/tree/tools/paper/paper"
expect 0 '^paper $' paper
[ "$(cat "$scratch/stderr")" = $'no paper here\npaper: goes on without what is missing' ] || fail "make paper: $(cat "$scratch/stderr")"

# what builds in parallel does as it was told, were it by one file after the other
builds_by() { make=echo paper "$@" | grep -oE -- ' -j[0-9]+'; }
[ "$(builds_by)" = " -j$(nproc)" ] || fail "builds by '$(builds_by)' where nothing was said"
for asked in -j1 -j3 -sj1; do [ -z "$(builds_by "$asked")" ] || fail "$asked: builds by '$(builds_by "$asked")'"; done

touch "$scratch/tree/no-compiler"
expect 2 '^no paper here$' paper
grep -q '^paper $' "$scratch/stdout" && fail "make paper goes on without a compiler"

# MPI=1 builds one program more
[ "$(quiet MPI=1 where)" = "$(quiet where)" ] || fail "MPI=1 is another variant"
quiet -n MPI=1 | grep -q darknet-mpi || fail "MPI=1 builds no darknet-mpi"
quiet -n MPI=0 | grep -q darknet-mpi && fail "MPI=0 builds darknet-mpi"

# OPENCV=1 builds one library more, of which nothing else knows, and says what it wants
[ "$(quiet OPENCV=1 where)" = "$(quiet where)" ] || fail "OPENCV=1 is another variant"
quiet -n OPENCV=1 | grep -q libmafat-video.so || fail "OPENCV=1 builds no libmafat-video.so"
quiet -n OPENCV=0 | grep -q libmafat-video.so && fail "OPENCV=0 builds libmafat-video.so"
printf '#!/bin/sh\nexit 1\n' >"$scratch/cxx"
chmod +x "$scratch/cxx"
expect 1 'apt-get install libopencv-highgui-dev$' env CXX="$scratch/cxx" tools/setup --check opencv
expect 1 "no CXX='nothing' here" env CXX=nothing tools/setup --check opencv
expect 1 'apt-get install g[+][+]-99 libopencv-highgui-dev$' env CXX=g++-99 tools/setup --check opencv
finish
