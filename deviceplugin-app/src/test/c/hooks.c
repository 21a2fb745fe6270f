/* What a test does to the machine: boots it, makes calls fail or wait, starts processes, cuts instances as somebody else. */
#include "fake.h"

#include <time.h>

#define MAX_FAULTS 64
#define MAX_CALLS 128

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static pthread_cond_t happened = PTHREAD_COND_INITIALIZER;

static struct {
    char call[64];
    int code, times, skipped;
} faults[MAX_FAULTS];

static struct {
    char call[64];
    int count;
    char thread[32];
} calls[MAX_CALLS];

static char held[64];
static int heldGpu = -1;
static int waiting;

struct machine machine;
struct eventSet eventSets[MAX_SETS];
struct sample samples[MAX_SAMPLES];

void pauseFor(unsigned int millis) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += millis / 1000;
    until.tv_nsec += (long)(millis % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&happened, &lock, &until);
}

int begin(const char *call) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_CALLS; i++) {
        if (calls[i].call[0] == 0 || strcmp(calls[i].call, call) == 0) {
            snprintf(calls[i].call, sizeof calls[i].call, "%s", call);
            pthread_getname_np(pthread_self(), calls[i].thread, sizeof calls[i].thread);
            calls[i].count++;
            break;
        }
    }
    while (strcmp(held, call) == 0) {
        waiting++;
        pthread_cond_wait(&released, &lock);
        waiting--;
    }
    for (int i = 0; i < MAX_FAULTS; i++) {
        if (faults[i].times > 0 && strcmp(faults[i].call, call) == 0) {
            if (faults[i].skipped > 0) {
                faults[i].skipped--;
                continue;
            }
            faults[i].times--;
            return faults[i].code;
        }
    }
    return machine.initialised > 0 || strcmp(call, "nvmlInit_v2") == 0 ? -1 : NVML_ERROR_UNINITIALIZED;
}

void awaitRelease(const struct gpu *gpu) {
    while (heldGpu == (int)gpu->index) {
        waiting++;
        pthread_cond_wait(&released, &lock);
        waiting--;
    }
}

nvmlReturn_t end(nvmlReturn_t result) {
    pthread_mutex_unlock(&lock);
    return result;
}

/* A new machine with these models, separated by semicolons; the number of its GPUs, or -1 for a model that is unknown. */
EXPORT int fake_boot(const char *models, int migOn) {
    char text[1024];
    snprintf(text, sizeof text, "%s", models);
    pthread_mutex_lock(&lock);
    memset(&machine, 0, sizeof machine);
    memset(faults, 0, sizeof faults);
    memset(calls, 0, sizeof calls);
    memset(eventSets, 0, sizeof eventSets);
    memset(samples, 0, sizeof samples);
    machine.recoveryKnown = 1;
    machine.gpm = 1;
    machine.ancestor = 50;
    machine.profileVersion = 3;
    machine.countTold = -1;
    machine.fieldKnown = 1;
    char *rest = NULL;
    for (char *model = strtok_r(text, ";", &rest); model != NULL; model = strtok_r(NULL, ";", &rest)) {
        struct gpu *gpu = &machine.gpus[machine.gpuCount];
        gpu->board = board(model);
        if (gpu->board == NULL) {
            return end(-1);
        }
        gpu->index = machine.gpuCount++;
        gpu->enabled = gpu->pending = migOn && gpu->board->mig != 0;
    }
    return end((int)machine.gpuCount);
}

/* Sets one of the ways in which drivers differ; -1 for a name that is unknown. */
EXPORT int fake_set(const char *name, int value) {
    static const struct {
        const char *name;
        int *value;
    } OPTIONS[] = {
        {"profileVersion", &machine.profileVersion},   {"profilesNeedMig", &machine.profilesNeedMig},
        {"computeNamesGpu", &machine.computeNamesGpu}, {"hideInstances", &machine.hideInstances},
        {"fieldKnown", &machine.fieldKnown},           {"idleGpuResets", &machine.idleGpuResets},
        {"activation", &machine.activation},           {"exchanged", &machine.exchanged},
        {"recoveryKnown", &machine.recoveryKnown},     {"waitFails", &machine.waitFails},
        {"gpm", &machine.gpm},                         {"ancestor", &machine.ancestor},
        {"countTold", &machine.countTold},             {"virtualization", &machine.virtualization},
        {"strayInfo", &machine.strayInfo},             {"hidden", &machine.hidden},
    };
    for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            pthread_mutex_lock(&lock);
            *OPTIONS[i].value = value;
            return end(0);
        }
    }
    return -1;
}

/* Static: an exported function would be that of whichever copy of this library was loaded first. */
static int fail(const char *call, int skipped, int code, int times) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_FAULTS; i++) {
        if (faults[i].times == 0) {
            snprintf(faults[i].call, sizeof faults[i].call, "%s", call);
            faults[i].code = code;
            faults[i].times = times;
            faults[i].skipped = skipped;
            return end(0);
        }
    }
    return end(-1);
}

/* The next so many calls of that name answer with the code and do nothing. */
EXPORT int fake_fail(const char *call, int code, int times) { return fail(call, 0, code, times); }

/* Some calls of that name go well; then so many answer with the code and do nothing. */
EXPORT int fake_fail_after(const char *call, int skipped, int code, int times) {
    return fail(call, skipped, code, times);
}

/* Calls of that name do not come back until fake_release. */
EXPORT void fake_hold(const char *call) {
    pthread_mutex_lock(&lock);
    snprintf(held, sizeof held, "%s", call);
    end(0);
}

