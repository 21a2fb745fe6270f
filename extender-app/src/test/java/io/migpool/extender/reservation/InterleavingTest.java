package io.migpool.extender.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.mig.UnitMask;
import io.migpool.contracts.wire.MalformedAnnotationException;
import io.migpool.contracts.wire.MigAllocation;
import io.migpool.contracts.wire.Reservation;
import io.migpool.extender.Boards;
import io.migpool.extender.reservation.Scheduling.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random orders of everything that happens to pods: no two of them ever share a unit, and nothing is left over. */
class InterleavingTest {

    private static final int STEPS = 4000;
    private static final List<Answer> ANSWERS = List.of(Answer.values());
    private static final String[] NODES = {"n1", "n2", "n3"};

    private final Scheduling scheduling = new Scheduling()
            .node("n1", Boards.a10080("a", 0))
            .node("n2", Boards.a30("b", 0))
            .node("n3", Boards.a10080("c", 0), Boards.a10080("d", 1));
    private final List<Pod> pods = new ArrayList<>();
    private int bound;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noTwoLivePodsShareAUnitAndNothingLeaks(long seed) throws Exception {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            step(random, step);
            assertThat(overlap()).as("seed %d step %d", seed, step).isEmpty();
        }
        assertThat(bound).as("seed %d: pods bound", seed).isGreaterThan(STEPS / 80);
        pods.forEach(scheduling::delete);
        assertThat(scheduling.book.all()).as("seed %d", seed).isEmpty();
        for (String node : NODES) {
            assertThat(scheduling.cluster.node(node).orElseThrow().gpus())
                    .allSatisfy(gpu -> assertThat(gpu.takenPermille()).isZero());
        }
    }

    private void step(Random random, int step) {
        int kind = random.nextInt(10);
        if (kind == 0 || pods.isEmpty()) {
            String memory = List.of("5000", "9000", "18000", "30000").get(random.nextInt(4));
            pods.add(scheduling.create("p" + step, "gpu", Integer.toString(1 + random.nextInt(2)), "gpumem", memory));
            return;
        }
        Pod pod = pods.get(random.nextInt(pods.size()));
        switch (kind) {
            case 1, 2, 3 -> scheduling.filter(pod, NODES);
            case 4, 5 -> {
                for (int i = random.nextInt(8); i > 0; i--) {
                    scheduling.answers.add(ANSWERS.get(random.nextInt(ANSWERS.size())));
                }
                String node = scheduling
                        .book
                        .of(pod.getMetadata().getUid())
                        .filter(hold -> random.nextInt(5) > 0)
                        .map(hold -> hold.plan().node())
                        .orElse(NODES[random.nextInt(NODES.length)]);
                bound += scheduling.bind(pod, node).isEmpty() ? 1 : 0;
                scheduling.answers.clear();
            }
            case 6, 7 -> scheduling.show(pod);
            case 8 -> {
                pods.remove(pod);
                scheduling.delete(pod);
            }
            default -> {
                scheduling.landDelayed();
                scheduling.pass(Duration.ofSeconds(random.nextInt(70)));
                scheduling.readable = random.nextInt(4) > 0;
                scheduling.binder.settle();
                scheduling.readable = true;
            }
        }
    }

    /** Judged by what the API server has, not by what the extender believes. */
    private List<String> overlap() throws MalformedAnnotationException {
        Map<String, UnitMask> taken = new HashMap<>();
        List<String> overlaps = new ArrayList<>();
        for (Pod pod : scheduling.server.values()) {
            Map<String, String> annotations = pod.getMetadata().getAnnotations();
            if (annotations != null && pod.getSpec().getNodeName() != null) {
                for (MigAllocation instance :
                        Reservation.fromAnnotations(annotations).orElseThrow().migAllocations()) {
                    UnitMask mask = instance.placement().mask();
                    UnitMask before = taken.getOrDefault(instance.gpuUuid(), UnitMask.EMPTY);
                    if (before.overlaps(mask)) {
                        overlaps.add(pod.getMetadata().getName() + " " + instance);
                    }
                    taken.put(instance.gpuUuid(), before.union(mask));
                }
            }
        }
        return overlaps;
    }
}
