package io.migpool.testbed.e2e;

import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link Workload} in one cluster that all of them share: starting one takes seconds. Each test gets a namespace
 * of its own, whose pods are gone when the next test begins.
 */
final class SharedCluster implements ParameterResolver {

    /** 2 × A100-80GB in MIG mode. */
    static final String MIG_NODE = "mig-node-a";

    /** 1 × H100-80GB in MIG mode. */
    static final String SINGLE_NODE = "mig-node-b";

    /** 2 × A100-80GB, shared in software. */
    static final String CORE_NODE = "core-node-c";

    static final String DEVICE_CONFIG = """
            nvidia:
              resourceCountName: nvidia.com/gpu
              resourceMemoryName: nvidia.com/gpumem
              defaultGPUNum: 1
              deviceSplitCount: 10
            """;

    static final String NODE_CONFIG = """
            {"nodeconfig": [
              {"name": "MIG-NODE-A", "operatingmode": "mig", "filterdevices": {"uuid": [], "index": []}},
              {"name": "mig-node-b", "operatingmode": "mig"}
            ]}
            """;

    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(SharedCluster.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Workload.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        EmbeddedCluster cluster = context.getRoot()
                .getStore(STORE)
                .computeIfAbsent("cluster", key -> Started.now(), Started.class)
                .get();
        // JUnit closes it at the end of the test.
        return context.getStore(STORE)
                .computeIfAbsent("workload", key -> Workload.inNewNamespace(cluster), Workload.class);
    }

    /**
     * The one cluster, or why there is none, so that the second test does not try for another minute. Closed by JUnit
     * at the end.
     */
    private record Started(
            @Nullable EmbeddedCluster cluster, @Nullable Exception failure) implements AutoCloseable {

        static Started now() {
            try {
                return new Started(
                        EmbeddedCluster.start(ClusterSpec.fast(
                                List.of(
                                        NodeSpec.mig(MIG_NODE, "NVIDIA A100-SXM4-80GB:2"),
                                        NodeSpec.mig(SINGLE_NODE, "NVIDIA H100 80GB HBM3:1"),
                                        NodeSpec.shared(CORE_NODE, "NVIDIA A100-SXM4-80GB:2")),
                                DEVICE_CONFIG,
                                NODE_CONFIG)),
                        null);
            } catch (Exception e) {
                return new Started(null, e);
            }
        }

        EmbeddedCluster get() {
            if (cluster == null) {
                throw new IllegalStateException("the shared cluster did not start", failure);
            }
            return cluster;
        }

        @Override
        public void close() throws Exception {
            if (cluster != null) {
                cluster.close();
            }
        }
    }
}
