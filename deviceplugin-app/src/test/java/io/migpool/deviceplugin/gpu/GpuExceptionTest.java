package io.migpool.deviceplugin.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GpuExceptionTest {

    @Test
    void aFailureNamesCallGpuReasonCodeAndRemedy() {
        GpuException failure = new GpuException(
                GpuErrorCode.IN_USE, "destroyGpuInstance", "GPU-1", "3g.40gb at 4:4 is held by pid 17");

        assertThat(failure)
                .hasMessage("destroyGpuInstance on GPU-1: 3g.40gb at 4:4 is held by pid 17 (IN_USE); "
                        + "end the processes that hold it, including monitoring agents, then try again");
        assertThat(failure.call()).isEqualTo("destroyGpuInstance");
        assertThat(failure.gpuUuid()).isEqualTo("GPU-1");
    }

    @Test
    void aFailureKeepsItsCause() {
        IOException cause = new IOException("disk");

        assertThat(new GpuException(GpuErrorCode.UNKNOWN, "gpus", "all GPUs", "no state", cause))
                .hasCause(cause);
    }

    @ParameterizedTest
    @EnumSource
    void everyCodeSaysWhatToDo(GpuErrorCode code) {
        assertThat(code.remedy()).isNotBlank().doesNotEndWith(".");
    }
}
