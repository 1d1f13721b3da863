/* Preloaded into a program: changes one bit of what it receives from a socket, in byte FLIP_BYTE of
 * all (from 0); from byte CUT_BYTE on the other side seems to be gone. Children that it forks are
 * left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t (*next)(int link, void *to, size_t n, int flags);
static long long flipped = -1, cut = -1, n_received;
static pid_t process;

static long long number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? atoll(text) : -1;
}

__attribute__((constructor)) static void begin(void)
{
    next = (ssize_t (*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    process = getpid();
    flipped = number("FLIP_BYTE");
    cut = number("CUT_BYTE");
}

ssize_t recv(int link, void *to, size_t n, int flags)
{
    if (getpid() != process)
        return next(link, to, n, flags);
    if (cut >= 0 && n_received >= cut)
        return 0;
    ssize_t n_given = next(link, to, n, flags);
    if (flipped >= n_received && flipped < n_received + n_given)
        ((char *)to)[flipped - n_received] ^= 1;
    n_received += n_given > 0 ? n_given : 0;
    return n_given;
}
