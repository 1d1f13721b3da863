#!/bin/bash
# Whatever OpenCV throws ends in opencv.cc, as an error or as the end of a film, and nothing leaks. OpenCV here is
# some headers whose calls all throw at the one that is asked for, so that it need not be there.
. "$(dirname "$0")/../lib.sh"
read -ra cxx <<<"${CXX:-g++}"
command -v "${cxx[0]}" >/dev/null || { echo "  not tested: no C++ compiler"; exit 0; }
echo 'int main() { return 0; }' >"$scratch/plain.cc"
"${cxx[@]}" -fsanitize=address "$scratch/plain.cc" -o "$scratch/plain" 2>/dev/null ||
    { echo "  not tested: ${cxx[*]} links no program with -fsanitize=address"; exit 0; }
mkdir -p "$scratch/opencv2/core/utils"
cat >"$scratch/opencv2/highgui.hpp" <<'END'
#pragma once
#include <stdexcept>
#include <string>
#include <cstring>
#include <cstdlib>
static long n_calls, throwing_call;
static void call() { if (++n_calls == throwing_call) throw std::runtime_error("thrown"); }
#define CV_8UC3 16
namespace cv {
enum { CAP_PROP_FRAME_WIDTH, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, CAP_PROP_POS_FRAMES,
       WINDOW_NORMAL, WND_PROP_FULLSCREEN, WINDOW_FULLSCREEN, WND_PROP_VISIBLE };
struct Size { Size(int, int) {} };
struct Mat {
    unsigned char *data = nullptr; int cols = 2, rows = 2; size_t step = 6; void *owned = nullptr;
    Mat() {}
    Mat(int, int, int, void *, size_t) { call(); }
    ~Mat() { free(owned); }
    bool empty() const { return data == nullptr; }
    int type() const { return CV_8UC3; }
    void copyTo(Mat &other) { call(); other.fill(); }
    void fill() { if (owned == nullptr) { owned = malloc(12); data = static_cast<unsigned char *>(owned); memset(owned, 0, 12); } }
};
struct Kept { void *memory = malloc(100); ~Kept() { free(memory); } };
struct VideoCapture : Kept {
    VideoCapture() {}
    VideoCapture(const char *) { call(); }
    bool open(int) { call(); return true; }
    bool open(const char *) { call(); return true; }
    bool set(int, double) { call(); return true; }
    double get(int) const { call(); return 1; }
    bool read(Mat &mat) { call(); mat.fill(); return true; }
    bool grab() { call(); return true; }
};
struct VideoWriter : Kept {
    static int fourcc(char, char, char, char) { return 0; }
    bool open(const std::string &, int, double, Size) { call(); return true; }
    void write(const Mat &) { call(); }
    void release() { call(); }
};
static void namedWindow(const char *, int) { call(); }
static void setWindowProperty(const char *, int, int) { call(); }
static double getWindowProperty(const char *, int) { call(); return 1; }
static void moveWindow(const char *, int, int) { call(); }
static void resizeWindow(const char *, int, int) { call(); }
static void imshow(const char *, const Mat &) { call(); }
static int waitKey(int) { call(); return -1; }
static void destroyAllWindows() { call(); }
}
END
echo '#include "highgui.hpp"' >"$scratch/opencv2/videoio.hpp"
cat >"$scratch/opencv2/core/utils/logger.hpp" <<'END'
#pragma once
namespace cv { namespace utils { namespace logging { enum { LOG_LEVEL_SILENT }; static void setLogLevel(int) {} } } }
END
cat >"$scratch/faults.cc" <<'END'
#include "video/opencv.cc"
int main()
{
    const mafat_video &video = MAFAT_VIDEO_TABLE;
    for (throwing_call = 1; throwing_call <= n_calls + 1; throwing_call++) {
        for (int is_full_screen = 0; is_full_screen < 2; is_full_screen++) {
            mafat_film_source source = {is_full_screen ? "film" : nullptr, 0, 640, 480, 30};
            mafat_film *film = nullptr;
            mafat_recording *recording = nullptr;
            mafat_window *window = nullptr;
            mafat_film_facts facts;
            mafat_frame frame = {};
            mafat_error error;
            n_calls = is_full_screen ? n_calls : 0;
            if (video.open_film(&film, &source, &error) == MAFAT_OK) {
                video.describe_film(film, &facts);
                video.skip(film);
            } else if (film != nullptr || error.text[0] == '\0') {
                return 1;
            }
            video.open_recording(&recording, "out.avi", 2, 2, 25, &error);
            video.open_window(&window, is_full_screen, &error);
            if (film != nullptr && video.read(film, &frame)) {
                if (recording != nullptr)
                    video.record(recording, &frame, &error);
                if (window != nullptr)
                    video.show(window, &frame);
                if (window != nullptr)
                    video.show(window, &frame);
            }
            video.close_window(window);
            video.close_recording(recording, &error);
            video.close_film(film);
        }
    }
    return throwing_call > 20 ? 0 : 1;
}
END
"${cxx[@]}" -std=c++11 -g -fsanitize=address -Isrc_mafat -I"$scratch" "$scratch/faults.cc" -o "$scratch/faults" 2>"$scratch/stderr" ||
    fail "does not build: $(head -n 3 "$scratch/stderr")"
ASAN_OPTIONS=detect_leaks=1 "$scratch/faults" >"$scratch/stdout" 2>"$scratch/stderr" ||
    fail "exit code $?: $(grep -m 3 -E 'terminate|what|SUMMARY|#1 ' "$scratch/stderr" | xargs)"
finish
