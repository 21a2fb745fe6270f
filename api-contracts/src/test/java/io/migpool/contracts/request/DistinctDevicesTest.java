package io.migpool.contracts.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.request.DistinctDevices.Container;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Devices are strings here; those in upper case are instances, so equal ones are the same. */
class DistinctDevicesTest {

    private static Container<String> init(int index, String... devices) {
        return new Container<>(index, true, List.of(devices));
    }

    private static Container<String> lasting(int index, String... devices) {
        return new Container<>(index, false, List.of(devices));
    }

    @SafeVarargs
    private static List<String> distinct(Container<String>... containers) {
        return DistinctDevices.of(List.of(containers), device -> device.equals(device.toUpperCase(Locale.ROOT)))
                .stream()
                .map(owned -> owned.device() + " of " + owned.container() + "." + owned.position())
                .toList();
    }

    @Test
    void anInitContainerHasTheDevicesOfThoseAfterIt() {
        assertThat(distinct(init(0, "A", "b"), lasting(1, "b", "A"))).containsExactly("b of 1.0", "A of 1.1");
    }

    @Test
    void whatItWantsBesidesIsItsOwnAndThatOfLaterInitContainers() {
        assertThat(distinct(init(0, "a", "a"), init(1, "a", "a"), lasting(2, "a")))
                .containsExactly("a of 2.0", "a of 0.1");
    }

    @Test
    void aSidecarBeforeItKeepsItsOwnAndOneAfterItDoesNot() {
        assertThat(distinct(lasting(0, "a"), init(1, "a"))).containsExactly("a of 0.0", "a of 1.0");
        assertThat(distinct(init(0, "a"), lasting(1, "a"))).containsExactly("a of 1.0");
    }

    @Test
    void equalSharesOfContainersThatRunAtOnceAreSeveralAndEqualInstancesOne() {
        assertThat(distinct(lasting(0, "a", "B"), lasting(1, "a", "B")))
                .containsExactly("a of 0.0", "B of 0.1", "a of 1.0");
    }
}
