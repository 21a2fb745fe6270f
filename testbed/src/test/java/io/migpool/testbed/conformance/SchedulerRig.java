package io.migpool.testbed.conformance;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.testbed.controlplane.KubeSchedulerConfiguration;
import io.migpool.testbed.controlplane.RunningScheduler;
import io.migpool.testbed.controlplane.SchedulerSetup;
import io.migpool.testbed.scheduler.FakeExtender;
import io.migpool.testbed.scheduler.LeaderElection;
import io.migpool.testbed.scheduler.ManagedResource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A scheduler of the control plane under test, with an extender that the test answers for, and nodes without kubelets. */
final class SchedulerRig implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(60);
    static final String GPU = "nvidia.com/gpu";
    static final String GPUMEM = "nvidia.com/gpumem";
    static final Map<String, String> SLICE = Map.of(GPU, "1", GPUMEM, "8000");

    /** The first wait after an error; kube-scheduler's is a second. */
    static final Duration BACK_OFF = Duration.ofMillis(50);

    /** An answer of filter. */
    static final Function<JsonNode, String> EVERY_NODE =
            request -> "{\"NodeNames\":%s}".formatted(request.path("NodeNames"));

    private static final Duration QUIET = Duration.ofSeconds(5);
    private static final String SCHEDULER = "hami-scheduler";

    final Subject subject;
    final FakeExtender extender;
    private final List<String> nodes = new ArrayList<>();
    private final RunningScheduler scheduler;
    private boolean hasPriorityClass;

    SchedulerRig(Subject subject) throws IOException, InterruptedException {
        this(subject, Optional.empty());
    }

    SchedulerRig(Subject subject, Optional<LeaderElection> election) throws IOException, InterruptedException {
        this(subject, election, UnaryOperator.identity());
    }

    SchedulerRig(Subject subject, Optional<LeaderElection> election, UnaryOperator<KubeSchedulerConfiguration> change)
            throws IOException, InterruptedException {
        this.subject = subject;
        subject.needs(25, "kubescheduler.config.k8s.io/v1");
        extender = new FakeExtender();
        scheduler = subject.controlPlane()
                .startScheduler(new SchedulerSetup(
                        subject.controlPlane().kubeconfig(),
                        extender.uri(),
                        change.apply(KubeSchedulerConfiguration.ofTheManifests()
                                .withManagedResources(
                                        List.of(new ManagedResource(GPU, false), new ManagedResource(GPUMEM, true)))),
                        BACK_OFF,
                        election));
        extender.onBind = request -> {
            bind(request);
            return "{\"Error\":\"\"}";
        };
    }

    @Override
    public void close() {
        scheduler.close();
        nodes.forEach(name -> subject.client().nodes().withName(name).delete());
        if (hasPriorityClass) {
            subject.client()
                    .scheduling()
                    .v1()
                    .priorityClasses()
                    .withName(subject.namespace())
                    .delete();
        }
        extender.close();
    }

    /** An answer of filter that refuses nodes for good, such as {@code "node", "reason"}. */
    static String refusal(String... nodesAndReasons) {
        return refusals("FailedAndUnresolvableNodes", nodesAndReasons);
    }

    /** An answer of filter that refuses nodes where preemption may help. */
    static String passingRefusal(String... nodesAndReasons) {
        return refusals("FailedNodes", nodesAndReasons);
    }

    private static String refusals(String field, String... nodesAndReasons) {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < nodesAndReasons.length; i += 2) {
            entries.add("\"%s\":\"%s\"".formatted(nodesAndReasons[i], nodesAndReasons[i + 1]));
        }
        return "{\"%s\":{%s}}".formatted(field, String.join(",", entries));
    }

    /** The same answer for this pod, and every node for all others. */
    static Function<JsonNode, String> onlyFor(String pod, String answer) {
        return request -> nameOf(request).equals(pod) ? answer : EVERY_NODE.apply(request);
    }

    static String nameOf(JsonNode request) {
        return request.at("/Pod/metadata/name").asText();
    }

    /** Creates a ready node. */
    String node(String suffix, int gpus) {
        return node(suffix, gpus, UnaryOperator.identity());
    }

    /** Creates a ready node that differs. */
    String node(String suffix, int gpus, UnaryOperator<NodeBuilder> change) {
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
                .resource(change.apply(new NodeBuilder()
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
                                .endStatus())
                        .build())
                .create();
        nodes.add(name);
        return name;
    }

    void annotateNode(String node, String key, String value) {
        subject.client().nodes().withName(node).patch(PatchContext.of(PatchType.JSON_MERGE), annotation(key, value));
    }

    void annotate(String pod, String key, String value) {
        subject.at(pod).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), annotation(key, value));
    }

    private static String annotation(String key, String value) {
        return "{\"metadata\": {\"annotations\": {\"%s\": \"%s\"}}}".formatted(key, value);
    }

    /** Lets pods find out whether the scheduler knows these nodes, for it does not say so. */
    void awaitOffered(String... names) {
        AtomicInteger attempt = new AtomicInteger();
        await("the scheduler knows the nodes").atMost(SOON).until(() -> {
            String pod = "probe-" + attempt.incrementAndGet();
            submit(pod, SLICE);
            awaitBound(pod);
            return extender.filtered(extender.filters.size() - 1).containsAll(List.of(names));
        });
    }

    /**
     * Waits until a refused pod has not been tried for longer than a back-off after its first attempts.
     *
     * @return how often it was tried until then
     */
    long awaitLeftAlone(String pod) {
        await(pod + " is refused").atMost(SOON).until(() -> extender.filtersOf(pod) >= 1);
        AtomicLong seen = new AtomicLong();
        await(pod + " is left alone").during(QUIET).atMost(SOON).until(() -> {
            long now = extender.filtersOf(pod);
            return seen.getAndSet(now) == now;
        });
        return seen.get();
    }

    Pod submit(String name, Map<String, String> limits) {
        return submit(subject.pod(name, limits));
    }

    /** Submits a pod with a higher priority than others. */
    Pod submitImportant(String name, Map<String, String> limits) {
        if (!hasPriorityClass) {
            subject.client()
                    .resource(new PriorityClassBuilder()
                            .withNewMetadata()
                            .withName(subject.namespace())
                            .endMetadata()
                            .withValue(1000)
                            .build())
                    .create();
            hasPriorityClass = true;
        }
        return submit(subject.pod(name, limits)
                .editSpec()
                .withPriorityClassName(subject.namespace())
                .endSpec());
    }

    Pod submit(PodBuilder pod) {
        return subject.create(pod.editSpec().withSchedulerName(SCHEDULER).endSpec());
    }

    String awaitBound(String pod) {
        await(pod + " is bound")
                .atMost(SOON)
                .until(() -> subject.at(pod).require().getSpec().getNodeName() != null);
        return subject.at(pod).require().getSpec().getNodeName();
    }

    /** Why the pod is not scheduled; empty if its condition does not say so. */
    String message(String pod) {
        return scheduledCondition(pod)
                .map(condition -> String.valueOf(condition.getMessage()))
                .orElse("");
    }

    Optional<PodCondition> scheduledCondition(String pod) {
        return subject.at(pod).require().getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("PodScheduled"))
                .findFirst();
    }

    /** Writes the binding that the request asks for. */
    void bind(JsonNode request) {
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
