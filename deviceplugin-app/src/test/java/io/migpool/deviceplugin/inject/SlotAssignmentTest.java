package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.PodKey;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.Slot;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import org.junit.jupiter.api.Test;

/** One slot is one device for the pod's whole life. */
class SlotAssignmentTest {

    private static final ClaimedDevice A = new ClaimedDevice.Shared("GPU-a", 1000, 10);
    private static final ClaimedDevice B = new ClaimedDevice.Shared("GPU-b", 2000, 20);
    private static final ClaimedDevice C = new ClaimedDevice.Shared("GPU-c", 3000, 30);

    @Test
    void slotsOfAContainerTakeItsDevicesInTheOrderOfTheirNumbers() {
        assertThat(SlotAssignment.of(
                        claim(app("main", A, B, C)), slots(Map.of("main", ids("mp-1000", "mp-999", "mp-002")))))
                .containsExactly(Map.entry("mp-002", A), Map.entry("mp-999", B), Map.entry("mp-1000", C));
    }

    @Test
    void anInitContainerHasTheDeviceOfTheAppContainerThatTakesItsSlotNext() {
        PodClaim claim =
                claim(init("prepare", A), app("first", A), new ContainerClaim("second", 2, false, true, List.of(B)));
        PodSlots slots = slots(Map.of("prepare", ids("mp-001"), "first", ids("mp-000"), "second", ids("mp-001")));

        assertThat(SlotAssignment.of(claim, slots)).containsEntry("mp-001", B);
    }

    @Test
    void whatAnInitContainerHasBeyondTheAppContainersIsItsOwn() {
        PodClaim claim = claim(init("prepare", A, C), app("main", A));
        PodSlots slots = slots(Map.of("prepare", ids("mp-000", "mp-001"), "main", ids("mp-001")));

        assertThat(SlotAssignment.of(claim, slots)).containsExactly(Map.entry("mp-000", C), Map.entry("mp-001", A));
    }

    @Test
    void noTwoSlotsOfAPodAreOneDeviceWhicheverSlotTheAppContainerTakes() {
        PodClaim claim = claim(
                init("early", A),
                new ContainerClaim("prepare", 1, true, true, List.of(A, C)),
                new ContainerClaim("main", 2, false, true, List.of(A)));
        for (String taken : List.of("mp-000", "mp-001")) {
            PodSlots slots =
                    slots(Map.of("early", ids("mp-000"), "prepare", ids("mp-000", "mp-001"), "main", ids(taken)));

            assertThat(SlotAssignment.of(claim, slots))
                    .containsEntry(taken, A)
                    .hasSize(2)
                    .containsValue(C);
        }
    }

    @Test
    void aSlotTooManyHasNoDevice() {
        assertThat(SlotAssignment.of(claim(app("main", A)), slots(Map.of("main", ids("mp-000", "mp-001")))))
                .containsOnlyKeys("mp-000");
    }

    private static PodClaim claim(ContainerClaim... containers) {
        return new PodClaim("uid", "default", "pod", List.of(containers));
    }

    private static ContainerClaim app(String name, ClaimedDevice... devices) {
        return new ContainerClaim(name, 1, false, true, List.of(devices));
    }

    private static ContainerClaim init(String name, ClaimedDevice... devices) {
        return new ContainerClaim(name, 0, true, true, List.of(devices));
    }

    private static NavigableSet<String> ids(String... slots) {
        return Slot.sorted(Arrays.asList(slots));
    }

    private static PodSlots slots(Map<String, NavigableSet<String>> containers) {
        return new PodSlots(new PodKey.ByUid("uid"), containers);
    }
}
