/* Darknet's commands; see darknet_commands.h. Sources: main() and the run_*() functions in
 * Darknet's examples. */
#include "command/darknet_commands.h"

#include <stdio.h>
#include <string.h>

#include "command/arguments.h"

static const char *const reasons[MAFAT_DARKNET_N_NATURES] = {
    [MAFAT_DARKNET_HOLDS_MORE] = "is Darknet's own, whose network MAFAT runs, but in no memory "
                                 "limit: it holds more beside the network than a limit counts",
    [MAFAT_DARKNET_HANDLES_WEIGHTS] = "is Darknet's own: it runs no network, and needs all weights "
                                      "in memory",
    [MAFAT_DARKNET_HANDLES_IMAGES] = "is Darknet's own: it handles images, and runs no network",
    [MAFAT_DARKNET_TRAINS] = "trains, and MAFAT runs networks and does not train them",
    [MAFAT_DARKNET_LOOKS_INSIDE] = "needs outputs of hidden layers, which MAFAT does not keep",
    [MAFAT_DARKNET_SHOWS_VIDEO] = "shows video by code of Darknet's for OpenCV 2 and 3, which is "
                                  "not built here; `detector demo` is the one that MAFAT runs",
    [MAFAT_DARKNET_PLAYS_GO] = "crashes in Darknet itself: it reads 363 outputs, of which "
                               "Darknet's networks for Go have 361, and on where standard input "
                               "has ended",
    [MAFAT_DARKNET_RECURS] = "is for recurrent networks, which keep state between runs: MAFAT runs "
                             "none",
    [MAFAT_DARKNET_IS_NOT_CALLED] = "is no command of this Darknet, whose code for it nothing "
                                    "calls",
};

/* --------------------------------------------------------------------------- words of the table */

#define VERIFIED MAFAT_DARKNET_VERIFIED
#define WATCHED MAFAT_DARKNET_WATCHED
#define ALSO_JSON MAFAT_DARKNET_ALSO_JSON
#define TAKEN_OVER MAFAT_DARKNET_TAKEN_OVER
#define ADDED MAFAT_DARKNET_ADDED
#define FILMS MAFAT_DARKNET_FILMS
#define HOLDS_MORE MAFAT_DARKNET_HOLDS_MORE
#define HANDLES_WEIGHTS MAFAT_DARKNET_HANDLES_WEIGHTS
#define HANDLES_IMAGES MAFAT_DARKNET_HANDLES_IMAGES
#define TRAINS MAFAT_DARKNET_TRAINS
#define LOOKS_INSIDE MAFAT_DARKNET_LOOKS_INSIDE
#define SHOWS_VIDEO MAFAT_DARKNET_SHOWS_VIDEO
#define PLAYS_GO MAFAT_DARKNET_PLAYS_GO
#define RECURS MAFAT_DARKNET_RECURS
#define IS_NOT_CALLED MAFAT_DARKNET_IS_NOT_CALLED

#define OF_BOXES MAFAT_NAMED_BOXES
#define OF_OUTPUTS MAFAT_NAMED_OUTPUTS
#define OF_DATA MAFAT_NAMED_IN_DATA

#define NOBODY MAFAT_DRAWN_BY_NOBODY
#define DARKNET MAFAT_DRAWN_BY_DARKNET
#define OURSELVES MAFAT_DRAWN_BY_MAFAT
#define JUDGED MAFAT_DRAWN_NOT_BUT_JUDGED

/* who loads images, and whether he crops them by rows */
#define BY_ROWS MAFAT_LOADED_BY_ROWS, false
#define CROPPED MAFAT_LOADED_BY_ROWS, true
#define LETTERBOXED MAFAT_LOADED_LETTERBOXED, false
#define RESIZED MAFAT_LOADED_RESIZED, false
#define UNCOUNTED MAFAT_LOADED_UNCOUNTED, false
#define OTHERWISE MAFAT_LOADED_UNKNOWN, false

