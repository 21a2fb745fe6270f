/*
 * A stand-in for libnvidia-ml.so.1 for tests: the calls that the agent makes, on the boards of boards.c, with the refusals of a
 * real driver. Handles die with every change of their GPU. With -DOLD_DRIVER it lacks what newer drivers added.
 */
#include "fake.h"

#define HANDLES 65536

static struct handle handles[HANDLES];
static unsigned int nextHandle;

#define BEGIN(call)            \
    int answer = begin(call);  \
    if (answer >= 0) {         \
        return end(answer);    \
    }

#define TAKE(variable, given, kinds)                        \
    struct handle *variable = valid(given, kinds);          \
    if (variable == NULL) {                                 \
        return end(NVML_ERROR_INVALID_ARGUMENT);            \
    }                                                       \
    awaitRelease(variable->gpu);                            \
    if (variable->gpu->lost) {                              \
        return end(NVML_ERROR_GPU_IS_LOST);                 \
    }

static struct handle *handle(enum kind kind, struct gpu *gpu, struct instance *instance, struct compute *compute) {
    struct handle *made = &handles[nextHandle++ % HANDLES];
    *made = (struct handle){kind, gpu, kind == GPU ? gpu->modeEpoch : gpu->epoch, instance, compute};
    return made;
}

/* The handle if it is alive and of one of these kinds (a mask of 1 << kind). */
static struct handle *valid(struct handle *given, int kinds) {
    if (given < handles || given >= handles + HANDLES || !(kinds & 1 << given->kind)) {
        return NULL;
    }
    unsigned int now = given->kind == GPU ? given->gpu->modeEpoch : given->gpu->epoch;
    return given->epoch == now ? given : NULL;
}

#define A_GPU (1 << GPU)
#define A_DEVICE (1 << GPU | 1 << MIG_DEVICE)
#define A_MIG_DEVICE (1 << MIG_DEVICE)
#define AN_INSTANCE (1 << INSTANCE)
#define A_COMPUTE (1 << COMPUTE)

static nvmlReturn_t text(char *buffer, unsigned int length, const char *value) {
    if (strlen(value) >= length) {
        return NVML_ERROR_INSUFFICIENT_SIZE;
    }
    strcpy(buffer, value);
    return NVML_SUCCESS;
}

static void uuidOf(const struct handle *device, char *uuid, size_t length) {
    if (device->kind == MIG_DEVICE) {
        /* As on real boards the same instance ids on the same GPU give the same UUID again. */
        snprintf(uuid, length, "MIG-%08x-0000-5000-8000-%06x%06x", device->gpu->index, device->instance->id,
                 device->compute->id);
    } else {
        snprintf(uuid, length, "GPU-%08x-0000-4000-8000-%012x", device->gpu->index, machine.exchanged);
    }
}

/* machine and GPUs */

EXPORT nvmlReturn_t nvmlInit_v2(void) {
    BEGIN("nvmlInit_v2")
    machine.initialised++;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlShutdown(void) {
    BEGIN("nvmlShutdown")
    machine.initialised--;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length) {
    BEGIN("nvmlSystemGetDriverVersion")
    return end(text(version, length, "580.65.06"));
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version) {
    BEGIN("nvmlSystemGetCudaDriverVersion_v2")
    *version = 13000;
    return end(NVML_SUCCESS);
}
#endif

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
    BEGIN("nvmlDeviceGetCount_v2")
    *count = machine.gpuCount - (unsigned int)machine.hidden;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
    BEGIN("nvmlDeviceGetHandleByIndex_v2")
    index += (unsigned int)machine.hidden;
    if (index >= machine.gpuCount) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    awaitRelease(&machine.gpus[index]);
    if (machine.gpus[index].lost) {
        return end(NVML_ERROR_GPU_IS_LOST);
    }
    *device = handle(GPU, &machine.gpus[index], NULL, NULL);
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *busId, nvmlDevice_t *device) {
    BEGIN("nvmlDeviceGetHandleByPciBusId_v2")
    unsigned int bus;
    if (sscanf(busId, "00000000:%x:00.0", &bus) != 1 || bus < 0xA0 + (unsigned int)machine.hidden || bus >= 0xA0 + machine.gpuCount) {
        return end(NVML_ERROR_NOT_FOUND);
    }
    struct gpu *gpu = &machine.gpus[bus - 0xA0];
    if (gpu->lost) {
        return end(NVML_ERROR_GPU_IS_LOST);
    }
    *device = handle(GPU, gpu, NULL, NULL);
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
    BEGIN("nvmlDeviceGetPciInfo_v3")
    TAKE(h, device, A_GPU)
    memset(pci, 0, sizeof *pci);
    pci->bus = 0xA0 + h->gpu->index;
    pci->pciDeviceId = h->gpu->board->device << 16 | 0x10DE;
    snprintf(pci->busId, sizeof pci->busId, "00000000:%02X:00.0", pci->bus);
    snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "0000:%02X:00.0", pci->bus);
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length) {
    BEGIN("nvmlDeviceGetUUID")
    TAKE(h, device, A_DEVICE)
    char value[80];
    uuidOf(h, value, sizeof value);
    return end(text(uuid, length, value));
}

EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length) {
    BEGIN("nvmlDeviceGetName")
    TAKE(h, device, A_GPU)
    return end(text(name, length, h->gpu->board->model));
}

EXPORT nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *minor) {
    BEGIN("nvmlDeviceGetMinorNumber")
    TAKE(h, device, A_GPU)
    *minor = h->gpu->index;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
    BEGIN("nvmlDeviceGetMemoryInfo")
    TAKE(h, device, A_DEVICE)
    unsigned int mib = h->kind == GPU ? h->gpu->board->memory : h->instance->profile->memory;
    memory->total = (unsigned long long)mib << 20;
    memory->used = 0;
    for (unsigned int i = 0; i < h->gpu->processCount; i++) {
        struct process *p = &h->gpu->processes[i];
        memory->used += h->kind == GPU || p->gi == h->instance->id ? p->bytes : 0;
    }
    memory->free = memory->total - memory->used;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization) {
    BEGIN("nvmlDeviceGetUtilizationRates")
    TAKE(h, device, A_GPU)
    if (h->gpu->enabled) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    *utilization = (nvmlUtilization_t){h->gpu->busy, h->gpu->busy / 2};
    return end(NVML_SUCCESS);
}

/* links between GPUs */

EXPORT nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t device, nvmlDevice_t peer, int *level) {
    BEGIN("nvmlDeviceGetTopologyCommonAncestor")
    TAKE(h, device, A_GPU)
    TAKE(other, peer, A_GPU)
    if (h->gpu == other->gpu) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    if (machine.ancestor < 0) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    *level = machine.ancestor;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link, unsigned int *state) {
    BEGIN("nvmlDeviceGetNvLinkState")
    TAKE(h, device, A_GPU)
    if (link >= MAX_LINKS) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    *state = h->gpu->links[link] != 0;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t device, unsigned int link, nvmlPciInfo_t *pci) {
    BEGIN("nvmlDeviceGetNvLinkRemotePciInfo_v2")
    TAKE(h, device, A_GPU)
    if (link >= MAX_LINKS || h->gpu->links[link] == 0) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    memset(pci, 0, sizeof *pci);
    int peer = h->gpu->links[link];
    /* In lower case, which the ids of GPUs are not. */
    snprintf(pci->busId, sizeof pci->busId, "00000000:%02x:00.0", peer < 0 ? 0x0f : 0xa0 + peer - 1);
    return end(NVML_SUCCESS);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t device, unsigned int link, unsigned int *type) {
    BEGIN("nvmlDeviceGetNvLinkRemoteDeviceType")
    TAKE(h, device, A_GPU)
    if (link >= MAX_LINKS || h->gpu->links[link] == 0) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    *type = h->gpu->links[link] < 0 ? LINK_TO_SWITCH : LINK_TO_GPU;
    return end(NVML_SUCCESS);
}
#endif

