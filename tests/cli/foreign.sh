#!/bin/bash
# Layers and activations of AlexeyAB's Darknet in ours, without MAFAT: they run, weights of shortcuts are kept,
# and what they cannot do ends with a message.
. "$(dirname "$0")/../lib.sh"
cd "$top/darknet" || exit 1
cp data/dog.jpg "$scratch/dog.jpg"
echo "1 0.5 0.5 0.3 0.4" >"$scratch/dog.txt"
echo "$scratch/dog.jpg" >"$scratch/list"
printf 'train=%s\nbackup=%s\n' "$scratch/list" "$scratch" >"$scratch/data"
head='[net]\nbatch=2\nwidth=32\nheight=32\nchannels=3\nlearning_rate=.01\nmax_batches=2\n[convolutional]\nfilters=8\nsize=3\nstride=2
pad=1\nactivation=leaky\n'
last='[convolutional]\nfilters=21\nsize=1\nactivation=linear\n[yolo]\nclasses=2\nnum=3\nanchors=4,4,8,8,16,16\n'

# made NAME LAYERS [MORE]: a network
made() { printf "$head$2$last${3:-}" >"$scratch/$1.cfg"; }
made mish '[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=mish\n'
made groups '[route]\nlayers=-1\ngroups=2\ngroup_id=1\n'
made sam '[convolutional]\nfilters=8\nactivation=logistic\n[sam]\nfrom=-2\n'
made sum '[convolutional]\nfilters=8\nactivation=leaky\n[shortcut]\nfrom=-2,0\nweights_type=per_channel\nweights_normalization=relu\n'
made dilation '[convolutional]\nfilters=8\nsize=3\npad=1\ndilation=2\nactivation=leaky\n'
made scale '' 'scale_x_y=1.1\nnew_coords=1\n'
declare -A why=([mish]='activation=mish runs and cannot be trained')
for net in mish groups sam sum dilation scale; do
    "$top/tools/random_weights" "$scratch/$net.cfg" "$scratch/$net.w" >/dev/null || fail "$net: no weights"
    expect 4 "${why[$net]:-runs here, and cannot be trained}" "$darknet" detector train "$scratch/data" "$scratch/$net.cfg"
    # with MAFAT and without it boxes are the same: those of both are letterboxed
    for way in '' mafat; do
        "$darknet" $way detector test cfg/voc.data "$scratch/$net.cfg" "$scratch/$net.w" data/dog.jpg -thresh .3 \
            -out "$scratch/drawn" ${way:+-letter_box} 2>/dev/null | sed 1d >"$scratch/boxes$way"
    done
    [ -s "$scratch/boxes" ] || fail "$net finds nothing"
    cmp -s "$scratch/boxes" "$scratch/boxesmafat" || fail "$net finds other boxes through MAFAT"
done

# what stock runs goes by AlexeyAB's keys where letter_box= asks for it, and else not
made kind '' 'scale_x_y=1.5\nnms_kind=greedynms\n'
sed 's/^\[net\]/&\nletter_box=1/' "$scratch/kind.cfg" >"$scratch/asked.cfg"
"$top/tools/random_weights" "$scratch/kind.cfg" "$scratch/kind.w" >/dev/null || fail "kind: no weights"
boxes_of() { "$@" cfg/voc.data "$scratch/$cfg.cfg" "$scratch/kind.w" data/dog.jpg -thresh .3 -out "$scratch/drawn" 2>/dev/null | sed 1d; }
cfg=asked
boxes_of "$darknet" detector test >"$scratch/asked"
boxes_of "$darknet" mafat detector test | cmp - "$scratch/asked" || fail "asked finds other boxes through MAFAT"
boxes_of "$stock" detector test | cmp -s - "$scratch/asked" && fail "asked has stock's boxes"
cfg=kind
boxes_of "$stock" detector test >"$scratch/stocks"
boxes_of "$darknet" detector test | cmp - "$scratch/stocks" || fail "kind has not stock's boxes"

# a cfg that nobody has looked at before Darknet
bad() { # MESSAGE LAYERS
    made bad "$2"
    "$top/tools/random_weights" "$scratch/mish.cfg" "$scratch/w" >/dev/null
    expect 1 "$1" "$darknet" detector test cfg/voc.data "$scratch/bad.cfg" "$scratch/w" data/dog.jpg
}
bad 'layer 1 \[route\]: groups=3 must divide the 8 channels of layer 0' '[route]\nlayers=-1\ngroups=3\n'
bad 'groups=2 and group_id=2: there is no such part' '[route]\nlayers=-1\ngroups=2\ngroup_id=2\n'
bad 'from=: must name an earlier layer' '[sam]\nfrom=7\n'
bad 'from=: must name an earlier layer' '[scale_channels]\n'
bad 'scales 8 channels of 16x16 by 8 of 16x16' '[scale_channels]\nfrom=-1\n'
bad 'from=: must list earlier layers' '[shortcut]\nfrom=-1,5\n'
bad 'weights_normalization= must be relu or softmax' '[shortcut]\nfrom=-1\nweights_type=per_feature\n'
bad 'dilation=2 goes with an odd size and pad=1' '[convolutional]\nfilters=8\nsize=3\ndilation=2\n'
bad 'out_channels=9 make no map' '[maxpool]\nmaxpool_depth=1\nout_channels=9\n'
bad 'nms_kind=soft: must be default' '[yolo]\nclasses=3\nnew_coords=1\nnms_kind=soft\n'

# what stays refused is named, with what may stand there
refused() { # MESSAGE LAYERS
    made refused "$2"
    expect 4 "$1" "$darknet" mafat plan "$scratch/refused.cfg"
}
refused 'layer 1 \[convolutional\]: .*activation=normalize_channels .* must be one of logistic .* gelu$' \
    '[convolutional]\nactivation=normalize_channels\n'
refused 'layer 1 is a \[local_avgpool\], .* \[scale_channels\] and \[sam\] can be run$' '[local_avgpool]\nsize=2\n'
refused 'layer 1 is a \[Gaussian_yolo\], .* can be run$' '[Gaussian_yolo]\nclasses=3\n'

# programs: what was read is written, and who resizes is told
cat >"$scratch/program.c" <<'C'
#include "darknet.h"
int main(int argc, char **argv)
{
    network *net = load_network(argv[1], argv[2], 0);
    if (argc > 4) resize_network(net, 64, 64);
    save_weights(net, argv[3]);
    return 0;
}
C
openmp=-fopenmp
[ "${OPENMP:-1}" = 1 ] || openmp=
${CC:-gcc} -w $openmp -Iinclude "$scratch/program.c" libdarknet.so -Wl,-rpath,"$PWD" -lm -pthread -o "$scratch/program" ||
    fail "does not link"
for net in mish sum dilation; do
    "$scratch/program" "$scratch/$net.cfg" "$scratch/$net.w" "$scratch/saved" 2>/dev/null
    cmp "$scratch/$net.w" "$scratch/saved" || fail "$net: other weights are saved"
done
"$scratch/program" "$scratch/mish.cfg" "$scratch/mish.w" "$scratch/saved" resized >/dev/null 2>&1 || fail "mish cannot be resized"
for net in groups sam sum dilation; do
    "$scratch/program" "$scratch/$net.cfg" "$scratch/$net.w" "$scratch/not" resized >/dev/null 2>&1 && fail "$net was resized"
    [ ! -e "$scratch/not" ] || fail "$net was resized and saved"
done
finish
