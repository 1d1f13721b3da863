/* See neighbours.h. */
#include "command/neighbours.h"

#include <limits.h>
#include <stdio.h>

enum { CHOICE_TEXT = 2 * MAFAT_CONFIG_PART };

/* The piece of a configuration that a choice is. */
static void print_config(const mafat_trace_choice *choice, char text[CHOICE_TEXT])
{
    mafat_config_group groups[2];
    for (int i = 0; i < choice->n_groups; i++)
        groups[i] = (mafat_config_group){choice->groups[i].first, choice->groups[i].tiling};
    mafat_config_print(&(mafat_config){.n_groups = choice->n_groups, .groups = groups}, text,
                       CHOICE_TEXT);
}

/* What happens to the weights of each of its groups. */
static void print_weights(const mafat_trace_choice *choice, char text[CHOICE_TEXT])
{
    int n = 0;
    for (int i = 0; i < choice->n_groups; i++) {
        mafat_weight_mode weights = choice->groups[i].weights;
        char number[32];
        snprintf(number, sizeof number, "%d", weights.window_filters);
        n += snprintf(text + n, (size_t)(CHOICE_TEXT - n), "%s%s", i > 0 ? "/" : "",
                      weights.window_filters == 0         ? "none"
                      : weights.pinned                    ? "pinned"
                      : weights.window_filters == INT_MAX ? "all" : number);
    }
}

void mafat_neighbours_print(const mafat_trace *trace, int n_images)
{
    printf("\n%9s  %-17s  %-14s  %-17s  %-14s  %9s  %12s\n", "layers", "chosen", "weights",
           "why not", "weights", "ms slower", "bytes over");
    for (int i = 0; i < trace->n; i++) {
        const mafat_trace_line *line = &trace->lines[i];
        char layers[32], chosen[CHOICE_TEXT], kept[CHOICE_TEXT], other[CHOICE_TEXT],
            others[CHOICE_TEXT];
        snprintf(layers, sizeof layers, "%d-%d", line->first_layer, line->last_layer);
        print_config(&line->chosen, chosen);
        print_weights(&line->chosen, kept);
        print_config(&line->other, other);
        print_weights(&line->other, others);
        printf("%9s  %-17s  %-14s  %-17s  %-14s  %9.3f  %12zu\n", layers, chosen, kept, other,
               others, line->slower_s / n_images * 1e3, line->bytes_over);
    }
}

static void report_choice(const mafat_trace_choice *choice, const char *config, const char *weights,
                       mafat_report *report)
{
    char text[CHOICE_TEXT];
    print_config(choice, text);
    mafat_report_text(report, config, text);
    print_weights(choice, text);
    mafat_report_text(report, weights, text);
}

void mafat_neighbours_report(const mafat_trace *trace, int n_images, mafat_report *report)
{
    mafat_report_begin_list(report, "trace");
    for (int i = 0; i < trace->n; i++) {
        const mafat_trace_line *line = &trace->lines[i];
        mafat_report_begin_item(report);
        mafat_report_size(report, "first_layer", (uint64_t)line->first_layer);
        mafat_report_size(report, "last_layer", (uint64_t)line->last_layer);
        report_choice(&line->chosen, "config", "weights", report);
        report_choice(&line->other, "other_config", "other_weights", report);
        mafat_report_real(report, "slower_s", line->slower_s / n_images);
        mafat_report_size(report, "bytes_over", line->bytes_over);
        mafat_report_end_item(report);
    }
    mafat_report_end_list(report);
}