#define DETECTOR_NAMES {"names"}, "data/names.list"
#define CLASSIFIER_NAMES {"names", "labels"}, "data/labels.list"
#define CLASSIFIER_LABELS {"labels"}, "data/labels.list"
#define NO_NAMES {NULL}, NULL
#define NO_LIST NULL, NULL, 0, false, 0, NULL
#define VALID_LIST "valid", "data/train.list", 1, false, 0, NULL
#define VALID_LIST_OF_LEAVES "valid", "data/train.list", 1, false, 0, "leaves"
/* validate_classifier_crop() divides by the number of thousands */
#define CROP_LIST "valid", "data/train.list", 1000, false, 0, NULL
/* validate_detector() loads four images ahead, validate_yolo() and validate_coco() eight */
#define DETECTOR_LIST "valid", "data/train.list", 4, true, 0, NULL
#define TEST_LIST(path) "test", path, 0, false, 0, NULL
#define RECALL_LIST(path) NULL, path, 0, false, 0, NULL
#define EIGHT_LIST(path) NULL, path, 8, true, 0, NULL

#define CW "CFG WEIGHTS"
#define CWI "CFG WEIGHTS [IMAGE]"
#define CWO "CFG WEIGHTS OUT"
#define DCW "DATA CFG WEIGHTS"
#define DCWI "DATA CFG WEIGHTS [IMAGE]"

#define INFERS(...) &(const mafat_darknet_command_inference){__VA_ARGS__}
#define ONLY_NAMED NULL, NULL, NULL, {DETECTOR_NAMES, NO_LIST}, OF_BOXES, UNCOUNTED, NOBODY, NULL

/* ------------------------------------------------------------------------------------- options */

#define THRESH(default) {"-thresh", "show what is more probable than P, from 0 to 1 (default " \
                                    default ")"}
#define OUT {"-out", "the picture is NAME.jpg (default predictions.jpg);\n" \
                     "  NAME.png: that file, without loss;\n" \
                     "  DIR/: a picture of each image, in that folder;\n" \
                     "  FILE.json: no picture, and all results in that file"}
#define REFUSED ""
#define RESULTS {"-ext_output", NULL}, {"-no_picture", NULL}, {"-dont_show", NULL}

static const mafat_darknet_command_option
    drawn[] = {THRESH(".5"), {"-hier", "of `detector test`: the same for trees of classes (default .5)"},
               OUT, RESULTS, {NULL, NULL}},
    detected[] = {THRESH(".5"), OUT, RESULTS, {NULL, NULL}},
    judged[] = {{"-thresh", "count boxes that are more probable than P (default .25)"},
                {"-hier", REFUSED}, {"-t", REFUSED}, {"-top", REFUSED}, {"-out", REFUSED},
                {NULL, NULL}},
    judged_elsewhere[] = {{"-out", "how the names of the files begin (default comp4_det_test_, "
                                   "coco_results or imagenet-detection)"}, {NULL, NULL}},
    first_yolo[] = {THRESH(".2"), {NULL, NULL}},
    topped[] = {{"-t", "so many classes (default: top= of DATA, or 1)"}, {"-top", "the same"},
                {NULL, NULL}};

/* ------------------------------------------------------------------------------------ the table */

