package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.Serial;

/** A failed call of the library. It is converted to a {@link GpuException} where the purpose of the call is known. */
final class NvmlException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final ReturnCode code;

    /**
     * @param symbol the exported symbol
     * @param number its return value
     */
    NvmlException(String symbol, int number) {
        super("%s answered %s (%d), %s"
                .formatted(
                        symbol,
                        ReturnCode.of(number),
                        number,
                        ReturnCode.of(number).meaning()));
        this.code = ReturnCode.of(number);
    }

    ReturnCode code() {
        return code;
    }

    /** Converts it to the port's exception, with the call of the port, the GPU, and the failed call of the library. */
    GpuException toGpuException(String call, String gpuUuid) {
        return new GpuException(code.errorCode(), call, gpuUuid, String.valueOf(getMessage()), this);
    }

    /**
     * As {@link #toGpuException(String, String)}, for cases in which the circumstances are more specific than the
     * library's code.
     *
     * @param errorCode the port's error code
     * @param subject the subject of the call
     */
    GpuException toGpuException(GpuErrorCode errorCode, String call, String gpuUuid, Object subject) {
        return new GpuException(errorCode, call, gpuUuid, subject + ": " + getMessage(), this);
    }
}
