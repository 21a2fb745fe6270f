package io.migpool.extender.reservation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.extender.Boards;
import io.migpool.extender.KubernetesObjects;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExplainerTest {

    private static final String NODE = "node-a";

    private final Scheduling scheduling = new Scheduling().node(NODE, Boards.a10080("GPU-a", 0));
    private final Explainer explainer = new Explainer(scheduling.context);

    private Pod running(String name, String mebibytes) {
        Pod pod = scheduling.create(name, "gpu", "1", "gpumem", mebibytes);
        scheduling.fits(pod, NODE);
        assertThat(scheduling.bind(pod, NODE)).isEmpty();
        scheduling.show(pod);
        return pod;
    }

    @Test
    void aLapsedPromiseIsInNoPodsWay() {
        Pod promised = scheduling.create("promised", "gpu", "1");
        scheduling.fits(promised, NODE);
        assertThat(explained("8000").nodes().getFirst().plan()).isEmpty();

        scheduling.pass(SchedulingSettings.DEFAULT.holdTime());

        assertThat(explained("8000").nodes().getFirst().plan()).isNotEmpty();
        Pod other = scheduling.create("other", "gpu", "1", "gpumem", "8000");
        assertThat(scheduling.preemption.nodesThatHelp(other, Map.of(NODE, Set.of("uid-of-nobody"))))
                .containsExactly(NODE);
    }

    private Explainer.Explanation explained(String mebibytes) {
        return explainer.explain(KubernetesObjects.pod("planned", "gpu", "1", "gpumem", mebibytes));
    }

    @Test
    void roomThatIsHeldIsNotCalledFull() {
        scheduling.fits(scheduling.create("promised", "gpu", "1"), NODE);
        Pod waiting = scheduling.create("waiting", "gpu", "1");
        FilterOutcome.Retry retry = (FilterOutcome.Retry) scheduling.filter(waiting, NODE);

        Explainer.Explanation explanation =
                explainer.explain("default", "waiting").orElseThrow();

        assertThat(explanation.problem()).isEqualTo(retry.message());
        assertThat(explanation.nodes()).hasSize(1);
        assertThat(explanation.rearrangements()).isEmpty();
    }

    @Test
    void aFullPoolIsNotCalledHeld() {
        running("user", "80000");
        assertThat(explained("8000").problem()).isEmpty();
    }

    /** Places 1g instances at 6, 5, 4 and 3; two of them leave, and those at 5 and 3 are in the way of everything large. */
    @Test
    void podsInTheWayOfAFragmentedRequestAreNamed() {
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pods.add(running("small-" + i, "8000"));
        }
        scheduling.delete(pods.get(0));
        scheduling.delete(pods.get(2));

        Explainer.Explanation explanation = explained("40000");

        assertThat(explanation.nodes().getFirst().gpus().getFirst().code()).isEqualTo("FRAGMENTED");
        assertThat(explanation.rearrangements()).singleElement().satisfies(way -> {
            assertThat(way.node()).isEqualTo(NODE);
            assertThat(way.place()).isEqualTo("3g.40gb at 4:4 on GPU-a");
            assertThat(way.moves())
                    .containsExactly(new Explainer.MovedPod(
                            "default/small-1", "1g.10gb at 5:1 on GPU-a", NODE, "1g.10gb at 2:1 on GPU-a"));
        });
    }

    @Test
    void aPodOnItsWayOutIsNotAskedToMove() {
        for (int i = 0; i < 4; i++) {
            running("small-" + i, "8000");
        }
        for (String gone : List.of("default/small-0", "default/small-2")) {
            scheduling.delete(requireNonNull(scheduling.server.get(gone)));
        }
        Pod leaving = requireNonNull(scheduling.server.get("default/small-1"));
        leaving.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        scheduling.show(leaving);

        assertThat(explained("40000").rearrangements()).singleElement().satisfies(way -> assertThat(way.moves())
                .containsExactly(new Explainer.MovedPod(
                        "default/small-3", "1g.10gb at 3:1 on GPU-a", NODE, "1g.10gb at 6:1 on GPU-a")));
    }

    @Test
    void aFullPoolHasNothingToMove() {
        running("large", "40000");
        running("other", "40000");

        Explainer.Explanation explanation = explained("40000");

        assertThat(explanation.nodes().getFirst().gpus().getFirst().code()).isEqualTo("NO_SLICE");
        assertThat(explanation.rearrangements()).isEmpty();
    }

    @Test
    void aPodThatFitsNeedsNoRoomMade() {
        running("small", "8000");
        assertThat(explained("20000").rearrangements()).isEmpty();
    }

    @Test
    void aLivePodWithoutACountIsNoPodThatFits() {
        scheduling.create("uncounted", "gpumem", "8000");

        assertThat(explainer.explain("default", "uncounted")).hasValueSatisfying(explanation -> {
            assertThat(explanation.problem()).contains("not for a number of GPUs");
            assertThat(explanation.nodes()).isEmpty();
        });
        assertThat(explainer
                        .explain(KubernetesObjects.pod("planned", "gpumem", "8000"))
                        .problem())
                .as("the webhook would add the count")
                .isEmpty();
    }

    @Test
    void aNodeThatTakesThePodSaysWhyItsOtherGpusDoNot() {
        scheduling.node(
                NODE,
                Boards.a10080("GPU-a", 0),
                Boards.a10080("GPU-b", 1),
                Boards.shared("GPU-c", 2, 10, 40_960),
                Boards.a10080("GPU-d", 3));
        Pod whole = scheduling.create("whole", "gpu", "1", "gpumem", "80000");
        scheduling.fits(whole, NODE);
        String taken = gpuOf(whole);

        Explainer.NodeVerdict verdict = explained("60000").nodes().getFirst();

        assertThat(verdict.plan()).startsWith("7g.80gb");
        assertThat(verdict.gpus())
                .extracting(gpu -> gpu.gpu() + " " + gpu.code())
                .containsExactlyInAnyOrder(taken + " NO_SLICE", "GPU-c TOO_LARGE");
    }

    @Test
    void aNodeThatOnlyTheQuotaRulesOutKeepsTheReasonsOfItsGpus() {
        scheduling.node(NODE, Boards.a10080("GPU-a", 0), Boards.shared("GPU-c", 1, 10, 40_960));
        scheduling.cluster.quotaChanged(KubernetesObjects.quota("gpus", "gpumem", "1000"));

        Explainer.NodeVerdict verdict = explained("60000").nodes().getFirst();

        assertThat(verdict.plan()).isEmpty();
        assertThat(verdict.reason()).startsWith("quota of namespace default");
        assertThat(verdict.gpus())
                .extracting(gpu -> gpu.gpu() + " " + gpu.code())
                .containsExactly("GPU-c TOO_LARGE");
    }

    private String gpuOf(Pod pod) {
        return scheduling
                .book
                .of(pod.getMetadata().getUid())
                .orElseThrow()
                .plan()
                .gpuUuids()
                .iterator()
                .next();
    }
}
