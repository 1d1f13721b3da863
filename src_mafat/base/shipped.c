/* Where files that come with the program are; see shipped.h. The file that this code is loaded from
 * tells where it is installed, so that no path of the machine that built it is in it. */
#define _GNU_SOURCE    /* dl_iterate_phdr() */
#include "base/shipped.h"

#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE "MAFAT_SHARE"

/* Places beside the code's own folder; the first is it that has the letters, which every one has. */
static const char *const places[] = {"", "/../share/mafat", "/../../share/mafat", "/../darknet"};
static const char letters[] = "/data/labels";

/* Where files of the share directory are that are named without a folder; at first as they are. */
static const char *const folders[] = {"", "cfg/", "data/"};

static bool is_on;
static const char *given;                  /* what the variable says; NULL: nothing */
static char folder[MAFAT_SHIPPED_PATH];    /* "": there is none */

/* The last files that were looked up in vain, in a ring. */
enum { MISSED = 8 };
static pthread_mutex_t missing = PTHREAD_MUTEX_INITIALIZER;
static char missed[MISSED][sizeof ((mafat_error *)0)->file];
static int n_missed;

/* For dl_iterate_phdr(): keeps the name of the loaded file that holds this code; the program's own is
 * "". */
static int keep_own_name(struct dl_phdr_info *info, size_t size, void *name)
{
    (void)size;
    ElfW(Addr) here = (ElfW(Addr))&is_on;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        ElfW(Addr) from = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && here >= from && here - from < part->p_memsz) {
            *(const char **)name = info->dlpi_name;
            return 1;
        }
    }
    return 0;
}

/* Writes the parts into path[MAFAT_SHIPPED_PATH]; false where they are too long for it. */
static bool join(char path[MAFAT_SHIPPED_PATH], const char *a, const char *b, const char *c)
{
    int length = snprintf(path, MAFAT_SHIPPED_PATH, "%s%s%s", a, b, c);
    return length >= 0 && length < MAFAT_SHIPPED_PATH;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Finds the share directory beside the file that this code is of. */
static void find_place(void)
{
    char place[MAFAT_SHIPPED_PATH], *real = NULL;
    const char *name = "";
    dl_iterate_phdr(keep_own_name, &name);
    char *own = realpath(name[0] != '\0' ? name : "/proc/self/exe", NULL);
    char *slash = own != NULL ? strrchr(own, '/') : NULL;
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0] && slash != NULL && real == NULL; i++)
        if (join(place, own, places[i], letters) && is_folder(place) &&
            join(place, own, places[i], ""))
            real = realpath(place, NULL);
    if (real == NULL || !join(folder, real, "", ""))
        folder[0] = '\0';
    free(real);
    free(own);
}

static void begin(void)
{
    is_on = true;
    given = getenv(VARIABLE);
    if (given != NULL && given[0] == '\0')
        given = NULL;
    if (given == NULL)
        find_place();
    else if (!join(folder, given, "", ""))
        folder[0] = '\0';
}

void mafat_shipped_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin);
}

const char *mafat_shipped_folder(void)
{
    return folder[0] != '\0' ? folder : NULL;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether a path may be one of the share directory's: what stands at it, a link that leads nowhere
 * or a folder, is what is meant. */
static bool is_sought(const char *path)
{
    struct stat about;
    return is_on && path[0] != '\0' && path[0] != '/' && !starts_with(path, "./") &&
           !starts_with(path, "../") && lstat(path, &about) != 0;
}

const char *mafat_shipped_find(const char *path, char found[MAFAT_SHIPPED_PATH])
{
    struct stat about;
    char in_folder[MAFAT_SHIPPED_PATH];
    if (!is_sought(path))
        return path;
    size_t n_folders = strchr(path, '/') == NULL ? sizeof folders / sizeof folders[0] : 1;
    for (size_t i = 0; i < n_folders && folder[0] != '\0'; i++)
        if (join(in_folder, "/", folders[i], path) && join(found, folder, in_folder, "") &&
            stat(found, &about) == 0 && S_ISREG(about.st_mode))
            return found;
    pthread_mutex_lock(&missing);
    snprintf(missed[n_missed++ % MISSED], sizeof missed[0], "%s", path);
    pthread_mutex_unlock(&missing);
    return path;
}

void mafat_shipped_explain(mafat_error *error)
{
    bool is_missed = false;
    pthread_mutex_lock(&missing);
    for (int i = 0; i < MISSED; i++) {
        if (missed[i][0] == '\0' || strcmp(missed[i], error->file) != 0)
            continue;
        is_missed = true;
        missed[i][0] = '\0';    /* said once, whoever comes with this error again */
    }
    pthread_mutex_unlock(&missing);
    if (!is_missed)
        return;
    size_t length = strlen(error->text);
    if (folder[0] != '\0')
        snprintf(error->text + length, sizeof error->text - length,
                 "; nor is it in %s%s", folder, given != NULL ? ", which " VARIABLE " names" : "");
    else
        snprintf(error->text + length, sizeof error->text - length,
                 "; nor is there a share directory: run this inside a Darknet tree, or name one in "
                 VARIABLE);
}
