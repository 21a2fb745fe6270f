package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Neither a clock that was wrong nor a grace period of years keeps a place from everybody for long. */
class ImpossibleTimesTest {

    private static final Duration YEARS = Duration.ofDays(3650);
    private static final Duration LONGEST = Duration.ofMinutes(65);

    @TempDir
    Path directory;

    private PoolRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new PoolRig(directory, "NVIDIA A100-SXM4-80GB", 1);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aQuarantineThatAnEarlierReleaseMadeForYearsEndsSoon() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.pool().podGone("a", YEARS);
        rig.sweep();

        rig.restart();
        rig.clock.forward(LONGEST.minusMinutes(1));
        rig.sweep();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");

        rig.clock.forward(Duration.ofMinutes(2));
        rig.sweep();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 IDLE");
    }

    @Test
    void aQuarantineThatTheClockWasPutBackInEndsSoon() throws Exception {
        rig.clock.forward(YEARS);
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.pool().podGone("a", Duration.ofSeconds(40));
        rig.sweep();

        rig.clock.forward(YEARS.negated());
        rig.sweep();
        rig.clock.forward(LONGEST.plusMinutes(1));
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 IDLE");
    }

    @Test
    void aProcessKeepsItsInstanceForHoweverLong() throws Exception {
        rig.machine.startProcess(rig.migUuid("a", rig.slice("1g.10gb", 0, 1)), 7, 10);
        rig.pool().podGone("a", YEARS);
        rig.sweep();

        rig.clock.forward(YEARS);
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");
    }

    @Test
    void anIdleInstanceExpiresAlthoughTheClockOfAnEarlierStartWasAhead() throws Exception {
        rig.clock.forward(YEARS);
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.end("a");
        rig.clock.forward(YEARS.negated());

        rig.restart();
        rig.clock.forward(PoolRig.IDLE_TTL.plusSeconds(1));
        rig.sweep();

        assertThat(rig.real()).isEmpty();
    }

    @Test
    void aShareThatIsLeftCountsNoLonger() throws Exception {
        PodClaim claim = new PodClaim(
                "a",
                "default",
                "pod-a",
                List.of(new ContainerClaim(
                        "main", 0, false, true, List.of(new ClaimedDevice.Shared(rig.gpu(0), 1000, 10)))));
        rig.pool().adopt(claim, Map.of());
        rig.pool().podGone("a", YEARS);

        rig.restart();
        assertThat(rig.pool().leaving()).hasSize(1);

        rig.clock.forward(LONGEST.plusMinutes(1));
        assertThat(rig.pool().leaving()).isEmpty();
    }
}
