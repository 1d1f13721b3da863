// libmafat-video.so: the functions of video.h by OpenCV, version 4. OpenCV throws, and the rest of
// the program is C: what is thrown ends here.
#include "video/video.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/highgui.hpp>
#include <opencv2/videoio.hpp>

struct mafat_film {
    cv::VideoCapture capture;
    cv::Mat frames[2];    // that was read last, and the one before
    int next;             // which of them comes next
};

struct mafat_recording {
    cv::VideoWriter writer;
    std::string path;
    int width, height;
    long n_frames;        // so far
};

struct mafat_window {
    bool was_shown;       // before, it is not there yet
};

static const char window_name[] = "Demo";

static mafat_status fail(mafat_error *error, const char *file, const char *format, ...)
{
    *error = {};
    error->layer = -1;
    if (file != nullptr)
        snprintf(error->file, sizeof error->file, "%s", file);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return MAFAT_FAILED;
}

// ------------------------------------------------------------------------------------------- films

// A camera may not have the size that is asked for, and takes the nearest.
static bool open_camera(cv::VideoCapture &capture, const mafat_film_source &source)
{
    if (!capture.open(source.camera))
        return false;
    if (source.width > 0)
        capture.set(cv::CAP_PROP_FRAME_WIDTH, source.width);
    if (source.height > 0)
        capture.set(cv::CAP_PROP_FRAME_HEIGHT, source.height);
    if (source.fps > 0)
        capture.set(cv::CAP_PROP_FPS, source.fps);
    return true;
}

static mafat_status open_film(mafat_film **film, const mafat_film_source *source,
                              mafat_error *error)
{
    *film = nullptr;
    try {
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        std::unique_ptr<mafat_film> opened(new mafat_film());
        if (source->name != nullptr ? opened->capture.open(source->name)
                                    : open_camera(opened->capture, *source)) {
            *film = opened.release();
            return MAFAT_OK;
        }
    } catch (const std::exception &e) {
        return fail(error, source->name, "cannot be opened: %s", e.what());
    }
    if (source->name != nullptr)
        return fail(error, source->name, "is no film that OpenCV reads");
    return fail(error, nullptr, "there is no camera %d, or it cannot be opened", source->camera);
}

// What a property is: OpenCV has negative numbers, or none, for what it does not know.
static double fact(const mafat_film *film, int property)
{
    try {
        double value = film->capture.get(property);
        return value > 0 && std::isfinite(value) ? value : 0;
    } catch (const std::exception &) {
        return 0;
    }
}

static void describe_film(const mafat_film *film, mafat_film_facts *facts)
{
    facts->width = static_cast<int>(fact(film, cv::CAP_PROP_FRAME_WIDTH));
    facts->height = static_cast<int>(fact(film, cv::CAP_PROP_FRAME_HEIGHT));
    facts->fps = fact(film, cv::CAP_PROP_FPS);
    facts->n_frames = fact(film, cv::CAP_PROP_FRAME_COUNT);
}

