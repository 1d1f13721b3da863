/* A command line, up to where its command would run: it is refused with a message, or every option that
 * it has is one that the command knows.
 *
 * The input is words, one a line. */
#include <stdlib.h>
#include <string.h>

#include "bridge/request.h"
#include "command/arguments.h"
#include "command/asked.h"
#include "command/command_darknet.h"
#include "command/darknet_commands.h"
#include "command/darknet_options.h"
#include "command/own_commands.h"
#include "command/routing.h"
#include "fuzz/fuzz.h"

enum { MAX_WORDS = 32 };

/* A copy of a text, cut into its lines. */
typedef struct {
    char *text;
    int n;
    char *words[MAX_WORDS + 1];
} line;

static void split(line *l, const char *text)
{
    char *rest = strdup(text), *word;
    *l = (line){.text = rest};
    while (l->n < MAX_WORDS && (word = strsep(&rest, "\n")) != NULL)
        if (word[0] != '\0')
            l->words[l->n++] = word;
}

/* What the tables read, whatever they are of: no offset in them is as large. */
typedef struct {
    _Alignas(16) char bytes[8192];
} target;

static void try_own(const mafat_command *command, mafat_arguments *arguments)
{
    target values = {0};
    mafat_error error = {0};
    mafat_status status = mafat_arguments_read(arguments, command->usage, &values, &error);
    int min, max;
    fuzz_require_told(status, &error);
    mafat_arguments_count(command->usage->words, &min, &max);
    fuzz_require(status != MAFAT_OK || (arguments->n_words - 1 >= min && arguments->n_words - 1 <= max));
}

static void try_darknets(mafat_arguments *arguments)
{
    char *words[MAX_WORDS + 1];
    int n = arguments->n_words;
    mafat_darknet_options options = {0};
    mafat_error error = {0};
    memcpy(words, arguments->words, (size_t)n * sizeof *words);
    mafat_status status = mafat_darknet_options_take(words, &n, &options, &error);
    fuzz_require_told(status, &error);
    fuzz_require(n >= 0 && n <= arguments->n_words);
    fuzz_require_told(mafat_routing_judge(arguments, &error), &error);
    mafat_request_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    line whole, parsed;
    mafat_arguments arguments;
    mafat_error error = {0};
    split(&whole, text);
    split(&parsed, text);
    mafat_asked_in(whole.n, whole.words);
    mafat_status status = mafat_arguments_parse(&arguments, parsed.n, parsed.words, &error);
    fuzz_require_told(status, &error);
    fuzz_require(status != MAFAT_OK || (arguments.n_words >= 0 && arguments.n_words <= parsed.n));
    if (status == MAFAT_OK && !arguments.help) {
        status = mafat_darknet_options_order(&arguments, &error);
        fuzz_require_told(status, &error);
    }
    if (status == MAFAT_OK && !arguments.help && arguments.n_words > 0) {
        const mafat_command *own = mafat_own_commands_find(arguments.words[0]);
        if (own != NULL)
            try_own(own, &arguments);
        else
            try_darknets(&arguments);
    }
    free(whole.text);
    free(parsed.text);
    free(text);
    return 0;
}
