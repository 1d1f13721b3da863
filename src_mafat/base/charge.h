/* What a process is charged for beside its plan: every number behind a prediction that does not
 * follow from a structure's size or a file's, and how to measure it again. Who makes up a term
 * takes it from here. That the sums hold is measured by `make predict-table`, on some 200
 * processes.
 *
 * Figures are of x86-64, pages of 4 KB, Linux 6.18, glibc 2.36, gcc 12; what of them is whole pages
 * is counted in pages, so that other pages make other sums. CAGE is a memory cgroup with nothing but
 * the process in it: there the kernel's share is `kernel` of memory.stat, or
 * memory.kmem.usage_in_bytes where cgroups are of version 1. STATUS is /proc/PID/status of
 * `darknet mafat detector test`, which waits for the path of an image on its standard input. */
#ifndef MAFAT_BASE_CHARGE_H
#define MAFAT_BASE_CHARGE_H

/* --------------------------------------------------------------------------------- the kernel's */
enum {
    /* Structures of a process, and the first thread's kernel stack: a thread's has the size below,
     * or that of a page where it is larger (arm64's THREAD_SIZE). Measured: the kernel's share
     * of CAGE with four processes that sleep, less that with one, a third of it: 96 KB, of which
     * 44 to 52 are page tables (VmPTE of their status). */
    MAFAT_CHARGE_KERNEL = 64 << 10,
    MAFAT_CHARGE_KERNEL_STACK = 16 << 10,

    /* Page tables of a program, its libraries, a heap and a stack that hold little yet, which lie
     * in so many places far from one another: one of each level but the highest for each, and as
     * many more for places that do not end with a table. Measured: VmPTE of STATUS before the first
     * path, 72 to 96 KB, less the entries of what it holds by then, and the tables of what is
     * apart. */
    MAFAT_CHARGE_TABLED_PLACES = 4,
    /* Bits of the addresses that a process has. Of Linux: x86-64's, and arm64's with 16 KB. */
    MAFAT_CHARGE_ADDRESS_BITS = 47,

    /* A page's entry in the page tables. Of the processor. */
    MAFAT_CHARGE_TABLE_ENTRY = 8,

    /* Blocks that are apart may each need a page of page tables more: arena, heap, pinned weights,
     * stacks. Counted in /proc/PID/maps. */
    MAFAT_CHARGE_APART_TABLE_PAGES = 4,

    /* What Open MPI (4.1, btl tcp) has allocated when messages have come and gone, beyond what it had
     * before: 1.2 to 1.6 MB (RSS of ranks before and behind runs of yolov3-tiny, 2 to 4 of them). */
    MAFAT_CHARGE_PEERS = 2 << 20,

    /* One more thread: its kernel stack and structure, 25 to 33 KB (the kernel's share of CAGE
     * behind the first image, for -threads 1, 2, 4, 8), and pages of its own stack. */
    MAFAT_CHARGE_THREAD = 32 << 10,
    MAFAT_CHARGE_THREAD_PAGES = 2,

    /* Memory is charged in batches, of which each processor keeps what it has not given out yet.
     * Of Linux's source: MEMCG_CHARGE_BATCH, in pages. */
    MAFAT_CHARGE_AHEAD_PAGES = 64,

    /* A page of a file in the page cache, in the tree that finds it. Of Linux's source: struct
     * xa_node, 576 bytes for 64 pages, less where the kernel joins them. */
    MAFAT_CHARGE_TREE_ENTRY = 8,
};

/* -------------------------------------------------------------------------------- the program's */
enum {
    /* What the first thread touches of its stack, of the heap and of blocks that the C library and
     * OpenMP map for themselves, before and while a network runs. Measured: RssAnon of the process
     * when it comes to plan, 156 to 184 KB, less its writable data, 160 KB
     * (mafat_measure_writable_data()); the rest comes while the network runs. These are so many
     * blocks, of which the last page of each is a part of one. */
    MAFAT_CHARGE_STACK_AND_HEAP = 48 << 10,
    MAFAT_CHARGE_STACK_AND_HEAP_PAGES = 6,

