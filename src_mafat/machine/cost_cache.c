/* Measured costs in a file of "key: value" lines; see cost_cache.h. */
#include "machine/cost_cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/new_file.h"
#include "base/notice.h"
#include "base/progress.h"
#include "machine/cache_folder.h"
#include "machine/calibrate.h"
#include "machine/calibrate_reading.h"

/* What costs hold for. */
typedef struct {
    char processor[512];
    char program[128];
    int n_threads;
} identity;

/* The lines of /proc/cpuinfo that tell processors apart, on x86 and on ARM. */
static const char *const cpu_keys[] = {
    "model name", "cpu family", "model", "stepping", "cache size", "CPU implementer",
    "CPU architecture", "CPU variant", "CPU part", "CPU revision",
};
enum { N_CPU_KEYS = sizeof cpu_keys / sizeof cpu_keys[0] };

static const char *const cost_keys[MAFAT_N_COSTS] = {
    [MAFAT_COST_STEP] = "step_s", [MAFAT_COST_MAC] = "mac_s", [MAFAT_COST_THIN_MAC] = "thin_mac_s",
    [MAFAT_COST_PACK] = "pack_s", [MAFAT_COST_PACK_POINT] = "pack_point_s",
    [MAFAT_COST_SUM] = "sum_s", [MAFAT_COST_WEIGHT] = "weight_s", [MAFAT_COST_MOVE] = "move_s",
    [MAFAT_COST_WINOGRAD_MAC] = "winograd_mac_s", [MAFAT_COST_WINOGRAD_INPUT] = "winograd_input_s",
    [MAFAT_COST_WINOGRAD_WEIGHT] = "winograd_weight_s",
    [MAFAT_COST_WINOGRAD_OUTPUT] = "winograd_output_s",
};

/* And those of reading. */
enum { N_READING = 3 };

/* ------------------------------------------------------------------------------------ identity */

/* Appends the value of a line "key : value" to the processor's name, if the key tells. */
static void add_line(identity *id, char *line)
{
    char *value = strchr(line, ':');
    if (value == NULL)
        return;
    size_t length = (size_t)(value - line);
    while (length > 0 && (line[length - 1] == '\t' || line[length - 1] == ' '))
        length--;
    value[strcspn(value, "\n")] = '\0';
    for (int i = 0; i < N_CPU_KEYS; i++)
        if (strlen(cpu_keys[i]) == length && strncmp(line, cpu_keys[i], length) == 0)
            strncat(id->processor, value + 1, sizeof id->processor - strlen(id->processor) - 1);
}

/* The first processor of /proc/cpuinfo, where that may be read; how many there are. */
static mafat_status find_processor(identity *id, mafat_error *error)
{
    static const char path[] = "/proc/cpuinfo";
    char line[1024], count[32];
    mafat_status status = MAFAT_OK;
    FILE *file = fopen(path, "r");
    bool fails = file == NULL && mafat_file_is_machines_fault(errno);
    while (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] != '\n')
        add_line(id, line);
    if (fails || (file != NULL && ferror(file)))
        status = mafat_lines_fail(error, path, "cannot be read: %s", strerror(errno));
    if (file != NULL)
        fclose(file);
    snprintf(count, sizeof count, ", %ld online", sysconf(_SC_NPROCESSORS_ONLN));
    strncat(id->processor, count, sizeof id->processor - strlen(id->processor) - 1);
    return status;
}

static mafat_status find_identity(identity *id, int n_threads, mafat_error *error)
{
    struct stat about;
    bool is_there = false;
    *id = (identity){.n_threads = n_threads};
    mafat_status status = find_processor(id, error);
    if (status == MAFAT_OK)
        status = mafat_file_look("/proc/self/exe", &about, &is_there, error);
    if (is_there)
        snprintf(id->program, sizeof id->program, "%lld bytes of %lld.%09ld",
                 (long long)about.st_size, (long long)about.st_mtim.tv_sec,
                 about.st_mtim.tv_nsec);
    return status;
}

/* The name of the file for it. */
enum { NAME_BYTES = 64 };

static void write_name(const identity *id, char *name)
{
    uint64_t sum = mafat_hash_add(MAFAT_HASH_OF_NOTHING, id->processor, strlen(id->processor));
    sum = mafat_hash_add(sum, id->program, strlen(id->program));
    snprintf(name, NAME_BYTES, "costs-%016" PRIx64 "-%d", sum, id->n_threads);
}

/* ------------------------------------------------------------------------------------- reading */

/* Further than that from the defaults no machine is: what is slow is a board of old, what is fast
 * many cores. */
#define MAX_TIMES_SLOWER 1e5
#define MAX_TIMES_FASTER 1e4

/* What comes of a file, line by line. */
typedef struct {
    char processor[600], program[200];    /* lines that it should have */
    int n_same;                           /* that it has */
    mafat_costs costs;
    unsigned found;                       /* a bit for each cost */
} reading;