/* Of the commands of a word, the first one says where those have their cfg that there are not. */
static const mafat_darknet_command commands[] = {
    {"detector", "test", DCWI, TAKEN_OVER, INFERS(
     "finds objects in an image, prints them, and draws them on it; without IMAGE, in each image "
     "whose path is a line of standard input", drawn,
     NULL, {DETECTOR_NAMES, NO_LIST}, OF_BOXES, BY_ROWS, OURSELVES, mafat_indexed_drawn)},
    {"detector", "valid", DCW, WATCHED, INFERS(
     "finds objects in the images of valid= in DATA, and writes them into files in results= "
     "(default results) as VOC's or COCO's programs read them (eval=voc, coco or imagenet)",
     judged_elsewhere,
     NULL, {DETECTOR_NAMES, DETECTOR_LIST}, OF_BOXES, BY_ROWS, NOBODY, mafat_indexed_valid)},
    {"detector", "map", DCW, ADDED, INFERS(
     "mean average precision of a detector over the images of valid= in DATA with their labels, "
     "by the rules of VOC and of COCO", judged,
     NULL, {DETECTOR_NAMES, VALID_LIST}, OF_BOXES, BY_ROWS, JUDGED, mafat_indexed_map)},
    {"detector", "valid2", DCW, VERIFIED, INFERS(
     "as `detector valid`, each image and its mirror image at once: for a cfg with batch=2",
     judged_elsewhere,
     NULL, {DETECTOR_NAMES, DETECTOR_LIST}, OF_BOXES, UNCOUNTED, NOBODY, mafat_indexed_flipped)},
    {"detector", "recall", DCW, VERIFIED, INFERS(
     "how many of the boxes in labels are proposed, over the images that data/coco_val_5k.list "
     "names", NULL,
     NULL, {NO_NAMES, RECALL_LIST("data/coco_val_5k.list")}, OF_BOXES, RESIZED, NOBODY,
     mafat_indexed_recall)},
    {"detector", "demo", "DATA CFG WEIGHTS [FILM]", FILMS, INFERS(ONLY_NAMED)},
    {"detector", "train", DCW, TRAINS, NULL},
    {"detector", "extract", DCW, IS_NOT_CALLED, NULL},
    {"detector", "censor", DCW, IS_NOT_CALLED, NULL},

    {"detect", NULL, CWI, TAKEN_OVER, INFERS(
     "`detector test` with cfg/coco.data", detected,
     "cfg/coco.data", {DETECTOR_NAMES, NO_LIST}, OF_BOXES, BY_ROWS, OURSELVES,
     mafat_indexed_drawn)},

    {"yolo", "test", CWI, VERIFIED, INFERS(
     "finds objects of VOC's classes in an image by a network of Darknet's first YOLO, prints "
     "them, and draws them into predictions.jpg", first_yolo,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, RESIZED, DARKNET, mafat_indexed_voc_test)},
    {"yolo", "valid", CW, VERIFIED, INFERS(
     "as `detector valid` by a network of Darknet's first YOLO, over the images that "
     "/home/pjreddie/data/voc/2007_test.txt names", NULL,
     NULL, {NO_NAMES, EIGHT_LIST("/home/pjreddie/data/voc/2007_test.txt")}, OF_BOXES, UNCOUNTED,
     NOBODY, mafat_indexed_voc_valid)},
    {"yolo", "recall", CW, VERIFIED, INFERS(
     "how many of the boxes in labels are proposed, over the images that data/voc.2007.test "
     "names", NULL,
     NULL, {NO_NAMES, RECALL_LIST("data/voc.2007.test")}, OF_BOXES, RESIZED, NOBODY,
     mafat_indexed_voc_valid)},
    {"yolo", "demo", CW, SHOWS_VIDEO, NULL},
    {"yolo", "train", CW, TRAINS, NULL},

    {"coco", "test", CWI, VERIFIED, INFERS(
     "as `yolo test`, for COCO's classes", first_yolo,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, RESIZED, DARKNET, mafat_indexed_coco_test)},
    {"coco", "valid", CW, VERIFIED, INFERS(
     "as `yolo valid`, for COCO's classes, over the images that data/coco_val_5k.list names", NULL,
     NULL, {NO_NAMES, EIGHT_LIST("data/coco_val_5k.list")}, OF_BOXES, UNCOUNTED, NOBODY,
     mafat_indexed_coco_valid)},
    {"coco", "recall", CW, VERIFIED, INFERS(
     "as `yolo recall`, over the images that /home/pjreddie/data/voc/test/2007_test.txt names",
     NULL,
     NULL, {NO_NAMES, RECALL_LIST("/home/pjreddie/data/voc/test/2007_test.txt")}, OF_BOXES, RESIZED,
     NOBODY, mafat_indexed_coco_recall)},
    {"coco", "demo", CW, SHOWS_VIDEO, NULL},
    {"coco", "train", CW, TRAINS, NULL},

    {"classifier", "predict", DCWI, ALSO_JSON, INFERS(
     "the most probable classes of an image; without IMAGE, of each image whose path is a line "
     "of standard input", topped,
     NULL, {CLASSIFIER_NAMES, NO_LIST}, OF_OUTPUTS, LETTERBOXED, NOBODY, mafat_indexed_top)},
    {"classifier", "valid", DCW, WATCHED, INFERS(
     "how often the class that is in an image's path comes first, and among the first top= of "
     "DATA, over the images of valid=", NULL,
     NULL, {CLASSIFIER_LABELS, VALID_LIST_OF_LEAVES}, OF_DATA, CROPPED, NOBODY, mafat_indexed_leaves)},
    {"classifier", "valid10", DCW, VERIFIED, INFERS(
     "as `classifier valid`, over ten cuts of each image", NULL,
     NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED, NOBODY, mafat_indexed_labels)},
    {"classifier", "validmulti", DCW, VERIFIED, INFERS(
     "as `classifier valid`, over several sizes of each image and their mirror images", NULL,
     NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED, NOBODY, mafat_indexed_labels)},
    {"classifier", "validcrop", DCW, VERIFIED, INFERS(
     "as `classifier valid`, over images that threads load in parts; there must be 1000 at least",
     NULL,
     NULL, {CLASSIFIER_LABELS, CROP_LIST}, OF_DATA, UNCOUNTED, NOBODY,
     mafat_indexed_labels_crop)},
    {"classifier", "validfull", DCW, VERIFIED, INFERS(
     "as `classifier valid`, over whole images, the network resized to each", NULL,
     NULL, {CLASSIFIER_LABELS, VALID_LIST}, OF_DATA, UNCOUNTED, NOBODY, mafat_indexed_labels)},
    {"classifier", "label", DCW, VERIFIED, INFERS(
     "the first class of each image of test= in DATA, a line each", NULL,
     NULL, {{"names"}, "data/labels.list", TEST_LIST("data/train.list")}, OF_DATA, OTHERWISE,
     NOBODY, mafat_indexed_label)},
    {"classifier", "csv", DCW, VERIFIED, INFERS(
     "the first top= outputs of each image of test= in DATA by number, a line each", NULL,
     NULL, {NO_NAMES, TEST_LIST("data/test.list")}, OF_OUTPUTS, LETTERBOXED, NOBODY,
     mafat_indexed_csv)},
    {"classifier", "fout", "DATA CFG WEIGHTS LIST", VERIFIED, INFERS(
     "the outputs of each image that LIST names, a line each", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_OUTPUTS, OTHERWISE, NOBODY, mafat_indexed_fout)},
    {"classifier", "gun", DCW, SHOWS_VIDEO, NULL},
    {"classifier", "threat", DCW, SHOWS_VIDEO, NULL},
    {"classifier", "demo", DCW, SHOWS_VIDEO, NULL},
    {"classifier", "test", DCW, HOLDS_MORE, NULL},
    {"classifier", "try", "DATA CFG WEIGHTS IMAGE LAYER", LOOKS_INSIDE, NULL},
    {"classifier", "train", DCW, TRAINS, NULL},

    {"classify", NULL, CWI, ALSO_JSON, INFERS(
     "`classifier predict` with cfg/imagenet1k.data, of five classes", NULL,
     "cfg/imagenet1k.data", {CLASSIFIER_NAMES, NO_LIST}, OF_OUTPUTS, LETTERBOXED, NOBODY,
     mafat_indexed_top_5)},

    {"segmenter", "test", DCWI, VERIFIED, INFERS(
     "runs a segmenter on an image, prints its first output, and writes orig.jpg and pred.jpg",
     NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY, NULL)},
    {"segmenter", "train", DCW, TRAINS, NULL},
    {"segmenter", "demo", DCW, SHOWS_VIDEO, NULL},

    {"isegmenter", "test", DCWI, VERIFIED, INFERS(
     "as `segmenter test`, by a network that tells instances apart", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY, NULL)},
    {"isegmenter", "train", DCW, TRAINS, NULL},
    {"isegmenter", "demo", DCW, SHOWS_VIDEO, NULL},

    {"regressor", "train", DCW, TRAINS, NULL},
    {"regressor", "test", CWI, VERIFIED, INFERS(
     "the first output of a network that estimates a number in an image", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, LETTERBOXED, NOBODY, NULL)},
    {"regressor", "demo", DCW, SHOWS_VIDEO, NULL},

    {"super", "test", CWI, VERIFIED, INFERS(
     "runs a network whose output is an image, and writes that into out.jpg", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, OTHERWISE, NOBODY, NULL)},
    {"super", "train", CW, TRAINS, NULL},
    {"super", "valid", CW, IS_NOT_CALLED, NULL},

    {"tag", "test", CWI, VERIFIED, INFERS(
     "the most probable tags of data/tags.txt for an image", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_OUTPUTS, UNCOUNTED, NOBODY, mafat_indexed_tags)},
    {"tag", "train", CW, TRAINS, NULL},

    {"cifar", "test", CW, VERIFIED, INFERS(
     "how often the class comes first, over data/cifar/cifar-10-batches-bin/test_batch.bin", NULL,
     NULL, {NO_NAMES, NO_LIST}, OF_BOXES, UNCOUNTED, NOBODY, mafat_indexed_cifar)},
    {"cifar", "train", CW, TRAINS, NULL},
    {"cifar", "distill", CW, TRAINS, NULL},
    {"cifar", "multi", CW, HOLDS_MORE, NULL},
    {"cifar", "csv", CW, HOLDS_MORE, NULL},
    {"cifar", "csvtrain", CW, HOLDS_MORE, NULL},
    {"cifar", "extract", "[CFG]", HANDLES_IMAGES, NULL},
    {"cifar", "eval", "[CFG]", HANDLES_IMAGES, NULL},

    {"go", "train", CW, TRAINS, NULL},
    {"go", "valid", CW, PLAYS_GO, NULL},
    {"go", "self", CW, PLAYS_GO, NULL},
    {"go", "test", CW, PLAYS_GO, NULL},
    {"go", "engine", CW, PLAYS_GO, NULL},

    {"rnn", "train", CW, TRAINS, NULL},
    {"rnn", "valid", CW, RECURS, NULL},
    {"rnn", "validtactic", CW, RECURS, NULL},
    {"rnn", "vec", CW, RECURS, NULL},
    {"rnn", "generate", CW, RECURS, NULL},
    {"rnn", "generatetactic", CW, RECURS, NULL},

    {"lsd", "traingan", CW, TRAINS, NULL},
    {"lsd", "trainprog", CW, TRAINS, NULL},
    {"lsd", "traincolor", CW, TRAINS, NULL},
    {"lsd", "gan", CW, LOOKS_INSIDE, NULL},
    {"lsd", "inter", CW, LOOKS_INSIDE, NULL},
    {"lsd", "test", CW, LOOKS_INSIDE, NULL},
    {"lsd", "color", CW, LOOKS_INSIDE, NULL},
    {"lsd", "train", CW, IS_NOT_CALLED, NULL},
    {"lsd", "train2", CW, IS_NOT_CALLED, NULL},
    {"lsd", "train3", CW, IS_NOT_CALLED, NULL},
    {"lsd", "valid", CW, IS_NOT_CALLED, NULL},

    {"attention", NULL, "", IS_NOT_CALLED, NULL},
    {"captcha", NULL, "", IS_NOT_CALLED, NULL},
    {"dice", NULL, "", IS_NOT_CALLED, NULL},
    {"swag", NULL, "", IS_NOT_CALLED, NULL},
    {"vid", NULL, "", IS_NOT_CALLED, NULL},
    {"voxel", NULL, "", IS_NOT_CALLED, NULL},
    {"writing", NULL, "", IS_NOT_CALLED, NULL},

    {"art", NULL, CW, SHOWS_VIDEO, NULL},
    {"nightmare", NULL, "CFG WEIGHTS IMAGE LAYER", LOOKS_INSIDE, NULL},
    {"speed", NULL, "CFG [N]", HOLDS_MORE, NULL},
    {"ops", NULL, "CFG", HANDLES_WEIGHTS, NULL},
    {"average", NULL, "CFG OUT WEIGHTS", HANDLES_WEIGHTS, NULL},
    {"rgbgr", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"reset", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"denormalize", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"normalize", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"statistics", NULL, "CFG [WEIGHTS]", HANDLES_WEIGHTS, NULL},
    {"rescale", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"oneoff", NULL, CWO, HANDLES_WEIGHTS, NULL},
    {"oneoff2", NULL, "CFG WEIGHTS OUT LAYER", HANDLES_WEIGHTS, NULL},
    {"print", NULL, "CFG WEIGHTS LAYER", HANDLES_WEIGHTS, NULL},
    {"partial", NULL, "CFG WEIGHTS OUT N", HANDLES_WEIGHTS, NULL},
    {"visualize", NULL, "CFG [WEIGHTS]", HANDLES_WEIGHTS, NULL},
    {"mkimg", NULL, "CFG WEIGHTS HEIGHT WIDTH N PREFIX", HANDLES_WEIGHTS, NULL},
    {"3d", NULL, "LEFT RIGHT [OUT] [DELTA]", HANDLES_IMAGES, NULL},
    {"test", NULL, "IMAGE", HANDLES_IMAGES, NULL},
    {"imtest", NULL, "IMAGE", HANDLES_IMAGES, NULL},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

/* ----------------------------------------------------------------------------------- looking up */

const mafat_darknet_command *mafat_darknet_commands_at(int i)
{
    return i < N_COMMANDS ? &commands[i] : NULL;
}

const mafat_darknet_command *mafat_darknet_commands_find(const char *word, const char *subword)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].word, word) == 0 &&
            (commands[i].subword == NULL || strcmp(commands[i].subword, subword) == 0))
            return &commands[i];
    return NULL;
}

