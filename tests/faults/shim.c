/* Preloaded into a program: has one call of it fail, as FAULT="CALL MODE N" in its environment says.
 *
 * CALL is a row of the table below; MODE is `none` (calls are counted, that is all), `once` (the N-th,
 * from 1, fails), `on` (so do all behind it), `short` (the N-th transfers half), `interrupted` (EINTR) or
 * `late` (it takes its time first). Calls of all threads count, and of processes that are forked or
 * started with the same environment; the file FAULT_STATE holds the count (state.h).
 *
 * System calls are taken where the C library makes them, so that streams, which call the kernel past
 * every symbol, fail, too: a filter sends those of the library's own code to a signal handler, and lets
 * pass what comes from elsewhere, such as this file and the dynamic linker. For Linux on x86 of 64 bits. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

enum { MAX_NUMBERS = 5, NONE = -1, LATE_NS = 30 * 1000 * 1000 };

/* What can fail: system calls by their numbers, else functions, below. */
static const struct {
    const char *name;
    int reason;
    int numbers[MAX_NUMBERS];    /* NONE behind the last */
} calls[] = {
    {"malloc", ENOMEM, {NONE}},
    {"thread", EAGAIN, {NONE}},    /* and processes */
    {"mmap", ENOMEM, {SYS_mmap, SYS_mremap, SYS_brk, NONE}},
    {"open", EMFILE, {SYS_open, SYS_openat, SYS_memfd_create, NONE}},
    {"read", EIO, {SYS_read, SYS_pread64, SYS_readv, NONE}},
    {"write", ENOSPC, {SYS_write, SYS_pwrite64, SYS_writev, NONE}},
    {"stat", EIO, {SYS_stat, SYS_lstat, SYS_fstat, SYS_newfstatat, NONE}},
};

enum { MALLOC, THREAD, MMAP, OPEN, READ, WRITE, STAT, N_CALLS };

static enum { MODE_NONE, ONCE, ON, SHORT, INTERRUPTED, LATE, N_MODES } mode;
static const char *const modes[N_MODES] = {"none", "once", "on", "short", "interrupted", "late"};

static fault_state *state;    /* NULL: nothing fails, and nothing is counted */
static int call;
static unsigned long at;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
    _exit(FAULT_UNUSABLE);
}

static long ask_kernel(long number, const long a[6])
{
    long result;
    register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Counts a call; whether something is to happen to this one. */
static bool is_its_turn(void)
{
    unsigned long n = ++state->n_seen;
    if (mode == MODE_NONE || (mode == ON ? n < at : n != at))
        return false;
    state->n_struck++;
    if (mode == LATE) {
        struct timespec pause = {0, LATE_NS};
        ask_kernel(SYS_nanosleep, (long[6]){(long)&pause});
    }
    return mode != LATE;
}

/* ----------------------------------------------------------------------------------- functions */

static bool fails(int which)
{
    if (state == NULL || call != which || !is_its_turn())
        return false;
    errno = calls[which].reason;
    return true;
}

void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t n_bytes);
void *__libc_realloc(void *block, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);

void *malloc(size_t n_bytes)
{
    return fails(MALLOC) ? NULL : __libc_malloc(n_bytes);
}

void *calloc(size_t n, size_t n_bytes)
{
    return fails(MALLOC) ? NULL : __libc_calloc(n, n_bytes);
}

void *realloc(void *block, size_t n_bytes)
{
    return fails(MALLOC) ? NULL : __libc_realloc(block, n_bytes);
}

void *memalign(size_t alignment, size_t n_bytes)
{
    return fails(MALLOC) ? NULL : __libc_memalign(alignment, n_bytes);
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return memalign(alignment, n_bytes);
}

int posix_memalign(void **block, size_t alignment, size_t n_bytes)
{
    void *aligned = memalign(alignment, n_bytes);
    if (aligned == NULL)
        return ENOMEM;
    *block = aligned;
    return 0;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *),
                   void *context)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails(THREAD))
        return EAGAIN;
    if (next == NULL)
        next = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, work, context);
}

