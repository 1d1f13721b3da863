/* Every key that a cfg may hold: what becomes of it when a network runs.
 *
 * Two tables as data. The first holds all that pinned Darknet reads (parse_*, parse_net_options,
 * load_*_weights in src/parser.c; tests/test_cfg_keys.c parses that file), the second what other
 * Darknets read and pinned Darknet ignores, also where it changes every number (AlexeyAB's, at
 * 59596d78): ours goes by some of it (upstream/foreign_layers.h). A key that stands in neither has
 * no effect anywhere, and is most likely misspelt. */
#ifndef MAFAT_CFG_CFG_KEYS_H
#define MAFAT_CFG_CFG_KEYS_H

#include "cfg/cfg_text.h"

typedef enum {
    MAFAT_KEY_DESCRIBED,  /* honoured: MAFAT's description of the network follows it */
    MAFAT_KEY_LEFT,       /* honoured: it is left to Darknet's own code, which MAFAT calls for it */
    MAFAT_KEY_IDLE,       /* nothing at inference depends on it */
    MAFAT_KEY_NOTED,      /* of another Darknet, moves boxes a little: honoured in cfgs of its own alone
                             (cfg.h); in others it has no effect, with a warning */
    MAFAT_KEY_REFUSED     /* other numbers than MAFAT, or any program of pinned Darknet, computes */
} mafat_key_verdict;

enum { MAFAT_CFG_KEYS_MAX_BYTES = 48 };  /* bytes of the longest key, and more */

/* Lists have a blank between two words. */
typedef struct {
    const char *sections;  /* full names, without brackets; NULL: the layers that no row before names */
    const char *keys;
    mafat_key_verdict verdict;
    const char *neutral;   /* noted, refused, of others: values that ask for nothing: numbers, words, or @KEY
                              for what that key says, 1 where it is absent; NULL: none */
    const char *only_with; /* refused only where this key of the section is there and not 0; NULL:
                              always */
    const char *effect;    /* noted, refused: what it does; a part of a message */
    const char *source;    /* who goes by it */
} mafat_cfg_key;

/* The tables, for tests, which walk them. */
const mafat_cfg_key *mafat_cfg_keys_upstream(int *n);
const mafat_cfg_key *mafat_cfg_keys_others(int *n);

/* What becomes of a key in a section (full name, no brackets): the row of either table; NULL where
 * no Darknet reads it there. MAFAT's own flags are keys of [net]. */
const mafat_cfg_key *mafat_cfg_keys_find(const char *section, const char *key);

/* Finds the known key of a section that differs least from `key`, or goes on from it; "" where none
 * comes near (nearest.h). */
void mafat_cfg_keys_find_nearest(const char *section, const char *key,
                                 char name[MAFAT_CFG_KEYS_MAX_BYTES]);

/* Judges every option of the reader's section: the first that must be refused, what is to be
 * warned of, and whether any has results change that only other Darknets read, go to
 * reader->findings: keys that nobody knows, lines without a value, and second ones
 * of a key, unless it is idle. A line that begins like a flag of MAFAT's and has no value is a fault
 * (an empty one in [net] where it is read), and so are two flags that differ. */
void mafat_cfg_keys_judge(mafat_cfg_text_reader *reader);

/* Whether other Darknets know a section ("[sam]"), or an activation ("revleaky"), of this name, which MAFAT
 * does not run. */
bool mafat_cfg_keys_know_section(const char *section);
bool mafat_cfg_keys_know_activation(const char *name);

#endif
