package io.migpool.deviceplugin.gpu;

import java.io.Serial;

/** A driver call failed. The message names the call, the GPU, what happened, the code and a remedy. */
public final class GpuException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final GpuErrorCode code;
    private final String call;
    private final String gpuUuid;

    /**
     * @param code the kind of failure
     * @param call the call of {@link GpuDriver} that failed
     * @param gpuUuid the GPU it was about, or {@code all GPUs}
     * @param detail what happened, without the remedy
     */
    public GpuException(GpuErrorCode code, String call, String gpuUuid, String detail) {
        super(message(code, call, gpuUuid, detail));
        this.code = code;
        this.call = call;
        this.gpuUuid = gpuUuid;
    }

    /** As the other constructor, with a cause. */
    public GpuException(GpuErrorCode code, String call, String gpuUuid, String detail, Throwable cause) {
        super(message(code, call, gpuUuid, detail), cause);
        this.code = code;
        this.call = call;
        this.gpuUuid = gpuUuid;
    }

    private static String message(GpuErrorCode code, String call, String gpuUuid, String detail) {
        return "%s on %s: %s (%s); %s".formatted(call, gpuUuid, detail, code, code.remedy());
    }

    public GpuErrorCode code() {
        return code;
    }

    /** Returns the failed call, for example {@code createGpuInstance}. */
    public String call() {
        return call;
    }

    /** Returns the GPU that it was about, or {@code all GPUs}. */
    public String gpuUuid() {
        return gpuUuid;
    }
}
