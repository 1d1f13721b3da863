/* Networks from a line of text, read through a cfg as any other: the image's size and the layers.
 *
 *     16x20x3 c64.3 p2.2 c64.3.2 s-2 r-1,-3 u o d a
 *
 * c: convolution of so many filters, size, stride, groups; p: pool of size and stride; u: upsample;
 * s: shortcut; r: route; o: reorg; d: dropout; a: avgpool. A layer with ! behind it is a result. */
#ifndef TESTS_SUPPORT_BRIEF_CFG_H
#define TESTS_SUPPORT_BRIEF_CFG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfg/cfg.h"

/* Reads a cfg's text; the caller frees it. */
mafat_cfg test_cfg_parse(const char *text);

/* Makes the network of a line; the caller frees it. */
mafat_cfg test_brief_read(const char *line);

#endif
