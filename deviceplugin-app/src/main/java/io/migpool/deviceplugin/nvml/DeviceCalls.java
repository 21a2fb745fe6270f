package io.migpool.deviceplugin.nvml;

import com.sun.jna.ptr.IntByReference;
import io.migpool.deviceplugin.gpu.DriverVersions;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import io.migpool.deviceplugin.gpu.GpuUsage;
import io.migpool.deviceplugin.gpu.MigMode;
import io.migpool.deviceplugin.gpu.MigSupport;
import io.migpool.deviceplugin.gpu.PciIdentity;
import io.migpool.deviceplugin.gpu.RecoveryAction;
import io.migpool.deviceplugin.nvml.NvmlStructs.FieldValue;
import io.migpool.deviceplugin.nvml.NvmlStructs.Memory;
import io.migpool.deviceplugin.nvml.NvmlStructs.PciInfo;
import io.migpool.deviceplugin.nvml.NvmlStructs.Utilization;
import java.util.List;
import java.util.Optional;

/** The calls about the machine and whole GPUs, including the differences between drivers of different age. */
final class DeviceCalls {

    private static final int UUID_LENGTH = 96;
    private static final int NAME_LENGTH = 96;
    private static final int VERSION_LENGTH = 80;
    private static final int CUDA_MAJOR_FACTOR = 1000;
    private static final int CUDA_MINOR_FACTOR = 10;
    private static final long BYTES_PER_MIB = 1024L * 1024;
    private static final int MIG_ENABLE = 1;
    private static final int MIG_DISABLE = 0;
    /** {@code NVML_FI_DEV_IS_RESETLESS_MIG_SUPPORTED}. */
    private static final int FIELD_RESETLESS_MIG = 184;
    /** {@code NVML_FI_DEV_GET_GPU_RECOVERY_ACTION}. */
    private static final int FIELD_RECOVERY_ACTION = 230;
    /** Indexed by the numbers of {@code nvmlDeviceGpuRecoveryAction_t}. */
    static final List<RecoveryAction> RECOVERY_ACTIONS = List.of(
            RecoveryAction.NONE,
            RecoveryAction.GPU_RESET,
            RecoveryAction.NODE_REBOOT,
            RecoveryAction.DRAIN_P2P,
            RecoveryAction.DRAIN_AND_RESET,
            RecoveryAction.RECOVER_IMEX_DOMAIN);
    /** {@code NVML_DEVICE_ARCH_HOPPER}, the first that switches MIG mode without a reset. */
    private static final int ARCHITECTURE_HOPPER = 9;
    /** {@code NVML_DEVICE_ARCH_UNKNOWN}. */
    private static final int ARCHITECTURE_UNKNOWN = -1;

    private final NvmlLibrary library;
    private final Calls calls;

    DeviceCalls(NvmlLibrary library, Calls calls) {
        this.library = library;
        this.calls = calls;
    }

    /** Initialises the library; must be balanced by one {@link #shutdown}. */
    void init() throws NvmlException {
        calls.make("nvmlInit_v2", library::nvmlInit_v2);
    }

    void shutdown() throws NvmlException {
        calls.make("nvmlShutdown", library::nvmlShutdown);
    }

    private String driverVersion() throws NvmlException {
        return calls.text(
                "nvmlSystemGetDriverVersion",
                VERSION_LENGTH,
                text -> library.nvmlSystemGetDriverVersion(text, text.length));
    }

    /** Returns the versions of the driver and of its CUDA; the latter is empty if the driver does not report it. */
    DriverVersions versions() throws NvmlException {
        IntByReference cuda = new IntByReference();
        int answer = calls.attempt(
                "nvmlSystemGetCudaDriverVersion_v2", () -> library.nvmlSystemGetCudaDriverVersion_v2(cuda));
        return new DriverVersions(
                driverVersion(),
                answer == ReturnCode.SUCCESS.number() ? Optional.of(cudaVersion(cuda.getValue())) : Optional.empty());
    }

    /** Decodes a version: 13000 is 13.0, 12080 is 12.8. */
    private static DriverVersions.Cuda cudaVersion(int version) {
        return new DriverVersions.Cuda(version / CUDA_MAJOR_FACTOR, version % CUDA_MAJOR_FACTOR / CUDA_MINOR_FACTOR);
    }

    int deviceCount() throws NvmlException {
        return calls.number("nvmlDeviceGetCount_v2", library::nvmlDeviceGetCount_v2);
    }

    Handle.Device deviceByIndex(int index) throws NvmlException {
        return calls.handle(
                "nvmlDeviceGetHandleByIndex_v2",
                Handle.Device::new,
                device -> library.nvmlDeviceGetHandleByIndex_v2(index, device));
    }

