#!/bin/bash
# Numbers and options as people write them: what is near a right spelling is refused with that spelling,
# what no run can mean is refused.
. "$(dirname "$0")/../lib.sh"
cd "$scratch" || exit 1
ln -s "$top/darknet/data" data
printf '[net]\nwidth=32\nheight=32\nchannels=3\n[conv]\nfilters=8\n[region]\nclasses=3\n' >small.cfg
"$top/tools/random_weights" small.cfg small.weights >/dev/null || fail "no weights"
printf 'x\ny\nz\n' >names
echo names=names >small.data
mafat() { timeout 60 "$darknet" mafat "$@"; }
detect() { mafat detector test small.data small.cfg small.weights data/dog.jpg -out drawn "$@"; }

# sizes; tests/test_number.c has more of them
for size in 8m 8MB '8 M' 8MiB ' 8M'; do
    expect 2 'memory limit ".*or auto; did you mean 8M\?$' mafat plan small.cfg -memory "$size"
    expect 2 '^mafat: option -memory: memory limit ".*; did you mean 8M\?$' detect -memory "$size"
    expect 125 'memory limit ".*; did you mean 8M\?$' "$top/tools/limit" "$size" true
done
# what does not fit names the image that is to fit, too
too_small='^mafat: small.cfg: nothing fits 1024 bytes; the smallest limit .*[0-9] [KMG]iB\)'
image=' for data/dog.jpg, an image of 768x576 pixels$'
expect 3 "$too_small$image" detect -memory 1K
expect 3 "$too_small$image" mafat bench small.cfg small.weights data/dog.jpg -memory 1K
expect 3 "$too_small with 2x2$image" mafat predict small.cfg -image data/dog.jpg -memory 1K -mafat 2x2
expect 3 "$too_small\$" mafat plan small.cfg -memory 1K
expect 2 'did you mean 1536K\?$' mafat plan small.cfg -memory 1.5M
expect 2 'or auto; did you mean auto\?$' mafat plan small.cfg -memory AUTO

# options
for command in "plan small.cfg" "compare small.cfg small.weights" "bench small.cfg small.weights" \
    "search small.cfg" "predict small.cfg" "detector test small.data small.cfg small.weights data/dog.jpg" \
    "classifier predict small.data small.cfg small.weights data/dog.jpg"; do
    expect 2 'unknown option -memory=8M; .*; did you mean -memory 8M\?$' mafat $command -memory=8M
    expect 2 'unknown option --memory; .*; did you mean -memory\?$' mafat $command --memory 8M
    expect 2 'unknown option --memory=8M; .*; did you mean -memory 8M\?$' mafat $command --memory=8M
    expect 2 'unknown option -threads=2; .*; did you mean -threads 2\?$' mafat $command -threads=2
    expect 2 'unknown option -mafta; .*; did you mean -mafat\?$' mafat $command -mafta 2x2
done
expect 2 'unknown option --memory; .*; did you mean -memory\?$' mafat --memory 8M plan small.cfg
expect 2 'unknown option -tresh; .*; did you mean -thresh\?$' detect -tresh .3
expect 2 'unknown option --thresh; .*; did you mean -thresh\?$' detect --thresh .3
expect 2 'unknown option -layer; .*; did you mean -layers\?$' mafat bench small.cfg small.weights -layer
expect 2 'unknown option -stpes; .*; did you mean -steps\?$' mafat plan small.cfg -stpes
expect 2 "unknown option -frobnicate; [^;]*$" detect -frobnicate

# thresholds are shares, other numbers whole
for option in -thresh -hier; do
    for value in .25 0 1 1e-3; do
        expect 0 'Predicted' detect $option $value
    done
    expect 2 "option $option: \"25\" must be from 0 to 1; did you mean 0.25\?$" detect $option 25
    expect 2 "option $option: \"50%\" must be from 0 to 1; did you mean 0.5\?$" detect $option 50%
    for value in nan inf -inf -0.1 -1 1e300; do
        expect 2 "option $option: \"$value\" must be from 0 to 1$" detect $option $value
    done
    for value in '' x 0,25 .3x; do
        expect 2 "option $option: \"$value\" is no number" detect $option "$value"
    done
done
for value in 2.5 -1 x '' 99999999999; do
    expect 2 "option -t: \"$value\" must be a whole number from 0 to" \
        mafat classifier predict small.data small.cfg small.weights data/dog.jpg -t "$value"
done

# threads by OpenMP's variables; it takes lists, one number a level
threads() { # N VARIABLE=VALUE...
    local n=$1
    shift
    expect 0 "^threads: $n\$" timeout 60 env "$@" "$darknet" mafat plan small.cfg
}
if [ "${OPENMP:-1}" = 1 ]; then
    threads 3 OMP_NUM_THREADS=3
    threads 4 OMP_NUM_THREADS=4,2
    threads 4 OMP_NUM_THREADS=' 4 , 2'
    threads 256 OMP_NUM_THREADS=256
    threads 1 OMP_NUM_THREADS=3 OMP_THREAD_LIMIT=1
    threads 3 OMP_NUM_THREADS=3 OMP_THREAD_LIMIT=1000
    for value in 0 257 1000 -1 2x garbage x,3 3,x 4, ,4 2147483648 99999999999999999999; do
        case $value in *,*) named='x?' ;; *) named=$value ;; esac
        expect 2 "OMP_NUM_THREADS \"$named\": expected a number from 1 to" \
            timeout 60 env OMP_NUM_THREADS=$value "$darknet" mafat plan small.cfg
        expect 2 "OMP_NUM_THREADS \"$named\": expected a number from 1 to" timeout 60 env \
            OMP_NUM_THREADS=$value "$darknet" mafat detector test small.data small.cfg small.weights data/dog.jpg
    done
    expect 2 'OMP_THREAD_LIMIT "many": expected a number from 1' \
        env OMP_THREAD_LIMIT=many "$darknet" mafat plan small.cfg
    expect 2 'threads "4": OMP_THREAD_LIMIT allows 2' env OMP_THREAD_LIMIT=2 "$darknet" mafat plan small.cfg -threads 4
    # what is said wins
    expect 0 '^threads: 2$' env OMP_NUM_THREADS=1000 "$darknet" mafat bench small.cfg small.weights -n 1 -threads 2
fi
finish
