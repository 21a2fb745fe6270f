package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances in which processes or containers of pods that are gone may run. */
class QuarantineTest {

    @TempDir
    Path directory;

    private PoolRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new PoolRig(directory, "NVIDIA A100-SXM4-80GB:2", 11);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void processesOfAPodThatIsGoneKeepItsInstanceInQuarantine() throws Exception {
        rig.machine.startProcess(rig.migUuid("a", rig.slice("1g.10gb", 0, 1)), 7, 10);
        rig.end("a");
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");

        rig.machine.endProcess(7);
        rig.sweep();

        assertThat(rig.known()).containsExactly("1g.10gb@0:1 IDLE");
    }

    @Test
    void whatContainersMayRunOnWithIsNobodysUntilTheyHaveEnded() throws Exception {
        String torn = rig.migUuid("a", rig.slice("1g.10gb", 0, 1));
        rig.pool().podGone("a", Duration.ofSeconds(40));
        rig.sweep();
        rig.limit = Duration.ZERO;

        assertThatThrownBy(() -> rig.realise("b", rig.slice("1g.10gb", 0, 1)))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.code())
                        .isEqualTo(RealisationException.Code.OCCUPIED));
        rig.restart();
        rig.clock.forward(Duration.ofSeconds(39));
        rig.sweep();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");

        rig.clock.forward(Duration.ofSeconds(1));
        assertThat(rig.migUuid("b", rig.slice("1g.10gb", 0, 1))).isEqualTo(torn);
    }

    @Test
    void aPlaceInWhichContainersMayRunOnForLongIsBlockedAtOnce() throws Exception {
        Slice place = rig.slice("1g.10gb", 0, 1);
        rig.realise("a", place);
        rig.pool().podGone("a", Duration.ofHours(1));
        rig.sweep();

        assertThatThrownBy(() -> rig.realise("b", place))
                .isInstanceOfSatisfying(RealisationException.class, e -> assertThat(e.blockedSlice())
                        .contains(place))
                .hasMessageContaining("may run in");
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");
    }

    @Test
    void aGpuOnWhichContainersMayRunOnIsNotHandedOver() throws Exception {
        rig.realise("a", rig.slice("1g.10gb", 0, 1));
        rig.pool().podGone("a", Duration.ofSeconds(40));
        rig.sweep();

        assertThat(rig.pool().handOver(rig.gpu(0))).isFalse();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 QUARANTINED");

        rig.clock.forward(Duration.ofSeconds(40));
        rig.sweep();
        assertThat(rig.pool().handOver(rig.gpu(0))).isTrue();
        assertThat(rig.known()).containsExactly("1g.10gb@0:1 FOREIGN");
    }
}
