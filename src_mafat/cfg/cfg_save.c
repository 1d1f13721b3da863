/* Flags of MAFAT's, set in the text of a cfg; see cfg_save.h. */
#include "cfg/cfg_save.h"

#include <stdlib.h>
#include <string.h>

#include "base/new_file.h"
#include "cfg/cfg_text.h"

enum { N_FLAGS = 5 };

typedef struct {
    const char *key, *value;    /* the value as in mafat_cfg_flags */
    int line;                   /* where the key stands first, from 1; 0: nowhere */
} flag;

/* A copy that is being written. */
typedef struct {
    flag flags[N_FLAGS];
    int last_option;            /* line of the section's last option, or of its heading */
    FILE *stream;
    const char *line_end;       /* "\n" or "\r\n", of the file's last line that had one */
    bool is_open;               /* what was written last has no line end yet */
} copy;

static flag *find_flag(copy *c, const char *key)
{
    for (int i = 0; i < N_FLAGS; i++)
        if (strcmp(c->flags[i].key, key) == 0)
            return &c->flags[i];
    return NULL;
}

static mafat_status find_lines(copy *c, const mafat_cfg_text *text, mafat_error *error)
{
    const mafat_cfg_text_section *net = &text->sections[0];
    if (strcmp(net->name, "[net]") != 0 && strcmp(net->name, "[network]") != 0)
        return mafat_error_set(error, MAFAT_FAILED,
                               "line %d: the first section is %.80s, must be [net] or [network]",
                               net->line, net->name);
    c->last_option = net->line;
    for (int i = 0; i < net->n_options; i++) {
        const mafat_cfg_text_option *option = &text->options[net->first_option + i];
        flag *found = find_flag(c, option->key);
        if (found != NULL && found->line == 0)
            found->line = option->line;
        c->last_option = option->line;
    }
    return MAFAT_OK;
}

/* Writes a flag unless it is to be absent; ends its line where the file's own line there ends. */
static void put_flag(copy *c, const flag *f, bool ends)
{
    if (f->value[0] == '\0')
        return;
    fprintf(c->stream, "%s%s=%s%s", c->is_open ? c->line_end : "", f->key, f->value,
            ends ? c->line_end : "");
    c->is_open = !ends;
}

/* Copies a line of the file, or puts what takes its place. `option` is the one that stands in it;
 * NULL: none of the first section does. */
static void put_line(copy *c, int number, const char *line, size_t length,
                     const mafat_cfg_text_option *option)
{
    bool ends = line[length - 1] == '\n';
    if (ends)
        c->line_end = length > 1 && line[length - 2] == '\r' ? "\r\n" : "\n";
    const flag *found = option != NULL ? find_flag(c, option->key) : NULL;
    if (found == NULL || found->value == NULL) {
        fwrite(line, 1, length, c->stream);
        c->is_open = !ends;
    } else if (found->line == number) {
        put_flag(c, found, ends);
    }
    for (int i = 0; i < N_FLAGS && number == c->last_option; i++)
        if (c->flags[i].line == 0 && c->flags[i].value != NULL)
            put_flag(c, &c->flags[i], ends);
}

static void put_lines(copy *c, const mafat_cfg_text *text, const char *bytes, size_t n_bytes)
{
    const mafat_cfg_text_option *option = text->options + text->sections[0].first_option;
    const mafat_cfg_text_option *last = option + text->sections[0].n_options;
    const char *line = bytes;
    for (int number = 1; line < bytes + n_bytes; number++) {
        const char *end = memchr(line, '\n', (size_t)(bytes + n_bytes - line));
        size_t length = (size_t)((end != NULL ? end + 1 : bytes + n_bytes) - line);
        bool is_option = option < last && option->line == number;
        put_line(c, number, line, length, is_option ? option : NULL);
        option += is_option;
        line += length;
    }
}

static mafat_status write_copy(copy *c, const mafat_cfg_text *text, const char *bytes,
                               size_t n_bytes, const char *new_path, mafat_error *error)
{
    mafat_new_file file;
    mafat_status status = mafat_new_file_begin(&file, new_path, error);
    if (status != MAFAT_OK)
        return status;
    c->stream = file.stream;
    c->line_end = "\n";
    put_lines(c, text, bytes, n_bytes);
    return mafat_new_file_end(&file, error);
}

/* The parser takes blanks out of the bytes that it is given, so it gets its own. */
static mafat_status parse_copy(mafat_cfg_text *text, const char *bytes, size_t n_bytes,
                               mafat_error *error)
{
    char *own = malloc(n_bytes + 1);
    if (own == NULL)
        return mafat_error_set(error, MAFAT_FAILED, "out of memory: %zu bytes", n_bytes);
    memcpy(own, bytes, n_bytes + 1);
    return mafat_cfg_text_parse(text, own, n_bytes, error);
}

mafat_status mafat_cfg_save(const char *cfg_path, const char *new_path,
                            const mafat_cfg_flags *flags, mafat_error *error)
{
    copy c = {.flags = {{.key = "mafat", .value = flags->config},
                        {.key = "mafat_memory", .value = flags->memory},
                        {.key = "mafat_threads", .value = flags->threads},
                        {.key = "mafat_fast", .value = flags->fast},
                        {.key = "letter_box", .value = flags->letter_box}}};
    for (int i = 0; i < N_FLAGS; i++)
        MAFAT_CHECK(c.flags[i].value == NULL || strpbrk(c.flags[i].value, " \t\r\n") == NULL);
    mafat_cfg_text text = {0};
    char *bytes;
    size_t n_bytes;
    mafat_status status = mafat_cfg_text_load(cfg_path, &bytes, &n_bytes, error);
    if (status == MAFAT_OK)
        status = parse_copy(&text, bytes, n_bytes, error);
    if (status == MAFAT_OK)
        status = find_lines(&c, &text, error);
    if (status == MAFAT_OK)
        status = write_copy(&c, &text, bytes, n_bytes, new_path, error);
    if (status != MAFAT_OK)
        mafat_error_set_file(error, cfg_path);
    mafat_cfg_text_free(&text);
    free(bytes);
    return status;
}
