/* Boards as data: numbers of profiles, memory and multiprocessors as drivers report them. */
#include "fake.h"

#define ONES {0, 1, 2, 3, 4, 5, 6, -1}

/* number, id, name, slices, max, SMs, MiB, size, decoders, encoders, jpegs, ofas, starts */
static const struct profile A30[] = {
    {0x0, 14, "MIG 1g.6gb", 1, 4, 14, 5952, 1, 1, 0, 0, 0, {0, 1, 2, 3, -1}},
    {0x1, 5, "MIG 2g.12gb", 2, 2, 28, 11968, 2, 2, 0, 0, 0, {0, 2, -1}},
    {0x3, 0, "MIG 4g.24gb", 4, 1, 56, 24000, 4, 4, 0, 1, 1, {0, -1}},
    {0x7, 21, "MIG 1g.6gb+me", 1, 1, 14, 5952, 1, 1, 0, 1, 1, {0, 1, 2, 3, -1}},
    {0x8, 6, "MIG 2g.12gb+me", 2, 1, 28, 11968, 2, 2, 0, 1, 1, {0, 2, -1}},
    {0},
};

static const struct profile A100[] = {
    {0x0, 19, "MIG 1g.10gb", 1, 7, 14, 9728, 1, 0, 0, 0, 0, ONES},
    {0x1, 14, "MIG 2g.20gb", 2, 3, 28, 19968, 2, 1, 0, 0, 0, {0, 2, 4, -1}},
    {0x2, 9, "MIG 3g.40gb", 3, 2, 42, 40192, 4, 2, 0, 0, 0, {0, 4, -1}},
    {0x3, 5, "MIG 4g.40gb", 4, 1, 56, 40192, 4, 2, 0, 0, 0, {0, -1}},
    {0x4, 0, "MIG 7g.80gb", 7, 1, 98, 80896, 8, 5, 0, 1, 1, {0, -1}},
    {0x7, 20, "MIG 1g.10gb+me", 1, 1, 14, 9728, 1, 1, 0, 1, 1, ONES},
    {0x9, 15, "MIG 1g.20gb", 1, 4, 14, 19968, 2, 1, 0, 0, 0, {0, 2, 4, 6, -1}},
    {0},
};

static const struct profile H100[] = {
    {0x0, 19, "MIG 1g.10gb", 1, 7, 16, 9984, 1, 1, 0, 1, 0, ONES},
    {0x1, 14, "MIG 2g.20gb", 2, 3, 32, 20096, 2, 2, 0, 2, 0, {0, 2, 4, -1}},
    {0x2, 9, "MIG 3g.40gb", 3, 2, 60, 40448, 4, 3, 0, 3, 0, {0, 4, -1}},
    {0x3, 5, "MIG 4g.40gb", 4, 1, 64, 40448, 4, 4, 0, 4, 0, {0, -1}},
    {0x4, 0, "MIG 7g.80gb", 7, 1, 132, 81152, 8, 7, 0, 7, 1, {0, -1}},
    {0x7, 20, "MIG 1g.10gb+me", 1, 1, 16, 9984, 1, 1, 0, 1, 1, ONES},
    {0x9, 15, "MIG 1g.20gb", 1, 4, 26, 20096, 2, 1, 0, 1, 0, {0, 2, 4, 6, -1}},
    {0},
};

static const struct profile RTX_PRO_6000[] = {
    {0x0, 14, "MIG 1g.24gb", 1, 4, 46, 24192, 3, 1, 1, 1, 0, {0, 3, 6, 9, -1}},
    {0x1, 5, "MIG 2g.48gb", 2, 2, 94, 48512, 6, 2, 2, 2, 0, {0, 6, -1}},
    {0x3, 0, "MIG 4g.96gb", 4, 1, 188, 97408, 12, 4, 4, 4, 1, {0, -1}},
    {0x7, 21, "MIG 1g.24gb+me", 1, 1, 46, 24192, 3, 1, 1, 1, 1, {0, 3, 6, 9, -1}},
    {0xA, 47, "MIG 1g.24gb+gfx", 1, 4, 46, 24192, 3, 1, 1, 1, 0, {0, 3, 6, 9, -1}},
    {0xB, 35, "MIG 2g.48gb+gfx", 2, 2, 94, 48512, 6, 2, 2, 2, 0, {0, 6, -1}},
    {0xC, 32, "MIG 4g.96gb+gfx", 4, 1, 188, 97408, 12, 4, 4, 4, 1, {0, -1}},
    {0xD, 67, "MIG 1g.24gb-me", 1, 4, 46, 24192, 3, 0, 0, 0, 0, {0, 3, 6, 9, -1}},
    {0xE, 66, "MIG 2g.48gb-me", 2, 2, 94, 48512, 6, 0, 0, 0, 0, {0, 6, -1}},
    {0xF, 65, "MIG 1g.24gb+me.all", 1, 1, 46, 24192, 3, 4, 4, 4, 1, {0, 3, 6, 9, -1}},
    {0x10, 64, "MIG 2g.48gb+me.all", 2, 1, 94, 48512, 6, 4, 4, 4, 1, {0, 6, -1}},
    {0},
};

/* A board of a driver that is newer than the adapter: one of its profiles has a number and a name that nobody knows. */
static const struct profile TOMORROW[] = {
    {0x0, 19, "MIG 1g.10gb", 1, 7, 14, 9728, 1, 0, 0, 0, 0, ONES},
    {0x12, 30, "MIG 1n.odd", 1, 7, 14, 9728, 1, 0, 0, 0, 0, ONES},
    {0},
};

static const struct profile NOTHING[] = {{0}};

static const struct board BOARDS[] = {
    {"NVIDIA A30", 0x20B7, 24576, 7, 80, 1, 4, 4, 0, 1, 1, A30},
    {"NVIDIA A100-SXM4-80GB", 0x20B2, 81920, 7, 80, 1, 7, 5, 0, 1, 1, A100},
    {"NVIDIA H100 80GB HBM3", 0x2330, 81559, 9, 90, 2, 7, 7, 0, 7, 1, H100},
    {"NVIDIA RTX PRO 6000 Blackwell Server Edition", 0x2BB5, 97887, 10, 120, 2, 4, 4, 4, 4, 1, RTX_PRO_6000},
    {"NVIDIA Tomorrow 80GB", 0x3FFF, 81920, 9, 90, 2, 7, 5, 0, 1, 1, TOMORROW},
    {"NVIDIA L40S", 0x26B9, 46068, 8, 89, 0, 0, 3, 3, 4, 1, NOTHING},
};

const struct board *board(const char *model) {
    for (size_t i = 0; i < sizeof BOARDS / sizeof BOARDS[0]; i++) {
        if (strcmp(BOARDS[i].model, model) == 0) {
            return &BOARDS[i];
        }
    }
    return NULL;
}
