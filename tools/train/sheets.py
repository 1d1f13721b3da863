"""What is printed: codes, numbers, words, whole pages, each flat and upright, with the boxes of what counts.

Sizes are in pixels of the network's input, FRAME on the longer side of a picture. A digit is DIGIT pixels
tall or more, and has a box, or smaller than SPECK, and has none: what lies between can be read only
sometimes, and would teach neither.
"""

import functools
import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chance import Chance

FRAME = 224
FINE = 2  # sheets are drawn this much finer
DIGIT, SPECK = 12, 6
QR, BARS, ZERO = 0, 1, 2  # the classes; digit d is ZERO + d
MOST_BOXES = 30  # what Darknet's region layer takes a picture

# Those that nobody can tell from digits are left out.
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
UNLIKE_DIGITS = str.maketrans("OoIl", "DaJt")

# EAN-13: the seven modules of a digit on the left, and which of the six are mirrored by the first digit.
EAN_LEFT = ["0001101", "0011001", "0010011", "0111101", "0100011",
            "0110001", "0101111", "0111011", "0110111", "0001011"]
EAN_PARITY = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG",
              "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]
# Interleaved 2 of 5: which of a digit's five bars, or spaces, are wide.
WIDE = ["00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010"]

# Seven segments: which are lit for a digit, and from where to where they go in a grid of 2 by 3 points.
LIT = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"]
SEGMENTS = {"a": (0, 0, 1, 0), "b": (1, 0, 1, 1), "c": (1, 1, 1, 2), "d": (0, 2, 1, 2),
            "e": (0, 1, 0, 2), "f": (0, 0, 0, 1), "g": (0, 1, 1, 1)}
LIGHTS = [(40, 40, 250), (60, 240, 80), (240, 190, 60), (60, 160, 250), (250, 250, 250)]


class Sheet:
    """Something flat: RGBA pixels (blue first), FINE to one of the frame, and boxes [class, left, top,
    right, bottom]. `ink` marks a sheet that is only a shape: it gets a colour that shows where it lies."""

    def __init__(self, pixels, boxes, ink=False):
        self.pixels, self.boxes, self.ink = pixels, boxes, ink

    def lay(self, sheet, x, y, colour=None):
        """Lays a sheet on this one as it is, if there is room."""
        h, w = sheet.pixels.shape[:2]
        x, y = int(x), int(y)
        if x < 0 or y < 0 or x + w > self.pixels.shape[1] or y + h > self.pixels.shape[0]:
            return
        part = sheet.pixels[..., 3:] / 255.0
        under = self.pixels[y:y + h, x:x + w, :3]
        under[:] = part * (sheet.pixels[..., :3] if colour is None else colour) + (1 - part) * under
        self.boxes += [[c, l + x, t + y, r + x, b + y] for c, l, t, r, b in sheet.boxes]


