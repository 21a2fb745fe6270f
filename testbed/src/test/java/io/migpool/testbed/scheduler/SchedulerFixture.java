package io.migpool.testbed.scheduler;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.testbed.TestApi;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A scheduler with a fake extender, short back-offs, and Nodes without kubelets. */
final class SchedulerFixture implements AutoCloseable {

    static final Duration SOON = Duration.ofSeconds(60);
    static final String GPUMEM = "nvidia.com/gpumem";
    static final Map<String, String> SLICE = Map.of(TestApi.GPU, "1", GPUMEM, "8000");

    final TestApi api = new TestApi();
    final FakeExtender extender = new FakeExtender();
    final Scheduler scheduler;

    SchedulerFixture() {
        this(UnaryOperator.identity());
    }

    SchedulerFixture(UnaryOperator<ExtenderOptions> change) {
        this(change, SchedulerProfile.DEFAULT);
    }

    SchedulerFixture(UnaryOperator<ExtenderOptions> change, SchedulerProfile profile) {
        var managed = List.of(new ManagedResource(TestApi.GPU, false), new ManagedResource(GPUMEM, true));
        scheduler = Scheduler.start(SchedulerOptions.of(api.client.getConfiguration())
                .withExtender(change.apply(ExtenderOptions.of(extender.uri(), managed)))
                .withProfile(profile)
                .withBackOff(Duration.ofMillis(50), Duration.ofMillis(200)));
    }

    void node(String name, int gpus) {
        node(new NodeBuilder().withNewMetadata().withName(name).endMetadata(), Map.of(TestApi.GPU, gpus));
    }

    void node(NodeBuilder node, Map<String, Integer> devices) {
        var amounts = new TreeMap<String, Quantity>(
                Map.of("cpu", new Quantity("8"), "memory", new Quantity("32Gi"), "pods", new Quantity("110")));
        devices.forEach((resource, count) -> amounts.put(resource, new Quantity(Integer.toString(count))));
        Node created = api.client.resource(node.build()).create();
        var status = new NodeBuilder(created)
                .withNewStatus()
                .withAllocatable(amounts)
                .withCapacity(amounts)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build()
                .getStatus();
        api.client
                .nodes()
                .withName(created.getMetadata().getName())
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        api.client.getKubernetesSerialization().asJson(Map.of("status", status)));
        await("the scheduler knows the node").atMost(SOON).until(() -> scheduler
                .readyNodes()
                .contains(created.getMetadata().getName()));
    }

    void submit(PodBuilder pod) {
        api.create(pod.editSpec().withSchedulerName("hami-scheduler").endSpec());
    }

    String awaitBound(String pod) {
        await(pod + " is bound").atMost(SOON).until(() -> api.get(pod).getSpec().getNodeName() != null);
        return api.get(pod).getSpec().getNodeName();
    }

    /** Waits until the pod waits for an event: refused, and the second look done. */
    String awaitRefused(String pod) {
        await(pod + " is refused")
                .atMost(SOON)
                .until(() -> scheduler.attempts(TestApi.NAMESPACE, pod).size() >= 2);
        return scheduler.lastFailure(TestApi.NAMESPACE, pod).orElse("");
    }

    Optional<PodCondition> scheduledCondition(String pod) {
        return api.get(pod).getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals("PodScheduled"))
                .findFirst();
    }

    /** Makes the extender bind for real, as ours does. */
    void extenderBinds() {
        extender.onBind = request -> {
            bindNow(request.path("PodName").asText(), request.path("Node").asText());
            return "{\"Error\":\"\"}";
        };
    }

    void bindNow(String pod, String node) {
        new SchedulerApi(api.client, InstantSource.system()).bind(PodInfo.of(api.get(pod)), node);
    }

    @Override
    public void close() {
        scheduler.close();
        extender.close();
        api.close();
    }
}
