#!/bin/bash
# Pages of 16 and 64 KB, as ARM's kernels may have them: suites and whole networks under a library that tells of such
# pages and refuses what is not aligned to them (pages.c). What only touches memory as the C library gives it is not run.
# What is predicted of the process's own memory is held to what the library counts of such pages; the kernel's part
# cannot be seen here (session/README.md says how it was). Those of 16 KB are left to `make test-long`.
#
#   tests/network/pages.sh [SUITE...]
. "$(dirname "$0")/../lib.sh"
[ $# -gt 0 ] || set -- exec blocks process predict networks
suites=$(dirname "$(dirname "$(make -s --no-print-directory where)")")/tests
${CC:-gcc} -O1 -Wall -Wextra -Werror -shared -fPIC tests/network/pages.c -o "$scratch/pages.so" -ldl || fail "pages.c"

# The library refuses what it says.
cat >"$scratch/unaligned.c" <<'END'
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void)
{
    char *at = mmap(NULL, 1 << 18, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char there[64];
    printf("%ld %d%d%d%d\n", sysconf(_SC_PAGESIZE), mprotect(at + 4096, 4096, PROT_NONE), madvise(at + 4096, 4096, MADV_DONTNEED),
           mincore(at + 4096, 4096, there), munmap(at + 4096, 4096));
    return (unsigned long)at % sysconf(_SC_PAGESIZE) != 0;
}
END
${CC:-gcc} -w "$scratch/unaligned.c" -o "$scratch/unaligned" || fail "unaligned.c"

compare() { # CFG OPTION...
    local name=$1
    shift
    sed 's/^width=.*/width=96/; s/^height=.*/height=96/' "darknet/cfg/$name.cfg" >"$scratch/$name.cfg"
    [ -e "$scratch/$name.weights" ] || tools/random_weights "$scratch/$name.cfg" "$scratch/$name.weights" >"$scratch/log"
    expect 0 '^values_different: 0$' "$darknet" mafat compare "$scratch/$name.cfg" "$scratch/$name.weights" darknet/data/dog.jpg "$@"
}

# What the process has of its own: never more than predicted, and few pages less, however large they are. Of a thread
# that is its stack, two pages or 16 KB; what the kernel keeps for it, the library does not see.
own() { # THREADS OPTION...
    local key above sum=$(($1 * (PAGE_BYTES > 8192 ? 2 * PAGE_BYTES : 16384))) cfg=$scratch/yolov2-tiny.cfg
    set -- -threads "$@"
    expect 0 '^predicted_bytes' "$darknet" mafat predict "$cfg" -image darknet/data/dog.jpg "$@"
    for key in arena pinned parameter result image decode choosing plan network name process rounding; do
        sum=$((sum + $(value "${key}_bytes")))
    done
    expect 0 'Predicted' env PAGE_COUNT="$scratch/count" "$darknet" mafat detector test coco.data "$cfg" \
        "${cfg%.cfg}.weights" darknet/data/dog.jpg -thresh .99 -no_picture "$@"
    above=$(((sum - $(cat "$scratch/count")) / PAGE_BYTES))
    echo "  $*: $sum bytes of its own predicted, $above pages of $PAGE_BYTES bytes more than counted"
    ((above >= 0 && above <= 48)) || fail "$* with pages of $PAGE_BYTES bytes"
}

for bytes in 4096 $(! long || echo 16384) 65536; do
    export PAGE_BYTES=$bytes LD_PRELOAD=$scratch/pages.so
    compare yolov2-tiny -memory 20M -threads 2
    own 3 -memory 20M
    own 1 -mafat 4x1r/8/2x2
    [ "$bytes" -gt 4096 ] || continue
    expect 0 "^$bytes -1-1-1-1\$" "$scratch/unaligned"
    compare yolov2-tiny -mafat 5x5/8/2x1r -threads 3
    compare yolov3-tiny -memory 24M
    compare resnet18 -mafat 4x1r/8/2x2 -threads 2
    for suite; do
        TEST_ROUNDS=$(if long; then echo "$TEST_ROUNDS"; else echo .4; fi) CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-120} "$suites/test_$suite" >"$scratch/suite" 2>&1 ||
            fail "$suite with pages of $bytes bytes: $(grep -a -m 3 ':[FE]:' "$scratch/suite")"
    done
done
unset LD_PRELOAD
finish