def plate(width, height, colour):
    pixels = np.empty((int(height), int(width), 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = 255
    return Sheet(pixels, [])


def blend(part, dark, light):
    """Dark where part is 255, light where it is 0."""
    part = part[..., None] / 255.0
    return part * dark + (1 - part) * light


@functools.lru_cache(None)
def load_font(path, size):
    return ImageFont.truetype(path, size)


@functools.lru_cache(None)
def digit_height(path):
    """As a part of the size that the font is named by."""
    _, top, _, bottom = load_font(path, 200).getbbox("0")
    return (bottom - top) / 200


class Printer(Chance):
    def __init__(self, random, fonts, codes):
        """Paths of fonts, and QR codes as arrays that are 255 where dark."""
        super().__init__(random)
        self.fonts, self.codes = fonts, codes

    def qr_code(self, side=None):
        side = FINE * (side or self.size(24, 190))
        modules = self.one_of(self.codes)
        dark, light = self.either(self.pair(), 0.06)
        n = len(modules)
        quiet = max(1, round(side / n * self.one_of([1, 2, 4, 4])))
        side = round(side)
        way = cv2.INTER_NEAREST if side > 3 * n else cv2.INTER_AREA
        code = cv2.resize(modules, (side, side), interpolation=way)
        sheet = plate(side + 2 * quiet, side + 2 * quiet, light)
        sheet.pixels[quiet:quiet + side, quiet:quiet + side, :3] = blend(code, dark, light)
        if self.chance(0.1):  # a logo in the middle
            middle, half = quiet + side // 2, round(side * self.between(0.08, 0.14))
            sheet.pixels[middle - half:middle + half, middle - half:middle + half, :3] = self.colour()
        sheet.boxes.append([QR, quiet, quiet, quiet + side, quiet + side])
        return sheet

    def ean_13(self):
        """The bars, "1" where dark, and the number as it is printed below."""
        digits = [self.whole(0, 9) for _ in range(12)]
        digits.append(-sum(d * (1, 3)[i % 2] for i, d in enumerate(digits)) % 10)
        right = ["".join("10"[int(bit)] for bit in code) for code in EAN_LEFT]
        bits = "101"
        for digit, kind in zip(digits[1:7], EAN_PARITY[digits[0]]):
            bits += EAN_LEFT[digit] if kind == "L" else right[digit][::-1]
        bits += "01010" + "".join(right[digit] for digit in digits[7:]) + "101"
        number = "".join(map(str, digits))
        return bits, self.one_of([number, f"{number[0]} {number[1:7]} {number[7:]}"])

    def interleaved(self):
        """Interleaved 2 of 5: the bars and the number."""
        digits = [self.whole(0, 9) for _ in range(2 * self.whole(2, 7))]
        ratio = self.whole(2, 3)
        bits = "1010"
        for bar, space in zip(digits[::2], digits[1::2]):
            for b, s in zip(WIDE[bar], WIDE[space]):
                bits += "1" * (ratio if b == "1" else 1) + "0" * (ratio if s == "1" else 1)
        return bits + "1" * ratio + "01", "".join(map(str, digits))

    def code_128(self):
        """Bars that look like Code 128, symbols of three bars and three spaces in 11 modules, and some words."""
        bits = "11010010000"
        for _ in range(self.whole(5, 16)):
            while True:
                widths = [self.whole(1, 4) for _ in range(6)]
                if sum(widths) == 11 and sum(widths[::2]) % 2 == 0:
                    break
            bits += "".join("10"[i % 2] * width for i, width in enumerate(widths))
        return bits + "1100011101011", self.phrase(0.6)

    def bar_code(self, width=None):
        bits, number = self.one_of([self.ean_13, self.ean_13, self.interleaved, self.code_128])()
        width = round(FINE * (width or self.size(40, 205)))
        height = round(min(width * self.between(0.18, 0.8), FINE * 170))
        dark, light = self.pair()
        quiet, above = round(width * self.between(0.03, 0.12)), round(height * self.between(0.03, 0.3))
        tall = width / FINE * self.between(0.06, 0.11)
        if SPECK <= tall < DIGIT or self.chance(0.25):
            tall = 0
        below = round(FINE * tall * 1.5) + above // 2 + 2
        sheet = plate(width + 2 * quiet, height + above + below, light)
        row = np.frombuffer(bits.encode(), np.uint8) - ord("0")
        finely = np.repeat(row, max(1, math.ceil(2 * width / len(row))))[None] * np.uint8(255)
        bars = cv2.resize(finely, (width, 1), interpolation=cv2.INTER_AREA)
        sheet.pixels[above:above + height, quiet:quiet + width, :3] = blend(bars, dark, light)
        sheet.boxes.append([BARS, quiet, above, quiet + width, above + height])
        if tall:
            line = self.line(number, tall)
            sheet.lay(line, quiet + (width - line.pixels.shape[1]) // 2, above + height + FINE, dark)
        return sheet

    def digits(self, n):
        return "".join(str(self.whole(0, 9)) for _ in range(n))

    def letters(self, n):
        return "".join(self.one_of(LETTERS) for _ in range(n))

    def phrase(self, numbers):
        """With a chance of `numbers` one of the ways in which numbers are written, else some words."""
        if not self.chance(numbers):
            case = self.one_of([str.lower, str.upper, str.title, str])
            words = " ".join(self.letters(self.whole(1, 8)) for _ in range(self.whole(1, 3)))
            return case(words).translate(UNLIKE_DIGITS)
        digits, some = self.digits, self.whole
        return self.one_of([
            lambda: digits(some(1, 10)),
            lambda: digits(1),
            lambda: digits(some(2, 5)),
            lambda: f"{digits(2)}.{digits(2)}.{digits(4)}",
            lambda: f"{digits(4)}-{digits(2)}-{digits(2)}",
            lambda: f"{digits(2)}:{digits(2)}",
            lambda: f"{self.one_of('€$£')} {digits(some(1, 3))}{self.one_of('.,')}{digits(2)}",
            lambda: f"{digits(some(1, 3))}{self.one_of('.,')}{digits(2)} "
                    f"{self.one_of(['EUR', 'kg', 'g', 'm', 'V', 'A', '%', '°C'])}",
            lambda: f"+{digits(2)} {digits(3)} {digits(5)}",
            lambda: f"{self.one_of(['N°', '#', 'Nr', 'No.', 'Art', 'SN', 'Ref:'])} {digits(some(2, 6))}",
            lambda: f"{self.letters(some(1, 3)).upper()}-{digits(some(2, 5))}",
            lambda: " ".join(digits(4) for _ in range(some(1, 3))),
        ])()

    def line(self, text, tall, font=None):
        """A line of text whose digits are `tall`, as ink."""
        path = font or self.one_of(self.fonts)
        font = load_font(path, max(4, round(FINE * tall / digit_height(path))))
        left, top, right, bottom = font.getbbox(text)
        margin = 2
        size = max(right - left + 2 * margin, 1), max(bottom - top + 2 * margin, 1)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).text((margin - left, margin - top), text, font=font, fill=255)
        boxes = []
        for i, character in enumerate(text if tall >= DIGIT else ""):
            if "0" <= character <= "9":
                x = margin - left + font.getlength(text[:i])
                l, t, r, b = font.getbbox(character)
                boxes.append([ZERO + int(character), x + l, margin - top + t, x + r, margin - top + b])
        pixels = np.zeros((mask.height, mask.width, 4), np.uint8)
        pixels[..., 3] = np.asarray(mask)
        return Sheet(pixels, boxes, ink=True)

    def mounted(self, ink):
        """Ink as it is, or on a plate, with a frame or without."""
        kind = self.one_of(["bare", "plate", "plate", "framed"])
        if kind == "bare":
            return ink
        h, w = ink.pixels.shape[:2]
        pad_x, pad_y = round(h * self.between(0.1, 0.9)), round(h * self.between(0.05, 0.5))
        dark, light = self.either(self.pair(), 0.35)
        sheet = plate(w + 2 * pad_x, h + 2 * pad_y, light)
        if kind == "framed":
            edge, pixels = max(1, round(h * self.between(0.02, 0.08))), sheet.pixels
            for surface in (pixels[:edge], pixels[-edge:], pixels[:, :edge], pixels[:, -edge:]):
                surface[..., :3] = dark
        sheet.lay(ink, pad_x, pad_y, dark)
        return sheet

    def number(self):
        kind = self.random.random()
        tall = self.size(DIGIT + 1, 34) if self.chance(0.75) else self.size(34, 130)
        if kind < 0.2:
            return self.segments(tall)
        if kind < 0.32:
            return self.counter(tall)
        line = self.line(self.phrase(1), tall)
        while line.pixels.shape[1] > FINE * FRAME * 0.95:
            line = self.line(self.phrase(1), tall * 0.8 if tall > 2 * DIGIT else tall)
            tall = max(DIGIT + 1, tall * 0.9)
        return self.mounted(line)

    def counter(self, tall):
        """The windows of a meter, one digit each."""
        n = self.whole(1, max(1, min(8, int(FRAME / tall / 1.2))))
        dark, light = self.either(self.pair(), 0.6)
        high = round(FINE * tall * self.between(1.25, 1.8))
        wide = round(FINE * tall * self.between(0.95, 1.3))
        gap = round(wide * self.between(0, 0.3)) + 1
        sheet = plate(n * (wide + gap) + gap, high + 2 * gap, self.colour())
        font = self.one_of(self.fonts)
        for i in range(n):
            x = gap + i * (wide + gap)
            red = i == n - 1 and self.chance(0.2)
            sheet.pixels[gap:gap + high, x:x + wide, :3] = (60, 40, 190) if red else light
            digit = self.line(self.digits(1), tall, font)
            h, w = digit.pixels.shape[:2]
            sheet.lay(digit, x + (wide - w) // 2, gap + (high - h) // 2, (235, 235, 235) if red else dark)
        return sheet

    def segments(self, tall):
        """A seven-segment display, lit or of liquid crystals."""
        h, w = round(FINE * tall), round(FINE * tall * self.between(0.48, 0.62))
        thick, slant = max(2, round(h * self.between(0.08, 0.17))), self.between(0, 0.16)
        pitch = round(w * self.between(1.3, 1.6))
        n = self.whole(1, max(1, min(8, int(FINE * FRAME * 0.9 / pitch))))
        pad = round(h * self.between(0.12, 0.5))
        back, lit = self.colour(0, 50), self.one_of(LIGHTS)
        if self.chance(0.45):
            back, lit = self.colour(120, 190), self.colour(0, 50)
        lean = round(h * slant)
        sheet = plate(n * pitch + 2 * pad + lean, h + 2 * pad, back)
        canvas = np.ascontiguousarray(sheet.pixels[..., :3])
        ghost = 0.08 if self.chance(0.4) else 0
        faint = np.asarray(back) * (1 - ghost) + np.asarray(lit) * ghost
        for i in range(n):
            digit, left = self.whole(0, 9), pad + i * pitch
            for name in sorted(SEGMENTS, key=lambda name: name in LIT[digit]):  # the lit ones on top
                points = [(left + x + slant * (h - y), pad + y) for x, y in segment(name, w, h, thick)]
                colour = [float(c) for c in (lit if name in LIT[digit] else faint)]
                cv2.fillPoly(canvas, [np.round(np.array(points) * 8).astype(np.int32)], colour, cv2.LINE_AA, 3)
            inner = w - thick if digit == 1 else 0
            sheet.boxes.append([ZERO + digit, left + inner, pad, left + w + lean * 0.9, pad + h])
        sheet.pixels[..., :3] = canvas
        return sheet

    def words(self):
        """Text without a digit that counts: what must not be found."""
        if self.chance(0.5):
            return self.mounted(self.line(self.phrase(0), self.size(8, 60)))
        tall, n = self.between(2, SPECK), self.whole(2, 9)
        lines = [self.line(self.phrase(0.1) + " " + self.phrase(0.2), tall) for _ in range(n)]
        pitch = round(FINE * tall * self.between(1.5, 2.2))
        width = max(line.pixels.shape[1] for line in lines)
        ink = np.zeros((pitch * n + round(FINE * tall) * 2, width, 4), np.uint8)
        for i, line in enumerate(lines):
            h, w = line.pixels.shape[:2]
            h = min(h, ink.shape[0] - i * pitch)
            ink[i * pitch:i * pitch + h, :w] |= line.pixels[:h]
        return self.mounted(Sheet(ink, [], ink=True))

    def page(self):
        """A sheet of paper with text, numbers and codes below each other."""
        width, height = FINE * self.between(110, 235), FINE * self.between(110, 235)
        dark, light = self.pair()
        if self.chance(0.5):
            light = self.colour(225, 255)
        paper = plate(width, height, light)
        margin = round(width * self.between(0.03, 0.1))
        y = margin
        fonts, self.fonts = self.fonts, [self.one_of(self.fonts) for _ in range(2)]
        while y < height:
            kind = self.random.random()
            if kind < 0.3:
                sheet = self.line(self.phrase(0.75), self.size(DIGIT + 1, 24))
            elif kind < 0.55:
                sheet = self.line(" ".join(self.phrase(0.1) for _ in range(3)), self.between(2, SPECK))
            elif kind < 0.65:
                sheet = self.line(self.phrase(0), self.size(8, 24))
            elif kind < 0.82:
                sheet = self.qr_code(self.size(24, 110))
            elif kind < 0.97:
                sheet = self.bar_code(self.size(40, 150))
            else:
                thick = self.whole(1, 6)
                paper.pixels[int(y):int(y) + thick, margin:-margin, :3] = self.colour()
                y += thick + FINE * 3
                continue
            room = paper.pixels.shape[1] - sheet.pixels.shape[1] - margin
            x = self.one_of([margin, self.between(margin, max(margin, room))])
            if room >= margin and len(paper.boxes) + len(sheet.boxes) <= MOST_BOXES:
                paper.lay(sheet, x, y, dark if sheet.ink else None)
            y += sheet.pixels.shape[0] + FINE * self.between(1, 8)
        self.fonts = fonts
        return paper


def segment(name, w, h, thick):
    """The six corners of one of the seven segments in a digit of w by h."""
    half, gap = thick / 2, max(1, thick * 0.12)
    x0, y0, x1, y1 = SEGMENTS[name]
    ax, ay = half + x0 * (w - thick), half + y0 * (h - thick) / 2
    bx, by = half + x1 * (w - thick), half + y1 * (h - thick) / 2
    if y0 == y1:
        ax, bx = ax + gap, bx - gap
        return [(ax, ay), (ax + half, ay - half), (bx - half, by - half),
                (bx, by), (bx - half, by + half), (ax + half, ay + half)]
    ay, by = ay + gap, by - gap
    return [(ax, ay), (ax + half, ay + half), (bx + half, by - half),
            (bx, by), (bx - half, by - half), (ax - half, ay + half)]
