/* Options of AlexeyAB's Darknet that this one lacks: people bring them along. */
#ifndef MAFAT_COMMAND_FOREIGN_OPTIONS_H
#define MAFAT_COMMAND_FOREIGN_OPTIONS_H

/* What to do here in place of an option; NULL: it is none of them. */
const char *mafat_foreign_options_find(const char *option);

#endif
