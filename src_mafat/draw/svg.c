/* SVG, element by element; see svg.h. */
#include "draw/svg.h"

#include <string.h>

/* --------------------------------------------------------------------------------------- texts */

/* Decodes the UTF-8 character that begins at `text` and returns its length in bytes; 1 and U+FFFD
 * where there is none. */
static int decode(const unsigned char *text, unsigned long *character)
{
    static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = text[0] < 0x80 ? 1 : text[0] < 0xc0 ? 0 : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3 : text[0] < 0xf8 ? 4 : 0;
    *character = length < 2 ? text[0] : text[0] & (0x7fU >> length);
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            length = 0;
        *character = *character << 6 | (text[i] & 0x3f);
    }
    if (length > 0 && *character >= least[length])
        return length;
    *character = 0xfffd;
    return 1;
}

/* The characters of XML 1.0. */
static bool is_allowed(unsigned long character)
{
    return character == '\t' || character == '\n' || character == '\r' ||
           (character >= 0x20 && character <= 0xd7ff) ||
           (character >= 0xe000 && character <= 0xfffd) ||
           (character >= 0x10000 && character <= 0x10ffff);
}

static void write_text(const mafat_svg *svg, const char *text)
{
    while (*text != '\0') {
        unsigned long character;
        int length = decode((const unsigned char *)text, &character);
        if (character == 0xfffd || !is_allowed(character))
            fputs("&#xfffd;", svg->file.stream);
        else if (length == 1 && strchr("<>&\"'", *text) != NULL)
            fprintf(svg->file.stream, "&#%lu;", character);
        else
            fwrite(text, 1, (size_t)length, svg->file.stream);
        text += length;
    }
}

static void write_element(const mafat_svg *svg, const char *name, const char *text)
{
    fprintf(svg->file.stream, "<%s>", name);
    write_text(svg, text);
    fprintf(svg->file.stream, "</%s>", name);
}

/* Ends a shape's element, with its tip inside. */
static void end_shape(const mafat_svg *svg, const char *name, const char *tip)
{
    if (tip == NULL) {
        fputs("/>\n", svg->file.stream);
        return;
    }
    fputs(">", svg->file.stream);
    write_element(svg, "title", tip);
    fprintf(svg->file.stream, "</%s>\n", name);
}

double mafat_svg_text_width(const char *text, double size)
{
    double sum = 0;
    for (unsigned long character; *text != '\0';) {
        text += decode((const unsigned char *)text, &character);
        bool is_narrow = character < 128 && strchr(" ,.:;/()ijlrtf", (int)character) != NULL;
        sum += is_narrow ? 0.37 : 0.64;
    }
    return sum * size;
}

/* ------------------------------------------------------------------------------------- drawing */

mafat_status mafat_svg_begin(mafat_svg *svg, const char *path, double width, double height,
                             const char *title, const char *description, mafat_error *error)
{
    *svg = (mafat_svg){.width = width, .height = height};
    mafat_status status = mafat_new_file_begin(&svg->file, path, error);
    if (status != MAFAT_OK)
        return status;
    fprintf(svg->file.stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%.6g\" "
            "height=\"%.6g\" viewBox=\"0 0 %.6g %.6g\" font-family=\"sans-serif\">\n",
            width, height, width, height);
    write_element(svg, "title", title);
    write_element(svg, "desc", description);
    fputs("\n", svg->file.stream);
    mafat_svg_rect(svg, (mafat_svg_box){0, 0, width, height}, "#ffffff", NULL);
    return MAFAT_OK;
}

mafat_status mafat_svg_end(mafat_svg *svg, mafat_error *error)
{
    fputs("</svg>\n", svg->file.stream);
    return mafat_new_file_end(&svg->file, error);
}

void mafat_svg_open(mafat_svg *svg, const char *class_name)
{
    fprintf(svg->file.stream, "<g class=\"%s\">\n", class_name);
}

void mafat_svg_close(mafat_svg *svg)
{
    fputs("</g>\n", svg->file.stream);
}

static void write_box(const mafat_svg *svg, mafat_svg_box box)
{
    fprintf(svg->file.stream, "<rect x=\"%.6g\" y=\"%.6g\" width=\"%.6g\" height=\"%.6g\"", box.x,
            box.y, box.w > 0 ? box.w : 0, box.h > 0 ? box.h : 0);
}

void mafat_svg_rect(mafat_svg *svg, mafat_svg_box box, const char *color, const char *tip)
{
    write_box(svg, box);
    fprintf(svg->file.stream, " fill=\"%s\"", color);
    end_shape(svg, "rect", tip);
}

static void write_pen(const mafat_svg *svg, mafat_svg_pen pen)
{
    fprintf(svg->file.stream, " fill=\"none\" stroke=\"%s\" stroke-width=\"%.6g\"", pen.color,
            pen.width);
    if (pen.dashes != NULL)
        fprintf(svg->file.stream, " stroke-dasharray=\"%s\"", pen.dashes);
}

