package io.migpool.deviceplugin.nvml;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import org.jspecify.annotations.Nullable;

/**
 * The structures of {@code nvml.h} that the agent reads, field by field. They are public with public fields because JNA
 * reaches them by reflection; none leaves this package. {@code unsigned int} is {@code int}, {@code unsigned long long}
 * is {@code long}.
 */
final class NvmlStructs {

    private static final int PROFILE_NAME_LENGTH = 96;

    private NvmlStructs() {}

    /** {@code NVML_STRUCT_VERSION}: the size with the version in the highest byte. */
    private static int version(Structure struct, int version) {
        return struct.size() | version << 24;
    }

    /** {@code nvmlPciInfo_t}. */
    @FieldOrder({"busIdLegacy", "domain", "bus", "device", "pciDeviceId", "pciSubSystemId", "busId"})
    public static final class PciInfo extends Structure {
        public byte[] busIdLegacy = new byte[16];
        public int domain;
        public int bus;
        public int device;
        public int pciDeviceId;
        public int pciSubSystemId;
        public byte[] busId = new byte[32];
    }

    /** {@code nvmlMemory_t}, in bytes. */
    @FieldOrder({"total", "free", "used"})
    public static final class Memory extends Structure {
        public long total;
        public long free;
        public long used;
    }

    /** {@code nvmlFieldValue_t}; {@code value} is a union of eight bytes. */
    @FieldOrder({"fieldId", "scopeId", "timestamp", "latencyUsec", "valueType", "nvmlReturn", "value"})
    public static final class FieldValue extends Structure {
        public int fieldId;
        public int scopeId;
        public long timestamp;
        public long latencyUsec;
        public int valueType;
        public int nvmlReturn;
        public long value;
    }

    /** {@code nvmlProcessInfo_v1_t}, the entries of the process lists without a version in their name. */
    @FieldOrder({"pid", "usedGpuMemory"})
    public static final class ProcessInfoV1 extends Structure {
        static final int BYTES = 16;

        public int pid;
        public long usedGpuMemory;

        public ProcessInfoV1() {}

        ProcessInfoV1(Pointer address) {
            super(address);
            read();
        }
    }

    /** {@code nvmlProcessInfo_v2_t}, the entries of the process lists {@code _v2} and {@code _v3}. */
    @FieldOrder({"pid", "usedGpuMemory", "gpuInstanceId", "computeInstanceId"})
    public static final class ProcessInfo extends Structure {
        static final int BYTES = 24;

        public int pid;
        public long usedGpuMemory;
        public int gpuInstanceId;
        public int computeInstanceId;

        public ProcessInfo() {}

        ProcessInfo(Pointer address) {
            super(address);
            read();
        }
    }

    /** {@code nvmlGpuInstancePlacement_t}. */
    @FieldOrder({"start", "size"})
    public static final class GpuInstancePlacement extends Structure {
        static final int BYTES = 8;

        public int start;
        public int size;

        public GpuInstancePlacement() {}

        GpuInstancePlacement(Pointer address) {
            super(address);
            read();
        }
    }

    /** {@code nvmlGpuInstanceProfileInfo_t}. */
    @FieldOrder({
        "id",
        "isP2pSupported",
        "sliceCount",
        "instanceCount",
        "multiprocessorCount",
        "copyEngineCount",
        "decoderCount",
        "encoderCount",
        "jpegCount",
        "ofaCount",
        "memorySizeMB"
    })
    public static final class GpuInstanceProfileInfo extends Structure {
        public int id;
        public int isP2pSupported;
        public int sliceCount;
        public int instanceCount;
        public int multiprocessorCount;
        public int copyEngineCount;
        public int decoderCount;
        public int encoderCount;
        public int jpegCount;
        public int ofaCount;
        public long memorySizeMB;
    }

    /** {@code nvmlGpuInstanceProfileInfo_v2_t}: with a version in front and the name at the end. */
    @FieldOrder({
        "version",
        "id",
        "isP2pSupported",
        "sliceCount",
        "instanceCount",
        "multiprocessorCount",
        "copyEngineCount",
        "decoderCount",
        "encoderCount",
        "jpegCount",
        "ofaCount",
        "memorySizeMB",
        "name"
    })
    public static final class GpuInstanceProfileInfoV2 extends Structure {
        public int version;
        public int id;
        public int isP2pSupported;
        public int sliceCount;
        public int instanceCount;
        public int multiprocessorCount;
        public int copyEngineCount;
        public int decoderCount;
        public int encoderCount;
        public int jpegCount;
        public int ofaCount;
        public long memorySizeMB;
        public byte[] name = new byte[PROFILE_NAME_LENGTH];

        public GpuInstanceProfileInfoV2() {
            version = version(this, 2);
        }
    }

