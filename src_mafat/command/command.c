/* `darknet mafat ...`: the dispatcher and its help. */
#include <errno.h>
#include <string.h>

#include "base/notice.h"
#include "base/progress.h"
#include "base/program.h"
#include "base/shipped.h"
#include "bridge/bridge.h"
#include "command/asked.h"
#include "command/command_darknet.h"
#include "command/command_demo.h"
#include "command/command_detector.h"
#include "command/command_map.h"
#include "command/command_version.h"
#include "command/own_commands.h"
#include "command/routing.h"
#include "doors.h"

static const char about[] =
    "usage: %s COMMAND ARGUMENTS [OPTIONS]\n"
    "\n"
    "Runs Darknet networks as fused tile stacks: less memory, the same bits.\n"
    "\n";

static const char notes[] =
    "\n"
    "In the [net] section of a cfg, mafat=CONFIG, mafat_memory=LIMIT and mafat_threads=N do the same "
    "for every Darknet command; options on the command line win. With one of either, Darknet's "
    "commands need no word mafat. Those that only handle weights or train take none of the options."
    "\n\n"
    "exit codes: 0 ok, 1 a file, memory or results that differ, 2 usage, 3 nothing fits the limit, "
    "4 a network that MAFAT cannot run\n";

enum { INDENT = 2, OPTION_COLUMN = 18, COMMAND_COLUMN = 32 };

static void print_help(FILE *stream)
{
    fprintf(stream, about, mafat_program_name());
    for (int i = 0; i < MAFAT_N_OWN_COMMANDS; i++) {
        const mafat_usage *usage = mafat_own_commands[i]->usage;
        char words[64];
        snprintf(words, sizeof words, "%s %s", usage->command, usage->words);
        mafat_option_print_line(stream, INDENT, COMMAND_COLUMN, words, usage->help);
        mafat_option_print(stream, 2 * INDENT, COMMAND_COLUMN + INDENT, &usage->options);
    }
    mafat_command_darknet_print_help(stream);
    fputs("\n`detector demo`, which MAFAT runs itself, takes\n", stream);
    mafat_option_print(stream, INDENT, OPTION_COLUMN, &mafat_command_demo.usage->options);
    fputs("\noptions\n", stream);
    mafat_option_print(stream, INDENT, OPTION_COLUMN, &mafat_arguments_common);
    mafat_option_print_line(stream, INDENT, OPTION_COLUMN, "--version",
                            "which program this is, and how it was built");
    mafat_option_print_line(stream, 0, 0, "", notes);
}

static void print_own_help(const mafat_usage *usage)
{
    printf("usage: %s %s %s [OPTIONS]\n\n", mafat_program_name(), usage->command, usage->words);
    mafat_option_print_line(stdout, 0, 0, "", usage->help);
    printf("\noptions\n");
    mafat_option_print(stdout, INDENT, OPTION_COLUMN, &usage->options);
    mafat_option_print(stdout, INDENT, OPTION_COLUMN, &mafat_arguments_common);
}

/* The help for one of MAFAT's own commands, where one is among the words, or for all. */
static void answer_help(const mafat_arguments *arguments)
{
    const mafat_command *own = NULL;
    for (int i = 0; i < arguments->n_words && own == NULL; i++)
        own = mafat_own_commands_find(arguments->words[i]);
    if (own == NULL && mafat_command_demo_is(arguments))
        own = &mafat_command_demo;
    if (own != NULL)
        print_own_help(own->usage);
    else
        print_help(stdout);
}

/* Leaves in argv the words of Darknet's own command, behind the program's name. */
static void hand_over(const mafat_arguments *arguments, int *argc, char **argv)
{
    memmove(argv + 1, arguments->words, (size_t)arguments->n_words * sizeof *argv);
    *argc = 1 + arguments->n_words;
    argv[*argc] = NULL;
}

static bool is_help(const char *word)
{
    return strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int mafat_main(int *argc, char **argv)
{
    mafat_arguments arguments;
    mafat_error error = {0};
    bool has_word = *argc > 1 && strcmp(argv[1], "mafat") == 0;
    bool is_named = mafat_program_begin(argv[0]) || has_word;
    if (!is_named && !mafat_asked_in(*argc - 1, argv + 1))
        return -1;
    int first = has_word ? 2 : 1;
    if (is_named && *argc == first + 1 && is_help(argv[first])) {
        print_help(stdout);
        return MAFAT_OK;
    }
    mafat_bridge_keep_heap_small();
    mafat_shipped_begin();
    mafat_status status = mafat_arguments_parse(&arguments, *argc - first, argv + first, &error);
    if (status == MAFAT_OK && arguments.help) {
        answer_help(&arguments);
        return MAFAT_OK;
    }
    if (status == MAFAT_OK && arguments.n_words == 0) {
        print_help(stderr);
        return MAFAT_USAGE;
    }
    bool is_ours = false;
    mafat_progress_allow();
    if (arguments.quiet)
        mafat_notice_silence();
    if (status == MAFAT_OK) {
        mafat_darknet_options_order(&arguments);
        const mafat_command *own = is_named ? mafat_own_commands_find(arguments.words[0]) : NULL;
        bool is_map = mafat_command_map_is(&arguments);
        bool is_version = is_named && mafat_command_version_is(&arguments);
        if (own == NULL && mafat_command_demo_is(&arguments))
            own = &mafat_command_demo;
        is_ours = own != NULL || is_map || is_version || mafat_command_detector_is(&arguments);
        if (arguments.configs.n > 1 && (own == NULL || !own->usage->takes_configs))
            status = mafat_error_set(&error, MAFAT_USAGE, "option -mafat is given twice");
        else if (!is_ours && (arguments.json || arguments.quiet))
            status = mafat_error_set(&error, MAFAT_USAGE, "%s is for MAFAT's own commands, "
                                     "`detector test`, `detector map` and `detect`",
                                     arguments.json ? "-json" : "-quiet");
        else if (is_version)
            status = mafat_command_version(&arguments, &error);
        else if (own != NULL)
            status = own->run(&arguments, &error);
        else if (is_map)
            status = mafat_command_map(&arguments, &error);
        else if (is_ours)
            status = mafat_command_detector(&arguments, &error);
        else if (mafat_command_darknet_is(&arguments))
            status = mafat_command_darknet(&arguments, &error);
        else
            status = mafat_routing_judge(&arguments, &error);
    }
    if (status == MAFAT_OK && is_ours && (fflush(stdout) != 0 || ferror(stdout)))
        status = mafat_error_set(&error, MAFAT_FAILED, "cannot write the results: %s",
                                 strerror(errno));
    if (status != MAFAT_OK) {
        mafat_shipped_explain(&error);
        mafat_error_print(&error, stderr);
        return (int)status;
    }
    if (is_ours)
        return MAFAT_OK;
    hand_over(&arguments, argc, argv);
    return -1;
}
