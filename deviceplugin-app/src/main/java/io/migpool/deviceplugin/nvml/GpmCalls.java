package io.migpool.deviceplugin.nvml;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpmMetric;
import io.migpool.deviceplugin.nvml.NvmlStructs.GpmSupport;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The calls about GPU performance monitoring, which measures utilisation while MIG mode is on, on boards that support
 * it.
 */
final class GpmCalls {

    /** {@code NVML_GPM_METRIC_SM_UTIL} and {@code NVML_GPM_METRIC_DRAM_BW_UTIL}, both 0 to 100. */
    private static final List<Integer> METRICS = List.of(2, 10);
    /** {@code NVML_GPM_METRICS_GET_VERSION}, not a size as in other structures. */
    private static final int VERSION = 1;
    /** Offsets and size of {@code nvmlGpmMetricsGet_t}; newer drivers have room for more metrics. */
    static final int VERSION_AT = 0;

    static final int COUNT_AT = 4;
    static final int FIRST_SAMPLE_AT = 8;
    static final int SECOND_SAMPLE_AT = 16;
    static final int METRICS_AT = 24;
    static final int METRICS_GET_BYTES = 13344;

    private static final int SPARE = 2;

    private final NvmlLibrary library;
    private final Calls calls;

    GpmCalls(NvmlLibrary library, Calls calls) {
        this.library = library;
        this.calls = calls;
    }

    /**
     * Utilisation of an instance between two samples.
     *
     * @param smPercent busy multiprocessors
     */
    record Rates(OptionalDouble smPercent, OptionalDouble memoryBandwidthPercent) {

        static final Rates UNKNOWN = new Rates(OptionalDouble.empty(), OptionalDouble.empty());
    }

    /** Returns whether the board supports it. */
    boolean isSupported(Handle.Device device) {
        GpmSupport support = new GpmSupport();
        int number = calls.attempt(
                "nvmlGpmQueryDeviceSupport", () -> library.nvmlGpmQueryDeviceSupport(device.pointer(), support));
        return number == ReturnCode.SUCCESS.number() && support.isSupportedDevice != 0;
    }

    /** Returns the present counters of a GPU instance; release them with {@link #free}. */
    Handle.Sample sample(Handle.Device gpu, int gpuInstanceId) throws NvmlException {
        Handle.Sample sample = calls.handle("nvmlGpmSampleAlloc", Handle.Sample::new, library::nvmlGpmSampleAlloc);
        boolean taken = false;
        try {
            calls.make(
                    "nvmlGpmMigSampleGet",
                    () -> library.nvmlGpmMigSampleGet(gpu.pointer(), gpuInstanceId, sample.pointer()));
            taken = true;
            return sample;
        } finally {
            if (!taken) {
                free(sample);
            }
        }
    }

    void free(Handle.Sample sample) throws NvmlException {
        calls.make("nvmlGpmSampleFree", () -> library.nvmlGpmSampleFree(sample.pointer()));
    }

    Rates between(Handle.Sample first, Handle.Sample second) throws NvmlException {
        Memory request = new Memory((long) METRICS_GET_BYTES * SPARE);
        request.clear();
        request.setInt(VERSION_AT, VERSION);
        request.setInt(COUNT_AT, METRICS.size());
        request.setPointer(FIRST_SAMPLE_AT, first.pointer());
        request.setPointer(SECOND_SAMPLE_AT, second.pointer());
        for (int i = 0; i < METRICS.size(); i++) {
            request.setInt(metricAt(i), METRICS.get(i));
        }
        calls.make("nvmlGpmMetricsGet", () -> library.nvmlGpmMetricsGet(request));
        List<OptionalDouble> rates = new ArrayList<>();
        for (int i = 0; i < METRICS.size(); i++) {
            rates.add(rate(request.share(metricAt(i))));
        }
        return new Rates(rates.get(0), rates.get(1));
    }

    private static long metricAt(int index) {
        return METRICS_AT + (long) index * GpmMetric.BYTES;
    }

    private static OptionalDouble rate(Pointer address) {
        GpmMetric metric = new GpmMetric(address);
        boolean told = metric.nvmlReturn == ReturnCode.SUCCESS.number() && Double.isFinite(metric.value);
        return told ? OptionalDouble.of(metric.value) : OptionalDouble.empty();
    }
}
