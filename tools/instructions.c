/* A plugin of qemu's that counts the instructions it emulates, for tools/instructions. Debian ships no header for such
 * plugins, so what is called of qemu is declared here. */
#include <inttypes.h>
#include <stdio.h>

typedef uint64_t plugin_id;
typedef struct qemu_plugin_tb block;    /* instructions that are run one after the other */

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id, block *));
void qemu_plugin_register_vcpu_tb_exec_cb(block *b, void (*run)(unsigned, void *), int flags, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const block *b);
void qemu_plugin_outs(const char *text);

extern int qemu_plugin_version;
int qemu_plugin_version = INTERFACE_VERSION;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

static uint64_t n_instructions;

static void run(unsigned thread, void *size)
{
    (void)thread;
    n_instructions += (uintptr_t)size;
}

static void translated(plugin_id id, block *b)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(b, run, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(b));
}

static void ended(plugin_id id, void *data)
{
    char text[32];

    (void)id;
    (void)data;
    snprintf(text, sizeof(text), "%" PRIu64 "\n", n_instructions);
    qemu_plugin_outs(text);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
