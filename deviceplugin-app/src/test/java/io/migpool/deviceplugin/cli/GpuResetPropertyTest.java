package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.gpu.GpuErrorCode;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.simulated.SimulatedFault;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whichever step fails on the way through a reset, the machine ends as it was or as it was to be. */
class GpuResetPropertyTest extends CommandsWithNvidiaSmi {

    private static final List<String> CALLS = List.of(
            "migMode",
            "instances",
            "processes",
            "engines",
            "enableMig",
            "disableMig",
            "createGpuInstance",
            "createComputeInstance",
            "destroyComputeInstance",
            "destroyGpuInstance");

    private static final List<SimulatedFault.Effect> FAILURES =
            List.of(SimulatedFault.Effect.REFUSED, SimulatedFault.Effect.DONE_AND_FAILED);

    private static final int STEPS = 4;

    @ParameterizedTest
    @CsvSource({"off, mixed", "mixed, off"})
    void aFaultAtAnyStepEndsInTheOldOrTheNewLayout(String from, String to) throws Exception {
        int taken = 0;
        for (String call : CALLS) {
            for (SimulatedFault.Effect effect : FAILURES) {
                for (int spared = 0; spared < STEPS; spared++) {
                    boot("NVIDIA A100-SXM4-80GB:2", false);
                    apply(from);
                    List<String> old = found();
                    fail(gpus.get(1), call, effect, spared);

                    Answer answer = apply(to);

                    String at = "%s of %s after %d: %s".formatted(effect, call, spared, answer);
                    if (answer.code() == 0) {
                        assertThat(assertThatIs(to).code()).as(at).isZero();
                    } else {
                        taken++;
                        assertThat(found()).as(at).isEqualTo(old);
                    }
                    assertThat(applyTwiceAtMost(to).code()).as(at).isZero();
                }
            }
        }
        assertThat(taken).as("faults that hit a step").isGreaterThan(20);
    }

    /** A fault that has not hit so far may hit the first time. */
    private Answer applyTwiceAtMost(String to) {
        Answer first = apply(to);
        return first.code() == 0 ? first : apply(to);
    }

    private void fail(String gpu, String call, SimulatedFault.Effect effect, int spared) throws GpuException {
        if (spared > 0) {
            machine.inject(
                    gpu, new SimulatedFault(call, SimulatedFault.Effect.DONE_LATE, GpuErrorCode.TIMEOUT, spared, 0));
        }
        machine.inject(gpu, new SimulatedFault(call, effect, GpuErrorCode.TIMEOUT, 1, 0));
    }

    private List<String> found() throws GpuException {
        return List.of(modes().toString(), laidOut(0).toString(), laidOut(1).toString());
    }
}
