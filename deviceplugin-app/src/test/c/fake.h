/* A machine with GPUs behind the NVML interface: its state, and what the three parts of the stand-in share. */
#ifndef FAKE_H
#define FAKE_H

#define _GNU_SOURCE /* names of threads */

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvml_abi.h"

#define EXPORT __attribute__((visibility("default")))

#define MAX_GPUS 8
#define MAX_INSTANCES 16
#define MAX_COMPUTE 8
#define MAX_PROCESSES 256
#define MAX_STARTS 8
#define MAX_LINKS 18

/* A profile of a board: the number that the header enumerates, the board's own number, and what it takes. */
struct profile {
    unsigned int number;
    unsigned int id;
    const char *name;
    unsigned int slices;
    unsigned int max;
    unsigned int sms;
    unsigned int memory;
    unsigned int size;
    unsigned int decoders, encoders, jpegs, ofas;
    int starts[MAX_STARTS]; /* ends with -1 */
};

struct board {
    const char *model;
    unsigned int device; /* its number on the bus */
    unsigned int memory;
    unsigned int architecture;
    int capability; /* CUDA's, times ten */
    int mig;          /* 0 none, 1 after a reset, 2 at once */
    unsigned int migDevices;
    unsigned int decoders, encoders, jpegs, ofas;
    const struct profile *profiles; /* ends with a profile without name */
};

struct compute {
    int used;
    unsigned int id, profile, slices, start;
};

struct instance {
    int used;
    unsigned int id;
    const struct profile *profile;
    unsigned int start;
    struct compute compute[MAX_COMPUTE];
};

struct process {
    unsigned int pid;
    unsigned int gi, ci;
    int kinds; /* 1 compute, 2 graphics, 4 MPS */
    unsigned long long bytes;
};

struct gpu {
    const struct board *board;
    unsigned int index;
    int enabled, pending, lost;
    unsigned int epoch; /* counts changes: handles of instances live no longer than one */
    unsigned int modeEpoch; /* counts changes of the mode and resets: handles of the GPU live no longer than one */
    struct instance instances[MAX_INSTANCES];
    struct process processes[MAX_PROCESSES];
    unsigned int processCount;
    unsigned int busy; /* percent, as the utilisation counters and the samples have it from now on */
    int links[MAX_LINKS]; /* NVLinks: 0 down, -1 to a switch, else the index of the GPU at the other end plus one */
    unsigned int recovery; /* what it needs before it can be relied on again */
};

enum kind { GPU = 1, INSTANCE, COMPUTE, MIG_DEVICE };

struct handle {
    enum kind kind;
    struct gpu *gpu;
    unsigned int epoch;
    struct instance *instance;
    struct compute *compute;
};

struct machine {
    int initialised;
    unsigned int gpuCount;
    struct gpu gpus[MAX_GPUS];
    /* How drivers differ. */
    int profileVersion;  /* newest version of the profile structure that is known: 3, 2, or 0 for none */
    int countTold;       /* of any profile so many instances fit, says the driver; -1 for the truth */
    int strayInfo;       /* so many more times an instance's handle stands for another one of its GPU when it is asked */
    int virtualization;  /* as nvmlGpuVirtualizationMode_t has it: 0 none, 1 all of a board of the host, 2 a virtual GPU */
    int profilesNeedMig; /* profiles are told only while MIG mode is on */
    int computeNamesGpu; /* a compute instance names the GPU, not its MIG device */
    int hideInstances;   /* processes on a MIG device are listed without their instances */
    int fieldKnown;      /* the field that tells whether MIG mode switches at once */
    int idleGpuResets;   /* an idle board resets itself when MIG mode is asked for */
    int activation;      /* if not 0, MIG mode stays as it is and this is the reason */
    int hidden;          /* so many of the first GPUs have not come yet: the others have lower indices until then */
    int exchanged;       /* other boards sit in the slots, with UUIDs of their own */
    int recoveryKnown;   /* the field that tells what a GPU needs for its repair, and the events about it */
    int gpm;             /* the boards count what their instances do */
    int ancestor;        /* what all pairs of GPUs have in common, as nvmlGpuTopologyLevel_t has it; -1 if it is not told */
    int waitFails;       /* if not 0, waiting for events answers this while a GPU is lost */
};

extern struct machine machine;

#define MAX_SETS 8
#define MAX_EVENTS 64

/* A set of events: for each GPU what it was registered with, and what has happened. */
struct eventSet {
    int used;
    nvmlDevice_t device[MAX_GPUS];
    unsigned long long types[MAX_GPUS];
    nvmlEventData_t events[MAX_EVENTS];
    unsigned int first, count;
};

extern struct eventSet eventSets[MAX_SETS];

#define MAX_SAMPLES 64

/* A sample of counters: of which instance, and how busy it was. */
struct sample {
    int used;
    struct gpu *gpu;
    unsigned int gi, busy;
};

extern struct sample samples[MAX_SAMPLES];

/* Waits, with the lock, until something happens or so many milliseconds are over. */
void pauseFor(unsigned int millis);

const struct board *board(const char *model);

/* Begins a call: counts it, waits while it is held up, and tells what it is to answer, or -1 to go on. Takes the lock. */
int begin(const char *call);
/* Waits, with the lock, while calls about that GPU are held up. */
void awaitRelease(const struct gpu *gpu);
/* Ends a call: gives back the lock and the answer. */
nvmlReturn_t end(nvmlReturn_t result);

#endif
