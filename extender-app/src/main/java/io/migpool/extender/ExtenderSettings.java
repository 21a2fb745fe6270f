package io.migpool.extender;

import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.reservation.SchedulingSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/**
 * The extender's own settings, fixed for the life of the process.
 *
 * @param scheduling how the verbs behave
 * @param instance name of this replica in Events
 * @param legacyMetrics whether the metric names of HAMi before 2.9 are served too
 * @param lease namespace and name of the lease of the scheduler's leader election, with a slash between
 * @param host host name of the scheduler in the same pod, with which its name in the lease begins; empty if not known
 * @param silence after which a request must first find out whether another replica led meanwhile
 * @param policies how to choose among nodes and GPUs where pods do not say
 */
record ExtenderSettings(
        SchedulingSettings scheduling,
        String instance,
        boolean legacyMetrics,
        String lease,
        String host,
        Duration silence,
        PolicyChoice policies) {

    private static final String HOLD_TIME = "migpool.extender.hold-time";
    private static final String MOST_NODES = "migpool.extender.most-nodes";
    private static final String BIND_RETRY = "migpool.extender.bind-retry";
    private static final String LANDING_TIME = "migpool.extender.landing-time";
    private static final String INSTANCE = "migpool.extender.instance";
    private static final String LEGACY_METRICS = "migpool.extender.legacy-metrics";
    private static final String LEASE = "migpool.extender.lease";
    private static final String HOST = "migpool.extender.host";
    private static final String SILENCE = "migpool.extender.silence";

    private static final String DEFAULT_LEASE = "kube-system/hami-scheduler";
    private static final boolean DEFAULT_LEGACY_METRICS = true;
    /** A kube-scheduler replica that does not lead checks the lease every 2 s. */
    private static final Duration DEFAULT_SILENCE = Duration.ofSeconds(1);

    private static final String GPU_POLICY = "migpool.scheduling.gpu-policy";
    private static final String NODE_POLICY = "migpool.scheduling.node-policy";

    /** @throws IllegalArgumentException with the setting, its value and what would be right */
    static ExtenderSettings from(Config config) {
        SchedulingSettings defaults = SchedulingSettings.DEFAULT;
        return new ExtenderSettings(
                new SchedulingSettings(
                        config.getOptionalValue(HOLD_TIME, Duration.class).orElse(defaults.holdTime()),
                        config.getOptionalValue(MOST_NODES, Integer.class).orElse(defaults.mostNodes()),
                        config.getOptionalValue(BIND_RETRY, Duration.class).orElse(defaults.bindRetry()),
                        config.getOptionalValue(LANDING_TIME, Duration.class).orElse(defaults.landingTime())),
                config.getOptionalValue(INSTANCE, String.class)
                        .filter(name -> !name.isBlank())
                        .orElseGet(() -> defaultInstance(config)),
                config.getOptionalValue(LEGACY_METRICS, Boolean.class).orElse(DEFAULT_LEGACY_METRICS),
                config.getOptionalValue(LEASE, String.class).orElse(DEFAULT_LEASE),
                config.getOptionalValue(HOST, String.class)
                        .or(() -> hostname(config))
                        .orElse(""),
                config.getOptionalValue(SILENCE, Duration.class).orElse(DEFAULT_SILENCE),
                policies(config));
    }

    /** Returns the values of keys that are not set, by key. */
    static Map<String, String> defaultValues(Config config) {
        SchedulingSettings scheduling = SchedulingSettings.DEFAULT;
        return Map.ofEntries(
                Map.entry(HOLD_TIME, scheduling.holdTime().toString()),
                Map.entry(MOST_NODES, Integer.toString(scheduling.mostNodes())),
                Map.entry(BIND_RETRY, scheduling.bindRetry().toString()),
                Map.entry(LANDING_TIME, scheduling.landingTime().toString()),
                Map.entry(LEGACY_METRICS, Boolean.toString(DEFAULT_LEGACY_METRICS)),
                Map.entry(LEASE, DEFAULT_LEASE),
                Map.entry(HOST, hostname(config).orElse("")),
                Map.entry(SILENCE, DEFAULT_SILENCE.toString()),
                Map.entry(INSTANCE, defaultInstance(config)),
                Map.entry(GPU_POLICY, GpuPolicy.FRAGMENTATION.wireName()),
                Map.entry(NODE_POLICY, NodePolicy.FRAGMENTATION.wireName()));
    }

    private static String defaultInstance(Config config) {
        return hostname(config).orElse("migpool-extender");
    }

    private static Optional<String> hostname(Config config) {
        return config.getOptionalValue("HOSTNAME", String.class).filter(name -> !name.isBlank());
    }

    /** A mistake in a pod concerns that pod only; one in the settings concerns all pods, so it is not ignored. */
    private static PolicyChoice policies(Config config) {
        PolicyChoice policies = PolicyChoice.of(
                GPU_POLICY,
                config.getOptionalValue(GPU_POLICY, String.class).orElse(""),
                NODE_POLICY,
                config.getOptionalValue(NODE_POLICY, String.class).orElse(""));
        if (!policies.ignored().isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", policies.ignored()));
        }
        return policies;
    }
}
