"""The Python module, for python.sh: what a program does with it, in $scratch, whose network is `small`."""

import array
import ctypes
import os
import pickle
import subprocess
import sys
import threading
import unittest

import mafat
from mafat import _image

try:
    import numpy
except ImportError:
    numpy = None

WIDTH, HEIGHT = 150, 70
PIXELS = bytes((x * y // 7 + 91 * c + x * (c + 1)) % 256
               for y in range(HEIGHT) for x in range(WIDTH) for c in range(3))
INPUT = (3, 64, 96)    # of the network
wants_numpy = unittest.skipIf(numpy is None, "numpy is not here")


def small(weights="small.weights", **settings):
    return mafat.Network("small.cfg", weights, **settings)


def shaped(data=PIXELS, width=WIDTH):
    return memoryview(data).cast("B", (len(data) // (3 * width), width, 3))


def ppm(name, pixels=PIXELS, width=WIDTH):
    with open(name, "wb") as file:
        file.write(b"P6 %d %d 255\n" % (width, len(pixels) // (3 * width)) + pixels)
    return name


def input_floats():
    """A picture of the input's size: its floats as the network has them, and its bytes."""
    channels, height, width = INPUT
    pixels = bytes((3 * x + 5 * y + 70 * c) % 256
                   for y in range(height) for x in range(width) for c in range(channels))
    by_channel = array.array("f", (pixels[(y * width + x) * channels + c] / 255
                                   for c in range(channels) for y in range(height)
                                   for x in range(width)))
    return memoryview(by_channel).cast("B").cast("f", INPUT), pixels


class Images(unittest.TestCase):
    """Each kind of image gives the same floats and the same boxes."""

    def setUp(self):
        self.network = small(names="small.names")
        self.addCleanup(self.network.close)
        self.floats = list(self.network.run(ppm("image.ppm")))
        self.boxes = self.network.detect("image.ppm", .3)
        self.assertGreater(len(self.boxes), 3)

    def same(self, image, **how):
        self.assertEqual(list(self.network.run(image, **how)), self.floats)
        self.assertEqual(self.network.detect(image, .3, **how), self.boxes)

    def test_path_of_any_kind(self):
        class Path:
            def __fspath__(self):
                return "image.ppm"
        self.same(Path())
        self.same(os.path.abspath("image.ppm"))

    def test_bytes_that_may_be_written_to_or_not(self):
        self.same(shaped())
        self.same(shaped(bytearray(PIXELS)))

    def test_blue_first(self):
        turned = bytearray(PIXELS)
        turned[0::3], turned[2::3] = PIXELS[2::3], PIXELS[0::3]
        self.same(shaped(turned), bgr=True)
        self.assertNotEqual(list(self.network.run(shaped(turned))), self.floats)

    def test_one_row_and_one_column(self):
        for width in 1, WIDTH:
            line = PIXELS[:3 * WIDTH]
            self.assertEqual(list(self.network.run(shaped(line, width))),
                             list(self.network.run(ppm("line.ppm", line, width))))

    def test_floats_of_the_input(self):
        floats, pixels = input_floats()
        found = self.network.run(floats)
        self.assertEqual(list(found), list(self.network.run(shaped(pixels, INPUT[2]))))

    def test_boxes_of_floats_are_told_in_the_size_that_is_given(self):
        floats, _ = input_floats()
        once, twice = self.network.detect(floats, .3), self.network.detect(floats, .3, size=(192, 128))
        self.assertEqual((once.width, once.height), (96, 64))
        self.assertEqual((twice.width, twice.height), (192, 128))
        self.assertGreater(len(once), 0)
        self.assertEqual([box.width * 2 for box in once], [box.width for box in twice])
        self.assertEqual([box.top * 2 for box in once], [box.top for box in twice])

    @wants_numpy
    def test_numpy_rows_any_distance_apart(self):
        wide = numpy.zeros((HEIGHT, WIDTH + 9, 3), numpy.uint8)
        wide[:, 4:-5] = numpy.asarray(shaped())
        self.same(wide[:, 4:-5])
        tall = numpy.zeros((3 * HEIGHT, WIDTH, 3), numpy.uint8)
        tall[::3] = numpy.asarray(shaped())
        self.same(tall[::3])
        self.same(numpy.asarray(shaped())[:, :, ::-1].copy(), bgr=True)

    @wants_numpy
    def test_numpy_floats(self):
        floats, pixels = input_floats()
        found = self.network.run(numpy.asarray(floats))
        self.assertEqual(list(found), list(self.network.run(shaped(pixels, INPUT[2]))))

    @wants_numpy
    def test_numpy_is_not_copied(self):
        for made in numpy.zeros((9, 9, 3), numpy.uint8)[1:, 1:], numpy.zeros(INPUT, numpy.float32):
            image = _image.borrowed(made, INPUT)
            self.assertEqual(image.pixels or image.floats, made.ctypes.data)

    def test_outputs_are_numpy_where_that_is_imported(self):
        found = self.network.run("image.ppm")
        self.assertEqual(len(found), self.network.facts.n_outputs)
        if numpy is None:
            self.assertIsInstance(found, array.array)
        else:
            self.assertIsInstance(found, numpy.ndarray)
            self.assertEqual(found.dtype, numpy.float32)

    def test_what_is_no_image_is_refused(self):
        good = shaped()
        wrong = [
            (None, TypeError, "not NoneType"),
            (3.5, TypeError, "not float"),
            (PIXELS, ValueError, r"not bytes of the shape \(31500,\)"),
            (memoryview(PIXELS).cast("B", (HEIGHT, 3 * WIDTH)), ValueError, "not bytes of the shape"),
            (memoryview(bytes(8)).cast("B", (1, 2, 4)), ValueError, "alpha"),
            (memoryview(bytes(96)).cast("d", (2, 2, 3)), ValueError, "not of the format 'd'"),
            (memoryview(bytes(48)).cast("f", (2, 2, 3)), ValueError, r"\(3, 64, 96\)"),
            ("image\0.ppm", ValueError, "NUL"),
            ("", ValueError, "empty"),
        ]
        if numpy is not None:
            image = numpy.asarray(good)
            wrong += [(image[::-1], ValueError, "ascontiguousarray"),
                      (image[:, ::2], ValueError, "ascontiguousarray"),
                      (image[:, :, ::-1], ValueError, "bgr=True"),
                      (numpy.zeros((4, 4, 4), numpy.uint8)[:, :, :3], ValueError, "ascontiguousarray"),
                      (numpy.broadcast_to(image[:1], image.shape), ValueError, "apart"),
                      (image[:0], ValueError, "150x0"), (image[:, :0], ValueError, "0x70"),
                      (numpy.zeros(INPUT, ">f4"), ValueError, "'>f'"),
                      (numpy.zeros(INPUT[::-1], numpy.float32).T, ValueError, "one behind the other")]
        for image, kind, text in wrong:
            with self.subTest(text), self.assertRaisesRegex(kind, text):
                self.network.run(image)
        with self.assertRaisesRegex(ValueError, "this is a file"):
            self.network.run("image.ppm", bgr=True)
        with self.assertRaisesRegex(ValueError, "this is bytes"):
            self.network.detect(good, size=(3, 4))
        with self.assertRaisesRegex(ValueError, "beyond an int"):
            self.network.detect(input_floats()[0], size=(1 << 32, 4))


class Networks(unittest.TestCase):
    def test_boxes_are_those_of_the_command(self):
        with open("command.boxes") as file:
            expected = file.read().split("\n")[:-1]
        with small(names="small.names") as network:
            found = network.detect("dog.jpg", .5)
        self.assertEqual([f"{box.name}: {100 * box.probability:.0f}%" for box in found], expected)
        self.assertEqual((found.width, found.height), (768, 576))

    def test_picture_is_that_of_the_command(self):
        with small(names="small.names") as network:
            network.draw("dog.jpg", network.detect("dog.jpg", .5), "drawn.jpg")
        with open("drawn.jpg", "rb") as ours, open("command.jpg", "rb") as expected:
            self.assertEqual(ours.read(), expected.read())

    def test_images_are_fitted_as_it_is_said(self):
        image = shaped()
        found = {}
        for fit in None, "letterbox", "stretch":
            with small(fit=fit) as network:
                found[fit] = list(network.run(image))
        self.assertEqual(found[None], found["letterbox"])
        self.assertNotEqual(found[None], found["stretch"])

    def test_fast_is_asked_for(self):
        told = []
        with small() as exact, small(fast=True, notice=told.append) as fast:
            self.assertEqual(exact.facts.n_winograd_layers, 0)
            for expected, found in zip(exact.run(shaped()), fast.run(shaped())):
                self.assertAlmostEqual(expected, found, places=3)
        self.assertTrue(any(": fast: " in line for line in told), told)

    def test_facts(self):
        with small(names="small.names", config="2x2/NoCut", threads=1) as network:
            facts = network.facts
            self.assertEqual((facts.channels, facts.height, facts.width), INPUT)
            self.assertEqual((facts.n_layers, facts.n_classes, facts.n_threads), (6, 3, 1))
            self.assertEqual((facts.config, facts.limit_bytes), ("2x2/NoCut", 0))
            self.assertGreater(facts.predicted_bytes, facts.arena_bytes)
            self.assertEqual([network.class_name(i) for i in (0, 2, 3, -1)], ["cat", "bird", None, None])
        self.assertGreater(mafat.peak_rss(), 1 << 20)

    def test_long_configuration_comes_whole(self):
        config = "/".join(f"{1 + cut % 2}x1/{cut}" for cut in range(1, 4)) + "/1x1"
        with small(config=config, weights=None) as network:
            self.assertEqual(network.facts.config, config)

    def test_limit_in_words_and_in_bytes(self):
        for memory, expected in ("64M", 64 << 20), (64 << 20, 64 << 20), ("1G", 1 << 30):
            with small(memory=memory) as network:
                self.assertEqual(network.facts.limit_bytes, expected)
                self.assertLess(network.facts.predicted_bytes, expected)

    def test_what_is_free_on_the_heap_counts_for_nobody(self):
        libc, n_blocks, n_bytes = ctypes.CDLL(None), 1000, 64 << 10
        libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        blocks = [libc.malloc(n_bytes) for _ in range(n_blocks)]
        for block in blocks:
            ctypes.memset(block, 1, n_bytes)
        kept = blocks.pop()    # at the end of the heap, which therefore stays as large
        for block in blocks:
            libc.free(block)
        small(memory="48M").close()
        libc.free(kept)

    def test_notices_are_told(self):
        lines = []
        with small(memory="64M", notice=lines.append):
            self.assertRegex(lines[-1], "^limit 67108864 bytes: ")

    def test_threads_get_their_own_results(self):
        ppm("image.ppm")
        with small() as network:
            images = ["image.ppm", shaped(PIXELS[::-1]), shaped()]
            expected = [network.detect(image, .2) for image in images]
            self.assertNotEqual(expected[0], expected[1])
            wrong = []

            def work(first):
                for i in range(first, first + 60):
                    if network.detect(images[i % 3], .2) != expected[i % 3]:
                        wrong.append(i)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(wrong, [])

    def test_closed_while_others_use_it(self):
        for _ in range(20):
            network, ended = small(), []

            def work():
                try:
                    while True:
                        network.run(shaped())
                except ValueError as error:
                    ended.append(str(error))
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            network.close()
            for thread in threads:
                thread.join()
            self.assertEqual(ended, ["the network is closed"] * 2)

    def test_call_under_way_ends_as_if_not_closed(self):
        network = small(names="small.names")

        class Closing:    # as another thread would, in the middle of the call
            def __fspath__(self):
                network.close()
                return "dog.jpg"
        found = network.detect(Closing(), .5)
        self.assertEqual({box.name for box in found} - {"cat", "dog", "bird"}, set())
        self.assertGreater(len(found), 0)
        with self.assertRaisesRegex(ValueError, "closed"):
            network.detect("dog.jpg")

    def test_closed_twice_and_used_after(self):
        network = small()
        result = network.detect(shaped(), .3)
        network.close()
        network.close()
        for use in (lambda: network.run(shaped()), lambda: network.facts, lambda: network.class_name(0),
                    lambda: network.draw("dog.jpg", result, "x.jpg"), network.__enter__):
            with self.assertRaisesRegex(ValueError, "closed"):
                use()

    def test_open_at_the_end_of_the_interpreter(self):
        subprocess.run([sys.executable, "-W", "error", "-c", "import mafat; kept = [mafat.Network("
                        "'small.cfg', 'small.weights')]; kept += [kept[0].detect('dog.jpg'), kept]"],
                       check=True, stderr=subprocess.STDOUT)


class Errors(unittest.TestCase):
    def test_kinds(self):
        with open("crop.cfg", "w") as file:
            file.write("[net]\nwidth=32\nheight=32\nchannels=3\n[implicit]\n")
        ppm("image.ppm")
        for kind, status, file, text, call in (
                (mafat.Failed, 1, "gone.cfg", "No such file", lambda: mafat.Network("gone.cfg", None)),
                (mafat.Failed, 1, "gone.weights", "No such file", lambda: small("gone.weights")),
                (mafat.Failed, 1, "gone.names", "No such file", lambda: small(names="gone.names")),
                (mafat.Failed, 1, "gone.jpg", "No such file", lambda: small().run("gone.jpg")),
                (mafat.Usage, 2, "small.cfg", "without weights", lambda: small(None).run(shaped())),
                (mafat.Usage, 2, "small.cfg", "9y", lambda: small(config="9y")),
                (mafat.Usage, 2, "small.cfg", "threads", lambda: small(threads=-1)),
                (mafat.Usage, 2, "small.cfg", "names", lambda: draw(small())),
                (mafat.Usage, 2, "small.cfg", "memory limit", lambda: small(memory="much")),
                (mafat.NoFit, 3, "small.cfg", "smallest limit|no limit below",
                 lambda: small(memory="1M")),
                (mafat.Unsupported, 4, "crop.cfg", "implicit", lambda: mafat.Network("crop.cfg"))):
            with self.subTest(file=file, text=text):
                with self.assertRaises(kind) as caught:
                    call()
                error = caught.exception
                self.assertIsInstance(error, mafat.Error)
                self.assertEqual((error.status, error.file), (status, file))
                self.assertRegex(error.text, text)
                self.assertRegex(str(error), f"^{file}: .*({text})")
                again = pickle.loads(pickle.dumps(error))
                self.assertEqual((type(again), str(again), vars(again)),
                                 (kind, str(error), vars(error)))

    def test_layer_is_named(self):
        with open("small.cfg") as good, open("wrong.cfg", "w") as file:
            file.write(good.read().replace("filters=8", "filters=-8"))
        with self.assertRaises(mafat.Error) as caught:
            mafat.Network("wrong.cfg")
        self.assertEqual((caught.exception.layer, caught.exception.layer_type), (0, "convolutional"))

    def test_what_is_no_argument_is_refused(self):
        for settings, kind in (({"threads": 1 << 32}, ValueError), ({"threads": "2"}, TypeError),
                               ({"memory": 16e6}, TypeError), ({"names": 5}, TypeError),
                               ({"fit": "crop"}, ValueError), ({"names": ""}, ValueError), ({"config": "1x1\0"}, ValueError)):
            with self.subTest(settings), self.assertRaises(kind):
                small(**settings)
        with self.assertRaisesRegex(TypeError, "cfg is a text"):
            mafat.Network(None)
        with small() as network, self.assertRaises(TypeError):
            network.draw("dog.jpg", [], "x.jpg")
        for threshold in float("nan"), -.1, 1.5:
            with small() as network, self.assertRaisesRegex(mafat.Usage, "threshold"):
                network.detect(shaped(), threshold)

    def test_network_lives_on(self):
        with small() as network:
            before = network.detect(shaped(), .2)
            with self.assertRaises(mafat.Failed):
                network.detect("gone.jpg")
            self.assertEqual(network.detect(shaped(), .2), before)

    def test_result_is_copied_without_what_was_found(self):
        with small(names="small.names") as network:
            found = network.detect("dog.jpg", .5)
            again = pickle.loads(pickle.dumps(found))
            self.assertEqual((again, vars(again)["seconds"]), (found, found.seconds))
            with self.assertRaisesRegex(TypeError, "copy"):
                network.draw("dog.jpg", again, "x.jpg")

    def test_forked_process_is_told(self):
        with small() as network:
            network.run(shaped())
            child = os.fork()
            if child == 0:
                try:
                    network.run(shaped())
                except mafat.Failed as error:
                    network.close()
                    os._exit(7 if "fork" in str(error) else 1)
                os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 7 << 8)
            network.run(shaped())


def draw(network):
    network.draw("image.ppm", network.detect("image.ppm", .3), "x.jpg")


if __name__ == "__main__":
    os.chdir(os.environ["scratch"])
    unittest.main()
