/* peak_rss COMMAND...: runs a command and then says on stderr how much memory it held at most,
 * "peak_rss_bytes: N", and how many pages it was given for the first time or again, "page_faults:
 * N", as the kernel tells its parent. Exits as the command does; 128 + N for signal N.
 *
 * Linux starts a program's count with what its parent held before exec: a parent that holds nothing
 * to speak of, as this one, is what makes the number true. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: peak_rss COMMAND...\n");
        return 2;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        fprintf(stderr, "peak_rss: %s: %s\n", argv[1], strerror(errno));
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        fprintf(stderr, "peak_rss: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    fprintf(stderr, "peak_rss_bytes: %ld\npage_faults: %ld\n", usage.ru_maxrss * 1024,
            usage.ru_minflt + usage.ru_majflt);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
