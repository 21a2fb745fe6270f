package io.migpool.contracts.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.request.ContainerGpuRequest.Role;
import io.migpool.contracts.request.DeviceReuse.Device;
import io.migpool.contracts.request.DistinctDevices.Container;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices are texts here; those in upper case are instances, of which equal ones are one. */
class DeviceReuseTest {

    private final List<ContainerGpuRequest> requests = new ArrayList<>();

    @Test
    void theFirstContainerAfterAnInitContainerTakesItsDevice() {
        with(Role.INIT, 1, 30).with(Role.APP, 1, 8).with(Role.APP, 1, 30);
        assertThat(planned()).containsExactly("0.0 1.0 for 30 8", "2.0 for 30");
    }

    @Test
    void aSidecarTakesItBeforeAppContainersDo() {
        with(Role.INIT, 1, 30).with(Role.SIDECAR, 1, 8).with(Role.APP, 1, 30);
        assertThat(planned()).containsExactly("0.0 1.0 for 30 8", "2.0 for 30");
    }

    @Test
    void onlyTheFirstDevicesOfAContainerArePassedOnOnes() {
        with(Role.INIT, 1, 30).with(Role.APP, 2, 8);
        assertThat(planned()).containsExactly("0.0 1.0 for 30 8", "1.1 for 8");
    }

    @Test
    void whereSeveralArePassedOnEachServesAllThatMayHaveHadIt() {
        with(Role.INIT, 1, 30).with(Role.INIT, 2, 5).with(Role.APP, 1, 8);
        assertThat(planned()).containsExactly("0.0 1.0 2.0 for 30 5 8", "1.1 for 30 5");
    }

    @Test
    void anInitContainerAfterASidecarThatTookAllGetsOthers() {
        with(Role.INIT, 1, 30).with(Role.SIDECAR, 1, 8).with(Role.INIT, 1, 5).with(Role.APP, 1, 6);
        assertThat(planned()).containsExactly("0.0 1.0 for 30 8", "2.0 3.0 for 5 6");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anInitContainerNeverHasOneDeviceTwiceWhicheverIdTheAppContainerTakes(int taken) {
        List<Container<String>> containers = List.of(init(0, "A"), init(1, "A", "X"), lasting(2, "A"));

        assertThat(byId(containers, Map.of(0, ids(1), 1, ids(1, 2), 2, ids(taken))))
                .containsOnly(Map.entry(taken, "A"), Map.entry(3 - taken, "X"));
    }

    @Test
    void passedOnIdsHaveTheFirstDevicesWhateverTheirNumbers() {
        assertThat(byId(List.of(init(0, "L"), lasting(1, "L", "S")), Map.of(0, ids(7), 1, ids(3, 7))))
                .containsOnly(Map.entry(7, "L"), Map.entry(3, "S"));
    }

    @Test
    void equalSharesStayDistinctDevices() {
        assertThat(byId(
                        List.of(init(0, "a", "a"), lasting(1, "a"), lasting(2, "b")),
                        Map.of(0, ids(1, 2), 1, ids(2), 2, ids(3))))
                .containsOnly(Map.entry(2, "a"), Map.entry(3, "b"), Map.entry(1, "a"));
    }

    @Test
    void anIdTooManyHasNoDeviceAndAnUnknownContainerNeedsNone() {
        assertThat(byId(List.of(lasting(0, "A"), lasting(1, "B")), Map.of(0, ids(1, 2))))
                .containsOnly(Map.entry(1, "A"));
    }

    private DeviceReuseTest with(Role role, int devices, long memoryMiB) {
        int index = requests.size();
        requests.add(new ContainerGpuRequest(
                "c" + index, index, role, devices, false, new MemoryRequest.MiB(memoryMiB), 0, false));
        return this;
    }

    private List<String> planned() {
        return DeviceReuse.devices(requests).stream().map(DeviceReuseTest::text).toList();
    }

    private static String text(Device device) {
        String uses = device.uses().stream()
                .map(use -> use.container() + "." + use.device())
                .collect(Collectors.joining(" "));
        String served = device.served().stream()
                .map(request -> "" + ((MemoryRequest.MiB) request.memory()).amount())
                .collect(Collectors.joining(" "));
        return uses + " for " + served;
    }

    private static Map<Integer, String> byId(
            List<Container<String>> containers, Map<Integer, NavigableSet<Integer>> ids) {
        return DeviceReuse.byId(containers, ids, device -> device.equals(device.toUpperCase(Locale.ROOT)));
    }

    private static Container<String> init(int index, String... devices) {
        return new Container<>(index, true, List.of(devices));
    }

    private static Container<String> lasting(int index, String... devices) {
        return new Container<>(index, false, List.of(devices));
    }

    private static NavigableSet<Integer> ids(Integer... ids) {
        return new TreeSet<>(Arrays.asList(ids));
    }
}
