package io.migpool.deviceplugin.nvml;

import com.sun.jna.ptr.IntByReference;
import io.migpool.deviceplugin.gpu.PciePath;
import io.migpool.deviceplugin.nvml.NvmlStructs.PciInfo;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The calls about how GPUs are connected. Links that a driver or a board does not report count as absent. */
final class LinkCalls {

    /** {@code NVML_NVLINK_MAX_LINKS}. */
    private static final int MOST_LINKS = 18;
    /** {@code NVML_FEATURE_ENABLED}. */
    private static final int UP = 1;
    /** {@code NVML_NVLINK_DEVICE_TYPE_SWITCH}. */
    private static final int SWITCH = 2;

    private final NvmlLibrary library;
    private final Calls calls;

    LinkCalls(NvmlLibrary library, Calls calls) {
        this.library = library;
        this.calls = calls;
    }

    /** Returns the PCIe path between two GPUs. */
    PciePath path(Handle.Device gpu, Handle.Device peer) throws NvmlException {
        IntByReference level = new IntByReference();
        int number = calls.attempt(
                "nvmlDeviceGetTopologyCommonAncestor",
                () -> library.nvmlDeviceGetTopologyCommonAncestor(gpu.pointer(), peer.pointer(), level));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> path(level.getValue());
            case NOT_SUPPORTED, FUNCTION_NOT_FOUND, INVALID_ARGUMENT -> PciePath.UNKNOWN;
            default -> throw new NvmlException("nvmlDeviceGetTopologyCommonAncestor", number);
        };
    }

    /** Maps the numbers of {@code nvmlGpuTopologyLevel_t}. */
    private static PciePath path(int level) {
        return switch (level) {
            case 0 -> PciePath.SAME_BOARD;
            case 10 -> PciePath.SINGLE_SWITCH;
            case 20 -> PciePath.MULTIPLE_SWITCHES;
            case 30 -> PciePath.HOST_BRIDGE;
            case 40 -> PciePath.SAME_CPU;
            case 50 -> PciePath.CROSS_CPU;
            default -> PciePath.UNKNOWN;
        };
    }

    /** Returns where the NVLinks of a GPU lead. */
    LinkEnds ends(Handle.Device gpu) throws NvmlException {
        int toSwitches = 0;
        Map<String, Integer> toGpus = new HashMap<>();
        for (int link = 0; link < MOST_LINKS; link++) {
            if (isUp(gpu, link)) {
                if (leadsToSwitch(gpu, link)) {
                    toSwitches++;
                } else {
                    toGpus.merge(remoteBusId(gpu, link), 1, Integer::sum);
                }
            }
        }
        return new LinkEnds(toSwitches, toGpus);
    }

    /** Returns whether a link is up; a board with fewer links, or none, rejects the call. */
    private boolean isUp(Handle.Device gpu, int link) throws NvmlException {
        IntByReference state = new IntByReference();
        int number = calls.attempt(
                "nvmlDeviceGetNvLinkState", () -> library.nvmlDeviceGetNvLinkState(gpu.pointer(), link, state));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> state.getValue() == UP;
            case NOT_SUPPORTED, FUNCTION_NOT_FOUND, INVALID_ARGUMENT -> false;
            default -> throw new NvmlException("nvmlDeviceGetNvLinkState", number);
        };
    }

    /**
     * Returns whether a link leads to a switch. Drivers before R470 do not report what is at the other end; the bus ids
     * of switches then match no GPU.
     */
    private boolean leadsToSwitch(Handle.Device gpu, int link) {
        IntByReference type = new IntByReference();
        int number = calls.attempt(
                "nvmlDeviceGetNvLinkRemoteDeviceType",
                () -> library.nvmlDeviceGetNvLinkRemoteDeviceType(gpu.pointer(), link, type));
        return number == ReturnCode.SUCCESS.number() && type.getValue() == SWITCH;
    }

    private String remoteBusId(Handle.Device gpu, int link) throws NvmlException {
        PciInfo pci = new PciInfo();
        calls.make(
                "nvmlDeviceGetNvLinkRemotePciInfo_v2",
                () -> library.nvmlDeviceGetNvLinkRemotePciInfo_v2(gpu.pointer(), link, pci));
        return Calls.text(pci.busId).toUpperCase(Locale.ROOT);
    }
}
