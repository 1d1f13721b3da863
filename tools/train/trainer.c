/* Trains a detector with Darknet's own library, so that a run can be repeated.
 *
 *   trainer CFG TRAIN_LIST OUT.weights [FROM.weights [wake]]
 *
 * Darknet's `detector train` takes its seed from the clock, and mirrors every second picture: no run
 * comes out twice, and digits would be learnt from both sides. So pictures are loaded here: letterboxed
 * as `detector test` does it, and with the colours shifted as the cfg says (hue, saturation, exposure).
 * The rest, from initial weights over the loss to the steps of the learning rate, is what Darknet does,
 * but that the parts of a batch run side by side. What they learnt is added in their order: any number of
 * threads gives the same weights. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "image.h"
#include "utils.h"

#define SEED 1
#define SAVE_EVERY 200
#define AWAKE .03
/* What Darknet's region layer takes for a picture: the rest of a label file would be passed over. */
#define BOXES 30
#define BOX_FLOATS 5

/* One picture of a batch: what it is made of, drawn from the one random sequence before threads start. */
typedef struct {
    char *path;
    float hue, saturation, exposure;
} sample;

typedef struct {
    char **paths;
    int n_paths;
    int *order; /* [n_paths], in which pictures come, shuffled anew each time round */
    int next;
} deck;

static char *deal(deck *pictures)
{
    if (pictures->next == 0) {
        for (int i = pictures->n_paths - 1; i > 0; --i) {
            int other = rand() % (i + 1);
            int kept = pictures->order[i];
            pictures->order[i] = pictures->order[other];
            pictures->order[other] = kept;
        }
    }
    char *path = pictures->paths[pictures->order[pictures->next]];
    pictures->next = (pictures->next + 1) % pictures->n_paths;
    return path;
}

/* Labels are relative to the picture, which takes `width` and `height` of the network's input, 1 for all. */
static void load_boxes(const char *picture, float width, float height, float *truth)
{
    char path[4096];
    find_replace((char *)picture, ".jpg", ".txt", path);
    int n;
    box_label *boxes = read_boxes(path, &n);
    if (n > BOXES) {
        fprintf(stderr, "trainer: %s: %d boxes, and Darknet's region layer takes %d\n", path, n, BOXES);
        exit(1);
    }
    for (int i = 0; i < n; ++i) {
        float *box = truth + i * BOX_FLOATS;
        box[0] = .5f + (boxes[i].x - .5f) * width;
        box[1] = .5f + (boxes[i].y - .5f) * height;
        box[2] = boxes[i].w * width;
        box[3] = boxes[i].h * height;
        box[4] = boxes[i].id;
    }
    free(boxes);
}

static void load_sample(const sample *from, const network *net, float *input, float *truth)
{
    image picture = load_image_color(from->path, 0, 0);
    distort_image(picture, from->hue, from->saturation, from->exposure);
    image boxed = letterbox_image(picture, net->w, net->h);
    memcpy(input, boxed.data, (size_t)net->inputs * sizeof(float));
    float scale = fminf((float)net->w / picture.w, (float)net->h / picture.h);
    load_boxes(from->path, scale * picture.w / net->w, scale * picture.h / net->h, truth);
    free_image(boxed);
    free_image(picture);
}

static deck load_deck(char *list_file)
{
    list *lines = get_paths(list_file);
    deck pictures = {.paths = (char **)list_to_array(lines), .n_paths = lines->size};
    if (pictures.n_paths == 0) {
        fprintf(stderr, "trainer: %s: names no picture\n", list_file);
        exit(1);
    }
    pictures.order = calloc(pictures.n_paths, sizeof(int));
    for (int i = 0; i < pictures.n_paths; ++i) {
        pictures.order[i] = i;
    }
    return pictures;
}

static void load_batch(deck *pictures, const network *net, data batch)
{
    int n = batch.X.rows;
    sample *samples = calloc(n, sizeof(sample));
    for (int i = 0; i < n; ++i) {
        samples[i].path = deal(pictures);
        samples[i].hue = rand_uniform(-net->hue, net->hue);
        samples[i].saturation = rand_scale(net->saturation);
        samples[i].exposure = rand_scale(net->exposure);
    }
    #pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < n; ++i) {
        memset(batch.y.vals[i], 0, batch.y.cols * sizeof(float));
        load_sample(&samples[i], net, batch.X.vals[i], batch.y.vals[i]);
    }
    free(samples);
}

/* A network for each subdivision of a batch. They share the first one's weights; each has maps, gradients,
 * and statistics of its own. Only convolutions have weights in the networks that this is for. */
static network **load_team(char *cfg, char *weights, int *size)
{
    network *first = load_network(cfg, weights, 0);
    *size = first->subdivisions;
    network **team = calloc(*size, sizeof(network *));
    team[0] = first;
    for (int k = 1; k < *size; ++k) {
        team[k] = load_network(cfg, NULL, 0);
        team[k]->seen = first->seen;
        for (int i = 0; i < first->n; ++i) {
            team[k]->layers[i].weights = first->layers[i].weights;
            team[k]->layers[i].biases = first->layers[i].biases;
            team[k]->layers[i].scales = first->layers[i].scales;
        }
    }
    return team;
}