    /* A program that holds more than that when it comes to plan is taken as it is, in units that
     * are coarse: what is measured varies by a few pages from run to run. Chosen. */
    MAFAT_CHARGE_BASE_UNIT = 256 << 10,

    /* Page cache of files beside those that are counted by their size: the header of weights and
     * what the kernel reads ahead of it, a data file, what is printed. Measured: `cache` of
     * memory.stat in CAGE behind an image, less the sizes of the program, the cfg, names and
     * image: 48 KB, of which each of these files has a page. */
    MAFAT_CHARGE_SMALL_FILES = 32 << 10,
    MAFAT_CHARGE_SMALL_FILE_PAGES = 4,

    /* What the heap adds to each block: malloc_usable_size() and the address of the next one. */
    MAFAT_CHARGE_BLOCK_HEAD = 16,

    /* Blocks on the heap share pages with what was freed between them: one part of so many more.
     * Measured, as the three below: RssAnon of deep narrow networks (tests/network/deep.sh), by
     * the number of their layers. */
    MAFAT_CHARGE_GAPS_PART = 8,

    /* A route's own lists lie between lines of the cfg that are freed behind it. */
    MAFAT_CHARGE_ROUTE = 256,

    /* What stays on the heap whatever the network: buffers of streams, a report's text, what lies
     * between blocks that planning and reading the cfg leave; */
    MAFAT_CHARGE_SMALL_BLOCKS = 48 << 10,
    /* and while a plan is chosen, when a search takes blocks and gives them back all the time. */
    MAFAT_CHARGE_SMALL_BLOCKS_OF_CHOOSING = 112 << 10,

    /* Layers of kinds that bridge/lean.c does not know by heart keep what they do not touch, a
     * page each: an output, its delta, a loss. Counted in Darknet's make_*_layer(). */
    MAFAT_CHARGE_UNTOUCHED_BLOCKS = 3,

    /* A line of a file, a name of a class or a path, as Darknet's fgetl() and list leave it: a
     * buffer, whatever is in it, a node, and a pointer. Of Darknet's source (src/utils.c,
     * src/list.c), with what the heap adds. */
    MAFAT_CHARGE_LINE = 512 + 16 + 48 + 8,
    /* Of a tree of classes (src/tree.c), which keeps the buffer too: a name, a pointer and up to
     * six numbers; of a map (src/utils.c): a number. Their arrays grow with each line, and the heap
     * keeps at hand what they leave: seven blocks of each size up to 1 KB. */
    MAFAT_CHARGE_TREE_LINE = 512 + 16 + 256 + 16 + 8 + 6 * 4,
    MAFAT_CHARGE_MAP_LINE = 512 + 16 + 4,
    MAFAT_CHARGE_GROWN = 7 * 64 * (1024 / 2 + 16),

    /* A file that is written, beside the page that it fills: the C library's structure and buffer.
     * Measured: uordblks of mallinfo2() behind 100 of fopen() and fputc(), less that before, a
     * hundredth of it: 4598 bytes. */
    MAFAT_CHARGE_STREAM = 576 + 4096 + 16,
};

/* ------------------------------------------------------------------------------------ of images */
enum {
    /* What stb_image holds beside pictures and planes: its state, palettes, a row. Measured, as
     * the next: max_bytes of mafat_stb_guard, less what the header says (tests/network/images.sh
     * runs each kind of image in a cgroup). */
    MAFAT_CHARGE_STB_STATE = 96 << 10,

    /* A JPEG that is read whole still goes by rows of blocks, two of them: bytes a column. */
    MAFAT_CHARGE_JPEG_COLUMN = 96,

    /* A row of blocks that is written is encoded to some 3.5 bytes a pixel of noise, and a header.
     * Measured: n_bytes of mafat_jpeg behind a row of noise. */
    MAFAT_CHARGE_JPEG_PIXEL = 4,
    MAFAT_CHARGE_JPEG_HEADER = 1024,

    /* What zlib takes to compress a PNG: by zlib.h, 2^17 bytes for its window and as much for its
     * tables; and its state, some 6 KB. */
    MAFAT_CHARGE_DEFLATE = (256 << 10) + (8 << 10),

