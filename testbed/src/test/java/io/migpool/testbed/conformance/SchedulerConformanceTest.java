package io.migpool.testbed.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.contracts.wire.Annotations;
import io.migpool.testbed.controlplane.RunningScheduler;
import io.migpool.testbed.controlplane.SchedulerSetup;
import io.migpool.testbed.scheduler.FakeExtender;
import io.migpool.testbed.scheduler.ManagedResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How the scheduler treats an extender. Every test has nodes and a scheduler of its own. */
@ExtendWith(Subject.Provider.class)
class SchedulerConformanceTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(5);
    private static final String GPU = "nvidia.com/gpu";
    private static final String GPUMEM = "nvidia.com/gpumem";
    private static final Map<String, String> SLICE = Map.of(GPU, "1", GPUMEM, "8000");
    private static final String NONE_FITS = "{\"FailedAndUnresolvableNodes\":{\"%s\":\"no free slice\"}}";

    private final FakeExtender extender = new FakeExtender();
    private final List<String> nodes = new ArrayList<>();
    private Optional<RunningScheduler> scheduler = Optional.empty();

    @BeforeEach
    void start(Subject subject) throws Exception {
        subject.needs(25, "kubescheduler.config.k8s.io/v1");
        scheduler = Optional.of(subject.controlPlane()
                .startScheduler(new SchedulerSetup(
                        subject.client(),
                        subject.controlPlane().kubeconfig(),
                        extender.uri(),
                        List.of(new ManagedResource(GPU, false), new ManagedResource(GPUMEM, true)),
                        Duration.ofMillis(50),
                        Optional.empty())));
        extender.onBind = request -> {
            bind(subject, request);
            return "{\"Error\":\"\"}";
        };
    }

    @AfterEach
    void stop(Subject subject) {
        scheduler.ifPresent(RunningScheduler::close);
        nodes.forEach(name -> subject.client().nodes().withName(name).delete());
        extender.close();
    }

    @Test
    void oneNodeMeansOneFilterNoPrioritizeAndABindWithTheUid(Subject subject) {
        String node = node(subject, "a", 4);

        Pod pod = submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        JsonNode filter = extender.filters.getFirst();
        assertThat(filter.path("Nodes").isNull()).isTrue();
        assertThat(extender.filtered(0)).containsExactly(node);
        assertThat(filter.at("/Pod/spec/containers/0/resources/limits/nvidia.com~1gpumem")
                        .asText())
                .isEqualTo("8k");
        assertThat(extender.prioritizes).isEmpty();
        assertThat(extender.binds).singleElement().satisfies(bind -> {
            assertThat(bind.path("PodUID").asText()).isEqualTo(pod.getMetadata().getUid());
            assertThat(bind.path("Node").asText()).isEqualTo(node);
        });
    }

    @Test
    void ofSeveralNodesTheOneWithTheExtendersHighestScoreWins(Subject subject) {
        String low = node(subject, "a", 50);
        String high = node(subject, "b", 50);
        extender.onPrioritize =
                _ -> "[{\"Host\":\"%s\",\"Score\":0},{\"Host\":\"%s\",\"Score\":10}]".formatted(low, high);

        awaitOffered(subject, low, high);

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(high);
    }

    @Test
    void anErrorOfPrioritizeIsIgnored(Subject subject) {
        String one = node(subject, "a", 50);
        String other = node(subject, "b", 50);
        extender.onPrioritize = _ -> "no json";
        awaitOffered(subject, one, other);

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isNotEmpty();
    }

    @Test
    void onlyNodesWithFreeSlotsAreOffered(Subject subject) {
        node(subject, "a", 0);
        String free = node(subject, "b", 4);

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(free);
        assertThat(extender.filtered(0)).containsExactly(free);
    }

    @Test
    void aPodWithoutAManagedResourceNeverReachesTheExtender(Subject subject) {
        String node = node(subject, "a", 4);

        submit(subject, "p", Map.of());

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filters).isEmpty();
        assertThat(extender.binds).isEmpty();
    }

    @Test
    void theReasonIsToldWordByWordAndCounted(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onFilter = _ -> NONE_FITS.formatted(node);

        submit(subject, "p", SLICE);

        await().atMost(SOON).untilAsserted(() -> assertThat(message(subject, "p"))
                .contains("0/1 nodes are available: 1 no free slice"));
    }

    @Test
    void aRefusedPodWaitsUntilAnAnnotationOfTheNodeChanges(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onFilter = _ -> NONE_FITS.formatted(node);
        submit(subject, "p", SLICE);
        long before = awaitLeftAlone("p");

        extender.onFilter = request -> "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));
        subject.client()
                .nodes()
                .withName(node)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"annotations\": {\"example.com/changed\": \"yes\"}}}");

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filtersOf("p")).isGreaterThan(before);
    }

    @Test
    void aRefusedPodIsWokenByAnAnnotationOfItsOwn(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onFilter = _ -> NONE_FITS.formatted(node);
        submit(subject, "p", SLICE);
        long before = awaitLeftAlone("p");
        assertThat(message(subject, "p")).contains("no free slice");

        extender.onFilter = request -> "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));
        subject.at("p")
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"annotations\": {\"%s\": \"2026-11-29T09:00:00Z\"}}}"
                                .formatted(Annotations.ROOM_SEEN));

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filtersOf("p")).isGreaterThan(before);
    }

    @Test
    void aRefusedPodIsWokenByTheDeletionOfAnother(Subject subject) {
        String node = node(subject, "a", 4);
        submit(subject, "first", SLICE);
        awaitBound(subject, "first");
        extender.onFilter = _ -> NONE_FITS.formatted(node);
        submit(subject, "second", SLICE);
        long before = awaitLeftAlone("second");

        extender.onFilter = request -> "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));
        subject.at("first").withGracePeriod(0).delete();

        assertThat(awaitBound(subject, "second")).isEqualTo(node);
        assertThat(extender.filtersOf("second")).isGreaterThan(before);
    }

    @Test
    void anErrorIsTriedAgainWithoutAnyEvent(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onFilter = request -> extender.filtersOf("p") < 3
                ? "{\"Error\":\"another pod holds the last slice\"}"
                : "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filtersOf("p")).isGreaterThanOrEqualTo(3);
    }

    @Test
    void aNodeThatWasNotOfferedIsAnErrorForThePod(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onFilter = _ -> extender.filtersOf("p") < 2
                ? "{\"NodeNames\":[\"invented\"]}"
                : "{\"NodeNames\":[\"%s\"]}".formatted(node);

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filtersOf("p")).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aFailedBindIsFollowedByANewFilter(Subject subject) {
        String node = node(subject, "a", 4);
        extender.onBind = request -> {
            if (extender.binds.size() < 2) {
                return "{\"Error\":\"the API server is away\"}";
            }
            bind(subject, request);
            return "{\"Error\":\"\"}";
        };

        submit(subject, "p", SLICE);

        assertThat(awaitBound(subject, "p")).isEqualTo(node);
        assertThat(extender.filtersOf("p")).isGreaterThanOrEqualTo(2);
    }

    @Test
    void aPodOfHigherPriorityMakesOneLeaveAfterTheExtenderWasAskedWhom(Subject subject) {
        String node = node(subject, "a", 1);
        submit(subject, "low", SLICE);
        awaitBound(subject, "low");
        String victim = subject.at("low").require().getMetadata().getUid();
        String important = subject.namespace();
        subject.client()
                .resource(new PriorityClassBuilder()
                        .withNewMetadata()
                        .withName(important)
                        .endMetadata()
                        .withValue(1000)
                        .build())
                .create();
        try {
            subject.create(subject.pod("high", SLICE)
                    .editSpec()
                    .withSchedulerName("hami-scheduler")
                    .withPriorityClassName(important)
                    .endSpec());

            await("the extender is asked").atMost(SOON).until(() -> !extender.preempts.isEmpty());
            assertThat(extender.preempts
                            .getFirst()
                            .path("NodeNameToMetaVictims")
                            .path(node)
                            .at("/Pods/0/UID")
                            .asText())
                    .isEqualTo(victim);
            await("the victim is asked to leave").atMost(SOON).until(() -> Optional.ofNullable(
                            subject.at("low").get())
                    .map(low -> low.getMetadata().getDeletionTimestamp())
                    .isPresent());
            subject.at("low").withGracePeriod(0).delete();
            assertThat(awaitBound(subject, "high")).isEqualTo(node);
        } finally {
            subject.client()
                    .scheduling()
                    .v1()
                    .priorityClasses()
                    .withName(important)
                    .delete();
        }
    }

    private String node(Subject subject, String suffix, int gpus) {
        String name = subject.namespace() + "-" + suffix;
        Map<String, Quantity> amounts = Map.of(
                "cpu",
                new Quantity("8"),
                "memory",
                new Quantity("32Gi"),
                "pods",
                new Quantity("110"),
                GPU,
                new Quantity(Integer.toString(gpus)));
        subject.client()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewStatus()
                        .withAllocatable(amounts)
                        .withCapacity(amounts)
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .create();
        nodes.add(name);
        return name;
    }

    /** Lets pods find out whether the scheduler knows these nodes, for it does not say so. */
    private void awaitOffered(Subject subject, String... names) {
        AtomicInteger attempt = new AtomicInteger();
        await("the scheduler knows the nodes").atMost(SOON).until(() -> {
            String pod = "probe-" + attempt.incrementAndGet();
            submit(subject, pod, SLICE);
            awaitBound(subject, pod);
            return extender.filtered(extender.filters.size() - 1).containsAll(List.of(names));
        });
    }

    /**
     * Waits until a refused pod is not looked at any more, for longer than a back-off after its first attempts.
     *
     * @return how often it was looked at until then
     */
    private long awaitLeftAlone(String pod) {
        await(pod + " is refused").atMost(SOON).until(() -> extender.filtersOf(pod) >= 1);
        AtomicLong seen = new AtomicLong();
        await(pod + " is left alone").during(QUIET).atMost(SOON).until(() -> {
            long now = extender.filtersOf(pod);
            return seen.getAndSet(now) == now;
        });
        return seen.get();
    }

    private static Pod submit(Subject subject, String name, Map<String, String> limits) {
        return subject.create(subject.pod(name, limits)
                .editSpec()
                .withSchedulerName("hami-scheduler")
                .endSpec());
    }

    private static String awaitBound(Subject subject, String pod) {
        await(pod + " is bound")
                .atMost(SOON)
                .until(() -> subject.at(pod).require().getSpec().getNodeName() != null);
        return subject.at(pod).require().getSpec().getNodeName();
    }

    private static String message(Subject subject, String pod) {
        return subject.at(pod).require().getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("PodScheduled"))
                .map(condition -> String.valueOf(condition.getMessage()))
                .findFirst()
                .orElse("");
    }

    private static void bind(Subject subject, JsonNode request) {
        subject.client()
                .bindings()
                .inNamespace(request.path("PodNamespace").asText())
                .resource(new BindingBuilder()
                        .withNewMetadata()
                        .withName(request.path("PodName").asText())
                        .withNamespace(request.path("PodNamespace").asText())
                        .withUid(request.path("PodUID").asText())
                        .endMetadata()
                        .withNewTarget()
                        .withKind("Node")
                        .withName(request.path("Node").asText())
                        .endTarget()
                        .build())
                .create();
    }
}
