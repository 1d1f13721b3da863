"""Average precision of what stock's `detector valid` wrote, by the book: VOC's devkit on its files of eval=voc,
pycocotools' way on that of eval=coco. It shares nothing with src_mafat/score.

evaluate.py label FOLDER NAMES LIST           makes labels of what was found, moved a bit, and some that are wrong
evaluate.py compare FOLDER NAMES LIST JSON    says where `detector map -json` says something else

FOLDER holds voc/comp4_det_test_NAME.txt and coco/coco_results.json."""
import collections, json, os, random, sys

COCO_IDS = [i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)]
OVERLAPS = [.5 + .05 * i for i in range(10)]


def size_of_jpeg(path):
    data, at = open(path, 'rb').read(), 2
    while data[at + 1] not in (0xc0, 0xc1, 0xc2):
        at += 2 + data[at + 2] * 256 + data[at + 3]
    return data[at + 7] * 256 + data[at + 8], data[at + 5] * 256 + data[at + 6]


def overlap(a, b, pixel):
    w = min(a[2], b[2]) - max(a[0], b[0]) + pixel
    h = min(a[3], b[3]) - max(a[1], b[1]) + pixel
    if w <= 0 or h <= 0:
        return 0
    area = lambda box: (box[2] - box[0] + pixel) * (box[3] - box[1] + pixel)
    return w * h / (area(a) + area(b) - w * h)


def average_precision(hits, n_truths, n_points):
    right, curve = 0, []
    for rank, hit in enumerate(hits):
        right += hit
        curve.append((right / n_truths, right / (rank + 1)))
    reached = lambda point: [p for r, p in curve if r >= point]
    return sum(max(reached(i * (1 / (n_points - 1))), default=0) for i in range(n_points)) / n_points


def judge(found, truths, least, is_voc):
    """found: (image, probability, box) in the order of the list; truths: image -> boxes."""
    taken, hits, seen = set(), [], collections.Counter()
    for image, _, box in sorted(found, key=lambda f: -f[1]):
        seen[image] += 1
        if not is_voc and seen[image] > 100:
            continue
        left = [i for i in range(len(truths[image])) if is_voc or (image, i) not in taken]
        overlaps = {i: overlap(box, truths[image][i], is_voc) for i in left}
        best = max(left, key=lambda i: (overlaps[i], -i if is_voc else i), default=None)
        hit = best is not None and overlaps[best] >= least and (image, best) not in taken
        hits.append(hit)
        if hit:
            taken.add((image, best))
    n = sum(map(len, truths.values()))
    return average_precision(hits, n, 11 if is_voc else 101) if n > 0 else None


def read_labels(paths, sizes, is_voc):
    truths = collections.defaultdict(lambda: collections.defaultdict(list))
    for image, path in enumerate(paths):
        label = path.replace('/images/', '/labels/').replace('.jpg', '.txt')
        w, h = sizes[image]
        for line in open(label) if os.path.exists(label) else []:
            k, x, y, bw, bh = map(float, line.split())
            truths[int(k)][image].append([(x - bw / 2) * w + is_voc, (y - bh / 2) * h + is_voc,
                                          (x + bw / 2) * w + is_voc, (y + bh / 2) * h + is_voc])
    return truths


def read_found(folder, names, paths):
    ids = {os.path.basename(p)[:-4]: i for i, p in enumerate(paths)}
    voc, coco = collections.defaultdict(list), collections.defaultdict(list)
    for k, name in enumerate(names):
        for line in open('%s/voc/comp4_det_test_%s.txt' % (folder, name)):
            image, *numbers = line.split(' ')
            numbers = list(map(float, numbers))
            voc[k].append((ids[image], numbers[0], numbers[1:]))
    for f in json.load(open(folder + '/coco/coco_results.json')):
        x, y, w, h = f['bbox']
        coco[COCO_IDS.index(f['category_id'])].append((f['image_id'], f['score'], [x, y, x + w, y + h]))
    return voc, coco


def label(voc, sizes, paths, n_classes):
    rng = random.Random(1)
    for image, path in enumerate(paths[:-1]):    # the last one has no file
        w, h = sizes[image]
        found = [(k, f) for k in voc for f in voc[k] if f[0] == image]
        found = sorted(found, key=lambda f: -f[1][1])[:12]
        with open(path.replace('/images/', '/labels/').replace('.jpg', '.txt'), 'w') as out:
            for k, (_, _, (l, t, r, b)) in found + rng.sample(found, min(3, len(found))):
                k = k if rng.random() < .9 else rng.randrange(n_classes)
                bw, bh = (r - l) * rng.uniform(.8, 1.2), (b - t) * rng.uniform(.8, 1.2)
                x, y = (l + r) / 2 + rng.uniform(-.1, .1) * bw, (t + b) / 2 + rng.uniform(-.1, .1) * bh
                out.write('%d %.6f %.6f %.6f %.6f\n' % (k, x / w, y / h, bw / w, bh / h))


def expected(voc, coco, truths, k):
    for is_voc, found, name in ((True, voc, 'voc11'), (False, coco, 'coco101')):
        aps = [judge(found[k], truths[is_voc][k], least, is_voc) for least in OVERLAPS]
        yield '50_' + name, aps[0]
        yield '50_95_' + name, None if aps[0] is None else sum(aps) / 10


def main():
    folder, names, paths = sys.argv[2], open(sys.argv[3]).read().split('\n'), open(sys.argv[4]).read().split()
    names = [n for n in names if n]
    sizes = [size_of_jpeg(p) for p in paths]
    voc, coco = read_found(folder, names, paths)
    if sys.argv[1] == 'label':
        return label(voc, sizes, paths, len(names))
    truths = {is_voc: read_labels(paths, sizes, is_voc) for is_voc in (True, False)}
    said, sums, bad = json.load(open(sys.argv[5])), collections.defaultdict(list), []
    differ = lambda a, b: a != b and (a is None or b is None or abs(a - b) > 1e-6)
    for k, entry in enumerate(said['classes']):
        for key, value in expected(voc, coco, truths, k):
            if value is not None:
                sums[key].append(value)
            if differ(value, entry['ap_' + key]):
                bad.append('%s ap_%s: %s, must be %s' % (names[k], key, entry['ap_' + key], value))
        if entry['boxes'] != len(voc[k]) or entry['labels'] != sum(map(len, truths[True][k].values())):
            bad.append('%s: other boxes or labels: %s' % (names[k], entry))
    for key, values in sums.items():
        if differ(sum(values) / len(values), said['map_' + key]):
            bad.append('map_%s: %s, must be %s' % (key, said['map_' + key], sum(values) / len(values)))
    if len(said['classes']) != len(names) or not sums:
        bad.append('no classes, or no labels')
    print('\n'.join(bad), end='\n' if bad else '')
    sys.exit(bool(bad))


main()
