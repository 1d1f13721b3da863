/* The parser and printer of configurations; see config.h. */
#include "plan/config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A configuration that is being read: the whole text for messages, and the place reached. */
typedef struct {
    const char *text, *at;
    mafat_error *error;
} cursor;

static mafat_status expected(const cursor *c, const char *what)
{
    if (*c->at == '\0')
        return mafat_error_set(c->error, MAFAT_USAGE,
                               "configuration \"%s\": expected %s at its end", c->text, what);
    return mafat_error_set(c->error, MAFAT_USAGE, "configuration \"%s\": expected %s at \"%s\"",
                           c->text, what, c->at);
}

/* Reads a number of digits only, from `min` to `max`. */
static mafat_status read_number(cursor *c, const char *what, int min, int max, int *number)
{
    if (!isdigit((unsigned char)*c->at))
        return expected(c, what);
    const char *begin = c->at;
    long long value = 0;
    for (; isdigit((unsigned char)*c->at); c->at++)
        value = value > max ? value : 10 * value + (*c->at - '0');
    if (value < min || value > max)
        return mafat_error_set(c->error, MAFAT_USAGE,
                               "configuration \"%s\": %s %.*s is not from %d to %d", c->text, what,
                               (int)(c->at - begin), begin, min, max);
    *number = (int)value;
    return MAFAT_OK;
}

static mafat_status read_tiling(cursor *c, mafat_tiling *tiling)
{
    mafat_status status = read_number(c, "rows", 1, MAFAT_MAX_GRID, &tiling->rows);
    if (status != MAFAT_OK)
        return status;
    if (*c->at != 'x')
        return expected(c, "'x'");
    c->at++;
    status = read_number(c, "columns", 1, MAFAT_MAX_GRID, &tiling->cols);
    if (status != MAFAT_OK)
        return status;
    tiling->reuse = *c->at == 'r';
    if (tiling->reuse && tiling->cols != 1)
        return mafat_error_set(c->error, MAFAT_USAGE,
                               "configuration \"%s\": %dx%dr: reuse ('r') needs 1 column, as %dx1r",
                               c->text, tiling->rows, tiling->cols, tiling->rows);
    c->at += tiling->reuse;
    return MAFAT_OK;
}

/* Reads "/CUT/TILING". */
static mafat_status read_group(cursor *c, int previous_cut, mafat_config_group *group)
{
    mafat_status status = read_number(c, "a cut (a layer's index) or NoCut", 0, 1 << 20,
                                      &group->cut);
    if (status != MAFAT_OK)
        return status;
    if (group->cut <= previous_cut)
        return mafat_error_set(c->error, MAFAT_USAGE,
                               "configuration \"%s\": cut %d does not come after %s %d; cuts "
                               "ascend",
                               c->text, group->cut, previous_cut == 0 ? "layer" : "cut",
                               previous_cut);
    if (*c->at != '/')
        return expected(c, "'/' and a tiling");
    c->at++;
    return read_tiling(c, &group->tiling);
}

static mafat_status read_groups(cursor *c, mafat_config *config)
{
    mafat_status status = read_tiling(c, &config->groups[0].tiling);
    if (status != MAFAT_OK)
        return status;
    config->groups[0].cut = 0;
    config->n_groups = 1;
    while (*c->at == '/') {
        c->at++;
        if (strcmp(c->at, "NoCut") == 0) {
            config->says_no_cut = true;
            return MAFAT_OK;
        }
        int previous_cut = config->groups[config->n_groups - 1].cut;
        status = read_group(c, previous_cut, &config->groups[config->n_groups]);
        if (status != MAFAT_OK)
            return status;
        config->n_groups++;
    }
    return *c->at == '\0' ? MAFAT_OK : expected(c, "'/' or the end");
}

mafat_status mafat_config_parse(mafat_config *config, const char *text, mafat_error *error)
{
    size_t max_groups = 1;
    for (const char *at = text; *at != '\0'; at++)
        max_groups += *at == '/';
    *config = (mafat_config){.groups = calloc(max_groups, sizeof *config->groups)};
    if (config->groups == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    cursor c = {text, text, error};
    mafat_status status = read_groups(&c, config);
    if (status != MAFAT_OK)
        mafat_config_free(config);
    return status;
}

int mafat_config_print_tiling(mafat_tiling tiling, char *text, size_t size)
{
    return snprintf(text, size, "%dx%d%s", tiling.rows, tiling.cols, tiling.reuse ? "r" : "");
}

/* Appends to a text of `size` that holds *length characters already, or would if it were longer. */
static void append(char *text, size_t size, int *length, const char *word)
{
    size_t used = (size_t)*length < size ? (size_t)*length : size;
    *length += snprintf(size == 0 ? NULL : text + used, size - used, "%s", word);
}

bool mafat_config_print_part(const mafat_config *config, int i, char word[MAFAT_CONFIG_PART])
{
    if (i == config->n_groups && config->says_no_cut)
        return snprintf(word, MAFAT_CONFIG_PART, "/NoCut") > 0;
    if (i >= config->n_groups)
        return false;
    const mafat_config_group *group = &config->groups[i];
    int n = i == 0 ? 0 : snprintf(word, MAFAT_CONFIG_PART, "/%d/", group->cut);
    mafat_config_print_tiling(group->tiling, word + n, MAFAT_CONFIG_PART - (size_t)n);
    return true;
}

int mafat_config_print(const mafat_config *config, char *text, size_t size)
{
    int length = 0;
    char word[MAFAT_CONFIG_PART];
    for (int i = 0; mafat_config_print_part(config, i, word); i++)
        append(text, size, &length, word);
    return length;
}

char *mafat_config_text(const mafat_config *config)
{
    size_t size = (size_t)mafat_config_print(config, NULL, 0) + 1;
    char *text = malloc(size);
    if (text != NULL)
        mafat_config_print(config, text, size);
    return text;
}

void mafat_config_free(mafat_config *config)
{
    free(config->groups);
    *config = (mafat_config){0};
}

mafat_status mafat_config_copy(mafat_config *config, const mafat_config *from, mafat_error *error)
{
    size_t n = (size_t)from->n_groups;
    *config = *from;
    config->groups = malloc(n * sizeof *config->groups);
    if (config->groups == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "no memory for a configuration");
    memcpy(config->groups, from->groups, n * sizeof *config->groups);
    return MAFAT_OK;
}
