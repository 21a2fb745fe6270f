package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StuckBackOffTest {

    private final StuckBackOff backOff = new StuckBackOff();
    private final MigInstance instance = new MigInstance(
            new Slice("GPU-a", MigProfile.parse("1g.10gb"), new Placement(0, 1)),
            InstanceState.STUCK,
            new DriverState.Whole(new MigRuntime("MIG-a", 7, 0)),
            null,
            Instant.EPOCH);

    @Test
    void pausesDoubleFromTenSecondsToTenMinutes() {
        List<Long> seconds = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            seconds.add(backOff.pause(instance).toSeconds());
            backOff.tried(instance, false);
        }

        assertThat(seconds).containsExactly(10L, 20L, 40L, 80L, 160L, 320L, 600L, 600L, 600L);
    }

    @Test
    void whatVanishedOtherwiseLeavesTheNextOneAtThatPlaceNoPauseOfItsOwn() {
        backOff.tried(instance, false);
        backOff.retain(List.of(instance));
        assertThat(backOff.pause(instance)).isEqualTo(Duration.ofSeconds(20));

        backOff.retain(List.of());

        assertThat(backOff.pause(instance)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void afterASuccessTheNextOneAtThatPlaceStartsAnew() {
        backOff.tried(instance, false);
        backOff.tried(instance, true);

        assertThat(backOff.pause(instance)).isEqualTo(Duration.ofSeconds(10));
    }
}
