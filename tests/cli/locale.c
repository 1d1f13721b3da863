/* A program whose numbers have a comma, as setlocale() gave it, on libmafat: prints what the library
 * says and finds, floats as their bits, so that another locale can be held against it. Exits with 2
 * where there is no such locale, with 1 where the program's own was changed.
 *
 *     locale LOCALE CFG WEIGHTS NAMES IMAGE PICTURE */
#include <locale.h>
#include <mafat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char expected[16];

/* How the program writes and reads numbers, which nobody may change. */
static int is_kept(void)
{
    char text[16];
    snprintf(text, sizeof text, "%.1f", 1.5);
    return strcmp(text, expected) == 0 && strtod(expected, NULL) == 1.5;
}

static int fail(const char *what, const mafat_error *error)
{
    char text[1024];
    mafat_error_message(error, text, sizeof text);
    fprintf(stderr, "%s: %s\n", what, text);
    return 1;
}

static void say(void *context, const char *line)
{
    (void)context;
    printf("notice: %s\n", line);
}

static void print_float(float value)
{
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    printf(" %08x", bits);
}

int main(int argc, char **argv)
{
    mafat *m;
    mafat_error error;
    mafat_result *result;
    mafat_box box;
    mafat_thresholds thresholds = {.threshold = .1f, .hier_threshold = .5f};
    size_t at = 0;
    if (argc != 7)
        return 1;
    if (setlocale(LC_ALL, argv[1]) == NULL)
        return 2;
    snprintf(expected, sizeof expected, "1%s5", localeconv()->decimal_point);
    mafat_settings settings = {.memory = "16M", .n_threads = 1, .names = argv[4], .notice = say};
    mafat_image image = {.path = argv[5]};
    if (mafat_open(&m, argv[2], argv[3], &settings, &error) != MAFAT_OK)
        return fail("opens", &error);
    if (mafat_detect(m, &image, &thresholds, &result, &error) != MAFAT_OK)
        return fail("detects", &error);
    while (mafat_result_next(result, &at, &box)) {
        printf("%s:", mafat_class_name(m, box.class_index));
        print_float(box.probability);
        print_float(box.left);
        print_float(box.width);
        putchar('\n');
    }
    if (mafat_draw(m, &image, result, argv[6], &error) != MAFAT_OK)
        return fail("draws", &error);
    mafat_result_free(result);
    mafat_close(m);
    fprintf(stderr, "%s\n", expected);
    return is_kept() ? 0 : 1;
}
