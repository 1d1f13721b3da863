"""What a camera sees: a background, sheets that lie on it at a slant, light, blur and noise."""

import math

import cv2
import numpy as np

from chance import Chance
from sheets import BARS, DIGIT, FINE, FRAME, MOST_BOXES

BACKGROUNDS = ["plain", "gradient", "cloud", "cloud", "sand", "photo", "photo", "photo", "stripes", "tiles", "wood"]
ASPECTS = [1, 1, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9, 9 / 16]


class Scene(Chance):
    """One picture, drawn when it is made: `pixels` (blue first) and `boxes` [class, left, top, right,
    bottom], in pixels."""

    def __init__(self, random, printer, photos, large):
        super().__init__(random)
        self.printer, self.photos = printer, photos
        aspect = self.one_of(ASPECTS)
        # Darknet shrinks large photos without a filter, which leaves its marks on fine lines.
        self.scale = self.one_of([1, 1, 1, 1.5, 2, 3])
        longer = round(FRAME * self.scale)
        if aspect >= 1:
            self.width, self.height = longer, round(longer / aspect)
        else:
            self.width, self.height = round(longer * aspect), longer
        self.pixels = np.ascontiguousarray(self.background(), np.float32)
        self.boxes, self.taken = [], []
        if self.chance(0.4):
            self.clutter()
        self.fill()
        self.pixels = self.camera(self.pixels)
        if self.scale > 1 and not large:
            self.shrink()

    # What is there

    def fill(self):
        kind, printer = self.random.random(), self.printer
        if kind < 0.25:
            for _ in range(3):
                if self.put(printer.page(), self.tilt, 0.3):
                    break
        elif kind < 0.4:
            self.put(self.one_of([printer.qr_code, printer.bar_code])(self.size(110, 210)), self.any_turn)
        elif kind < 0.5:
            for _ in range(self.whole(0, 4)):
                self.put(printer.words(), self.tilt)
        if 0.25 <= kind < 0.4 or kind >= 0.5:
            printed = [printer.number, printer.number, printer.number, printer.qr_code, printer.bar_code, printer.words]
            for _ in range(self.whole(1, 6) if kind >= 0.5 else self.whole(0, 2)):
                self.put(self.one_of(printed)(), self.any_turn)

    def tilt(self):
        return self.random.normal(0, math.radians(7))

    def any_turn(self):
        if self.chance(0.4):
            return self.tilt()
        if self.chance(0.7):
            return self.one_of([0, 0, 1, 2, 3]) * math.pi / 2 + self.random.normal(0, math.radians(12))
        return self.between(0, 2 * math.pi)

    def put(self, sheet, turn, slant=0.25):
        """Lays a sheet where it fits, and adds its boxes; gives up after some tries."""
        size = np.array([self.width, self.height])
        h, w = sheet.pixels.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        # Digits must be upright to be read.
        turn = self.tilt if any(kind > BARS for kind, *_ in sheet.boxes) else turn
        for _ in range(8):
            quad = self.seen_at_a_slant(w, h, turn(), slant)
            low, high = quad.min(0), quad.max(0)
            room = size - (high - low)
            if (room < -0.4 * size).any():
                continue
            quad = quad + np.array([self.between(min(0, r), max(0, r)) for r in room]) - low
            low, high = quad.min(0), quad.max(0)
            if any((low < t[2:]).all() and (high > t[:2]).all() for t in self.taken):
                continue
            way = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
            found = self.boxes_seen(sheet, way)
            if found is None or len(self.boxes) + len(found) > MOST_BOXES:
                continue
            self.paste(sheet, way, low, high)
            self.boxes += found
            self.taken.append(np.concatenate([low, high]))
            return True
        return False

    def seen_at_a_slant(self, w, h, turn, slant):
        """The corners of a sheet of w by h that is turned in space, by a camera some widths away."""
        scale = self.scale / FINE
        corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]], np.float64) / 2 * scale
        far = max(w, h) * scale * self.between(1.2, 3)
        tip, yaw = self.random.normal(0, slant, 2)
        spun = corners @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        depth = far + spun[:, 0] * math.sin(yaw) + spun[:, 1] * math.sin(tip)
        return np.stack([spun[:, 0] * math.cos(yaw), spun[:, 1] * math.cos(tip)], 1) * (far / depth)[:, None]

    def boxes_seen(self, sheet, way):
        """The boxes as they are seen, None if one is cut off or grows too small to count."""
        size, found = [self.width, self.height], []
        for kind, l, t, r, b in sheet.boxes:
            points = cv2.perspectiveTransform(np.array([[[l, t], [r, t], [r, b], [l, b]]], np.float32), way)[0]
            low, high = points.min(0), points.max(0)
            inside = np.minimum(high, size) - np.maximum(low, 0)
            shown = inside.clip(0).prod() / max(1e-6, (high - low).prod())
            tall = np.linalg.norm(points[3] - points[0]) / self.scale
            if shown < (0.97 if kind > BARS else 0.75) or tall < (DIGIT - 1.5 if kind > BARS else 7):
                return None
            found.append([kind, *np.maximum(low, 0), *np.minimum(high, size)])
        return found

    def paste(self, sheet, way, low, high):
        size = [self.width, self.height]
        x0, y0 = (int(v) for v in np.floor(np.maximum(low, 0)))
        x1, y1 = (int(v) for v in np.ceil(np.minimum(high, size)))
        if x1 <= x0 or y1 <= y0:
            return
        shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
        seen = cv2.warpPerspective(sheet.pixels, shift @ way, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
        part = seen[..., 3:].astype(np.float32) / 255
        under = self.pixels[y0:y1, x0:x1]
        colour = seen[..., :3].astype(np.float32)
        if sheet.ink:
            bright = float(under.mean()) > self.between(100, 150)
            colour = np.asarray(self.colour(0, 60) if bright else self.colour(200, 255), np.float32)
        under[:] = part * colour + (1 - part) * under

    # What it lies on

    def octaves(self, first, last):
        """Noise as smooth as clouds or as fine as sand, from -1 to 1."""
        total = np.zeros((self.height, self.width), np.float32)
        for octave in range(first, last + 1):
            cells = 2 ** octave
            grid = self.random.uniform(-1, 1, (cells + 1, cells + 1)).astype(np.float32)
            fine = cv2.resize(grid, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
            total += fine * 0.7 ** (octave - first)
        return total / max(1e-6, np.abs(total).max())

    def background(self):
        base, other = self.colour(), self.colour()
        kind = self.one_of(BACKGROUNDS)
        if kind == "photo":
            return self.part_of_photo()
        flat = np.empty((self.height, self.width, 3), np.float32)
        flat[:] = base
        if kind == "plain":
            return flat
        mix = self.pattern(kind)
        return flat + (np.asarray(other, np.float32) - flat) * mix[..., None] * self.between(0.15, 1)

    def part_of_photo(self):
        photo = self.one_of(self.photos)
        h, w = photo.shape[:2]
        cut = self.between(0.25, 1)
        cut_w, cut_h = max(8, int(w * cut)), max(8, int(h * cut))
        x, y = self.whole(0, w - cut_w), self.whole(0, h - cut_h)
        part = photo[y:y + cut_h, x:x + cut_w]
        if self.chance(0.5):
            part = part[:, ::-1]
        return cv2.resize(part, (self.width, self.height), interpolation=cv2.INTER_AREA).astype(np.float32)

    def pattern(self, kind):
        """How much of the other colour there is, from 0 to 1."""
        ys, xs = np.mgrid[0:self.height, 0:self.width].astype(np.float32)
        angle, longer = self.between(0, math.pi), max(self.width, self.height)
        along = xs * math.cos(angle) + ys * math.sin(angle)
        if kind == "gradient":
            return (along - along.min()) / max(1, np.ptp(along))
        if kind == "cloud":
            return self.octaves(self.whole(0, 3), self.whole(3, 6)) / 2 + 0.5
        if kind == "sand":
            return self.octaves(5, 7) / 2 + 0.5
        if kind == "stripes":
            period = self.size(4, 60) * longer / FRAME
            return (np.sin(along * 2 * math.pi / period) * self.one_of([1, 8])).clip(-1, 1) / 2 + 0.5
        if kind == "tiles":
            period, across = self.size(6, 60) * longer / FRAME, ys * math.cos(angle) - xs * math.sin(angle)
            if self.chance(0.5):
                return ((along // period + across // period) % 2).astype(np.float32)
            joint = period * 0.12
            return ((along % period < joint) | (across % period < joint)).astype(np.float32)
        grain = along / longer * self.between(4, 30) + 2 * self.octaves(1, 4)  # wood
        return np.sin(grain * 2 * math.pi) / 2 + 0.5

    def clutter(self):
        """Lines, boxes and discs."""
        w, h = self.width, self.height
        for _ in range(self.whole(0, 5)):
            a, b = (self.whole(0, w), self.whole(0, h)), (self.whole(0, w), self.whole(0, h))
            colour = [float(c) for c in self.colour()]
            kind = self.whole(0, 2)
            if kind == 0:
                cv2.line(self.pixels, a, b, colour, self.whole(1, max(2, w // 60)), cv2.LINE_AA)
            elif kind == 1:
                cv2.rectangle(self.pixels, a, b, colour, self.one_of([-1, 1, 2, 4]), cv2.LINE_AA)
            else:
                cv2.circle(self.pixels, a, self.whole(2, w // 5), colour, self.one_of([-1, 1, 3]), cv2.LINE_AA)

    # How it is seen

    def camera(self, scene):
        """Light, shadow, a lamp's reflection, blur, colour and noise."""
        w, h, scale = self.width, self.height, self.scale
        if self.chance(0.6):
            scene *= 1 + self.between(0, 0.45) * self.octaves(0, 1)[..., None]
        if self.chance(0.25):
            shadow = np.ones((h, w), np.float32)
            corners = self.random.uniform(-0.3, 1.3, (self.whole(3, 5), 2)) * [w, h]
            cv2.fillPoly(shadow, [corners.astype(np.int32)], self.between(0.35, 0.85))
            scene *= cv2.GaussianBlur(shadow, (0, 0), scale * self.size(0.5, 12))[..., None]
        if self.chance(0.1):
            ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
            x, y, radius = self.between(0, w), self.between(0, h), scale * self.between(8, 45)
            scene += (self.between(60, 200) * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / radius ** 2))[..., None]
        if self.chance(0.65):
            scene = cv2.GaussianBlur(scene, (0, 0), scale * self.between(0.25, 1.1))
        if self.chance(0.12):
            scene = cv2.filter2D(scene, -1, self.shake(scale))
        if self.chance(0.12):
            scene[:] = scene.mean(2, keepdims=True)
        if self.chance(0.5):
            scene *= self.random.uniform(0.85, 1.15, 3).astype(np.float32)
        contrast, light = self.between(0.55, 1.15), self.between(-25, 25)
        scene = (scene - 128) * contrast + 128 + light
        if self.chance(0.12):
            scene = 255 * (scene.clip(0, 255) / 255) ** self.between(1.3, 2.6)
        if self.chance(0.7):
            scene = scene + self.random.normal(0, self.size(1, 14), scene.shape).astype(np.float32)
        return scene.clip(0, 255).astype(np.uint8)

    def shake(self, scale):
        """The kernel of a camera that moved."""
        n = max(2, round(scale * self.between(1.5, 4)))
        kernel, angle = np.zeros((n, n), np.float32), self.between(0, math.pi)
        middle = (n - 1) / 2
        dx, dy = middle * math.cos(angle), middle * math.sin(angle)
        cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1)
        return kernel / kernel.sum()

    def shrink(self):
        w, h = self.width, self.height
        small = (FRAME, round(FRAME * h / w)) if w >= h else (round(FRAME * w / h), FRAME)
        way = cv2.INTER_LINEAR if self.chance(0.7) else cv2.INTER_AREA
        self.pixels = cv2.resize(self.pixels, small, interpolation=way)
        fit = np.array([small[0] / w, small[1] / h] * 2)
        self.boxes = [[box[0], *(np.array(box[1:]) * fit)] for box in self.boxes]
