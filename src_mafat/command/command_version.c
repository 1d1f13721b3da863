/* Which program this is; see command_version.h. What an output's bits depend on is all there: the
 * compiler, the instruction set, and whether sums are rounded once or twice; and where it looks for
 * the files that came with it, and which processors it finds. */
#include "command/command_version.h"

#include <string.h>

#include "base/shipped.h"
#include "base/version.h"
#include "command/report.h"
#include "kernels/simd.h"
#include "machine/processors.h"

#if defined(__FMA__) || defined(__AVX512F__) || defined(__aarch64__)
#define FUSES "yes"
#else
#define FUSES "no"
#endif

bool mafat_command_version_is(const mafat_arguments *arguments)
{
    const char *word = arguments->words[0];
    return strcmp(word, "--version") == 0 || strcmp(word, "-version") == 0 ||
           strcmp(word, "version") == 0;
}

mafat_status mafat_command_version(const mafat_arguments *arguments, mafat_error *error)
{
    const mafat_options *o = &arguments->options;
    mafat_report report;
    if (arguments->n_words > 1 || o->config != NULL || o->memory != NULL || o->threads != NULL)
        return mafat_error_set(error, MAFAT_USAGE, "%s takes nothing but -json",
                               arguments->words[0]);
    if (!arguments->json)
        printf("darknet-mafat %s\n", mafat_version.number);
    mafat_report_begin(&report, arguments->json);
    mafat_report_text(&report, "version", mafat_version.number);
    mafat_report_text(&report, "commit", mafat_version.commit);
    mafat_report_text(&report, "darknet_commit", mafat_version.darknet_commit);
    mafat_report_text(&report, "compiler", mafat_version.compiler);
    mafat_report_text(&report, "march", mafat_version.march);
    mafat_report_text(&report, "instruction_set", MAFAT_SIMD_NAME);
    mafat_report_text(&report, "fused_multiply_add", FUSES);
    mafat_report_text(&report, "openmp", mafat_version.has_openmp ? "yes" : "no");
    const char *share = mafat_shipped_folder();
    mafat_report_text(&report, "share", share != NULL ? share : "none");
    mafat_processors processors = mafat_processors_find();
    char what[MAFAT_PROCESSORS_TEXT];
    mafat_report_text(&report, "processors",
                      mafat_processors_describe(&processors, what, sizeof what));
    mafat_report_end(&report);
    return MAFAT_OK;
}
