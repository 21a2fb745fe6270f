package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.config.DeviceSettings;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ResourceQuotas on GPU memory and cores, charged by what pods get. */
class QuotaTest {

    private static final String CUT = "cut";
    private static final String SHARED = "shared";

    private final Scheduling scheduling =
            new Scheduling().node(CUT, Boards.a10080("GPU-a", 0)).node(SHARED, Boards.shared("GPU-b", 0, 10, 81920));

    /** The table of HAMi's quota tests (facts 10.5, number 33), on a software-shared GPU, which gives what is asked for. */
    @ParameterizedTest
    @CsvSource({"gpumem, 2000, 1000, 500, true", "gpumem, 2000, 1000, 1500, false", "gpumem, 0, 0, 500, false"})
    void memoryBeyondTheQuotaIsRefused(String resource, String limit, int used, int wanted, boolean fits) {
        if (used > 0) {
            running(SHARED, "before", "gpu", "1", "gpumem", Integer.toString(used));
        }
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", resource, limit));

        assertThat(fits("wanted", "gpu", "1", "gpumem", Integer.toString(wanted)))
                .isEqualTo(fits);
    }

    @Test
    void coresBeyondTheQuotaAreRefused() {
        running(SHARED, "before", "gpu", "1", "gpumem", "1000", "gpucores", "20");
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpucores", "40"));

        assertThat(fits("over", "gpu", "1", "gpumem", "1000", "gpucores", "30")).isFalse();
        assertThat(fits("within", "gpu", "1", "gpumem", "1000", "gpucores", "20"))
                .isTrue();
    }