/* counters of instances */

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlGpmQueryDeviceSupport(nvmlDevice_t device, nvmlGpmSupport_t *support) {
    BEGIN("nvmlGpmQueryDeviceSupport")
    TAKE(h, device, A_GPU)
    if (support->version != 1) {
        return end(NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    }
    support->isSupportedDevice = machine.gpm && h->gpu->board->mig == 2;
    return end(NVML_SUCCESS);
}

static int isSample(nvmlGpmSample_t sample) {
    return sample >= samples && sample < samples + MAX_SAMPLES && sample->used;
}

EXPORT nvmlReturn_t nvmlGpmSampleAlloc(nvmlGpmSample_t *sample) {
    BEGIN("nvmlGpmSampleAlloc")
    for (int i = 0; i < MAX_SAMPLES; i++) {
        if (!samples[i].used) {
            samples[i] = (struct sample){1, NULL, 0, 0};
            *sample = &samples[i];
            return end(NVML_SUCCESS);
        }
    }
    return end(NVML_ERROR_INSUFFICIENT_RESOURCES);
}

EXPORT nvmlReturn_t nvmlGpmSampleFree(nvmlGpmSample_t sample) {
    BEGIN("nvmlGpmSampleFree")
    if (!isSample(sample)) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    sample->used = 0;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlGpmMigSampleGet(nvmlDevice_t device, unsigned int gi, nvmlGpmSample_t sample) {
    BEGIN("nvmlGpmMigSampleGet")
    TAKE(h, device, A_GPU)
    if (!isSample(sample)) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    for (int i = 0; i < MAX_INSTANCES; i++) {
        if (h->gpu->instances[i].used && h->gpu->instances[i].id == gi) {
            sample->gpu = h->gpu;
            sample->gi = gi;
            sample->busy = h->gpu->busy;
            return end(NVML_SUCCESS);
        }
    }
    return end(NVML_ERROR_NOT_FOUND);
}

/* The mean of both samples, so that a test sees that two different ones were given. */
EXPORT nvmlReturn_t nvmlGpmMetricsGet(nvmlGpmMetricsGet_t *metrics) {
    BEGIN("nvmlGpmMetricsGet")
    struct sample *first = metrics->sample1, *second = metrics->sample2;
    if (metrics->version != 1 || !isSample(first) || !isSample(second) || first == second
        || first->gpu != second->gpu || first->gi != second->gi || metrics->numMetrics > GPM_METRIC_MAX) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    for (unsigned int i = 0; i < metrics->numMetrics; i++) {
        nvmlGpmMetric_t *metric = &metrics->metrics[i];
        int known = metric->metricId == GPM_SM_UTIL || metric->metricId == GPM_DRAM_BW_UTIL;
        metric->nvmlReturn = known ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
        metric->value = (first->busy + second->busy) / (metric->metricId == GPM_SM_UTIL ? 2.0 : 4.0);
    }
    return end(NVML_SUCCESS);
}
#endif

EXPORT nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device, unsigned int *architecture) {
    BEGIN("nvmlDeviceGetArchitecture")
    TAKE(h, device, A_GPU)
    *architecture = h->gpu->board->architecture;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor) {
    BEGIN("nvmlDeviceGetCudaComputeCapability")
    TAKE(h, device, A_GPU)
    *major = h->gpu->board->capability / 10;
    *minor = h->gpu->board->capability % 10;
    return end(NVML_SUCCESS);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetAttributes_v2(nvmlDevice_t device, nvmlDeviceAttributes_t *attributes) {
    BEGIN("nvmlDeviceGetAttributes_v2")
    TAKE(h, device, A_MIG_DEVICE)
    const struct profile *p = h->instance->profile;
    unsigned int copies = p->slices == 7 && h->gpu->board->mig == 2 ? 8 : p->slices;
    *attributes = (nvmlDeviceAttributes_t){p->sms * h->compute->slices / p->slices, copies, p->decoders, p->encoders,
                                           p->jpegs, p->ofas, p->slices, h->compute->slices, p->memory};
    return end(NVML_SUCCESS);
}
#endif

EXPORT nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values) {
    BEGIN("nvmlDeviceGetFieldValues")
    TAKE(h, device, A_GPU)
    for (int i = 0; i < count; i++) {
        int recovery = values[i].fieldId == FIELD_RECOVERY_ACTION;
        int known = recovery ? machine.recoveryKnown : machine.fieldKnown && values[i].fieldId == FIELD_RESETLESS_MIG;
        values[i].nvmlReturn = known ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
        values[i].valueType = 1;
        values[i].value.ullVal = 0xDEADBEEF00000000ull; /* beside an unsigned int the union holds anything */
        values[i].value.uiVal = recovery ? h->gpu->recovery : h->gpu->board->mig == 2;
    }
    return end(NVML_SUCCESS);
}

/* events */

EXPORT nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *set) {
    BEGIN("nvmlEventSetCreate")
    for (int i = 0; i < MAX_SETS; i++) {
        if (!eventSets[i].used) {
            memset(&eventSets[i], 0, sizeof eventSets[i]);
            eventSets[i].used = 1;
            *set = &eventSets[i];
            return end(NVML_SUCCESS);
        }
    }
    return end(NVML_ERROR_INSUFFICIENT_RESOURCES);
}

static int isSet(nvmlEventSet_t set) {
    return set >= eventSets && set < eventSets + MAX_SETS && set->used;
}

EXPORT nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set) {
    BEGIN("nvmlEventSetFree")
    if (!isSet(set)) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    set->used = 0;
    return end(NVML_SUCCESS);
}

static unsigned long long supportedEvents(void) {
    return EVENT_SINGLE_BIT_ECC | EVENT_XID | (machine.recoveryKnown ? EVENT_UNAVAILABLE | EVENT_RECOVERY_ACTION : 0);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *types) {
    BEGIN("nvmlDeviceGetSupportedEventTypes")
    TAKE(h, device, A_GPU)
    *types = supportedEvents();
    return end(NVML_SUCCESS);
}
#endif

EXPORT nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types, nvmlEventSet_t set) {
    BEGIN("nvmlDeviceRegisterEvents")
    TAKE(h, device, A_GPU)
    if (!isSet(set) || types == 0 || (types & ~supportedEvents()) != 0) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    set->device[h->gpu->index] = device;
    set->types[h->gpu->index] = types;
    return end(NVML_SUCCESS);
}