int mafat_darknet_commands_cfg_place(const char *word, const char *subword)
{
    const mafat_darknet_command *command = mafat_darknet_commands_find(word, subword);
    for (int i = 0; i < N_COMMANDS && command == NULL; i++)
        if (strcmp(commands[i].word, word) == 0)
            command = &commands[i];
    char name[MAFAT_ARGUMENT_NAME];
    for (int i = 0; command != NULL && mafat_arguments_name(command->arguments, i, name); i++)
        if (strcmp(name, "CFG") == 0 || strcmp(name, "[CFG]") == 0)
            return i + (command->subword != NULL ? 2 : 1);
    return 0;
}

bool mafat_darknet_commands_has(const char *word)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].word, word) == 0)
            return true;
    return false;
}

bool mafat_darknet_commands_refuses(const mafat_darknet_command *command, const char *option)
{
    const mafat_darknet_command_option *own = command->inference->options;
    for (; own != NULL && own->name != NULL; own++)
        if (strcmp(own->name, option) == 0)
            return own->help != NULL && own->help[0] == '\0';
    return false;
}

bool mafat_darknet_commands_takes_json(const mafat_darknet_command *command)
{
    return command->nature == ALSO_JSON || command->nature == TAKEN_OVER ||
           command->nature == ADDED || command->nature == FILMS;
}