void mafat_svg_frame(mafat_svg *svg, mafat_svg_box box, mafat_svg_pen pen)
{
    double half = pen.width / 2;
    write_box(svg, (mafat_svg_box){box.x + half, box.y + half, box.w - pen.width,
                                   box.h - pen.width});
    write_pen(svg, pen);
    end_shape(svg, "rect", NULL);
}

void mafat_svg_line(mafat_svg *svg, mafat_svg_point from, mafat_svg_point to, mafat_svg_pen pen)
{
    fprintf(svg->file.stream, "<line x1=\"%.6g\" y1=\"%.6g\" x2=\"%.6g\" y2=\"%.6g\"", from.x,
            from.y, to.x, to.y);
    write_pen(svg, pen);
    end_shape(svg, "line", NULL);
}

void mafat_svg_polyline(mafat_svg *svg, const mafat_svg_point *points, int n_points,
                        mafat_svg_pen pen)
{
    fputs("<polyline points=\"", svg->file.stream);
    for (int i = 0; i < n_points; i++)
        fprintf(svg->file.stream, "%s%.6g,%.6g", i > 0 ? " " : "", points[i].x, points[i].y);
    fputs("\"", svg->file.stream);
    write_pen(svg, pen);
    end_shape(svg, "polyline", NULL);
}

void mafat_svg_dot(mafat_svg *svg, mafat_svg_point center, double radius, const char *color,
                   const char *tip)
{
    fprintf(svg->file.stream, "<circle cx=\"%.6g\" cy=\"%.6g\" r=\"%.6g\" fill=\"%s\"", center.x,
            center.y, radius, color);
    end_shape(svg, "circle", tip);
}

void mafat_svg_arc(mafat_svg *svg, mafat_svg_point from, mafat_svg_point to, double top,
                   mafat_svg_pen pen)
{
    fprintf(svg->file.stream, "<path d=\"M %.6g %.6g C %.6g %.6g, %.6g %.6g, %.6g %.6g ", from.x,
            from.y, from.x, top, from.x, top, (from.x + to.x) / 2, top);
    fprintf(svg->file.stream, "C %.6g %.6g, %.6g %.6g, %.6g %.6g\"", to.x, top, to.x, top, to.x,
            to.y);
    write_pen(svg, pen);
    end_shape(svg, "path", NULL);
}

void mafat_svg_text(mafat_svg *svg, mafat_svg_point at, mafat_svg_font font, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    fprintf(svg->file.stream,
            "<text x=\"%.6g\" y=\"%.6g\" font-size=\"%.6g\" fill=\"%s\" text-anchor=\"%s\"", at.x,
            at.y, font.size, font.color, anchors[font.anchor]);
    if (font.bold)
        fputs(" font-weight=\"bold\"", svg->file.stream);
    if (font.upwards)
        fprintf(svg->file.stream, " transform=\"rotate(-90 %.6g %.6g)\"", at.x, at.y);
    fputs(">", svg->file.stream);
    write_text(svg, text);
    fputs("</text>\n", svg->file.stream);
}

double mafat_svg_legend(mafat_svg *svg, mafat_svg_point at, const char *color, const char *text)
{
    enum { SIDE = 11, GAP = 5, SIZE = 11 };
    mafat_svg_rect(svg, (mafat_svg_box){at.x, at.y - SIDE + 2, SIDE, SIDE}, color, NULL);
    mafat_svg_text(svg, (mafat_svg_point){at.x + SIDE + GAP, at.y},
                   (mafat_svg_font){.size = SIZE, .color = "#3b4652"}, text);
    return at.x + SIDE + 4 * GAP + mafat_svg_text_width(text, SIZE);
}

/* -------------------------------------------------------------------------------------- charts */

double mafat_svg_tick_step(double max, int n_steps)
{
    static const double factors[] = {1, 2, 5};
    double power = 1;
    while (power * n_steps >= max)
        power /= 10;
    while (power * 10 * n_steps < max)
        power *= 10;
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
        if (factors[i] * power * n_steps >= max)
            return factors[i] * power;
    return 10 * power;
}

mafat_svg_unit mafat_svg_byte_unit(size_t bytes)
{
    static const char *const names[] = {"bytes", "KiB", "MiB", "GiB"};
    mafat_svg_unit unit = {1, names[0]};
    size_t n = sizeof names / sizeof names[0];
    for (size_t i = 1; i < n && (double)bytes >= unit.bytes * 1024; i++)
        unit = (mafat_svg_unit){unit.bytes * 1024, names[i]};
    return unit;
}

const char *mafat_svg_print_bytes(size_t bytes, char *text, size_t size)
{
    mafat_svg_unit unit = mafat_svg_byte_unit(bytes);
    double value = (double)bytes / unit.bytes;
    int digits = unit.bytes < 2 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    snprintf(text, size, "%.*f %s", digits, value, unit.name);
    return text;
}
