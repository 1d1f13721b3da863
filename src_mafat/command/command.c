/* `darknet mafat ...`: the dispatcher. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/notice.h"
#include "base/progress.h"
#include "base/program.h"
#include "base/shipped.h"
#include "bridge/bridge.h"
#include "command/asked.h"
#include "command/command_classifier.h"
#include "command/command_darknet.h"
#include "command/command_demo.h"
#include "command/command_detector.h"
#include "command/command_map.h"
#include "command/command_version.h"
#include "command/darknet_commands.h"
#include "command/help.h"
#include "command/own_commands.h"
#include "command/report.h"
#include "command/routing.h"
#include "doors.h"

/* Descriptors 0 to 2 that are closed would be those of the files opened next, of weights, too: they are
 * held by what cannot be used either. */
static void hold_standard_descriptors(void)
{
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", i == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return;
}

/* At the end of a command of Darknet's, which does not look whether its results have arrived. */
static void check_results(void)
{
    mafat_error error = {0};
    if (mafat_report_flush(&error) == MAFAT_OK)
        return;
    mafat_error_print(&error, stderr);
    _exit(MAFAT_FAILED);
}

/* Leaves in argv the words of Darknet's own command, behind the program's name. */
static void hand_over(const mafat_arguments *arguments, int *argc, char **argv)
{
    memmove(argv + 1, arguments->words, (size_t)arguments->n_words * sizeof *argv);
    *argc = 1 + arguments->n_words;
    argv[*argc] = NULL;
}

/* Refuses an option that only some commands take, this one perhaps with -json alone. */
static mafat_status fail_option(const mafat_arguments *arguments, const char *option,
                                mafat_darknet_commands_takes *takes, mafat_error *error)
{
    char names[300];
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    const mafat_darknet_command *command = mafat_darknet_commands_find(arguments->words[0], subword);
    if (command != NULL && takes(command)) {
        mafat_darknet_commands_print_name(command, names, sizeof names);
        return mafat_error_set(error, MAFAT_USAGE, "`%s` takes %s with -json alone", names, option);
    }
    mafat_darknet_commands_print_names(takes, names, sizeof names);
    return mafat_error_set(error, MAFAT_USAGE, "%s is for MAFAT's own commands, %s", option, names);
}

/* Whether the command takes -batch, or it is not given; one that nobody runs says so itself. */
static bool takes_batch(const mafat_arguments *arguments, const mafat_command *own, bool is_ours)
{
    if (arguments->options.batch == NULL || own != NULL)
        return true;
    if (!is_ours && !mafat_command_darknet_is(arguments))
        return true;
    return mafat_command_darknet_takes_batch(arguments);
}

int mafat_main(int *argc, char **argv)
{
    mafat_arguments arguments;
    mafat_error error = {0};
    bool has_word = *argc > 1 && strcmp(argv[1], "mafat") == 0;
    bool is_named = mafat_program_begin(argv[0]) || has_word;
    if (!is_named && !mafat_asked_in(*argc - 1, argv + 1)) {
        atexit(check_results);
        return -1;
    }
    int first = has_word ? 2 : 1;
    hold_standard_descriptors();
    mafat_bridge_keep_heap_small();
    mafat_shipped_begin();
    mafat_status status = mafat_arguments_parse(&arguments, *argc - first, argv + first, &error);
    bool asks_for_help = is_named && *argc > first && strcmp(argv[first], "help") == 0;
    if (status == MAFAT_OK && (arguments.help || asks_for_help)) {
        arguments.words += asks_for_help;
        arguments.n_words -= asks_for_help;
        mafat_help_answer(&arguments);
        status = mafat_report_flush(&error);
        if (status != MAFAT_OK)
            mafat_error_print(&error, stderr);
        return (int)status;
    }
    if (status == MAFAT_OK && arguments.n_words == 0) {
        mafat_help_print(stderr);
        return MAFAT_USAGE;
    }
    bool is_ours = false;
    mafat_progress_allow();
    if (arguments.quiet)
        mafat_notice_silence();
    if (status == MAFAT_OK)
        status = mafat_darknet_options_order(&arguments, &error);
    if (status == MAFAT_OK) {
        const mafat_command *own = is_named ? mafat_own_commands_find(arguments.words[0]) : NULL;
        bool is_map = mafat_command_map_is(&arguments);
        bool is_version = is_named && mafat_command_version_is(&arguments);
        if (own == NULL && mafat_command_demo_is(&arguments))
            own = &mafat_command_demo;
        bool is_classifier = mafat_command_classifier_is(&arguments);
        is_ours = own != NULL || is_map || is_version || is_classifier ||
                  mafat_command_detector_is(&arguments);
        if (arguments.configs.n > 1 && (own == NULL || !own->usage->takes_configs))
            status = mafat_error_set(&error, MAFAT_USAGE, "option -mafat is given twice");
        else if (!is_ours && arguments.json)
            status = fail_option(&arguments, "-json", mafat_darknet_commands_takes_json, &error);
        else if (!is_ours && arguments.quiet && !mafat_command_darknet_takes_quiet(&arguments))
            status = fail_option(&arguments, "-quiet", mafat_darknet_commands_takes_quiet, &error);
        else if (!takes_batch(&arguments, own, is_ours))
            status = fail_option(&arguments, "-batch", mafat_darknet_commands_takes_batch, &error);
        else if (is_version)
            status = mafat_command_version(&arguments, &error);
        else if (own != NULL)
            status = own->run(&arguments, &error);
        else if (is_map)
            status = mafat_command_map(&arguments, &error);
        else if (is_classifier)
            status = mafat_command_classifier(&arguments, &error);
        else if (is_ours)
            status = mafat_command_detector(&arguments, &error);
        else if (mafat_command_darknet_is(&arguments))
            status = mafat_command_darknet(&arguments, &error);
        else
            status = mafat_routing_judge(&arguments, &error);
    }
    if (status == MAFAT_OK && is_ours)
        status = mafat_report_flush(&error);
    if (status != MAFAT_OK) {
        mafat_shipped_explain(&error);
        mafat_error_print(&error, stderr);
        return (int)status;
    }
    if (is_ours)
        return MAFAT_OK;
    atexit(check_results);
    hand_over(&arguments, argc, argv);
    return -1;
}