bool mafat_darknet_commands_takes_quiet(const mafat_darknet_command *command)
{
    return command->nature == WATCHED || mafat_darknet_commands_takes_json(command);
}

bool mafat_darknet_commands_takes_batch(const mafat_darknet_command *command)
{
    bool is_by_rows = command->inference != NULL &&
                      command->inference->loading == MAFAT_LOADED_BY_ROWS;
    return command->nature == ALSO_JSON || command->nature == TAKEN_OVER ||
           command->nature == ADDED || command->nature == FILMS ||
           (command->nature == WATCHED && is_by_rows);
}

void mafat_darknet_commands_print_names(mafat_darknet_commands_takes *takes, char *text,
                                        size_t size)
{
    int n_left = 0;
    size_t length = 0;
    char name[40];
    for (int i = 0; i < N_COMMANDS; i++)
        n_left += takes(&commands[i]);
    for (int i = 0; i < N_COMMANDS && length < size; i++) {
        if (!takes(&commands[i]))
            continue;
        mafat_darknet_commands_print_name(&commands[i], name, sizeof name);
        length += (size_t)snprintf(text + length, size - length, "`%s`%s", name,
                                   --n_left > 1 ? ", " : n_left == 1 ? " and " : "");
    }
}

const char *mafat_darknet_commands_reason(const mafat_darknet_command *command)
{
    return reasons[command->nature];
}

void mafat_darknet_commands_print_name(const mafat_darknet_command *command, char *text,
                                       size_t size)
{
    snprintf(text, size, "%s%s%s", command->word, command->subword != NULL ? " " : "",
             command->subword != NULL ? command->subword : "");
}
