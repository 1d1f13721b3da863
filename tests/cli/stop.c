/* Preloaded into a program: it stops (SIGSTOP) once it has started a process, and so does that process once it has asked
 * to be ended with the program. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t fork(void)
{
    pid_t (*next)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
    pid_t process = next();
    if (process > 0)
        raise(SIGSTOP);
    return process;
}

int prctl(int option, ...)
{
    int (*next)(int, ...) = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
    unsigned long words[4];
    va_list rest;
    va_start(rest, option);
    for (int i = 0; i < 4; i++)
        words[i] = va_arg(rest, unsigned long);
    va_end(rest);
    int result = next(option, words[0], words[1], words[2], words[3]);
    if (option == PR_SET_PDEATHSIG)
        raise(SIGSTOP);
    return result;
}
