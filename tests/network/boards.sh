#!/bin/bash
# The program for ARM of 32 bits: built each time, and held under emulation to Darknet's own pass and to plain kernels. Of
# 64 bits, too, where there is time (`make test-long`). `make test-boards` has more of it.
# Beside: it runs programs of other builds.
. "$(dirname "$0")/../lib.sh"
targets=armhf-a7
! long || targets+=' a53'
# shellcheck disable=SC2086    # names
tests/boards -q $targets || fail "tests/boards -q $targets"
finish