    /* Pictures of the largest letters, as many as labels have of them: data/labels/N_7.png are 95,
     * of 11 KB each as bytes, 3 a pixel; this is for 46 of them. */
    MAFAT_CHARGE_LETTERS = 512 << 10,
};

/* ---------------------------------------- chosen: what our own code keeps to, and is counted as */
enum {
    /* From what size on the heap gives a block pages of its own (mallopt()); while Darknet makes
     * layers, blocks of zeros have them from the size of one page on (bridge/blocks.c). */
    MAFAT_CHARGE_OWN_PAGES = 128 << 10,

    /* An image's file is read in such chunks. */
    MAFAT_CHARGE_PICTURE_CHUNK = 32 << 10,
    /* Up to this size it stays in the page cache, for it is read more than once; */
    MAFAT_CHARGE_PICTURE_CACHED = 512 << 10,
    /* of a larger one the kernel may hold the chunk, and what it has not given back yet. */
    MAFAT_CHARGE_PICTURE_BEHIND = 3 * MAFAT_CHARGE_PICTURE_CHUNK,

    /* A strip of a picture that is drawn is as high as fits here, in rows of JPEG's blocks; */
    MAFAT_CHARGE_STRIP = 256 << 10,
    /* so much it may add to the file before its pages are given back; */
    MAFAT_CHARGE_STRIP_CODE = 96 << 10,
    /* and so much of a new file may wait in the page cache to be written to the disk. */
    MAFAT_CHARGE_NEW_FILE = 128 << 10,

    /* Where a plan makes room for an image, sizes are rounded up to this. */
    MAFAT_CHARGE_LIMITS_UNIT = 256 << 10,
};

/* ---------------------------------- video: what OpenCV and ffmpeg take, in bytes for each pixel */
enum {
    /* RssAnon before and behind what is said, in a program that reads films of 1920x1080 in H.264
     * and MPEG-4, or writes them in MJPEG and MPEG-4 (OpenCV 4.6, ffmpeg 5.1). Frames as the
     * program has them: two. */
    MAFAT_CHARGE_FILM_FRAMES = 6,
    /* The decoder up to its first frame: 12.6 and 8 with two threads, of which it makes one for
     * each processor and gives it a frame of its own; */
    MAFAT_CHARGE_FILM_DECODER = 11,
    MAFAT_CHARGE_FILM_THREAD = 2,
    /* and behind that, until it holds all frames that others refer to: 7.3 and 3.8. */
    MAFAT_CHARGE_FILM_GROWTH = 9,
    /* The encoder: 15.2 and 15.6. */
    MAFAT_CHARGE_FILM_ENCODER = 16,
    /* A window, which holds copies of a frame: assumed. */
    MAFAT_CHARGE_FILM_WINDOW = 8,
    /* Whatever its size, a film takes so many bytes more: buffers for its file, page tables for 240
     * libraries. */
    MAFAT_CHARGE_FILM = 3 << 20,
};

/* ------------------------------------------------ assumed: where nobody says what will be there */
enum {
    /* A camera's baseline JPEG: its pixels, what its rows take (mafat_picture_memory_find() of
     * such a photo), and its file. */
    MAFAT_CHARGE_PHOTO_W = 4096,
    MAFAT_CHARGE_PHOTO_H = 3072,
    MAFAT_CHARGE_PHOTO_ROWS = 320 << 10,
    MAFAT_CHARGE_PHOTO_FILE = 512 << 10,

    /* A line of a file of names: a word and its end. `wc data/coco.names`: 625 bytes, 80 lines. */
    MAFAT_CHARGE_NAME = 12,
};

/* ------------------------------------ slack: what a cgroup counts that is not told from others' */
enum {
    /* For a process that measures itself: what the kernel charges ahead, its structures, small
     * files. */
    MAFAT_CHARGE_UNTOLD = 2 << 20,
    /* What passes for others' and is not: that, and pages of the program's own files. */
    MAFAT_CHARGE_UNTOLD_WITH_FILES = 4 << 20,
    /* What the kernel keeps and charges for processes that are started beside this one. */
    MAFAT_CHARGE_STARTED = 1 << 20,
    /* A plan of one layer, and what runs it, while costs are measured. */
    MAFAT_CHARGE_PROBE = 16 << 10,
};

#endif
