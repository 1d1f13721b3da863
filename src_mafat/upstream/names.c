/* Class names; see names.h. */
#include "upstream/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/lines.h"

/* Names that are being read, and how many there is room for. */
typedef struct {
    mafat_names *names;
    int capacity;
} reading;

static mafat_status add_name(void *context, char *line, int number, mafat_error *error)
{
    enum { FIRST = 16 };
    reading *r = context;
    char **lines = mafat_array_grow(r->names->lines, r->names->n, &r->capacity, FIRST,
                                    sizeof *lines);
    char *copy = strdup(line);
    if (lines != NULL)
        r->names->lines = lines;
    if (lines == NULL || copy == NULL) {
        free(copy);
        return mafat_error_set(error, MAFAT_FAILED, "no memory for name %d", number);
    }
    lines[r->names->n++] = copy;
    return MAFAT_OK;
}

mafat_status mafat_names_read(mafat_names *names, const char *path, mafat_error *error)
{
    int n_lines;
    reading r = {names, 0};
    *names = (mafat_names){0};
    mafat_status status = mafat_lines_each(path, "file of names", &n_lines, add_name, &r, error);
    if (status != MAFAT_OK)
        mafat_names_free(names);
    return status;
}

void mafat_names_free(mafat_names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->lines[i]);
    free(names->lines);
    *names = (mafat_names){0};
}
