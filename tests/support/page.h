/* Machines with larger pages than this one's. */
#ifndef TESTS_SUPPORT_PAGE_H
#define TESTS_SUPPORT_PAGE_H

#include <stddef.h>

/* What sysconf() says that a page has, from now on; 0: what it has here. */
void test_set_page(size_t bytes);

/* Those that there are. */
enum { TEST_N_PAGES = 3 };
extern const size_t test_pages[TEST_N_PAGES];

#endif
