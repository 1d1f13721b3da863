/* See help.h. */
#include "command/help.h"

#include <string.h>

#include "base/program.h"
#include "command/command_demo.h"
#include "command/darknet_commands.h"
#include "command/darknet_options.h"
#include "command/own_commands.h"

static const char about[] =
    "usage: %s COMMAND ARGUMENTS [OPTIONS]\n"
    "\n"
    "Runs Darknet networks as fused tile stacks: less memory, the same bits.\n"
    "\n";

static const char notes[] =
    "\n"
    "In the [net] section of a cfg, mafat=CONFIG, mafat_memory=LIMIT, mafat_threads=N and mafat_fast=1 "
    "do the same for every Darknet command; options on the command line win. With one of either, "
    "Darknet's commands need no word mafat. Those that only handle weights or train take none of "
    "the options."
    "\n\n"
    "exit codes: 0 ok, 1 a file, memory or results that differ, 2 usage, 3 nothing fits the limit, "
    "4 a network that MAFAT cannot run\n";

enum { INDENT = 2, OPTION_COLUMN = 18, COMMAND_COLUMN = 32 };

static void print_text(FILE *stream, const char *lines)
{
    mafat_option_print_line(stream, 0, 0, "", lines);
}

/* --------------------------------------------------------------------------- Darknet's commands */

static void print_usage(FILE *stream, const char *before, const mafat_darknet_command *command,
                        const char *behind)
{
    char name[40];
    mafat_darknet_commands_print_name(command, name, sizeof name);
    fprintf(stream, "%s%s %s%s\n", before, name, command->arguments, behind);
}

/* Those that infer, of one word or of all (NULL). */
static void print_list(FILE *stream, const char *word)
{
    const mafat_darknet_command *command;
    for (int i = 0; (command = mafat_darknet_commands_at(i)) != NULL; i++)
        if (command->inference != NULL && (word == NULL || strcmp(word, command->word) == 0))
            print_usage(stream, "  ", command, "");
}

static void print_options(FILE *stream, const mafat_darknet_command *command)
{
    const mafat_darknet_command_option *option = command->inference->options;
    for (; option != NULL && option->name != NULL; option++)
        if (!mafat_darknet_commands_refuses(command, option->name))
            mafat_darknet_options_print(stream, INDENT, OPTION_COLUMN, option->name,
                                        option->help);
}

/* Options that all commands take, as far as this one does. */
static void print_common(const mafat_darknet_command *command)
{
    bool is_limited = command->inference->loading != MAFAT_LOADED_UNCOUNTED;
    for (int i = 0; i < mafat_arguments_common.n; i++) {
        const mafat_option *row = &mafat_arguments_common.rows[i];
        if ((strcmp(row->name, "-json") != 0 || mafat_darknet_commands_takes_json(command)) &&
            (strcmp(row->name, "-quiet") != 0 || mafat_darknet_commands_takes_quiet(command)) &&
            (strcmp(row->name, "-batch") != 0 || mafat_darknet_commands_takes_batch(command)) &&
            (strcmp(row->name, "-memory") != 0 || is_limited))
            mafat_option_print(stdout, INDENT, OPTION_COLUMN, &(mafat_option_table){row, 1});
    }
}

/* Options of Darknet's that the command refuses. */
static void print_refused(const mafat_darknet_command *command)
{
    static const char begin[] = "\nIt refuses, as they would do nothing to it:";
    char text[300];
    size_t length = (size_t)snprintf(text, sizeof text, "%s", begin);
    const char *name;
    for (int i = 0; (name = mafat_darknet_options_name(i)) != NULL; i++)
        if (mafat_darknet_commands_refuses(command, name))
            length += (size_t)snprintf(text + length, sizeof text - length, " %s", name);
    if (length >= sizeof begin)
        print_text(stdout, text);
}

/* Options of Darknet's that mean nothing to the command. */
static void print_others(const mafat_darknet_command *command)
{
    char text[300] = "\nDarknet's other options are taken, and mean nothing to this command:";
    const char *name;
    for (int i = 0; (name = mafat_darknet_options_name(i)) != NULL; i++) {
        const mafat_darknet_command_option *own = command->inference->options;
        while (own != NULL && own->name != NULL && strcmp(own->name, name) != 0)
            own++;
        size_t length = strlen(text);
        if ((own == NULL || own->name == NULL) && !mafat_darknet_options_is_new(name))
            snprintf(text + length, sizeof text - length, " %s", name);
    }
    print_text(stdout, text);
}