    @Test
    void aPercentageCountsAsTheMemoryThatItMeans() {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "40Gi"));

        assertThat(fits("over", "gpu", "1", "gpumem-percentage", "51")).isFalse();
        assertThat(fits("within", "gpu", "1", "gpumem-percentage", "50")).isTrue();
    }

    @Test
    void aSliceIsChargedByItsProfile() {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "9000"));

        Pod pod = scheduling.create("small", "gpu", "1", "gpumem", "5000");

        assertThat(scheduling.filter(pod, CUT))
                .isInstanceOfSatisfying(
                        FilterOutcome.Refused.class,
                        refused -> assertThat(refused.refused().get(CUT))
                                .matches(
                                        "quota of namespace default allows 9000 MiB of GPU memory and has too little left for the pod's 9[0-9]{3}"));
        assertThat(scheduling.fits(pod, CUT, SHARED)).containsExactly(SHARED);
    }

    @ParameterizedTest
    @CsvSource({"15 15 15 15 15 15 15, 98", "15 29 29 29, 98", "43 58, 99", "100, 100"})
    void whatFitsOnOneGpuFitsAQuotaOfItsCompute(String cores, long used) {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpucores", "100"));

        List<String> wanted = List.of(cores.split(" "));
        for (int i = 0; i < wanted.size(); i++) {
            running(CUT, "pod-" + i, "gpu", "1", "gpumem", "8000", "gpucores", wanted.get(i));
        }

        assertThat(scheduling.cluster.quota("default"))
                .hasValueSatisfying(quota -> assertThat(quota.used().cores()).isEqualTo(used));
    }

    @Test
    void whatIsHeldForOthersCountsAndMeansTryingAgainSoon() {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2k"));
        scheduling.fits(scheduling.create("first", "gpu", "1", "gpumem", "1500"), SHARED);

        Pod second = scheduling.create("second", "gpu", "1", "gpumem", "1500");

        assertThat(scheduling.filter(second, SHARED)).isInstanceOf(FilterOutcome.Retry.class);
        scheduling.pass(Duration.ofMinutes(2));
        assertThat(scheduling.fits(second, SHARED)).containsExactly(SHARED);
    }

    @Test
    void aPodThatIsGoneGivesItsShareBack() {
        Pod before = running(SHARED, "before", "gpu", "1", "gpumem", "1500");
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2000"));
        assertThat(fits("waiting", "gpu", "1", "gpumem", "1000")).isFalse();

        scheduling.delete(before);

        assertThat(fits("waiting", "gpu", "1", "gpumem", "1000")).isTrue();
    }

    @Test
    void theSmallestOfSeveralQuotasCountsUntilItIsGone() {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("large", "gpumem", "8000"));
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("small", "gpumem", "500"));
        assertThat(fits("pod", "gpu", "1", "gpumem", "1000")).isFalse();

        scheduling.cluster.quotaGone(KubernetesObjects.quota("small", "gpumem", "500"));

        assertThat(fits("pod", "gpu", "1", "gpumem", "1000")).isTrue();
    }

    /** The scheduler takes a new text for an event and retries the pod at once. */
    @Test
    void aRefusalReadsTheSameHoweverMuchOthersUse() {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2000"));
        Pod pod = scheduling.create("waiting", "gpu", "1", "gpumem", "1900");
        running(SHARED, "first", "gpu", "1", "gpumem", "500");
        Map<String, String> before = refusals(pod);

        running(SHARED, "second", "gpu", "1", "gpumem", "500");

        assertThat(refusals(pod)).isEqualTo(before).containsKey(SHARED);
    }

    private Map<String, String> refusals(Pod pod) {
        return switch (scheduling.filter(pod, SHARED)) {
            case FilterOutcome.Refused(var refused, var _) -> refused;
            case FilterOutcome other -> throw new AssertionError(other.toString());
        };
    }

    @Test
    void aQuotaThatWasLoweredMeanwhileStopsTheBinding() {
        Pod pod = scheduling.create("late", "gpu", "1", "gpumem", "1500");
        scheduling.fits(pod, SHARED);
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "1000"));

        assertThat(scheduling.bind(pod, SHARED))
                .hasValueSatisfying(why -> assertThat(why).startsWith("quota of namespace default allows 1000 MiB"));
    }

    @Test
    void aPodThatBecomesBoundWhileTheQuotaIsReadIsCountedOnce() {
        Pod first = scheduling.create("first", "gpu", "1", "gpumem", "500");
        Pod binding = scheduling.create("binding", "gpu", "1", "gpumem", "1500");
        Pod wanted = scheduling.create("wanted", "gpu", "1", "gpumem", "1500");
        for (Pod pod : List.of(first, binding, wanted)) {
            scheduling.fits(pod, SHARED);
        }
        assertThat(scheduling.bind(binding, SHARED)).isEmpty();
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2600"));
        Hold hold = scheduling.book.of("uid-wanted").orElseThrow();

        Predicate<Hold> showingTheBinding = held -> {
            if (held.pod().uid().equals("uid-first")) {
                scheduling.show(binding);
            }
            return true;
        };

        assertThat(new QuotaCheck(scheduling.cluster, scheduling.book)
                        .covers(hold.plan(), hold.pod(), showingTheBinding))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"gpumem, 12000", "gpucores, 0"})
    void aNodeWhereTheQuotaAllowsAnotherPlaceThanThePreferredOneTakesThePod(String resource, String limit) {
        scheduling.node("both", Boards.a10080("GPU-c", 0), Boards.shared("GPU-d", 1, 10, 81920));
        Pod free = scheduling.create("free", "gpu", "1", "gpumem", "11000");
        scheduling.fits(free, "both");
        assertThat(gpusHeldFor(free)).containsExactly("GPU-c");
        scheduling.delete(free);
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", resource, limit));

        Pod pod = scheduling.create("pod", "gpu", "1", "gpumem", "11000");

        assertThat(scheduling.preemption.nodesThatHelp(pod, Map.of("both", Set.of("uid-of-nobody"))))
                .containsExactly("both");
        assertThat(scheduling.fits(pod, "both")).containsExactly("both");
        assertThat(gpusHeldFor(pod)).containsExactly("GPU-d");
        assertThat(scheduling.bind(pod, "both")).isEmpty();
    }

    @Test
    void roomThatTheQuotaAllowsIsFoundUnderAPromiseToo() {
        scheduling.node("both", Boards.a10080("GPU-c", 0), Boards.shared("GPU-d", 1, 10, 81920));
        Pod stranded = KubernetesObjects.annotated(
                scheduling.create("stranded", "gpu", "1"), "nvidia.com/vgpu-mode", "hami-core");
        assertThat(scheduling.fits(stranded, "both")).containsExactly("both");
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "12000"));
        Pod pod = scheduling.create("pod", "gpu", "1", "gpumem", "11000");

        assertThat(scheduling.filter(pod, "both")).isInstanceOf(FilterOutcome.Retry.class);
        scheduling.pass(Duration.ofMinutes(2));
        assertThat(scheduling.fits(pod, "both")).containsExactly("both");
        assertThat(gpusHeldFor(pod)).containsExactly("GPU-d");
    }

    @Test
    void aQuotaThatWasLoweredMeanwhileMovesThePodToAPlaceThatItAllows() {
        scheduling.node("both", Boards.a10080("GPU-c", 0), Boards.shared("GPU-d", 1, 10, 81920));
        Pod pod = scheduling.create("pod", "gpu", "1", "gpumem", "11000");
        scheduling.fits(pod, "both");
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "12000"));

        assertThat(scheduling.bind(pod, "both")).isEmpty();
        assertThat(gpusHeldFor(pod)).containsExactly("GPU-d");
    }

    @Test
    void anEditOfTheSettingsIsFollowedByTheQuotasToo() throws Exception {
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2000"));
        scheduling.cluster.settingsChanged(DeviceSettings.parse("nvidia: {memoryFactor: 2}"));

        assertThat(fits("over", "gpu", "1", "gpumem", "2100")).isFalse();
        assertThat(fits("within", "gpu", "1", "gpumem", "2000")).isTrue();
        scheduling.cluster.quotaGone(KubernetesObjects.quota("gpus", "gpumem", "2000"));
        scheduling.cluster.settingsChanged(DeviceSettings.DEFAULT);
        assertThat(scheduling.cluster.quota("default")).isEmpty();
    }

    @Test
    void nobodyIsEvictedForAPodThatItsQuotaKeepsOut() {
        Pod victim = running(SHARED, "victim", "gpu", "1", "gpumem", "1500");
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "2000"));
        Pod large = scheduling.create("large", "gpu", "1", "gpumem", "2500");
        Pod equal = scheduling.create("equal", "gpu", "1", "gpumem", "2000");
        Map<String, Set<String>> victims =
                Map.of(SHARED, Set.of(victim.getMetadata().getUid()));

        assertThat(scheduling.preemption.nodesThatHelp(large, victims)).isEmpty();
        assertThat(scheduling.preemption.nodesThatHelp(equal, victims))
                .as("what the victims have is free then")
                .containsExactly(SHARED);
        assertThat(scheduling.preemption.nodesThatHelp(equal, Map.of(SHARED, Set.of("uid-of-nobody"))))
                .isEmpty();
    }

    private Set<String> gpusHeldFor(Pod pod) {
        return scheduling
                .book
                .of(pod.getMetadata().getUid())
                .orElseThrow()
                .plan()
                .gpuUuids();
    }

    private boolean fits(String name, String... limits) {
        return scheduling.filter(scheduling.create(name, limits), SHARED) instanceof FilterOutcome.Placed;
    }

    private Pod running(String node, String name, String... limits) {
        Pod pod = scheduling.create(name, limits);
        assertThat(scheduling.fits(pod, node)).containsExactly(node);
        assertThat(scheduling.bind(pod, node)).isEmpty();
        scheduling.show(pod);
        return pod;
    }
}
