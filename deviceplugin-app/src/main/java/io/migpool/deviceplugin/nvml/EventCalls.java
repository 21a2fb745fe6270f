package io.migpool.deviceplugin.nvml;

import com.sun.jna.ptr.LongByReference;
import io.migpool.deviceplugin.nvml.NvmlStructs.EventData;
import java.util.Optional;

/** The calls about events, and the set of events that the agent uses. */
final class EventCalls {

    /** {@code nvmlEventTypeXidCriticalError}. */
    static final long XID = 0x8;
    /** {@code nvmlEventTypeGpuUnavailableError} and {@code nvmlEventTypeGpuRecoveryAction}; only in newer drivers. */
    private static final long CONDITION = 0x4000 | 0x8000;

    private static final int NOT_AVAILABLE = -1;

    private final NvmlLibrary library;
    private final Calls calls;

    EventCalls(NvmlLibrary library, Calls calls) {
        this.library = library;
        this.calls = calls;
    }

    Handle.EventSet create() throws NvmlException {
        return calls.handle("nvmlEventSetCreate", Handle.EventSet::new, library::nvmlEventSetCreate);
    }

    void free(Handle.EventSet set) throws NvmlException {
        calls.make("nvmlEventSetFree", () -> library.nvmlEventSetFree(set.pointer()));
    }

    /** Registers the events that the agent uses for a GPU, as far as the driver supports them. */
    void register(Handle.Device device, Handle.EventSet set) throws NvmlException {
        long types = supported(device) & (XID | CONDITION);
        calls.make(
                "nvmlDeviceRegisterEvents",
                () -> library.nvmlDeviceRegisterEvents(device.pointer(), types, set.pointer()));
    }

    private long supported(Handle.Device device) throws NvmlException {
        LongByReference types = new LongByReference();
        int number = calls.attempt(
                "nvmlDeviceGetSupportedEventTypes",
                () -> library.nvmlDeviceGetSupportedEventTypes(device.pointer(), types));
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> types.getValue();
            case FUNCTION_NOT_FOUND -> XID;
            default -> throw new NvmlException("nvmlDeviceGetSupportedEventTypes", number);
        };
    }

    /** Returns the next event, or empty if none arrives in that time; its instance ids are -1 if it has none. */
    Optional<EventData> await(Handle.EventSet set, int timeoutMillis) throws NvmlException {
        EventData data = new EventData();
        data.gpuInstanceId = NOT_AVAILABLE;
        data.computeInstanceId = NOT_AVAILABLE;
        String symbol = "nvmlEventSetWait_v2";
        int number = calls.attempt(symbol, () -> library.nvmlEventSetWait_v2(set.pointer(), data, timeoutMillis));
        if (number == ReturnCode.FUNCTION_NOT_FOUND.number()) {
            symbol = "nvmlEventSetWait";
            number = calls.attempt(symbol, () -> library.nvmlEventSetWait(set.pointer(), data, timeoutMillis));
        }
        return switch (ReturnCode.of(number)) {
            case SUCCESS -> Optional.of(data);
            case TIMEOUT -> Optional.empty();
            default -> throw new NvmlException(symbol, number);
        };
    }
}