/* Reads a line "key: number" where it is one of the costs. */
static void read_cost(reading *r, const char *line)
{
    mafat_costs *costs = &r->costs;
    double *values[N_READING] = {&costs->read_s, &costs->read_byte_s, &costs->lost_byte_s};
    static const char *const keys[N_READING] = {"read_s", "read_byte_s", "lost_byte_s"};
    char key[32];
    double value;
    if (sscanf(line, "%31[a-z_]: %lf", key, &value) != 2)
        return;
    for (int i = 0; i < MAFAT_N_COSTS + N_READING; i++) {
        if (strcmp(key, i < MAFAT_N_COSTS ? cost_keys[i] : keys[i - MAFAT_N_COSTS]) != 0)
            continue;
        *(i < MAFAT_N_COSTS ? &costs->unit_s[i] : values[i - MAFAT_N_COSTS]) = value;
        r->found |= 1u << i;
    }
}

/* Whether measuring could have given such costs: one may be nothing beside the others, but not that
 * of multiplying, nor all of reading. */
static bool are_credible(const mafat_costs *costs)
{
    const mafat_costs usual = mafat_cost_defaults(&costs->shape);
    bool credible = costs->unit_s[MAFAT_COST_MAC] * MAX_TIMES_FASTER >=
                        usual.unit_s[MAFAT_COST_MAC] &&
                    costs->read_s + costs->read_byte_s > 0 && costs->lost_byte_s > 0;
    for (int i = 0; i < MAFAT_N_COSTS; i++)
        credible &= costs->unit_s[i] >= 0 &&
                    costs->unit_s[i] <= usual.unit_s[i] * MAX_TIMES_SLOWER;
    return credible && costs->read_s >= 0 && costs->read_s <= usual.read_s * MAX_TIMES_SLOWER &&
           costs->read_byte_s >= 0 &&
           costs->read_byte_s <= usual.read_byte_s * MAX_TIMES_SLOWER &&
           costs->lost_byte_s <= usual.lost_byte_s * MAX_TIMES_SLOWER;
}

static void read_line(void *context, const char *line)
{
    reading *r = context;
    r->n_same += strcmp(line, r->processor) == 0 || strcmp(line, r->program) == 0;
    r->costs.read_is_measured |= sscanf(line, "reads: of device %" SCNu64,
                                        &r->costs.read_device) == 1;
    read_cost(r, line);
}

mafat_status mafat_cost_cache_find(const mafat_kernel_shape *shape, mafat_costs *costs,
                                   bool *measured, mafat_error *error)
{
    identity id;
    char name[NAME_BYTES];
    reading r = {.costs.shape = *shape};
    bool is_there = false;
    mafat_status status = find_identity(&id, shape->n_threads, error);
    write_name(&id, name);
    snprintf(r.processor, sizeof r.processor, "processor: %s\n", id.processor);
    snprintf(r.program, sizeof r.program, "program: %s\n", id.program);
    if (status == MAFAT_OK)
        status = mafat_cache_folder_read(name, read_line, &r, &is_there, error);
    *measured = status == MAFAT_OK && r.found == (1u << (MAFAT_N_COSTS + N_READING)) - 1 &&
                r.n_same == 2 && are_credible(&r.costs);
    *costs = *measured ? r.costs : mafat_cost_defaults(shape);
    return status;
}

/* ------------------------------------------------------------------------------------- writing */

static mafat_status keep(const mafat_costs *costs, mafat_error *error)
{
    identity id;
    char name[NAME_BYTES];
    mafat_new_file file;
    mafat_status status = find_identity(&id, costs->shape.n_threads, error);
    if (status != MAFAT_OK)
        return status;
    write_name(&id, name);
    status = mafat_cache_folder_begin(name, &file, error);
    if (status != MAFAT_OK)
        return status;
    fprintf(file.stream, "processor: %s\nprogram: %s\nthreads: %d\n", id.processor, id.program,
            id.n_threads);
    for (int i = 0; i < MAFAT_N_COSTS; i++)
        fprintf(file.stream, "%s: %.17g\n", cost_keys[i], costs->unit_s[i]);
    if (costs->read_is_measured)
        fprintf(file.stream, "reads: of device %" PRIu64 "\n", costs->read_device);
    fprintf(file.stream, "read_s: %.17g\nread_byte_s: %.17g\nlost_byte_s: %.17g\n", costs->read_s,
            costs->read_byte_s, costs->lost_byte_s);
    return mafat_new_file_end(&file, error);
}

static void show_progress(void *context, int done, int all)
{
    mafat_progress *progress = context;
    progress->n = (size_t)all;
    mafat_progress_reach(progress, (size_t)done);
}

/* Keeps costs for other runs; where that fails it is said, and nothing else happens. */
static void keep_or_tell(const mafat_costs *costs)
{
    mafat_error fault = {0};
    if (keep(costs, &fault) != MAFAT_OK)
        mafat_error_notice(&fault);
}

mafat_status mafat_cost_cache_measure_computing(mafat_costs *costs, mafat_error *error)
{
    mafat_progress progress;
    mafat_calibrate_watcher watcher = {.context = &progress, .report = show_progress};
    mafat_notice("measuring what computing costs here");
    mafat_progress_begin(&progress, "measurements", 0);
    mafat_status status = mafat_calibrate_compute(costs->shape.n_threads, &watcher, costs, error);
    mafat_progress_end(&progress);
    if (status == MAFAT_OK)
        keep_or_tell(costs);
    return status;
}

mafat_status mafat_cost_cache_measure_reading(const char *weights_path, mafat_costs *costs,
                                              mafat_error *error)
{
    mafat_status status = mafat_calibrate_reading(weights_path, costs, error);
    if (status == MAFAT_OK)
        keep_or_tell(costs);
    return status;
}
