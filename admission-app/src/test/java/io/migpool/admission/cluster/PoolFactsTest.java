package io.migpool.admission.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.migpool.admission.review.Pool;
import io.migpool.config.DeviceSettings;
import io.migpool.config.NodeSettings;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.contracts.wire.Annotations;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolFactsTest {
    private static final String MIG_GPU = """
            {"id":"GPU-%1$s","index":%1$s,"count":7,"devmem":40960,"devcore":100,"type":"NVIDIA A100-SXM4-40GB","mode":"mig","health":true,
             "migProfiles":[{"name":"1g.5gb","memoryMB":4864,"core":15,"sliceCount":1,"placements":[{"start":0,"size":1},{"start":1,"size":1}]},
                            {"name":"7g.40gb","memoryMB":40192,"core":100,"sliceCount":7,"placements":[{"start":0,"size":8}]}]}""";

    private final PoolFacts facts = new PoolFacts();

    @Test
    void equalNodesAreOneEquipmentWithItsGpusCounted() {
        facts.nodeChanged(node("a", "[" + MIG_GPU.formatted(0) + "," + MIG_GPU.formatted(1) + "]"));
        facts.nodeChanged(node("b", "[" + MIG_GPU.formatted(0) + "," + MIG_GPU.formatted(1) + "]"));

        assertThat(pool(DeviceSettings.DEFAULT).nodes())
                .singleElement()
                .satisfies(node -> assertThat(node).hasSize(1).containsValue(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{nvidia: {migProfileAllowlist: [{models: [A100-SXM4-40GB], profiles: [1g.5gb]}]}}",
                "{nvidia: {knownMigGeometries: [{models: [A100-SXM4-40GB], allowedGeometries: [[{name: 1g.5gb, count: 7}]]}]}}"
            })
    void whatTheSettingsDoNotAllowIsNotOffered(String document) throws Exception {
        facts.nodeChanged(node("a", "[" + MIG_GPU.formatted(0) + "]"));

        assertThat(profiles(pool(DeviceSettings.parse(document)))).containsExactly("1g.5gb");
        assertThat(profiles(pool(DeviceSettings.DEFAULT))).containsExactly("1g.5gb", "7g.40gb");
    }

    @Test
    void whatIsGoneOrCannotBeReadIsNotThere() {
        facts.nodeChanged(node("a", "[" + MIG_GPU.formatted(0) + "]"));
        facts.nodeChanged(node("b", "{broken"));
        facts.nodeChanged(
                new NodeBuilder().withNewMetadata().withName("c").endMetadata().build());
        assertThat(pool(DeviceSettings.DEFAULT).nodes()).hasSize(1);

        facts.nodeGone(node("a", ""));
        assertThat(pool(DeviceSettings.DEFAULT).nodes()).isEmpty();
    }

    @Test
    void thePoolIsWorkedOutAnewOnlyWhenSomethingHasChanged() {
        Node node = node("a", "[" + MIG_GPU.formatted(0) + "]");
        facts.nodeChanged(node);
        Pool first = pool(DeviceSettings.DEFAULT);

        facts.nodeChanged(node);
        assertThat(pool(DeviceSettings.DEFAULT)).isSameAs(first);
        facts.nodeChanged(node("a", "[" + MIG_GPU.formatted(0) + "," + MIG_GPU.formatted(1) + "]"));
        assertThat(pool(DeviceSettings.DEFAULT)).isNotSameAs(first);
    }

    @Test
    void aResourceIsThereWhileANodeHasSomeOfIt() {
        facts.nodeChanged(offering("a", Map.of("nvidia.com/gpu", "10", "cpu", "8", "nvidia.com/gone", "0")));
        assertThat(pool(DeviceSettings.DEFAULT).resources())
                .as("another may be on a node that has not been seen yet")
                .isEmpty();
        facts.nodeChanged(offering("b", Map.of("nvidia.com/hostdev", "4")));
        facts.nodesListed();
        Pool first = pool(DeviceSettings.DEFAULT);
        assertThat(first.resources()).containsExactlyInAnyOrder("nvidia.com/gpu", "nvidia.com/hostdev");

        facts.nodeChanged(offering("a", Map.of("nvidia.com/gpu", "9", "cpu", "8")));
        assertThat(pool(DeviceSettings.DEFAULT)).isSameAs(first);

        facts.nodeChanged(offering("a", Map.of("cpu", "8")));
        assertThat(pool(DeviceSettings.DEFAULT).resources()).containsExactly("nvidia.com/hostdev");
        facts.nodeGone(offering("b", Map.of()));
        assertThat(pool(DeviceSettings.DEFAULT).resources()).isEmpty();
    }

    /** Every pod of a namespace with a quota changes the quota's status. */
    @Test
    void whatIsUsedOfAQuotaIsNoChange() {
        ResourceQuota quota = quota("limits.nvidia.com/gpumem");
        facts.quotaChanged(quota);
        Pool first = pool(DeviceSettings.DEFAULT);

        facts.quotaChanged(new ResourceQuotaBuilder(quota)
                .editMetadata()
                .withResourceVersion("2")
                .endMetadata()
                .withNewStatus()
                .addToUsed("limits.nvidia.com/gpumem", new Quantity("1"))
                .endStatus()
                .build());
        facts.quotaGone(new ResourceQuotaBuilder(quota)
                .editMetadata()
                .withName("another")
                .endMetadata()
                .build());
        assertThat(pool(DeviceSettings.DEFAULT)).isSameAs(first);

        facts.quotaChanged(new ResourceQuotaBuilder(quota)
                .editSpec()
                .addToHard("limits.nvidia.com/gpumem", new Quantity("1"))
                .endSpec()
                .build());
        assertThat(pool(DeviceSettings.DEFAULT)).isNotSameAs(first);
    }

    @Test
    void quotasAreReadWithTheResourceNamesOfTheMoment() throws Exception {
        facts.quotaChanged(quota("limits.nvidia.com/gpumem"));
        assertThat(pool(DeviceSettings.DEFAULT).quotas())
                .isEqualTo(
                        Map.of("team", Map.of("gpus", new QuotaLimits(OptionalLong.of(2_048), OptionalLong.empty()))));

        assertThat(pool(DeviceSettings.parse("{nvidia: {resourceMemoryName: acme.com/mem}}"))
                        .quotas())
                .isEmpty();
        facts.quotaGone(quota("limits.nvidia.com/gpumem"));
        assertThat(pool(DeviceSettings.DEFAULT).quotas()).isEmpty();
    }

    @Test
    void sharedGpusMayOfferMoreThanABoardHas() throws Exception {
        NodeSettings nodes = NodeSettings.parse("{\"nodeconfig\": [{\"name\": \"a\", \"devicememoryscaling\": 2}]}");

        assertThat(facts.pool(DeviceSettings.DEFAULT, nodes).largestMiB()).isEqualTo(2 * Pool.LARGEST_BOARD_MIB);
    }

    private Pool pool(DeviceSettings devices) {
        return facts.pool(devices, NodeSettings.DEFAULT);
    }

    private static List<String> profiles(Pool pool) {
        return pool.nodes().stream()
                .flatMap(node -> node.keySet().stream())
                .flatMap(kind -> kind.board().all().stream().filter(kind.allowed()::contains))
                .map(ProfileCapability::profile)
                .map(Object::toString)
                .toList();
    }

    private static Node node(String name, String registration) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(Map.of(Annotations.NODE_REGISTER, registration))
                .endMetadata()
                .build();
    }

    private static Node offering(String name, Map<String, String> capacity) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .withCapacity(capacity.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, entry -> new Quantity(entry.getValue()))))
                .endStatus()
                .build();
    }

    private static ResourceQuota quota(String resource) {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName("gpus")
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of(resource, new Quantity("2Gi")))
                .endSpec()
                .build();
    }
}
