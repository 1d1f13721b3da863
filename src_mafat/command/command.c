/* `darknet mafat ...`: the dispatcher and its help. */
#include "command/command.h"

#include <errno.h>
#include <string.h>

#include "bridge/bridge.h"
#include "command/command_darknet.h"
#include "command/routing.h"
#include "mafat.h"

static const char help[] =
    "usage: darknet mafat COMMAND ARGUMENTS [OPTIONS]\n"
    "\n"
    "Runs Darknet networks as fused tile stacks: less memory, the same bits.\n"
    "\n"
    "  plan CFG [-steps] [-svg FILE]   print the plan of a configuration as tables; draw it\n"
    "  predict CFG [-image FILE]       the memory that it will take, term by term, with that image\n"
    "  search CFG [WEIGHTS]            the fastest plan that fits -memory, by what computing costs on\n"
    "                                  this machine, which is measured first and kept; with WEIGHTS\n"
    "                                  what reading from their disk costs, too\n"
    "    -front [-svg FILE]              the best plans for all limits, as a table; draw them\n"
    "    -measure                        run the best few for real and rank them\n"
    "    -save NEW.cfg                   write the cfg with the limit in it, and with what was found\n"
    "                                  where that leaves room for the image: that of -image, or else a\n"
    "                                  photo of 12 megapixels; where it leaves none, each run searches\n"
    "    -paper                          the search of the MAFAT paper, to compare with\n"
    "    -calibrate                      measure costs again\n"
    "    -image FILE                     leave room for that image, as predict does\n"
    "  compare CFG WEIGHTS [IMAGE]     run Darknet's own forward pass and MAFAT's on the same input\n"
    "                                  and compare every output that the plan makes whole, bit by bit\n"
    "  bench CFG WEIGHTS [IMAGE]       time whole inferences, with the weights loaded: a warm-up, then\n"
    "                                  runs; gflops is two for each multiply-add that the network's\n"
    "                                  convolutions need, those of overlaps not counted, over the median\n"
    "                                  run; peak_gflops what as many threads can do, measured\n";

static const char help_options[] =
    "\n"
    "options\n"
    "  -mafat CONFIG   layer groups and their tiles (default " MAFAT_DEFAULT_CONFIG "):\n"
    "                    5x5/8/2x2  layers from 0 on in 5x5 tiles, from 8 on in 2x2\n"
    "                    3x3/NoCut  one tiling for all layers that can be fused from 0 on\n"
    "                    38x1r/12/1x1  layers 0-11 row by row, rows kept where they are needed again;\n"
    "                                  layers from 12 on whole\n"
    "                    layers     Darknet's own forward pass without training buffers\n"
    "  -memory LIMIT   the most memory that the process may take, as a cgroup counts it: bytes, or with\n"
    "                    K, M or G; auto: what the cgroup and the machine have left. Chooses the\n"
    "                    configuration where none is given, and how many weights stay in memory\n"
    "  -threads N      threads (default: OMP_NUM_THREADS, or one for each core)\n"
    "  -json           MAFAT's own commands: results as one JSON object instead of \"key: value\"\n"
    "  -data FILE      predict, search: the data file with the names of classes for that image\n"
    "  -n N            bench: timed runs (default 10)\n"
    "  -layers         bench: a table of the layers too\n"
    "\n"
    "In the [net] section of a cfg, mafat=CONFIG, mafat_memory=LIMIT and mafat_threads=N do the same\n"
    "for every Darknet command; options on the command line win. With one of either, Darknet's commands\n"
    "need no word mafat. Those that only handle weights or train take none of the options.\n"
    "\n"
    "exit codes: 0 ok, 1 a file, memory or results that differ, 2 usage, 3 nothing fits the limit,\n"
    "            4 a network that MAFAT cannot run\n";

static void print_help(FILE *stream)
{
    fputs(help, stream);
    mafat_command_print_darknet_help(stream);
    fputs(help_options, stream);
}

const char *const mafat_command_own[MAFAT_N_OWN_COMMANDS] = {
    "plan", "predict", "search", "compare", "bench",
};

typedef mafat_status command_function(const mafat_arguments *arguments, mafat_error *error);

/* The command that MAFAT runs itself; NULL: it is Darknet's, or none. MAFAT's own are behind the
 * word "mafat". */
static command_function *find_command(const mafat_arguments *arguments, bool is_named)
{
    static command_function *const own[MAFAT_N_OWN_COMMANDS] = {
        mafat_command_plan, mafat_command_predict, mafat_command_search, mafat_command_compare,
        mafat_command_bench,
    };
    const char *word = arguments->words[0];
    const char *subword = arguments->n_words > 1 ? arguments->words[1] : "";
    for (int i = 0; i < MAFAT_N_OWN_COMMANDS && is_named; i++)
        if (strcmp(word, mafat_command_own[i]) == 0)
            return own[i];
    bool is_detector = strcmp(word, "detect") == 0 ||
                       (strcmp(word, "detector") == 0 && strcmp(subword, "test") == 0);
    return is_detector ? mafat_command_detector : NULL;
}

/* Leaves in argv the words of Darknet's own command, behind the program's name. */
static void hand_over(const mafat_arguments *arguments, int *argc, char **argv)
{
    memmove(argv + 1, arguments->words, (size_t)arguments->n_words * sizeof *argv);
    *argc = 1 + arguments->n_words;
    argv[*argc] = NULL;
}

int mafat_main(int *argc, char **argv)
{
    mafat_arguments arguments;
    mafat_error error = {0};
    bool is_named = *argc > 1 && strcmp(argv[1], "mafat") == 0;
    if (!is_named && !mafat_routing_is_asked_for(*argc - 1, argv + 1))
        return -1;
    int first = is_named ? 2 : 1;
    if (is_named && *argc == 3 && (strcmp(argv[2], "-h") == 0 || strcmp(argv[2], "help") == 0)) {
        print_help(stdout);
        return MAFAT_OK;
    }
    mafat_bridge_keep_heap_small();
    mafat_status status = mafat_arguments_parse(&arguments, *argc - first, argv + first, &error);
    if (status == MAFAT_OK && (arguments.help || arguments.n_words == 0)) {
        print_help(arguments.help ? stdout : stderr);
        return arguments.help ? MAFAT_OK : MAFAT_USAGE;
    }
    command_function *function = NULL;
    if (status == MAFAT_OK) {
        mafat_command_darknet_order(&arguments);
        function = find_command(&arguments, is_named);
        if (function != NULL)
            status = function(&arguments, &error);
        else if (mafat_command_darknet_is(&arguments))
            status = mafat_command_darknet(&arguments, &error);
        else
            status = mafat_routing_judge(&arguments, &error);
    }
    if (status == MAFAT_OK && function != NULL && (fflush(stdout) != 0 || ferror(stdout)))
        status = mafat_error_set(&error, MAFAT_FAILED, "cannot write the results: %s",
                                 strerror(errno));
    if (status != MAFAT_OK) {
        mafat_error_print(&error, stderr);
        return (int)status;
    }
    if (function != NULL)
        return MAFAT_OK;
    hand_over(&arguments, argc, argv);
    return -1;
}
