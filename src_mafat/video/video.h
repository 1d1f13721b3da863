/* Video: films that are read from files, addresses and cameras, films that are written, a window.
 *
 * OpenCV does it, behind libmafat-video.so, which `make OPENCV=1` builds beside the program and
 * which is loaded when a command wants video: OpenCV brings some 240 libraries and 16 MB of data
 * along, which nobody else should have to hold in his memory limit. This table of functions is all
 * that the two sides know of each other.
 *
 * Errors are MAFAT_FAILED; nothing is thrown, and no process ended. Everything that is opened is
 * closed by the function beside it, which takes NULL. */
#ifndef MAFAT_VIDEO_VIDEO_H
#define MAFAT_VIDEO_VIDEO_H

#include "mafat.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mafat_film mafat_film;              /* that is read */
typedef struct mafat_recording mafat_recording;    /* that is written */
typedef struct mafat_window mafat_window;

/* Where frames come from. */
typedef struct {
    const char *name;           /* of a file, of files that are numbered ("frame_%03d.png"), or an
                                   address; NULL: a camera */
    int camera;                 /* its number */
    int width, height, fps;     /* asked of the camera; 0: as it likes */
} mafat_film_source;

/* What a film says of itself; 0 where it does not. */
typedef struct {
    int width, height;
    double fps, n_frames;
} mafat_film_facts;

/* One picture of a film. */
typedef struct {
    unsigned char *pixels;      /* [height] rows of [width][3] bytes: blue, green, red */
    int width, height;
    size_t stride_bytes;        /* from row to row */
} mafat_frame;

/* What shows in windows when a key is pressed. */
enum { MAFAT_KEY_NONE = -1, MAFAT_KEY_END = 27 };

typedef struct {
    mafat_status (*open_film)(mafat_film **film, const mafat_film_source *source,
                              mafat_error *error);
    void (*describe_film)(const mafat_film *film, mafat_film_facts *facts);
    /* Reads the next frame; false: there is none, or it cannot be read, which OpenCV does not tell
     * apart. Its pixels may be drawn on, and stay until the next but one is read, so that a frame
     * can be read while the one before is looked at. */
    bool (*read)(mafat_film *film, mafat_frame *frame);
    /* The same of a frame that nobody wants to see. */
    bool (*skip)(mafat_film *film);
    void (*close_film)(mafat_film *film);

    /* The suffix of the path says what kind of film it becomes; MAFAT_USAGE for another. */
    mafat_status (*open_recording)(mafat_recording **recording, const char *path, int width,
                                   int height, double fps, mafat_error *error);
    /* A frame of another size than the recording's is an error. */
    mafat_status (*record)(mafat_recording *recording, const mafat_frame *frame,
                           mafat_error *error);
    /* Ends the file, and looks whether it has its end: a disk may have been full. */
    mafat_status (*close_recording)(mafat_recording *recording, mafat_error *error);

    /* Where the desktop cannot be reached, that is an error. */
    mafat_status (*open_window)(mafat_window **window, bool is_full_screen, mafat_error *error);
    /* Shows a frame and returns the key that was pressed, or MAFAT_KEY_NONE; MAFAT_KEY_END, which
     * is Escape, also where somebody closed the window. */
    int (*show)(mafat_window *window, const mafat_frame *frame);
    void (*close_window)(mafat_window *window);
} mafat_video;

/* What the library exports. The name changes with the table, so that a program never takes one that
 * was built for another. */
#define MAFAT_VIDEO_TABLE mafat_video_table_1

/* Whether the library is there. */
bool mafat_video_is_built(void);

/* Loads the library. MAFAT_USAGE where it was not built, MAFAT_FAILED where it cannot be loaded. It
 * stays until the process ends. */
mafat_status mafat_video_load(const mafat_video **video, mafat_error *error);

#ifdef __cplusplus
}
#endif

#endif
