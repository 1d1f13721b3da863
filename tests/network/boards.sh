#!/bin/bash
# The program for ARM of 64 and of 32 bits: built each time, and held under emulation to Darknet's own pass and to plain
# kernels. `make test-boards` has more of it.
# Beside: it runs programs of other builds.
. "$(dirname "$0")/../lib.sh"
tests/boards -q || fail "tests/boards -q"
finish
