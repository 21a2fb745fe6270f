package io.migpool.contracts.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.request.ContainerGpuRequest;
import io.migpool.contracts.request.MemoryRequest;
import io.migpool.contracts.request.PodGpuRequest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReservationTest {

    private static final AllocatedDevice DEVICE = new AllocatedDevice("GPU-a", AllocatedDevice.NVIDIA, 9984, 15);
    private static final PodDevices DEVICES = new PodDevices(List.of(List.of(DEVICE, DEVICE), List.of(DEVICE)));
    private static final Instant NOW = Instant.parse("2026-09-23T10:00:00.987Z");

    @Test
    void bindingCarriesTheWholeReservation() {
        Reservation reservation = new Reservation("node-1", NOW, DEVICES, List.of(allocation(0, 0, "GPU-a")));

        assertThat(reservation.toAnnotations())
                .containsOnlyKeys(
                        "hami.io/vgpu-node",
                        "hami.io/vgpu-time",
                        "hami.io/vgpu-devices-allocated",
                        "hami.io/vgpu-devices-to-allocate",
                        "hami.io/vgpu-mig-allocations",
                        "hami.io/bind-time",
                        "hami.io/bind-phase")
                .containsEntry("hami.io/vgpu-node", "node-1")
                .containsEntry("hami.io/vgpu-time", "1790157600")
                .containsEntry("hami.io/bind-time", "1790157600")
                .containsEntry("hami.io/bind-phase", "allocating")
                .containsEntry(
                        "hami.io/vgpu-devices-allocated",
                        "GPU-a,NVIDIA,9984,15:GPU-a,NVIDIA,9984,15:;GPU-a,NVIDIA,9984,15:;");
    }

    @Test
    void aReservationOnSharedGpusReplacesEarlierMigAllocationsWithNone() throws Exception {
        Reservation reservation = new Reservation("node-1", NOW, DEVICES, List.of());

        assertThat(reservation.toAnnotations()).containsEntry(Annotations.MIG_ALLOCATIONS, "[]");
        assertThat(Reservation.fromAnnotations(reservation.toAnnotations())).hasValue(reservation);
    }

    @Test
    void aPodWithoutNodeOrDevicesHasNoReservation() throws Exception {
        assertThat(Reservation.fromAnnotations(Map.of())).isEmpty();
        assertThat(Reservation.fromAnnotations(Map.of(Annotations.VGPU_NODE, "node-1")))
                .isEmpty();
        assertThat(Reservation.fromAnnotations(Map.of(Annotations.DEVICES_ALLOCATED, ";")))
                .isEmpty();
    }

    @Test
    void allocationsOfAContainerComeInTheOrderOfItsDevices() {
        Reservation reservation = new Reservation(
                "node-1",
                NOW,
                DEVICES,
                List.of(allocation(1, 0, "GPU-a"), allocation(0, 1, "GPU-a"), allocation(0, 0, "GPU-a")));

        assertThat(reservation.migAllocationsOf(0))
                .extracting(MigAllocation::deviceIndex)
                .containsExactly(0, 1);
        assertThat(reservation.migAllocationsOf(2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"2, 0, GPU-a", "0, 2, GPU-a", "1, 1, GPU-a", "0, 0, GPU-b"})
    void anAllocationWithoutItsDeviceIsNeitherReadNorWritten(int container, int device, String gpu) {
        MigAllocation allocation = allocation(container, device, gpu);
        String complaint = "container %d device %d on %s is not among".formatted(container, device, gpu);
        Map<String, String> annotations = annotations();
        annotations.put(Annotations.MIG_ALLOCATIONS, MigAllocations.encode(List.of(allocation)));

        assertMalformed(annotations, Annotations.MIG_ALLOCATIONS, complaint);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Reservation("node-1", NOW, DEVICES, List.of(allocation)))
                .withMessageContaining(complaint);
    }

    @Test
    void aDeviceWithTwoInstancesIsNeverWritten() {
        List<MigAllocation> twice = List.of(allocation(0, 0, "GPU-a"), allocation(0, 0, "GPU-a"));

        assertThatIllegalArgumentException().isThrownBy(() -> new Reservation("node-1", NOW, DEVICES, twice));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hami.io/vgpu-node              | ' '    | expected the name of a node",
                "hami.io/vgpu-time              | soon   | expected Unix seconds",
                "hami.io/vgpu-time              | -5     | expected Unix seconds",
                "hami.io/vgpu-time              | 18446744073709551615 | expected Unix seconds",
                "hami.io/vgpu-devices-allocated | GPU-a  | container 0 device 0",
                "hami.io/vgpu-mig-allocations   | {}     | it must be a JSON list"
            })
    void whatIsMalformedIsNamedByItsAnnotation(String key, String value, String complaint) {
        Map<String, String> annotations = annotations();
        annotations.put(key, value);

        assertMalformed(annotations, key, complaint);
    }

    @Test
    void aContainerThatNamesNoCountAndWasGivenNothingDoesNotContradict() {
        Reservation reservation = new Reservation("node-1", NOW, DEVICES, List.of());
        PodGpuRequest today = request(named(0, 2), named(1, 1), defaulted(2));

        PodGpuRequest answered = reservation.answered(today);

        assertThat(answered).isEqualTo(request(named(0, 2), named(1, 1)));
        assertThat(reservation.mismatch(answered)).isEmpty();
        assertThat(reservation.mismatch(today)).hasValueSatisfying(text -> assertThat(text)
                .isEqualTo("its reservation gives container c2 0 devices, but it asks for 1"));
    }

    @Test
    void aContainerWithDevicesCountsWhetherItNamesTheirNumberOrNot() {
        Reservation reservation = new Reservation("node-1", NOW, DEVICES, List.of());
        PodGpuRequest today = request(named(0, 2), defaulted(1));

        assertThat(reservation.answered(today)).isEqualTo(today);
        assertThat(reservation.mismatch(today)).isEmpty();
    }

    @Test
    void aReservationOfAnotherPodContradicts() {
        Reservation reservation = new Reservation("node-1", NOW, DEVICES, List.of());

        assertThat(reservation.mismatch(reservation.answered(request(named(0, 2)))))
                .hasValue("its reservation names devices for containers that ask for none");
        assertThat(reservation.mismatch(reservation.answered(request(named(0, 1), named(1, 1)))))
                .hasValue("its reservation gives container c0 2 devices, but it asks for 1");
        assertThat(reservation.mismatch(reservation.answered(request(defaulted(2)))))
                .hasValue("its reservation gives container c2 0 devices, but it asks for 1");
    }

    private static PodGpuRequest request(ContainerGpuRequest... containers) {
        return new PodGpuRequest(List.of(containers), 3);
    }

    private static ContainerGpuRequest named(int index, int devices) {
        return container(index, devices, false);
    }

    private static ContainerGpuRequest defaulted(int index) {
        return container(index, 1, true);
    }

    private static ContainerGpuRequest container(int index, int devices, boolean countDefaulted) {
        return new ContainerGpuRequest(
                "c" + index,
                index,
                ContainerGpuRequest.Role.APP,
                devices,
                countDefaulted,
                new MemoryRequest.MiB(1000),
                0,
                false);
    }

    @Test
    void phasesAreReadAsTheyAreWritten() {
        for (BindPhase phase : BindPhase.values()) {
            assertThat(BindPhase.byWireName(phase.wireName())).hasValue(phase);
        }
        assertThat(BindPhase.byWireName("Success")).isEmpty();
    }

    private static Map<String, String> annotations() {
        return new HashMap<>(new Reservation("node-1", NOW, DEVICES, List.of()).toAnnotations());
    }

    private static MigAllocation allocation(int container, int device, String gpu) {
        return new MigAllocation(container, device, gpu, MigProfile.of(1, 10), new Placement(0, 1), null);
    }

    private static void assertMalformed(Map<String, String> annotations, String key, String complaint) {
        assertThatExceptionOfType(MalformedAnnotationException.class)
                .isThrownBy(() -> Reservation.fromAnnotations(annotations))
                .withMessageContaining(complaint)
                .satisfies(e -> assertThat(e.key()).isEqualTo(key));
    }
}
