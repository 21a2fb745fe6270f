package io.migpool.deviceplugin.reservation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.migpool.config.DeviceSettings;
import io.migpool.deviceplugin.ReservedPod;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.Slice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Claims read from annotations, and when they are not believed. */
class ClaimReaderTest {

    private static final Slice SLICE = ReservedPod.slice("GPU-a", "1g.10gb", 0, 1);

    private final ClaimReader claims =
            new ClaimReader(ReservedPod.NODE, () -> DeviceSettings.DEFAULT, new ReservedSlices(List.of(), List::of));

    private static Pod withHelper(Pod pod, String resource) {
        return new PodBuilder(pod)
                .editSpec()
                .addToContainers(new ContainerBuilder()
                        .withName("helper")
                        .withNewResources()
                        .withLimits(Map.of(resource, new Quantity("1")))
                        .endResources()
                        .build())
                .endSpec()
                .build();
    }

    /** The default was 0 when the pod was bound; a helper that names only a size has no devices from kubelet either. */
    @Test
    void aLaterDefaultOfDevicesDoesNotVoidTheClaim() throws Exception {
        Pod pod = withHelper(ReservedPod.named("a").app("main", SLICE).build(), "nvidia.com/gpumem");

        assertThat(claims.read(pod).containers())
                .extracting(ContainerClaim::name)
                .containsExactly("main");
        assertThat(claims.read(pod).slices()).containsExactly(SLICE);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "7,7", "1k,1000", "-3,0", "1e999999999,2147483647"})
    void thePriorityIsTheOneThatThePodAsksForWhateverItsContainerIsTold(String asked, int priority) throws Exception {
        Pod pod = ReservedPod.named("a").shared("main", "GPU-a", 1000, 10).build();
        Container main = pod.getSpec().getContainers().getFirst();
        main.setEnv(List.of(new EnvVar("CUDA_TASK_PRIORITY", "0", null)));
        assertThat(claims.read(pod).containers())
                .extracting(ContainerClaim::priority)
                .containsExactly(ContainerClaim.USUAL_PRIORITY);

        main.getResources().getLimits().put("nvidia.com/priority", new Quantity(asked));
        assertThat(claims.read(pod).containers())
                .extracting(ContainerClaim::priority)
                .containsExactly(priority);
    }

    @Test
    void aReservationWithoutTheDevicesThatAContainerNamesIsNotUsed() {
        Pod pod = withHelper(ReservedPod.named("a").app("main", SLICE).build(), "nvidia.com/gpu");

        assertThatExceptionOfType(UnusableReservationException.class)
                .isThrownBy(() -> claims.read(pod))
                .withMessageContaining("its reservation gives container helper 0 devices, but it asks for 1");
    }
}
