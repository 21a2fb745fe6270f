package io.migpool.deviceplugin.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Assertions on driver calls that must fail. */
public final class GpuRefusals {

    private GpuRefusals() {}

    /** The call fails with that code; the message can be examined further. */
    public static AbstractStringAssert<?> assertRefused(GpuErrorCode code, ThrowingCallable call) {
        GpuException failure = catchThrowableOfType(GpuException.class, call);
        assertThat(failure).as("a call that must fail with %s", code).isNotNull();
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code);
        return assertThat(failure.getMessage());
    }
}