static void print_command(const mafat_darknet_command *command)
{
    char name[40], text[300], before[80];
    mafat_darknet_commands_print_name(command, name, sizeof name);
    if (command->inference == NULL) {
        snprintf(text, sizeof text, "`%s` %s", name, mafat_darknet_commands_reason(command));
        print_text(stdout, text);
        return;
    }
    snprintf(before, sizeof before, "usage: %s ", mafat_program_name());
    print_usage(stdout, before, command, " [OPTIONS]");
    putchar('\n');
    print_text(stdout, command->inference->about);
    printf("\noptions\n");
    print_options(stdout, command);
    print_common(command);
    print_refused(command);
    print_others(command);
}

/* ------------------------------------------------------------------------------------ all of it */

void mafat_help_print(FILE *stream)
{
    fprintf(stream, about, mafat_program_name());
    for (int i = 0; i < MAFAT_N_OWN_COMMANDS; i++) {
        const mafat_usage *usage = mafat_own_commands[i]->usage;
        char words[64];
        snprintf(words, sizeof words, "%s %s", usage->command, usage->words);
        mafat_option_print_line(stream, INDENT, COMMAND_COLUMN, words, usage->help);
        mafat_option_print(stream, 2 * INDENT, COMMAND_COLUMN + INDENT, &usage->options);
    }
    fputs("\nDarknet's own commands, with all their options, and AlexeyAB's `detector map`.\n"
          "--help behind one says what it does and takes:\n\n", stream);
    print_list(stream, NULL);
    fputs("\n`detector test` and `detect`, which MAFAT runs itself, take\n", stream);
    print_options(stream, mafat_darknet_commands_find("detector", "test"));
    fputs("\n`detector demo`, which MAFAT runs itself, takes\n", stream);
    mafat_option_print(stream, INDENT, OPTION_COLUMN, &mafat_command_demo.usage->options);
    fputs("\noptions\n", stream);
    mafat_option_print(stream, INDENT, OPTION_COLUMN, &mafat_arguments_common);
    mafat_option_print_line(stream, INDENT, OPTION_COLUMN, "--version",
                            "which program this is, and how it was built");
    print_text(stream, notes);
}

static void print_own(const mafat_usage *usage)
{
    printf("usage: %s %s %s [OPTIONS]\n\n", mafat_program_name(), usage->command, usage->words);
    print_text(stdout, usage->help);
    printf("\noptions\n");
    mafat_option_print(stdout, INDENT, OPTION_COLUMN, &usage->options);
    mafat_option_print(stdout, INDENT, OPTION_COLUMN, &mafat_arguments_common);
}

/* The first two words that are neither options nor their values; "" where there are fewer. */
static void find_plain(const mafat_arguments *arguments, const char *plain[2])
{
    int n = 0;
    plain[0] = plain[1] = "";
    for (int i = 0; i < arguments->n_words && n < 2; i++) {
        const char *word = arguments->words[i];
        const mafat_option *common = mafat_option_find(&mafat_arguments_common, word);
        bool has_value = common != NULL ? common->value != NULL
                                        : mafat_darknet_options_takes_value(word);
        if (word[0] != '-')
            plain[n++] = word;
        else if (has_value && i + 1 < arguments->n_words && arguments->words[i + 1][0] != '-')
            i++;
    }
}

void mafat_help_answer(const mafat_arguments *arguments)
{
    const char *plain[2];
    find_plain(arguments, plain);
    const mafat_command *own = mafat_own_commands_find(plain[0]);
    const mafat_darknet_command *command = mafat_darknet_commands_find(plain[0], plain[1]);
    if (command != NULL && command->nature == MAFAT_DARKNET_FILMS)
        own = &mafat_command_demo;
    if (own != NULL) {
        print_own(own->usage);
    } else if (command != NULL) {
        print_command(command);
    } else if (mafat_darknet_commands_has(plain[0])) {
        printf("commands that begin with %s; --help behind one says what it does and takes:\n\n",
               plain[0]);
        print_list(stdout, plain[0]);
    } else {
        mafat_help_print(stdout);
    }
}
