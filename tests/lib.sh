# What the command-line and network tests share. Sourced, from a script in tests/cli or tests/network:
# it moves to the top of the repository, makes an empty $scratch folder and removes it at the end.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
darknet=$top/darknet/darknet
stock=$top/build/stock/darknet
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mafat-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
n_failures=0
unset OMP_NUM_THREADS
# Predictions are at most 5 % and so much above what is charged: pages that the kernel charges ahead are there or not.
slack_bytes=$((128 * $(getconf PAGESIZE)))
export XDG_CACHE_HOME=$scratch/cache    # what computing costs here is not for the tests to know

# long: whether there is time for all that is here (`make test-long`). `make test` is to take ten minutes, and takes of what
# goes on for long, or builds another variant, what says most.
long() {
    [ "${TEST_ROUNDS:-1}" -gt 1 ]
}

# fail TEXT...: says at which line of the script's own, outside its functions, and what; the test goes on.
fail() {
    echo "  ${0#"$top/"}:${BASH_LINENO[-2]}: $*"
    n_failures=$((n_failures + 1))
}

# expect CODE PATTERN COMMAND...: the command exits with CODE, and what it prints to stderr (to stdout
# where CODE is 0) has a line that matches the extended regular expression.
expect() {
    local code=$1 pattern=$2 given
    shift 2
    "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
    given=$?
    [ $given -eq "$code" ] || fail "exit code $given instead of $code: $*: $(tail -n 1 "$scratch/stderr")"
    if [ "$code" -eq 0 ]; then set -- "$scratch/stdout" "$@"; else set -- "$scratch/stderr" "$@"; fi
    grep -qE -e "$pattern" "$1" || fail "no '$pattern' in what it printed: ${*:2}: $(tail -n 1 "$1")"
}

# powerless COMMAND...: without the right of root to open files whatever their modes are.
powerless() {
    if [ "$(id -u)" = 0 ]; then setpriv --bounding-set -all "$@"; else "$@"; fi
}

# weights CFG: prints the path of weights for the cfg; they are made once and kept under build/. Other tests
# may want them at the same time.
weights() {
    local out
    out=$top/build/weights/$(basename "$1" .cfg).weights
    mkdir -p "$top/build/weights"
    if [ ! -e "$out" ] || [ "$top/tools/random_weights" -nt "$out" ]; then
        "$top/tools/random_weights" "$1" "$out.$$" >/dev/null && mv "$out.$$" "$out" || exit 1
    fi
    echo "$out"
}

# knows_costs: searches of this script know what computing costs here, and do not measure it themselves.
knows_costs() {
    "$top/tests/measure_costs" || fail "no costs"
    cp -R "$top/build/costs/." "$XDG_CACHE_HOME"
}

# sized CFG PIXELS: prints the path of a copy with so many rows and columns, which the cfg's weights suit.
sized() {
    local out=$scratch/sized/$2/${1##*/}
    mkdir -p "${out%/*}"
    sed "s/^width=.*/width=$2/; s/^height=.*/height=$2/" "$1" >"$out"
    echo "$out"
}

# own_networks_are_found PROGRAM...: each in cfg/ by its name alone, with the names of its data file.
own_networks_are_found() {
    local file name
    for file in "$top"/cfg/*.cfg; do
        name=$(basename "$file" .cfg)
        expect 0 '^config: ' "$@" plan "$name.cfg"
        [ ! -e "${file%.cfg}.data" ] ||
            expect 0 '^name_bytes: [1-9]' "$@" predict "$name.cfg" -image "$top/darknet/data/dog.jpg" -data "$name.data"
    done
}

# is_json FILE: it holds one JSON value, as far as this machine can tell.
is_json() {
    ! command -v python3 >/dev/null || python3 -m json.tool <"$1" >/dev/null 2>&1 || fail "no JSON: $(cat "$1")"
}

# value KEY: what "KEY: value" says in $scratch/stdout.
value() {
    sed -n "s/^$1: //p" "$scratch/stdout"
}

finish() {
    [ $n_failures -eq 0 ] && exit 0
    echo "  $n_failures failures"
    exit 1
}
