/* Class names, read by Darknet; see names.h. */
#include "front/names.h"

#include <stdlib.h>

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
    list *lines = get_paths(option_find_str(options, "names", "data/names.list"));
    *names = (mafat_names){.n = lines->size, .lines = (char **)list_to_array(lines)};
    free_list(lines);
    free_options(options);
}

void mafat_names_free(mafat_names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->lines[i]);
    free(names->lines);
    *names = (mafat_names){0};
}