static nvmlReturn_t await(const char *call, nvmlEventSet_t set, nvmlEventData_t *event, unsigned int millis) {
    BEGIN(call)
    if (!isSet(set)) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    for (unsigned int g = 0; machine.waitFails && g < machine.gpuCount; g++) {
        if (machine.gpus[g].lost && set->types[g] != 0) {
            return end(machine.waitFails);
        }
    }
    if (set->count == 0) {
        pauseFor(millis);
    }
    if (set->count == 0) {
        return end(NVML_ERROR_TIMEOUT);
    }
    *event = set->events[set->first];
    set->first = (set->first + 1) % MAX_EVENTS;
    set->count--;
    return end(NVML_SUCCESS);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *event, unsigned int millis) {
    return await("nvmlEventSetWait_v2", set, event, millis);
}
#endif

EXPORT nvmlReturn_t nvmlEventSetWait(nvmlEventSet_t set, nvmlEventData_v1_t *event, unsigned int millis) {
    nvmlEventData_t whole = {0};
    nvmlReturn_t result = await("nvmlEventSetWait", set, &whole, millis);
    if (result == NVML_SUCCESS) {
        *event = (nvmlEventData_v1_t){whole.device, whole.eventType, whole.eventData};
    }
    return result;
}

/* processes */

static nvmlReturn_t processes(const char *call, nvmlDevice_t device, int kind, int version, unsigned int *count,
                              void *entries) {
    BEGIN(call)
    TAKE(h, device, A_DEVICE)
    if (h->kind == MIG_DEVICE && kind == 2) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    unsigned int found = 0;
    for (unsigned int i = 0; i < h->gpu->processCount; i++) {
        struct process *p = &h->gpu->processes[i];
        int here = h->kind == GPU || (p->gi == h->instance->id && p->ci == h->compute->id);
        if (!here || !(p->kinds & kind)) {
            continue;
        }
        if (found < *count && version == 1) {
            ((nvmlProcessInfo_v1_t *)entries)[found] = (nvmlProcessInfo_v1_t){p->pid, p->bytes};
        } else if (found < *count) {
            int hidden = machine.hideInstances;
            ((nvmlProcessInfo_v2_t *)entries)[found] = (nvmlProcessInfo_v2_t){
                p->pid, p->bytes, hidden ? NOT_AVAILABLE : p->gi, hidden ? NOT_AVAILABLE : p->ci};
        }
        found++;
    }
    int fits = found <= *count;
    *count = found;
    return end(fits ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE);
}

#define PROCESSES(call, kind, version)                                                                 \
    EXPORT nvmlReturn_t call(nvmlDevice_t device, unsigned int *count, void *entries) {                \
        return processes(#call, device, kind, version, count, entries);                                \
    }

PROCESSES(nvmlDeviceGetComputeRunningProcesses, 1, 1)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, 2, 1)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v2, 2, 2)
#ifndef OLD_DRIVER
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v2, 1, 2)
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v3, 1, 2)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v3, 2, 2)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses, 4, 1)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v2, 4, 2)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v3, 4, 2)
#endif

/* MIG mode */

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetVirtualizationMode(nvmlDevice_t device, unsigned int *mode) {
    BEGIN("nvmlDeviceGetVirtualizationMode")
    TAKE(h, device, A_GPU)
    *mode = (unsigned int)machine.virtualization;
    return end(NVML_SUCCESS);
}
#endif

