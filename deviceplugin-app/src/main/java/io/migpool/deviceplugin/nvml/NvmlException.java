package io.migpool.deviceplugin.nvml;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.Serial;

/** A call of the library did not succeed. It becomes a {@link GpuException} where it is known what the call was for. */
final class NvmlException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    private final ReturnCode code;

    /**
     * @param symbol the exported symbol
     * @param number what it returned
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

    /** As the port reports it: the call of the port, the GPU, and the call of the library that failed. */
    GpuException toGpuException(String call, String gpuUuid) {
        return new GpuException(code.errorCode(), call, gpuUuid, String.valueOf(getMessage()), this);
    }

    /**
     * The same, where the circumstances say more than the library's code.
     *
     * @param errorCode what it is to the port
     * @param subject what the call was about
     */
    GpuException toGpuException(GpuErrorCode errorCode, String call, String gpuUuid, Object subject) {
        return new GpuException(errorCode, call, gpuUuid, subject + ": " + getMessage(), this);
    }
}