static bool read_frame(mafat_film *film, mafat_frame *frame)
{
    try {
        cv::Mat &mat = film->frames[film->next];
        if (!film->capture.read(mat) || mat.empty() || mat.type() != CV_8UC3)
            return false;
        film->next = 1 - film->next;
        if (film->frames[film->next].empty())    // so that who measures memory sees both
            mat.copyTo(film->frames[film->next]);
        frame->pixels = mat.data;
        frame->width = mat.cols;
        frame->height = mat.rows;
        frame->stride_bytes = mat.step;
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

static bool skip_frame(mafat_film *film)
{
    try {
        return film->capture.grab();
    } catch (const std::exception &) {
        return false;
    }
}

static void close_film(mafat_film *film)
{
    delete film;
}

// -------------------------------------------------------------------------------------- recordings

// What is written for a suffix: what plays everywhere and takes little memory to encode. OpenCV has
// the first one itself, the other comes with every ffmpeg.
static const struct {
    const char *suffix, *codec;
} kinds[] = {{".avi", "MJPG"}, {".mp4", "mp4v"}, {".mov", "mp4v"}, {".mkv", "XVID"}};

static const char *find_codec(const std::string &path)
{
    for (const auto &kind : kinds) {
        size_t length = strlen(kind.suffix);
        if (path.size() > length &&
            strcasecmp(path.c_str() + path.size() - length, kind.suffix) == 0)
            return kind.codec;
    }
    return nullptr;
}

static mafat_status open_recording(mafat_recording **recording, const char *path, int width,
                                   int height, double fps, mafat_error *error)
{
    *recording = nullptr;
    try {
        const char *codec = find_codec(path);
        if (codec == nullptr) {
            fail(error, path, "films are written as .avi, .mp4, .mov and .mkv");
            return MAFAT_USAGE;
        }
        std::unique_ptr<mafat_recording> opened(new mafat_recording());
        opened->path = path;
        opened->width = width;
        opened->height = height;
        int fourcc = cv::VideoWriter::fourcc(codec[0], codec[1], codec[2], codec[3]);
        if (opened->writer.open(path, fourcc, fps, cv::Size(width, height))) {
            *recording = opened.release();
            return MAFAT_OK;
        }
    } catch (const std::exception &e) {
        return fail(error, path, "cannot be written: %s", e.what());
    }
    return fail(error, path, "a film of %dx%d pixels, %g frames a second, cannot be written", width,
                height, fps);
}

static mafat_status record(mafat_recording *recording, const mafat_frame *frame,
                           mafat_error *error)
{
    if (frame->width != recording->width || frame->height != recording->height)
        return fail(error, recording->path.c_str(), "a frame of %dx%d pixels in a film of %dx%d",
                    frame->width, frame->height, recording->width, recording->height);
    try {
        recording->writer.write(cv::Mat(frame->height, frame->width, CV_8UC3, frame->pixels,
                                        frame->stride_bytes));
        recording->n_frames++;
        return MAFAT_OK;
    } catch (const std::exception &e) {
        return fail(error, recording->path.c_str(), "cannot be written: %s", e.what());
    }
}

// Whether the file has its end, where it says how many frames it has (some kinds tell how long it
// is, and by that one more or less), and its last frame.
static mafat_status check_written(const char *path, long n_frames, mafat_error *error)
{
    double n = static_cast<double>(n_frames);
    cv::VideoCapture written(path);
    double n_told = written.get(cv::CAP_PROP_FRAME_COUNT);
    if (n_told >= 1 && std::fabs(n_told - n) <= 1 && written.set(cv::CAP_PROP_POS_FRAMES, n - 1) &&
        written.grab() && written.get(cv::CAP_PROP_POS_FRAMES) >= n - 1)
        return MAFAT_OK;
    return fail(error, path, "cannot be written: %ld frames came, and its end cannot be read",
                n_frames);
}

static mafat_status close_recording(mafat_recording *recording, mafat_error *error)
{
    std::unique_ptr<mafat_recording> closed(recording);
    if (closed == nullptr)
        return MAFAT_OK;
    const char *path = closed->path.c_str();
    try {
        closed->writer.release();
        return closed->n_frames > 0 ? check_written(path, closed->n_frames, error) : MAFAT_OK;
    } catch (const std::exception &e) {
        return fail(error, path, "cannot be written: %s", e.what());
    }
}

// ----------------------------------------------------------------------------------------- windows

static void make_window(bool is_full_screen)
{
    enum { WIDTH = 1352, HEIGHT = 1013 };    // Darknet's
    cv::namedWindow(window_name, cv::WINDOW_NORMAL);
    if (is_full_screen) {
        cv::setWindowProperty(window_name, cv::WND_PROP_FULLSCREEN, cv::WINDOW_FULLSCREEN);
    } else {
        cv::moveWindow(window_name, 0, 0);
        cv::resizeWindow(window_name, WIDTH, HEIGHT);
    }
}

// Whether a window can be made. Qt, by which OpenCV makes it, ends the process that cannot reach
// its desktop: so another process tries first.
static bool can_make_window()
{
    pid_t child = fork();
    if (child == 0) {
        bool can = freopen("/dev/null", "w", stderr) != nullptr;
        try {
            cv::namedWindow(window_name, cv::WINDOW_NORMAL);
        } catch (const std::exception &) {
            can = false;
        }
        _exit(can ? 0 : 1);
    }
    int end = -1;
    return child > 0 && waitpid(child, &end, 0) == child && WIFEXITED(end) && WEXITSTATUS(end) == 0;
}

static void close_desktop()
{
    try {
        cv::destroyAllWindows();
    } catch (const std::exception &) {    // which then is as far as it gets
    }
}

static mafat_status open_window(mafat_window **window, bool is_full_screen, mafat_error *error)
{
    *window = nullptr;
    if (!can_make_window())
        return fail(error, nullptr, "no window can be opened here (DISPLAY is %s); -dont_show does "
                    "without", getenv("DISPLAY") != nullptr ? getenv("DISPLAY") : "not set");
    try {
        std::unique_ptr<mafat_window> opened(new mafat_window());
        make_window(is_full_screen);
        *window = opened.release();
        return MAFAT_OK;
    } catch (const std::exception &e) {
        close_desktop();    // it may be there, and not as it should be
        return fail(error, nullptr, "no window can be opened: %s; -dont_show does without",
                    e.what());
    }
}

static int show(mafat_window *window, const mafat_frame *frame)
{
    try {
        if (window->was_shown && cv::getWindowProperty(window_name, cv::WND_PROP_VISIBLE) < 1)
            return MAFAT_KEY_END;
        cv::imshow(window_name, cv::Mat(frame->height, frame->width, CV_8UC3, frame->pixels,
                                        frame->stride_bytes));
        window->was_shown = true;
        int key = cv::waitKey(1);
        return key < 0 ? MAFAT_KEY_NONE : key & 255;
    } catch (const std::exception &) {
        return MAFAT_KEY_END;
    }
}

static void close_window(mafat_window *window)
{
    std::unique_ptr<mafat_window> closed(window);
    if (closed != nullptr)
        close_desktop();
}

extern "C" {
extern const mafat_video MAFAT_VIDEO_TABLE;
const mafat_video MAFAT_VIDEO_TABLE = {
    open_film, describe_film, read_frame, skip_frame, close_film, open_recording, record,
    close_recording, open_window, show, close_window,
};
}
