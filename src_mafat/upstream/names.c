/* Class names, read by Darknet; see names.h. */
#include "upstream/names.h"

#include <stdlib.h>

#include "base/lines.h"
#include "darknet.h"
#include "option_list.h"

static void free_options(list *options)
{
    for (node *n = options->front; n != NULL; n = n->next) {
        kvp *option = n->val;
        free(option->key);    /* the whole line: the value is a part of it */
        free(option);
    }
    free_list(options);
}

void mafat_names_read(mafat_names *names, const char *data_path)
{
    list *options = read_data_cfg((char *)data_path);
    char *path = option_find_str(options, "names", "data/names.list");
    mafat_error unseen;
    *names = (mafat_names){.lines = get_labels(path)};
    if (mafat_lines_each(path, "file of names", &names->n, NULL, NULL, &unseen) != MAFAT_OK)
        names->n = 0;
    free_options(options);
}

void mafat_names_free(mafat_names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->lines[i]);
    free(names->lines);
    *names = (mafat_names){0};
}
