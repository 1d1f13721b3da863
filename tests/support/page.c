/* sysconf() in place of the C library's; see page.h. */
#include "support/page.h"

#include <unistd.h>

const size_t test_pages[TEST_N_PAGES] = {4096, 16384, 65536};

static size_t page;

long __sysconf(int name);

void test_set_page(size_t bytes)
{
    page = bytes;
}

long sysconf(int name)
{
    return name == _SC_PAGESIZE && page > 0 ? (long)page : __sysconf(name);
}
