package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReturnCodeTest {

    @ParameterizedTest
    @CsvSource({
        "2, INVALID_ARGUMENT",
        "3, NOT_SUPPORTED",
        "4, NO_PERMISSION",
        "6, NOT_FOUND",
        "10, TIMEOUT",
        "13, NOT_SUPPORTED",
        "15, GPU_LOST",
        "16, RESET_REQUIRED",
        "18, UNKNOWN",
        "19, IN_USE",
        "23, INSUFFICIENT_RESOURCES",
        "999, UNKNOWN"
    })
    void numbersOfTheHeaderMeanWhatThePortSays(int number, GpuErrorCode code) {
        assertThat(ReturnCode.of(number).errorCode()).isEqualTo(code);
    }

    @Test
    void everyNumberOfTheHeaderIsKnown() {
        assertThat(Arrays.stream(ReturnCode.values()).map(ReturnCode::number))
                .doesNotHaveDuplicates()
                .hasSize(33);
        for (int number = 0; number <= 30; number++) {
            assertThat(ReturnCode.of(number).number()).isEqualTo(number);
        }
    }

    @Test
    void aNumberOfANewerHeaderIsToldAsItIs() {
        assertThat(ReturnCode.of(4711)).isEqualTo(ReturnCode.UNLISTED);
        assertThat(new NvmlException("nvmlNew", 4711))
                .hasMessage(
                        "nvmlNew answered UNLISTED (4711), the driver reports an error that this build does not know");
    }

    @ParameterizedTest
    @EnumSource
    void everyCodeIsExplained(ReturnCode code) {
        assertThat(code.meaning()).isNotBlank().doesNotEndWith(".");
    }
}
