#!/bin/bash
# tools/estimate: what a board computes and reads for an image, at two rates, of which the slower counts.
. "$(dirname "$0")/../lib.sh"
# columns of the last line of the table: network limit GFLOP MB seconds [r]
row() { tail -n 2 "$scratch/stdout" | head -n 1; }
cfg=darknet/cfg/yolov2-tiny.cfg
holds() { # WHAT: an awk condition on the row
    row | awk "{ exit !($1) }" || fail "not so: $1: $(row)"
}
estimate() { expect 0 '^seconds an image, estimated' env "$@" tools/estimate $cfg; }
estimate BOARD='fast 1e9 20' LIMITS=16M
holds '$1 == "yolov2-tiny" && $2 == "16M" && $5 > .99 * $4 / 20 && $5 < 1.01 * $4 / 20 && $6 == "r"'
estimate BOARD='slow 2 1e9' LIMITS=16M
holds '$5 > .99 * $3 / 2 && $5 < 1.01 * $3 / 2 && NF == 5'
estimate BOARD='any 10 20' LIMITS=1G
holds '$4 == 0 && $5 > .99 * $3 / 10'
expect 0 'smallest limit that works' env LIMITS=1M tools/estimate $cfg
expect 0 ' Pi_4 ' env LIMITS=1G tools/estimate $cfg
finish