    /** {@code nvmlGpuInstanceProfileInfo_v3_t}: without {@code isP2pSupported}, which moves every field after it. */
    @FieldOrder({
        "version",
        "id",
        "sliceCount",
        "instanceCount",
        "multiprocessorCount",
        "copyEngineCount",
        "decoderCount",
        "encoderCount",
        "jpegCount",
        "ofaCount",
        "memorySizeMB",
        "name",
        "capabilities"
    })
    public static final class GpuInstanceProfileInfoV3 extends Structure {
        public int version;
        public int id;
        public int sliceCount;
        public int instanceCount;
        public int multiprocessorCount;
        public int copyEngineCount;
        public int decoderCount;
        public int encoderCount;
        public int jpegCount;
        public int ofaCount;
        public long memorySizeMB;
        public byte[] name = new byte[PROFILE_NAME_LENGTH];
        public int capabilities;

        public GpuInstanceProfileInfoV3() {
            version = version(this, 3);
        }
    }

    /** {@code nvmlGpuInstanceInfo_t}. */
    @FieldOrder({"device", "id", "profileId", "placement"})
    public static final class GpuInstanceInfo extends Structure {
        public @Nullable Pointer device;
        public int id;
        public int profileId;
        public GpuInstancePlacement placement = new GpuInstancePlacement();
    }

    /** {@code nvmlComputeInstancePlacement_t}, in compute slices. */
    @FieldOrder({"start", "size"})
    public static final class ComputeInstancePlacement extends Structure {
        public int start;
        public int size;
    }

    /** {@code nvmlComputeInstanceProfileInfo_t}. */
    @FieldOrder({
        "id",
        "sliceCount",
        "instanceCount",
        "multiprocessorCount",
        "sharedCopyEngineCount",
        "sharedDecoderCount",
        "sharedEncoderCount",
        "sharedJpegCount",
        "sharedOfaCount"
    })
    public static final class ComputeInstanceProfileInfo extends Structure {
        public int id;
        public int sliceCount;
        public int instanceCount;
        public int multiprocessorCount;
        public int sharedCopyEngineCount;
        public int sharedDecoderCount;
        public int sharedEncoderCount;
        public int sharedJpegCount;
        public int sharedOfaCount;
    }

    /** {@code nvmlComputeInstanceInfo_t}; the first version ends before the placement. */
    @FieldOrder({"device", "gpuInstance", "id", "profileId", "placement"})
    public static final class ComputeInstanceInfo extends Structure {
        public @Nullable Pointer device;
        public @Nullable Pointer gpuInstance;
        public int id;
        public int profileId;
        public ComputeInstancePlacement placement = new ComputeInstancePlacement();
    }

    /** {@code nvmlDeviceAttributes_t}, of a MIG device. */
    @FieldOrder({
        "multiprocessorCount",
        "sharedCopyEngineCount",
        "sharedDecoderCount",
        "sharedEncoderCount",
        "sharedJpegCount",
        "sharedOfaCount",
        "gpuInstanceSliceCount",
        "computeInstanceSliceCount",
        "memorySizeMB"
    })
    public static final class DeviceAttributes extends Structure {
        public int multiprocessorCount;
        public int sharedCopyEngineCount;
        public int sharedDecoderCount;
        public int sharedEncoderCount;
        public int sharedJpegCount;
        public int sharedOfaCount;
        public int gpuInstanceSliceCount;
        public int computeInstanceSliceCount;
        public long memorySizeMB;
    }

    /** {@code nvmlEventData_t}; the first version ends before the instances. */
    @FieldOrder({"device", "eventType", "eventData", "gpuInstanceId", "computeInstanceId"})
    public static final class EventData extends Structure {
        public @Nullable Pointer device;
        public long eventType;
        public long eventData;
        public int gpuInstanceId;
        public int computeInstanceId;
    }

    /** {@code nvmlUtilization_t}, in percent. */
    @FieldOrder({"gpu", "memory"})
    public static final class Utilization extends Structure {
        public int gpu;
        public int memory;
    }

    /** {@code nvmlGpmSupport_t}; its version is a plain number. */
    @FieldOrder({"version", "isSupportedDevice"})
    public static final class GpmSupport extends Structure {
        public int version = 1;
        public int isSupportedDevice;
    }

    /** {@code nvmlGpmMetric_t}; the last three are fields of its {@code metricInfo}. */
    @FieldOrder({"metricId", "nvmlReturn", "value", "shortName", "longName", "unit"})
    public static final class GpmMetric extends Structure {
        static final int BYTES = 40;

        public int metricId;
        public int nvmlReturn;
        public double value;
        public @Nullable Pointer shortName;
        public @Nullable Pointer longName;
        public @Nullable Pointer unit;

        public GpmMetric() {}

        GpmMetric(Pointer address) {
            super(address);
            read();
        }
    }
}