    /**
     * Returns a device by PCI bus id: faster than by UUID on a machine with many GPUs, and unlike the index it stays
     * the same when another GPU is lost.
     */
    Handle.Device deviceByPciBusId(String pciBusId) throws NvmlException {
        return calls.handle(
                "nvmlDeviceGetHandleByPciBusId_v2",
                Handle.Device::new,
                device -> library.nvmlDeviceGetHandleByPciBusId_v2(pciBusId, device));
    }

    /** Returns {@code GPU-…}, or {@code MIG-…} for a MIG device. */
    String uuid(Handle.Device device) throws NvmlException {
        return calls.text(
                "nvmlDeviceGetUUID",
                UUID_LENGTH,
                text -> library.nvmlDeviceGetUUID(device.pointer(), text, text.length));
    }

    String name(Handle.Device device) throws NvmlException {
        return calls.text(
                "nvmlDeviceGetName",
                NAME_LENGTH,
                text -> library.nvmlDeviceGetName(device.pointer(), text, text.length));
    }

    int minorNumber(Handle.Device device) throws NvmlException {
        return calls.number(
                "nvmlDeviceGetMinorNumber", minor -> library.nvmlDeviceGetMinorNumber(device.pointer(), minor));
    }

    /** Returns the PCI bus id, {@code 00000000:0F:00.0}. */
    String pciBusId(Handle.Device device) throws NvmlException {
        return Calls.text(pciInfo(device).busId);
    }

    /** Returns the identity of the board. */
    PciIdentity pciIdentity(Handle.Device device) throws NvmlException {
        PciInfo pci = pciInfo(device);
        return new PciIdentity(Integer.toUnsignedLong(pci.pciDeviceId), Integer.toUnsignedLong(pci.pciSubSystemId));
    }

    private PciInfo pciInfo(Handle.Device device) throws NvmlException {
        PciInfo pci = new PciInfo();
        calls.make("nvmlDeviceGetPciInfo_v3", () -> library.nvmlDeviceGetPciInfo_v3(device.pointer(), pci));
        return pci;
    }

    /** Returns the memory of the GPU in MiB; 0 if it has none of its own, as on boards that share the host's. */
    long totalMemoryMiB(Handle.Device device) throws NvmlException {
        return memoryOfItsOwn(device)
                .map(memory -> memory.totalBytes() / BYTES_PER_MIB)
                .orElse(0L);
    }

