/* The classes that a classifier finds. */
#ifndef MAFAT_UPSTREAM_CLASSES_H
#define MAFAT_UPSTREAM_CLASSES_H

struct network;

/* Makes probabilities of the network's n outputs, which in a tree of classes depend on their
 * parents', and finds the `top` most probable in order, as Darknet's predict_classifier() does:
 * their numbers go to indexes[top]. Returns the probabilities, [n], until the network runs again. */
const float *mafat_classes_find(const struct network *network, int n, int top, int *indexes);

#endif
