/* What the compiler makes of the structures: layout("type"), layout("type.field"), layout("type.field#") for its size. */
#include "fake.h"

#define SIZE(type) {#type, sizeof(type)},
#define FIELD(type, field) \
    {#type "." #field, offsetof(type, field)}, {#type "." #field "#", sizeof(((type *)0)->field)},

static const struct {
    const char *name;
    long value;
} LAYOUT[] = {
    SIZE(nvmlPciInfo_t) FIELD(nvmlPciInfo_t, busIdLegacy) FIELD(nvmlPciInfo_t, domain) FIELD(nvmlPciInfo_t, bus)
    FIELD(nvmlPciInfo_t, device) FIELD(nvmlPciInfo_t, pciDeviceId) FIELD(nvmlPciInfo_t, pciSubSystemId)
    FIELD(nvmlPciInfo_t, busId)

    SIZE(nvmlMemory_t) FIELD(nvmlMemory_t, total) FIELD(nvmlMemory_t, free) FIELD(nvmlMemory_t, used)

    SIZE(nvmlFieldValue_t) FIELD(nvmlFieldValue_t, fieldId) FIELD(nvmlFieldValue_t, scopeId)
    FIELD(nvmlFieldValue_t, timestamp) FIELD(nvmlFieldValue_t, latencyUsec) FIELD(nvmlFieldValue_t, valueType)
    FIELD(nvmlFieldValue_t, nvmlReturn) FIELD(nvmlFieldValue_t, value)

    SIZE(nvmlProcessInfo_v1_t) FIELD(nvmlProcessInfo_v1_t, pid) FIELD(nvmlProcessInfo_v1_t, usedGpuMemory)

    SIZE(nvmlProcessInfo_v2_t) FIELD(nvmlProcessInfo_v2_t, pid) FIELD(nvmlProcessInfo_v2_t, usedGpuMemory)
    FIELD(nvmlProcessInfo_v2_t, gpuInstanceId) FIELD(nvmlProcessInfo_v2_t, computeInstanceId)

    SIZE(nvmlGpuInstancePlacement_t) FIELD(nvmlGpuInstancePlacement_t, start) FIELD(nvmlGpuInstancePlacement_t, size)

#define PROFILE(type) \
    FIELD(type, id) FIELD(type, sliceCount) FIELD(type, instanceCount) FIELD(type, multiprocessorCount) \
    FIELD(type, copyEngineCount) FIELD(type, decoderCount) FIELD(type, encoderCount) FIELD(type, jpegCount) \
    FIELD(type, ofaCount) FIELD(type, memorySizeMB)

    SIZE(nvmlGpuInstanceProfileInfo_t) PROFILE(nvmlGpuInstanceProfileInfo_t)
    FIELD(nvmlGpuInstanceProfileInfo_t, isP2pSupported)

    SIZE(nvmlGpuInstanceProfileInfo_v2_t) PROFILE(nvmlGpuInstanceProfileInfo_v2_t)
    FIELD(nvmlGpuInstanceProfileInfo_v2_t, version) FIELD(nvmlGpuInstanceProfileInfo_v2_t, isP2pSupported)
    FIELD(nvmlGpuInstanceProfileInfo_v2_t, name)

    SIZE(nvmlGpuInstanceProfileInfo_v3_t) PROFILE(nvmlGpuInstanceProfileInfo_v3_t)
    FIELD(nvmlGpuInstanceProfileInfo_v3_t, version) FIELD(nvmlGpuInstanceProfileInfo_v3_t, name)
    FIELD(nvmlGpuInstanceProfileInfo_v3_t, capabilities)

    SIZE(nvmlGpuInstanceInfo_t) FIELD(nvmlGpuInstanceInfo_t, device) FIELD(nvmlGpuInstanceInfo_t, id)
    FIELD(nvmlGpuInstanceInfo_t, profileId) FIELD(nvmlGpuInstanceInfo_t, placement)

    SIZE(nvmlComputeInstancePlacement_t) FIELD(nvmlComputeInstancePlacement_t, start)
    FIELD(nvmlComputeInstancePlacement_t, size)

    SIZE(nvmlComputeInstanceProfileInfo_t) FIELD(nvmlComputeInstanceProfileInfo_t, id)
    FIELD(nvmlComputeInstanceProfileInfo_t, sliceCount) FIELD(nvmlComputeInstanceProfileInfo_t, instanceCount)
    FIELD(nvmlComputeInstanceProfileInfo_t, multiprocessorCount)
    FIELD(nvmlComputeInstanceProfileInfo_t, sharedCopyEngineCount)
    FIELD(nvmlComputeInstanceProfileInfo_t, sharedDecoderCount)
    FIELD(nvmlComputeInstanceProfileInfo_t, sharedEncoderCount)
    FIELD(nvmlComputeInstanceProfileInfo_t, sharedJpegCount) FIELD(nvmlComputeInstanceProfileInfo_t, sharedOfaCount)

    SIZE(nvmlComputeInstanceInfo_t) FIELD(nvmlComputeInstanceInfo_t, device)
    FIELD(nvmlComputeInstanceInfo_t, gpuInstance) FIELD(nvmlComputeInstanceInfo_t, id)
    FIELD(nvmlComputeInstanceInfo_t, profileId) FIELD(nvmlComputeInstanceInfo_t, placement)

    SIZE(nvmlEventData_t) FIELD(nvmlEventData_t, device) FIELD(nvmlEventData_t, eventType)
    FIELD(nvmlEventData_t, eventData) FIELD(nvmlEventData_t, gpuInstanceId) FIELD(nvmlEventData_t, computeInstanceId)

    SIZE(nvmlDeviceAttributes_t) FIELD(nvmlDeviceAttributes_t, multiprocessorCount)
    FIELD(nvmlDeviceAttributes_t, sharedCopyEngineCount) FIELD(nvmlDeviceAttributes_t, sharedDecoderCount)
    FIELD(nvmlDeviceAttributes_t, sharedEncoderCount) FIELD(nvmlDeviceAttributes_t, sharedJpegCount)
    FIELD(nvmlDeviceAttributes_t, sharedOfaCount) FIELD(nvmlDeviceAttributes_t, gpuInstanceSliceCount)
    FIELD(nvmlDeviceAttributes_t, computeInstanceSliceCount) FIELD(nvmlDeviceAttributes_t, memorySizeMB)

    SIZE(nvmlUtilization_t) FIELD(nvmlUtilization_t, gpu) FIELD(nvmlUtilization_t, memory)

    SIZE(nvmlGpmSupport_t) FIELD(nvmlGpmSupport_t, version) FIELD(nvmlGpmSupport_t, isSupportedDevice)

#define INFO(field) \
    {"nvmlGpmMetric_t." #field, offsetof(nvmlGpmMetric_t, metricInfo.field)}, \
        {"nvmlGpmMetric_t." #field "#", sizeof(((nvmlGpmMetric_t *)0)->metricInfo.field)},

    SIZE(nvmlGpmMetric_t) FIELD(nvmlGpmMetric_t, metricId) FIELD(nvmlGpmMetric_t, nvmlReturn)
    FIELD(nvmlGpmMetric_t, value) INFO(shortName) INFO(longName) INFO(unit)

    SIZE(nvmlGpmMetricsGet_t) FIELD(nvmlGpmMetricsGet_t, version) FIELD(nvmlGpmMetricsGet_t, numMetrics)
    FIELD(nvmlGpmMetricsGet_t, sample1) FIELD(nvmlGpmMetricsGet_t, sample2) FIELD(nvmlGpmMetricsGet_t, metrics)
};

/* The number, or -1 for a name that is not in the table. */
EXPORT long layout(const char *name) {
    for (size_t i = 0; i < sizeof LAYOUT / sizeof LAYOUT[0]; i++) {
        if (strcmp(LAYOUT[i].name, name) == 0) {
            return LAYOUT[i].value;
        }
    }
    return -1;
}
