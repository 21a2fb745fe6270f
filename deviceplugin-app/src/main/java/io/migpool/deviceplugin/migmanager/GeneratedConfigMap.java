package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecWriter;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.runtime.log.LastReport;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/**
 * Publishes the configurations that this node has by itself, for people to read, as ConfigMap
 * {@code <node>-mig-config}. Used by one thread.
 */
final class GeneratedConfigMap {

    private static final System.Logger LOG = System.getLogger(GeneratedConfigMap.class.getName());

    private static final Duration AGAIN = Duration.ofMinutes(5);

    private final ConfigMaps configMaps;
    private final ConfigurationSource generated;
    private final String namespace;
    private final String nodeName;
    private final InstantSource clock;
    private String published = "";
    private Instant publishedAt = Instant.MIN;
    private final LastReport lastProblem = new LastReport();

    GeneratedConfigMap(
            ConfigMaps configMaps,
            ConfigurationSource generated,
            String namespace,
            String nodeName,
            InstantSource clock) {
        this.clock = clock;
        this.configMaps = configMaps;
        this.generated = generated;
        this.namespace = namespace;
        this.nodeName = nodeName;
    }

    /**
     * Publishes after a change, and now and then without one: the agent is not permitted to read the ConfigMap, which
     * someone may have edited or deleted. A failure is logged once and retried with the next call.
     */
    void publish() {
        try {
            String text = MigSpecWriter.yaml(generated.current());
            Instant now = clock.instant();
            if (!text.equals(published) || !now.isBefore(publishedAt.plus(AGAIN))) {
                configMaps.publish(
                        namespace,
                        nodeName + "-mig-config",
                        Map.of("app.kubernetes.io/component", "nvidia-mig-manager", "nvidia.com/node-name", nodeName),
                        Map.of(Configurations.KEY, text));
                published = text;
                publishedAt = now;
            }
            lastProblem.clear();
        } catch (MigSpecException | GpuException | UnreachableException | ClusterException e) {
            String problem = String.valueOf(e.getMessage());
            if (lastProblem.changesTo(problem)) {
                LOG.log(Level.WARNING, "{0}-mig-config is not published: {1}", nodeName, problem);
            }
        }
    }
}
