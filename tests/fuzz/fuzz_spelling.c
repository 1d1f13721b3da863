/* Configurations, limits and numbers as people write them. A configuration is refused with a message,
 * or printed and read again as the same; numbers and sizes are what a plain reading of their digits
 * gives, and all else is refused. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "fuzz/fuzz.h"
#include "plan/config.h"

static void try_config(const char *text)
{
    mafat_config config, again;
    mafat_error error = {0};
    mafat_status status = mafat_config_parse(&config, text, &error);
    fuzz_require_told(status, &error);
    fuzz_require(status == MAFAT_OK || status == MAFAT_USAGE);
    if (status != MAFAT_OK)
        return;
    int last = -1;
    for (int i = 0; i < config.n_groups; i++) {
        mafat_tiling tiling = config.groups[i].tiling;
        fuzz_require(config.groups[i].cut > last);
        fuzz_require(tiling.rows > 0 && tiling.rows <= MAFAT_MAX_GRID);
        fuzz_require(tiling.cols > 0 && tiling.cols <= MAFAT_MAX_GRID);
        fuzz_require(!tiling.reuse || tiling.cols == 1);
        last = config.groups[i].cut;
    }
    char *printed = mafat_config_text(&config);
    fuzz_require_ok(mafat_config_parse(&again, printed, &error), &error);
    fuzz_require(again.n_groups == config.n_groups && again.says_no_cut == config.says_no_cut);
    char *printed_again = mafat_config_text(&again);
    fuzz_require(strcmp(printed, printed_again) == 0);
    free(printed);
    free(printed_again);
    mafat_config_free(&config);
    mafat_config_free(&again);
}

/* What n digits say; false where that is more than fits. */
static bool value_of(const char *digits, size_t n, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t digit = (uint64_t)(digits[i] - '0');
        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return n > 0;
}

static void try_number(const char *text, int min, int max)
{
    size_t n_digits = strspn(text, "0123456789");
    uint64_t value;
    int number = -1;
    mafat_error error = {0};
    mafat_status status = mafat_number_read("number", text, min, max, &number, &error);
    bool is_one = text[n_digits] == '\0' && value_of(text, n_digits, &value) &&
                  value >= (uint64_t)min && value <= (uint64_t)max;
    fuzz_require_told(status, &error);
    fuzz_require(status == (is_one ? MAFAT_OK : MAFAT_USAGE));
    fuzz_require(!is_one || (uint64_t)number == value);
}

static void try_size(const char *text)
{
    static const char units[] = "KMG";
    size_t n_digits = strspn(text, "0123456789"), bytes = 0;
    uint64_t value = 0;
    mafat_error error = {0};
    mafat_status status = mafat_number_read_bytes("memory limit", text, ", or auto", &bytes, &error);
    const char *unit = text[n_digits] == '\0' ? NULL : strchr(units, text[n_digits]);
    bool is_one = value_of(text, n_digits, &value) && value > 0 &&
                  (text[n_digits] == '\0' || (unit != NULL && text[n_digits + 1] == '\0'));
    int shift = unit == NULL ? 0 : 10 * (int)(unit - units + 1);
    is_one &= value <= SIZE_MAX >> shift;
    fuzz_require_told(status, &error);
    fuzz_require(status == (is_one ? MAFAT_OK : MAFAT_USAGE));
    fuzz_require(!is_one || bytes == value << shift);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    try_config(text);
    try_number(text, 0, 0x7fffffff);
    try_number(text, 1, 256);
    try_size(text);
    free(text);
    return 0;
}
