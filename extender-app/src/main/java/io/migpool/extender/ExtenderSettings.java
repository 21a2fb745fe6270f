package io.migpool.extender;

import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.reservation.SchedulingSettings;
import io.migpool.runtime.settings.SettingsReader;
import java.time.Duration;
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

    private static final String GPU_POLICY = "migpool.scheduling.gpu-policy";
    private static final String NODE_POLICY = "migpool.scheduling.node-policy";

    /** @throws IllegalArgumentException with the setting, its value and what would be right */
    static ExtenderSettings from(Config config) {
        SettingsReader own = new SettingsReader(config);
        return new ExtenderSettings(
                new SchedulingSettings(
                        own.duration("migpool.extender.hold-time"),
                        own.count("migpool.extender.most-nodes"),
                        own.duration("migpool.extender.bind-retry"),
                        own.duration("migpool.extender.landing-time")),
                own.text("migpool.extender.instance"),
                own.flag("migpool.extender.legacy-metrics"),
                own.text("migpool.extender.lease"),
                own.optionalText("migpool.extender.host").orElse(""),
                own.duration("migpool.extender.silence"),
                policies(own));
    }

    /** A mistake in a pod concerns that pod only; one in the settings concerns all pods, so it is not ignored. */
    private static PolicyChoice policies(SettingsReader own) {
        PolicyChoice policies = PolicyChoice.of(
                GPU_POLICY,
                own.optionalText(GPU_POLICY).orElse(""),
                NODE_POLICY,
                own.optionalText(NODE_POLICY).orElse(""));
        if (!policies.ignored().isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", policies.ignored()));
        }
        policies.misunderstood().ifPresent(why -> {
            throw new IllegalArgumentException(why);
        });
        return policies;
    }
}