/* Calls about that GPU do not come back until fake_release. */
EXPORT void fake_hold_gpu(int index) {
    pthread_mutex_lock(&lock);
    heldGpu = index;
    end(0);
}

EXPORT void fake_release(void) {
    pthread_mutex_lock(&lock);
    held[0] = 0;
    heldGpu = -1;
    pthread_cond_broadcast(&released);
    end(0);
}

/* How many calls are held up. */
EXPORT int fake_waiting(void) {
    pthread_mutex_lock(&lock);
    return end(waiting);
}

/* How often that call was made since the machine was booted. */
EXPORT int fake_calls(const char *call) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_CALLS && calls[i].call[0] != 0; i++) {
        if (strcmp(calls[i].call, call) == 0) {
            return end(calls[i].count);
        }
    }
    return end(0);
}

/* The name of the thread that made that call last. */
EXPORT int fake_thread(const char *call, char *name, int length) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_CALLS && calls[i].call[0] != 0; i++) {
        if (strcmp(calls[i].call, call) == 0) {
            snprintf(name, (size_t)length, "%s", calls[i].thread);
            return end(0);
        }
    }
    return end(-1);
}

/* How many inits are not balanced by a shutdown. */
EXPORT int fake_initialised(void) {
    pthread_mutex_lock(&lock);
    return end(machine.initialised);
}

EXPORT void fake_lose(int gpu, int lost) {
    pthread_mutex_lock(&lock);
    machine.gpus[gpu].lost = lost;
    pthread_cond_broadcast(&happened);
    end(0);
}

EXPORT void fake_reset(int index) {
    pthread_mutex_lock(&lock);
    struct gpu *gpu = &machine.gpus[index];
    gpu->enabled = gpu->pending;
    gpu->lost = 0;
    gpu->processCount = 0;
    gpu->recovery = 0;
    gpu->epoch++;
    gpu->modeEpoch++;
    memset(gpu->instances, 0, sizeof gpu->instances);
    end(0);
}

/* A process comes; gi and ci are -1 for one that uses the whole GPU, kinds is a sum of 1 compute, 2 graphics, 4 MPS. */
EXPORT int fake_start(int index, int pid, int gi, int ci, int kinds, long long bytes) {
    pthread_mutex_lock(&lock);
    struct gpu *gpu = &machine.gpus[index];
    if (gpu->processCount == MAX_PROCESSES) {
        return end(-1);
    }
    gpu->processes[gpu->processCount++] = (struct process){
        (unsigned int)pid, (unsigned int)gi, (unsigned int)ci, kinds, (unsigned long long)bytes};
    return end(0);
}

EXPORT void fake_end(int pid) {
    pthread_mutex_lock(&lock);
    for (unsigned int g = 0; g < machine.gpuCount; g++) {
        struct gpu *gpu = &machine.gpus[g];
        unsigned int left = 0;
        for (unsigned int i = 0; i < gpu->processCount; i++) {
            if (gpu->processes[i].pid != (unsigned int)pid) {
                gpu->processes[left++] = gpu->processes[i];
            }
        }
        gpu->processCount = left;
    }
    end(0);
}

static void tell(unsigned int index, unsigned long long type, unsigned long long data, int gi, int ci) {
    for (int i = 0; i < MAX_SETS; i++) {
        struct eventSet *set = &eventSets[i];
        if (set->used && (set->types[index] & type) != 0 && set->count < MAX_EVENTS) {
            set->events[(set->first + set->count++) % MAX_EVENTS] =
                (nvmlEventData_t){set->device[index], type, data, (unsigned int)gi, (unsigned int)ci};
        }
    }
    pthread_cond_broadcast(&happened);
}

/* Something happens to a GPU; gi and ci are -1 if it concerns the whole of it. */
EXPORT void fake_event(int index, long long type, long long data, int gi, int ci) {
    pthread_mutex_lock(&lock);
    tell((unsigned int)index, (unsigned long long)type, (unsigned long long)data, gi, ci);
    end(0);
}

/* The GPU needs this for its repair from now on. */
EXPORT void fake_recovery(int index, int action) {
    pthread_mutex_lock(&lock);
    machine.gpus[index].recovery = (unsigned int)action;
    if (machine.recoveryKnown) {
        tell((unsigned int)index, EVENT_RECOVERY_ACTION, (unsigned long long)action, -1, -1);
    }
    end(0);
}

/* How many sets of events are not freed. */
EXPORT int fake_event_sets(void) {
    pthread_mutex_lock(&lock);
    int used = 0;
    for (int i = 0; i < MAX_SETS; i++) {
        used += eventSets[i].used;
    }
    return end(used);
}

/* The GPU and what is on it is so busy from now on, in percent. */
EXPORT void fake_busy(int index, int percent) {
    pthread_mutex_lock(&lock);
    machine.gpus[index].busy = (unsigned int)percent;
    end(0);
}

/* How many samples are not freed. */
EXPORT int fake_samples(void) {
    pthread_mutex_lock(&lock);
    int used = 0;
    for (int i = 0; i < MAX_SAMPLES; i++) {
        used += samples[i].used;
    }
    return end(used);
}

/* Brings up so many more NVLinks of a GPU, to the GPU of that index or, for -1, to switches. */
EXPORT void fake_link(int index, int peer, int count) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_LINKS && count > 0; i++) {
        if (machine.gpus[index].links[i] == 0) {
            machine.gpus[index].links[i] = peer < 0 ? -1 : peer + 1;
            count--;
        }
    }
    pthread_mutex_unlock(&lock);
}