static void hand_over(int n, float *from, float *to)
{
    axpy_cpu(n, 1, from, 1, to, 1);
    scal_cpu(n, 0, from, 1);
}

static float *mean_of(layer l) { return l.rolling_mean; }
static float *variance_of(layer l) { return l.rolling_variance; }

/* Gives all networks the average of a statistic of layer i. */
static void average(network **team, int size, int i, float *(*of)(layer))
{
    layer first = team[0]->layers[i];
    for (int k = 1; k < size; ++k) {
        axpy_cpu(first.n, 1, of(team[k]->layers[i]), 1, of(first), 1);
    }
    scal_cpu(first.n, 1.f / size, of(first), 1);
    for (int k = 1; k < size; ++k) {
        copy_cpu(first.n, of(first), 1, of(team[k]->layers[i]), 1);
    }
}

/* Gathers the gradients in the first network, whose weights they will change. */
static void gather(network **team, int size)
{
    for (int i = 0; i < team[0]->n; ++i) {
        layer first = team[0]->layers[i];
        if (first.type != CONVOLUTIONAL) {
            continue;
        }
        for (int k = 1; k < size; ++k) {
            layer other = team[k]->layers[i];
            hand_over(first.nweights, other.weight_updates, first.weight_updates);
            hand_over(first.n, other.bias_updates, first.bias_updates);
            if (first.batch_normalize) {
                hand_over(first.n, other.scale_updates, first.scale_updates);
            }
        }
        if (first.batch_normalize) {
            average(team, size, i, mean_of);
            average(team, size, i, variance_of);
        }
    }
}

/* What train_network() does with a batch, its subdivisions side by side instead of one by one. */
static float train_batch(network **team, int size, data batch)
{
    float loss = 0;
    *team[0]->seen += team[0]->batch * size;
    #pragma omp parallel for schedule(dynamic) reduction(+ : loss)
    for (int k = 0; k < size; ++k) {
        network *net = team[k];
        get_next_batch(batch, net->batch, k * net->batch, net->input, net->truth);
        net->train = 1;
        forward_network(net);
        backward_network(net);
        loss += *net->cost;
    }
    gather(team, size);
    update_network(team[0]);
    return loss / batch.X.rows;
}

/* The gradient of an anchor that is sure to see nothing is next to nothing, for the loss is squared and its
 * objectness a logistic curve: it falls asleep where what it fits is rare. The bias of each that is below
 * AWAKE on average, over some pictures, is raised to it. */
static void wake_anchors(network *net, data batch)
{
    layer region = net->layers[net->n - 1];
    layer before = net->layers[net->n - 2];
    get_next_batch(batch, net->batch, 0, net->input, net->truth);
    net->train = 0;
    forward_network(net);
    int cells = region.w * region.h;
    int maps = region.coords + 1 + region.classes;
    for (int n = 0; n < region.n; ++n) {
        double sum = 0;
        for (int b = 0; b < net->batch; ++b) {
            for (int i = 0; i < cells; ++i) {
                sum += region.output[b * region.outputs + (n * maps + region.coords) * cells + i];
            }
        }
        double mean = sum / net->batch / cells;
        if (mean < AWAKE) {
            before.biases[n * maps + region.coords] += log(AWAKE / (1 - AWAKE)) - log(mean / (1 - mean));
            fprintf(stderr, "anchor %d: objectness %.5f on average, raised to about %g\n", n, mean, AWAKE);
        }
    }
}

int main(int argc, char **argv)
{
    bool wake = argc == 6 && strcmp(argv[5], "wake") == 0;
    if (argc != 4 && argc != 5 && !wake) {
        fprintf(stderr, "usage: %s CFG TRAIN_LIST OUT.weights [FROM.weights [wake]]\n", argv[0]);
        return 2;
    }
    srand(SEED);
    int size;
    network **team = load_team(argv[1], argc > 4 ? argv[4] : NULL, &size);
    network *net = team[0];
    deck pictures = load_deck(argv[2]);
    int n = net->batch * size;
    data batch = {.X = make_matrix(n, net->inputs), .y = make_matrix(n, BOXES * BOX_FLOATS)};
    if (wake) {
        load_batch(&pictures, net, batch);
        wake_anchors(net, batch);
    }
    double start = what_time_is_it_now();
    float smooth = -1;
    while ((int)get_current_batch(net) < net->max_batches) {
        load_batch(&pictures, net, batch);
        float loss = train_batch(team, size, batch);
        smooth = smooth < 0 ? loss : smooth * .98f + loss * .02f;
        int done = get_current_batch(net);
        fprintf(stderr, "%d: loss %.3f, average %.3f, rate %g, %.0f s\n", done, loss, smooth,
                get_current_rate(net), what_time_is_it_now() - start);
        if (done % SAVE_EVERY == 0) {
            save_weights(net, argv[3]);
        }
    }
    save_weights(net, argv[3]);
    return 0;
}
