package io.migpool.config;

import static io.migpool.config.SettingsNode.quoted;

import io.migpool.contracts.policy.GpuPolicy;
import io.migpool.contracts.policy.NodePolicy;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.contracts.policy.ScoringWeights;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Turns the {@code nvidia} section into {@link SchedulingWishes}. */
final class SchedulingBinder {

    private static final String GPU_POLICIES = "one or more, separated by commas, of "
            + Arrays.stream(GpuPolicy.values()).map(GpuPolicy::wireName).collect(Collectors.joining(", "));
    private static final String NODE_POLICIES = "one of "
            + Arrays.stream(NodePolicy.values()).map(NodePolicy::wireName).collect(Collectors.joining(", "));
    private static final String WEIGHTS = "weights like slot=1,core=1,memory=3";
    private static final String HOLD_TIME = "a duration from 0 to PT1H, like PT60S";

    private final SettingsNode nvidia;

    SchedulingBinder(SettingsNode nvidia) {
        this.nvidia = nvidia;
    }

    SchedulingWishes bind() {
        PolicyChoice gpu = policy(DeviceKey.GPU_SCHEDULER_POLICY, GPU_POLICIES);
        PolicyChoice node = policy(DeviceKey.NODE_SCHEDULER_POLICY, NODE_POLICIES);
        return new SchedulingWishes(
                new PolicyChoice(gpu.gpu(), node.node(), weights(), List.of(), Optional.empty()), holdTime());
    }

    /**
     * Reads a policy. A pod's mistake affects that pod only, but one in the settings affects every pod, so nothing is
     * ignored here.
     */
    private PolicyChoice policy(DeviceKey key, String expected) {
        SettingsNode node = nvidia.child(key.word());
        String text = node.text(expected).orElse("");
        PolicyChoice choice = PolicyChoice.of(
                key.word(),
                key == DeviceKey.GPU_SCHEDULER_POLICY ? text : "",
                key.word(),
                key == DeviceKey.NODE_SCHEDULER_POLICY ? text : "");
        if (!choice.ignored().isEmpty() || choice.misunderstood().isPresent()) {
            node.refuse(quoted(text) + " is not a known policy; expected " + expected);
        }
        return choice;
    }

    private Optional<ScoringWeights> weights() {
        SettingsNode node = nvidia.child(DeviceKey.DEVICE_SCORING_WEIGHTS.word());
        return node.text(WEIGHTS).flatMap(text -> {
            try {
                return Optional.of(ScoringWeights.parse(text));
            } catch (IllegalArgumentException e) {
                node.refuse(quoted(text) + " is not valid; expected " + WEIGHTS + ", each a whole number from 0 to "
                        + Short.MAX_VALUE + ", not all 0");
                return Optional.empty();
            }
        });
    }

    private Optional<Duration> holdTime() {
        SettingsNode node = nvidia.child(DeviceKey.HOLD_TIME.word());
        return node.text(HOLD_TIME).flatMap(text -> {
            try {
                Duration time = Duration.parse(text);
                if (!time.isNegative() && time.compareTo(SchedulingWishes.LONGEST_HOLD) <= 0) {
                    return Optional.of(time);
                }
            } catch (DateTimeParseException e) {
                node.refuse(quoted(text) + " is not a duration; expected " + HOLD_TIME);
                return Optional.empty();
            }
            node.refuse(quoted(text) + " is out of range; expected " + HOLD_TIME);
            return Optional.empty();
        });
    }
}