    /** Returns the memory of the GPU; empty if it has none of its own, as on boards that share the host's. */
    Optional<GpuUsage.MemoryUse> memoryOfItsOwn(Handle.Device device) throws NvmlException {
        Memory memory = new Memory();
        int number = calls.attempt(
                "nvmlDeviceGetMemoryInfo", () -> library.nvmlDeviceGetMemoryInfo(device.pointer(), memory));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> Optional.of(new GpuUsage.MemoryUse(memory.used, memory.total));
            case NOT_SUPPORTED -> Optional.empty();
            default -> throw new NvmlException("nvmlDeviceGetMemoryInfo", number);
        };
    }

    /** Returns the memory of a MIG device's GPU instance. */
    GpuUsage.MemoryUse memoryOfInstance(Handle.Device device) throws NvmlException {
        Memory memory = new Memory();
        calls.make("nvmlDeviceGetMemoryInfo", () -> library.nvmlDeviceGetMemoryInfo(device.pointer(), memory));
        return new GpuUsage.MemoryUse(memory.used, memory.total);
    }

    /** Returns the utilisation of a GPU; empty if the driver does not report it, as while MIG mode is on. */
    Optional<Utilization> utilization(Handle.Device device) throws NvmlException {
        Utilization utilization = new Utilization();
        int number = calls.attempt(
                "nvmlDeviceGetUtilizationRates",
                () -> library.nvmlDeviceGetUtilizationRates(device.pointer(), utilization));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> Optional.of(utilization);
            case NOT_SUPPORTED, FUNCTION_NOT_FOUND, NO_DATA -> Optional.empty();
            default -> throw new NvmlException("nvmlDeviceGetUtilizationRates", number);
        };
    }

    /** Returns the compute capability; empty if the driver does not report it. */
    Optional<GpuFeatures.ComputeCapability> computeCapability(Handle.Device device) throws NvmlException {
        IntByReference major = new IntByReference();
        IntByReference minor = new IntByReference();
        int number = calls.attempt(
                "nvmlDeviceGetCudaComputeCapability",
                () -> library.nvmlDeviceGetCudaComputeCapability(device.pointer(), major, minor));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> Optional.of(new GpuFeatures.ComputeCapability(major.getValue(), minor.getValue()));
            case NOT_SUPPORTED, FUNCTION_NOT_FOUND -> Optional.empty();
            default -> throw new NvmlException("nvmlDeviceGetCudaComputeCapability", number);
        };
    }

    /** Returns the mode; fails with {@code NOT_SUPPORTED} or {@code FUNCTION_NOT_FOUND} if there is no MIG. */
    MigMode migMode(Handle.Device device) throws NvmlException {
        IntByReference current = new IntByReference();
        IntByReference pending = new IntByReference();
        calls.make("nvmlDeviceGetMigMode", () -> library.nvmlDeviceGetMigMode(device.pointer(), current, pending));
        return new MigMode(current.getValue() == MIG_ENABLE, pending.getValue() == MIG_ENABLE);
    }

    /**
     * Requests MIG mode to be on or off. Success only means that the request is recorded.
     *
     * @return the outcome of the request: {@code SUCCESS}, {@code RESET_REQUIRED}, {@code IN_USE}, …
     */
    ReturnCode setMig(Handle.Device device, boolean enabled) throws NvmlException {
        int mode = enabled ? MIG_ENABLE : MIG_DISABLE;
        return ReturnCode.of(calls.number(
                "nvmlDeviceSetMigMode",
                activation -> library.nvmlDeviceSetMigMode(device.pointer(), mode, activation)));
    }

    /**
     * Returns whether and how the board supports MIG. If the driver does not report it, a reset is assumed to be
     * needed.
     */
    MigSupport migSupport(Handle.Device device) throws NvmlException {
        if (!hasMig(device) || virtualization(device) == Virtualization.GUEST) {
            return MigSupport.NONE;
        }
        return switchesAtOnce(device) ? MigSupport.AT_ONCE : MigSupport.AFTER_RESET;
    }

    /** How a GPU is virtualised, by the numbers of {@code nvmlGpuVirtualizationMode_t}. */
    enum Virtualization {
        NONE,
        /** The machine is a guest that has the whole board; only the host can reset it. */
        PASSED_THROUGH,
        /** The machine is a guest, and this is a virtual GPU: a part of a board that only the host can partition. */
        GUEST
    }

    /** Returns the mode; none on a host, or if the driver does not report it. */
    Virtualization virtualization(Handle.Device device) {
        IntByReference mode = new IntByReference();
        int number = calls.attempt(
                "nvmlDeviceGetVirtualizationMode",
                () -> library.nvmlDeviceGetVirtualizationMode(device.pointer(), mode));
        Virtualization[] known = Virtualization.values();
        return number == 0 && mode.getValue() >= 0 && mode.getValue() < known.length
                ? known[mode.getValue()]
                : Virtualization.NONE;
    }

    private boolean hasMig(Handle.Device device) throws NvmlException {
        try {
            migMode(device);
            return true;
        } catch (NvmlException e) {
            return switch (e.code()) {
                case NOT_SUPPORTED, FUNCTION_NOT_FOUND -> false;
                default -> throw e;
            };
        }
    }

    private int ask(Handle.Device device, FieldValue field) {
        return calls.attempt(
                "nvmlDeviceGetFieldValues", () -> library.nvmlDeviceGetFieldValues(device.pointer(), 1, field));
    }

    /** Reads an unsigned int, which is in the low half of the union; the other half is undefined. */
    private static int number(FieldValue field) {
        return (int) field.value;
    }

    /** Returns the recovery action; empty if the driver does not support the query. */
    Optional<RecoveryAction> recoveryAction(Handle.Device device) throws NvmlException {
        FieldValue field = new FieldValue();
        field.fieldId = FIELD_RECOVERY_ACTION;
        int asked = ask(device, field);
        int answered = asked == 0 ? field.nvmlReturn : asked;
        return switch (ReturnCode.of(answered)) {
            case SUCCESS -> {
                int action = number(field);
                yield Optional.of(
                        action >= 0 && action < RECOVERY_ACTIONS.size()
                                ? RECOVERY_ACTIONS.get(action)
                                : RecoveryAction.OTHER);
            }
            case NOT_SUPPORTED, INVALID_ARGUMENT, FUNCTION_NOT_FOUND -> Optional.empty();
            default -> throw new NvmlException("nvmlDeviceGetFieldValues", answered);
        };
    }

    /** Decides by the field for it, or by the architecture if an older driver does not have the field. */
    private boolean switchesAtOnce(Handle.Device device) {
        FieldValue field = new FieldValue();
        field.fieldId = FIELD_RESETLESS_MIG;
        int asked = ask(device, field);
        if (asked == 0 && field.nvmlReturn == 0) {
            return number(field) != 0;
        }
        IntByReference architecture = new IntByReference(ARCHITECTURE_UNKNOWN);
        int told = calls.attempt(
                "nvmlDeviceGetArchitecture", () -> library.nvmlDeviceGetArchitecture(device.pointer(), architecture));
        return told == 0 && architecture.getValue() >= ARCHITECTURE_HOPPER;
    }
}