pid_t fork(void)
{
    static pid_t (*next)(void);
    if (fails(THREAD))
        return -1;
    if (next == NULL)
        next = dlsym(RTLD_NEXT, "fork");
    return next();
}

/* ---------------------------------------------------------------------------------- system calls */

/* What is left where nothing else can be told: a message. */
static bool is_for_messages(const long a[6])
{
    return call == WRITE && a[0] == STDERR_FILENO;
}

/* Transfers half of what is asked for. What is read at an offset is read whole, as it may have to be in
 * units, and half of it is told. */
static long transfer_half(long number, const long a[6])
{
    long half[6];
    memcpy(half, a, sizeof half);
    bool at_offset = number == SYS_pread64;
    if (!at_offset)
        half[2] = (a[2] + 1) / 2;
    long result = ask_kernel(number, half);
    return at_offset && result > 1 ? result / 2 : result;
}

static long serve(long number, const long a[6])
{
    if (is_for_messages(a) || !is_its_turn())
        return ask_kernel(number, a);
    if (mode == SHORT)
        return number == SYS_readv || number == SYS_writev ? ask_kernel(number, a)
                                                           : transfer_half(number, a);
    if (mode == INTERRUPTED)
        return -EINTR;
    if (number == SYS_brk)    /* it fails by staying where it is */
        return ask_kernel(number, (long[6]){0});
    return -calls[call].reason;
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    long arguments[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    r[REG_RAX] = serve(info->si_syscall, arguments);
}

/* Where the code of the C library lies. */
static int find_library(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    uintptr_t *range = context;
    if (strstr(object->dlpi_name, "/libc.so") == NULL)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_LOAD && object->dlpi_phdr[i].p_flags & PF_X) {
            range[0] = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
            range[1] = range[0] + object->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

/* Has the call trapped where the code that makes it lies in [begin, end), of one upper half of addresses. */
static void filter(uintptr_t begin, uintptr_t end)
{
    enum { PASS_IF_NOT = 0, AT = offsetof(struct seccomp_data, instruction_pointer) };
    struct sock_filter code[16] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(begin >> 32), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)begin, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (unsigned)(end - 1), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short n = 9;
    for (const int *number = calls[call].numbers; *number != NONE; number++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)*number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        give_up("no filter of system calls");
}

static void trap(void)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_RESTART};
    uintptr_t range[2] = {0, 0};
    dl_iterate_phdr(find_library, range);
    if (range[0] == 0 || sigaction(SIGSYS, &action, NULL) != 0)
        give_up("no C library to look into");
    for (uintptr_t begin = range[0], end; begin < range[1]; begin = end) {
        end = ((begin >> 32) + 1) << 32;
        end = end < range[1] ? end : range[1];
        filter(begin, end);
    }
}

/* -------------------------------------------------------------------------------------------- begin */

static int find(const char *word, const char *const *names, size_t size, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(word, *(const char *const *)((const char *)names + (size_t)i * size)) == 0)
            return i;
    errno = EINVAL;
    give_up(word);
}

__attribute__((constructor)) static void begin(void)
{
    char call_name[20], mode_name[20];
    const char *fault = getenv("FAULT"), *path = getenv("FAULT_STATE");
    if (fault == NULL || path == NULL)
        return;
    if (sscanf(fault, "%19s %19s %lu", call_name, mode_name, &at) != 3)
        give_up(fault);
    call = find(call_name, &calls[0].name, sizeof calls[0], N_CALLS);
    mode = find(mode_name, modes, sizeof modes[0], N_MODES);
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *shared = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || shared == MAP_FAILED)
        give_up(path);
    close(file);
    if (calls[call].numbers[0] != NONE)
        trap();
    state = shared;
}