EXPORT nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending) {
    BEGIN("nvmlDeviceGetMigMode")
    TAKE(h, device, A_GPU)
    if (h->gpu->board->mig == 0) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    *current = (unsigned int)h->gpu->enabled;
    *pending = (unsigned int)h->gpu->pending;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceSetMigMode(nvmlDevice_t device, unsigned int mode, nvmlReturn_t *activation) {
    BEGIN("nvmlDeviceSetMigMode")
    TAKE(h, device, A_GPU)
    struct gpu *gpu = h->gpu;
    if (gpu->board->mig == 0) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    if (machine.activation != 0) {
        *activation = machine.activation;
        return end(NVML_SUCCESS);
    }
    gpu->pending = mode == 1;
    gpu->epoch++;
    gpu->modeEpoch++;
    if (gpu->processCount > 0) {
        *activation = NVML_ERROR_IN_USE;
    } else if (gpu->board->mig == 2 || machine.idleGpuResets) {
        gpu->enabled = gpu->pending;
        *activation = NVML_SUCCESS;
    } else {
        *activation = NVML_ERROR_RESET_REQUIRED;
    }
    return end(NVML_SUCCESS);
}

/* profiles */

static const struct profile *byNumber(const struct gpu *gpu, unsigned int number) {
    for (const struct profile *p = gpu->board->profiles; p->name != NULL; p++) {
        if (p->number == number) {
            return p;
        }
    }
    return NULL;
}

static const struct profile *byId(const struct gpu *gpu, unsigned int id) {
    for (const struct profile *p = gpu->board->profiles; p->name != NULL; p++) {
        if (p->id == id) {
            return p;
        }
    }
    return NULL;
}

static nvmlReturn_t offered(const struct gpu *gpu, unsigned int number, const struct profile **profile) {
    *profile = machine.profilesNeedMig && !gpu->enabled ? NULL : byNumber(gpu, number);
    if (*profile == NULL && number > 0x11) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    return *profile == NULL ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

static unsigned int told(const struct profile *p) {
    return machine.countTold < 0 ? p->max : (unsigned int)machine.countTold;
}

#define FILL(info, p)                                                                                           \
    (info)->id = (p)->id, (info)->sliceCount = (p)->slices, (info)->instanceCount = told(p),                    \
    (info)->multiprocessorCount = (p)->sms, (info)->copyEngineCount = 1, (info)->decoderCount = (p)->decoders,  \
    (info)->encoderCount = (p)->encoders, (info)->jpegCount = (p)->jpegs, (info)->ofaCount = (p)->ofas,         \
    (info)->memorySizeMB = (p)->memory

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfo(nvmlDevice_t device, unsigned int number,
                                                        nvmlGpuInstanceProfileInfo_t *info) {
    BEGIN("nvmlDeviceGetGpuInstanceProfileInfo")
    TAKE(h, device, A_GPU)
    const struct profile *p;
    nvmlReturn_t result = offered(h->gpu, number, &p);
    if (result == NVML_SUCCESS) {
        FILL(info, p);
    }
    return end(result);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfoV(nvmlDevice_t device, unsigned int number, void *info) {
    BEGIN("nvmlDeviceGetGpuInstanceProfileInfoV")
    TAKE(h, device, A_GPU)
    unsigned int version = *(unsigned int *)info;
    int three = version == STRUCT_VERSION(nvmlGpuInstanceProfileInfo_v3_t, 3);
    int two = version == STRUCT_VERSION(nvmlGpuInstanceProfileInfo_v2_t, 2);
    if ((three && machine.profileVersion < 3) || (two && machine.profileVersion < 2) || (!two && !three)) {
        return end(NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
    }
    const struct profile *p;
    nvmlReturn_t result = offered(h->gpu, number, &p);
    if (result == NVML_SUCCESS && three) {
        nvmlGpuInstanceProfileInfo_v3_t *v3 = info;
        FILL(v3, p);
        strcpy(v3->name, p->name);
        v3->capabilities = 1;
    } else if (result == NVML_SUCCESS) {
        nvmlGpuInstanceProfileInfo_v2_t *v2 = info;
        FILL(v2, p);
        strcpy(v2->name, p->name);
        v2->isP2pSupported = 1;
    }
    return end(result);
}
#endif

static nvmlReturn_t placements(const char *call, nvmlDevice_t device, unsigned int id,
                               nvmlGpuInstancePlacement_t *places, unsigned int *count) {
    BEGIN(call)
    TAKE(h, device, A_GPU)
    const struct profile *p = byId(h->gpu, id);
    if (p == NULL) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    unsigned int found = 0;
    for (; p->starts[found] >= 0; found++) {
        if (places != NULL && found < *count) {
            places[found] = (nvmlGpuInstancePlacement_t){(unsigned int)p->starts[found], p->size};
        }
    }
    int fits = places == NULL || found <= *count;
    *count = found;
    return end(fits ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE);
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstancePossiblePlacements(nvmlDevice_t device, unsigned int id,
                                                               nvmlGpuInstancePlacement_t *places,
                                                               unsigned int *count) {
    return placements("nvmlDeviceGetGpuInstancePossiblePlacements", device, id, places, count);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlDeviceGetGpuInstancePossiblePlacements_v2(nvmlDevice_t device, unsigned int id,
                                                                  nvmlGpuInstancePlacement_t *places,
                                                                  unsigned int *count) {
    return placements("nvmlDeviceGetGpuInstancePossiblePlacements_v2", device, id, places, count);
}
#endif

/* GPU instances */

static int used(const struct gpu *gpu, unsigned int gi, int ci) {
    for (unsigned int i = 0; i < gpu->processCount; i++) {
        if (gpu->processes[i].gi == gi && (ci < 0 || gpu->processes[i].ci == (unsigned int)ci)) {
            return 1;
        }
    }
    return 0;
}

static struct instance *instanceById(struct gpu *gpu, unsigned int id) {
    for (int i = 0; i < MAX_INSTANCES; i++) {
        if (gpu->instances[i].used && gpu->instances[i].id == id) {
            return &gpu->instances[i];
        }
    }
    return NULL;
}

/* The ids that drivers were seen to give: by place, but of two halves the first made gets 2. */
static unsigned int freeId(struct gpu *gpu, const struct profile *p, unsigned int start) {
    unsigned int units = 0;
    for (const struct profile *q = gpu->board->profiles; q->name != NULL; q++) {
        units = q->size > units ? q->size : units;
    }
    unsigned int parts = units / p->size;
    return parts == 2 ? (instanceById(gpu, 2) == NULL ? 2 : 1) : parts - 1 + start / p->size;
}

static nvmlReturn_t cut(struct gpu *gpu, const struct profile *p, unsigned int start, struct instance **made) {
    int legal = 0;
    for (int i = 0; p->starts[i] >= 0; i++) {
        legal |= (unsigned int)p->starts[i] == start;
    }
    if (!legal) {
        return NVML_ERROR_INVALID_ARGUMENT;
    }
    unsigned int same = 0, decoders = p->decoders, encoders = p->encoders, jpegs = p->jpegs, ofas = p->ofas;
    struct instance *slot = NULL;
    for (int i = 0; i < MAX_INSTANCES; i++) {
        struct instance *other = &gpu->instances[i];
        if (!other->used) {
            slot = other;
            continue;
        }
        if (start < other->start + other->profile->size && other->start < start + p->size) {
            return NVML_ERROR_INSUFFICIENT_RESOURCES;
        }
        same += other->profile == p;
        decoders += other->profile->decoders;
        encoders += other->profile->encoders;
        jpegs += other->profile->jpegs;
        ofas += other->profile->ofas;
    }
    const struct board *b = gpu->board;
    if (slot == NULL || same >= p->max || decoders > b->decoders || encoders > b->encoders || jpegs > b->jpegs ||
        ofas > b->ofas) {
        return NVML_ERROR_INSUFFICIENT_RESOURCES;
    }
    memset(slot, 0, sizeof *slot);
    *slot = (struct instance){.used = 1, .id = freeId(gpu, p, start), .profile = p, .start = start};
    gpu->epoch++;
    *made = slot;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceCreateGpuInstanceWithPlacement(nvmlDevice_t device, unsigned int id,
                                                             const nvmlGpuInstancePlacement_t *placement,
                                                             nvmlGpuInstance_t *instance) {
    BEGIN("nvmlDeviceCreateGpuInstanceWithPlacement")
    TAKE(h, device, A_GPU)
    const struct profile *p = byId(h->gpu, id);
    if (!h->gpu->enabled) {
        return end(NVML_ERROR_NOT_SUPPORTED);
    }
    if (p == NULL || placement->size != p->size) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    struct instance *made;
    nvmlReturn_t result = cut(h->gpu, p, placement->start, &made);
    if (result == NVML_SUCCESS) {
        *instance = handle(INSTANCE, h->gpu, made, NULL);
    }
    return end(result);
}

EXPORT nvmlReturn_t nvmlGpuInstanceDestroy(nvmlGpuInstance_t instance) {
    BEGIN("nvmlGpuInstanceDestroy")
    TAKE(h, instance, AN_INSTANCE)
    for (int i = 0; i < MAX_COMPUTE; i++) {
        if (h->instance->compute[i].used) {
            return end(NVML_ERROR_IN_USE);
        }
    }
    if (used(h->gpu, h->instance->id, -1)) {
        return end(NVML_ERROR_IN_USE);
    }
    h->instance->used = 0;
    h->gpu->epoch++;
    return end(NVML_SUCCESS);
}

/* Writes as many handles as there are: like the real call it trusts the caller with the room. */
EXPORT nvmlReturn_t nvmlDeviceGetGpuInstances(nvmlDevice_t device, unsigned int id, nvmlGpuInstance_t *list,
                                              unsigned int *count) {
    BEGIN("nvmlDeviceGetGpuInstances")
    TAKE(h, device, A_GPU)
    const struct profile *p = byId(h->gpu, id);
    if (!h->gpu->enabled || p == NULL) {
        return end(p == NULL ? NVML_ERROR_INVALID_ARGUMENT : NVML_ERROR_NOT_SUPPORTED);
    }
    *count = 0;
    for (int i = 0; i < MAX_INSTANCES; i++) {
        if (h->gpu->instances[i].used && h->gpu->instances[i].profile == p) {
            list[(*count)++] = handle(INSTANCE, h->gpu, &h->gpu->instances[i], NULL);
        }
    }
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceById(nvmlDevice_t device, unsigned int id, nvmlGpuInstance_t *instance) {
    BEGIN("nvmlDeviceGetGpuInstanceById")
    TAKE(h, device, A_GPU)
    struct instance *found = instanceById(h->gpu, id);
    if (found == NULL) {
        return end(NVML_ERROR_NOT_FOUND);
    }
    *instance = handle(INSTANCE, h->gpu, found, NULL);
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlGpuInstanceGetInfo(nvmlGpuInstance_t instance, nvmlGpuInstanceInfo_t *info) {
    BEGIN("nvmlGpuInstanceGetInfo")
    TAKE(h, instance, AN_INSTANCE)
    struct instance *told = h->instance;
    for (int i = 0; machine.strayInfo > 0 && told == h->instance && i < MAX_INSTANCES; i++) {
        if (h->gpu->instances[i].used && &h->gpu->instances[i] != told) {
            told = &h->gpu->instances[i];
            machine.strayInfo--;
        }
    }
    *info = (nvmlGpuInstanceInfo_t){handle(GPU, h->gpu, NULL, NULL), told->id, told->profile->id,
                                    {told->start, told->profile->size}};
    return end(NVML_SUCCESS);
}

/* compute instances */

static const struct {
    unsigned int number, id, slices;
} COMPUTE_PROFILES[] = {{0, 0, 1}, {1, 1, 2}, {2, 2, 3}, {3, 3, 4}, {4, 4, 7}, {7, 7, 1}};

#define COMPUTE_PROFILE_COUNT (sizeof COMPUTE_PROFILES / sizeof COMPUTE_PROFILES[0])

/* Slices of a compute instance profile inside a GPU instance, 0 if it is not offered there. */
static unsigned int computeSlices(const struct instance *instance, unsigned int id) {
    for (size_t i = 0; i < COMPUTE_PROFILE_COUNT; i++) {
        unsigned int slices = COMPUTE_PROFILES[i].slices, all = instance->profile->slices;
        int doubled = instance->profile->number == 0x9; /* one slice with the memory of two has a profile of its own */
        if (COMPUTE_PROFILES[i].id == id) {
            int there = doubled ? id == 7 : slices == all || (slices < all && 2 * slices <= all + 1);
            return there ? slices : 0;
        }
    }
    return 0;
}

EXPORT nvmlReturn_t nvmlGpuInstanceGetComputeInstanceProfileInfo(nvmlGpuInstance_t instance, unsigned int number,
                                                                 unsigned int engines,
                                                                 nvmlComputeInstanceProfileInfo_t *info) {
    BEGIN("nvmlGpuInstanceGetComputeInstanceProfileInfo")
    TAKE(h, instance, AN_INSTANCE)
    if (number > 8 || engines != 0) {
        return end(NVML_ERROR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < COMPUTE_PROFILE_COUNT; i++) {
        unsigned int slices = computeSlices(h->instance, COMPUTE_PROFILES[i].id);
        if (COMPUTE_PROFILES[i].number == number && slices > 0) {
            memset(info, 0, sizeof *info);
            info->id = COMPUTE_PROFILES[i].id;
            info->sliceCount = slices;
            info->instanceCount = h->instance->profile->slices / slices;
            info->multiprocessorCount = h->instance->profile->sms / info->instanceCount;
            return end(NVML_SUCCESS);
        }
    }
    return end(NVML_ERROR_NOT_SUPPORTED);
}

static nvmlReturn_t make(struct gpu *gpu, struct instance *instance, unsigned int id, struct compute **made) {
    unsigned int slices = computeSlices(instance, id), taken = 0;
    if (slices == 0) {
        return NVML_ERROR_NOT_SUPPORTED;
    }
    struct compute *slot = NULL;
    for (int i = MAX_COMPUTE - 1; i >= 0; i--) {
        if (instance->compute[i].used) {
            taken += instance->compute[i].slices;
        } else {
            slot = &instance->compute[i];
        }
    }
    if (slot == NULL || taken + slices > instance->profile->slices) {
        return NVML_ERROR_INSUFFICIENT_RESOURCES;
    }
    *slot = (struct compute){1, (unsigned int)(slot - instance->compute), id, slices, taken};
    gpu->epoch++;
    *made = slot;
    return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlGpuInstanceCreateComputeInstance(nvmlGpuInstance_t instance, unsigned int id,
                                                         nvmlComputeInstance_t *compute) {
    BEGIN("nvmlGpuInstanceCreateComputeInstance")
    TAKE(h, instance, AN_INSTANCE)
    struct compute *made;
    nvmlReturn_t result = make(h->gpu, h->instance, id, &made);
    if (result == NVML_SUCCESS) {
        *compute = handle(COMPUTE, h->gpu, h->instance, made);
    }
    return end(result);
}

EXPORT nvmlReturn_t nvmlComputeInstanceDestroy(nvmlComputeInstance_t compute) {
    BEGIN("nvmlComputeInstanceDestroy")
    TAKE(h, compute, A_COMPUTE)
    if (used(h->gpu, h->instance->id, (int)h->compute->id)) {
        return end(NVML_ERROR_IN_USE);
    }
    h->compute->used = 0;
    h->gpu->epoch++;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlGpuInstanceGetComputeInstances(nvmlGpuInstance_t instance, unsigned int id,
                                                       nvmlComputeInstance_t *list, unsigned int *count) {
    BEGIN("nvmlGpuInstanceGetComputeInstances")
    TAKE(h, instance, AN_INSTANCE)
    *count = 0;
    for (int i = 0; i < MAX_COMPUTE; i++) {
        if (h->instance->compute[i].used && h->instance->compute[i].profile == id) {
            list[(*count)++] = handle(COMPUTE, h->gpu, h->instance, &h->instance->compute[i]);
        }
    }
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlGpuInstanceGetComputeInstanceById(nvmlGpuInstance_t instance, unsigned int id,
                                                          nvmlComputeInstance_t *compute) {
    BEGIN("nvmlGpuInstanceGetComputeInstanceById")
    TAKE(h, instance, AN_INSTANCE)
    if (id >= MAX_COMPUTE || !h->instance->compute[id].used) {
        return end(NVML_ERROR_NOT_FOUND);
    }
    *compute = handle(COMPUTE, h->gpu, h->instance, &h->instance->compute[id]);
    return end(NVML_SUCCESS);
}

static nvmlDevice_t deviceOf(struct handle *h) {
    return machine.computeNamesGpu ? handle(GPU, h->gpu, NULL, NULL) : handle(MIG_DEVICE, h->gpu, h->instance, h->compute);
}

EXPORT nvmlReturn_t nvmlComputeInstanceGetInfo(nvmlComputeInstance_t compute, nvmlComputeInstanceInfo_v1_t *info) {
    BEGIN("nvmlComputeInstanceGetInfo")
    TAKE(h, compute, A_COMPUTE)
    *info = (nvmlComputeInstanceInfo_v1_t){deviceOf(h), handle(INSTANCE, h->gpu, h->instance, NULL), h->compute->id,
                                           h->compute->profile};
    return end(NVML_SUCCESS);
}

#ifndef OLD_DRIVER
EXPORT nvmlReturn_t nvmlComputeInstanceGetInfo_v2(nvmlComputeInstance_t compute, nvmlComputeInstanceInfo_t *info) {
    BEGIN("nvmlComputeInstanceGetInfo_v2")
    TAKE(h, compute, A_COMPUTE)
    *info = (nvmlComputeInstanceInfo_t){deviceOf(h), handle(INSTANCE, h->gpu, h->instance, NULL), h->compute->id,
                                        h->compute->profile, {h->compute->start, h->compute->slices}};
    return end(NVML_SUCCESS);
}
#endif

/* MIG devices */

EXPORT nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count) {
    BEGIN("nvmlDeviceGetMaxMigDeviceCount")
    TAKE(h, device, A_GPU)
    *count = h->gpu->enabled ? h->gpu->board->migDevices : 0;
    return end(NVML_SUCCESS);
}

/* Numbered from behind, so that the numbers in front have holes. */
EXPORT nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t device, unsigned int index,
                                                        nvmlDevice_t *migDevice) {
    BEGIN("nvmlDeviceGetMigDeviceHandleByIndex")
    TAKE(h, device, A_GPU)
    unsigned int number = h->gpu->board->migDevices;
    for (int i = 0; i < MAX_INSTANCES; i++) {
        for (int c = 0; c < MAX_COMPUTE; c++) {
            struct instance *instance = &h->gpu->instances[i];
            if (instance->used && instance->compute[c].used && --number == index) {
                *migDevice = handle(MIG_DEVICE, h->gpu, instance, &instance->compute[c]);
                return end(NVML_SUCCESS);
            }
        }
    }
    return end(index < h->gpu->board->migDevices ? NVML_ERROR_NOT_FOUND : NVML_ERROR_INVALID_ARGUMENT);
}

EXPORT nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t device, unsigned int *id) {
    BEGIN("nvmlDeviceGetGpuInstanceId")
    TAKE(h, device, A_MIG_DEVICE)
    *id = h->instance->id;
    return end(NVML_SUCCESS);
}

EXPORT nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t device, unsigned int *id) {
    BEGIN("nvmlDeviceGetComputeInstanceId")
    TAKE(h, device, A_MIG_DEVICE)
    *id = h->compute->id;
    return end(NVML_SUCCESS);
}

/* Somebody else cuts an instance, with two compute instances of so many slices (0 for none); its id, or minus the error. */
EXPORT int fake_foreign(int index, const char *profile, int start, int slices1, int slices2) {
    static const unsigned int ID_OF_SLICES[] = {0, 0, 1, 2, 3, 0, 0, 4};
    begin("fake_foreign");
    struct gpu *gpu = &machine.gpus[index];
    for (const struct profile *p = gpu->board->profiles; p->name != NULL; p++) {
        if (strcmp(p->name + strlen("MIG "), profile) == 0) {
            struct instance *made;
            struct compute *compute;
            nvmlReturn_t result = cut(gpu, p, (unsigned int)start, &made);
            if (result == NVML_SUCCESS && slices1 > 0) {
                result = make(gpu, made, ID_OF_SLICES[slices1], &compute);
            }
            if (result == NVML_SUCCESS && slices2 > 0) {
                result = make(gpu, made, ID_OF_SLICES[slices2], &compute);
            }
            return end(result == NVML_SUCCESS ? (int)made->id : -result);
        }
    }
    return end(-NVML_ERROR_NOT_FOUND);
}
