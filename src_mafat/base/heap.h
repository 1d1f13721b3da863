/* Memory of the heap that nobody uses. */
#ifndef MAFAT_BASE_HEAP_H
#define MAFAT_BASE_HEAP_H

/* Gives the system back what is free on the heap: also the small blocks that glibc keeps at hand for
 * the calling thread, which malloc_trim(3) leaves and calloc(3) does not take again. Behind a search
 * that was 80 to 160 KB, and the pages around them. */
void mafat_heap_give_back(void);

#endif
