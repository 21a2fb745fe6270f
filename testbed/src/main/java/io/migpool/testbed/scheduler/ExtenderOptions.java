package io.migpool.testbed.scheduler;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An extender as in a KubeSchedulerConfiguration.
 *
 * @param base URL prefix, for example {@code http://127.0.0.1:8080/}
 * @param filterVerb path of filter below the base
 * @param prioritizeVerb path of prioritize
 * @param bindVerb path of bind; without one the scheduler binds these pods itself
 * @param preemptVerb path of preempt; without one the extender has no say in victims
 * @param weight factor for the extender's scores, in addition to the 10 that maps its range onto the scheduler's
 * @param nodeCacheCapable whether node names are sent instead of whole nodes
 * @param managedResources resources whose pods the extender sees; none means all pods
 * @param httpTimeout limit of one call
 * @param ignorable whether pods are scheduled without it while it is unreachable
 */
public record ExtenderOptions(
        URI base,
        String filterVerb,
        String prioritizeVerb,
        Optional<String> bindVerb,
        Optional<String> preemptVerb,
        int weight,
        boolean nodeCacheCapable,
        List<ManagedResource> managedResources,
        Duration httpTimeout,
        boolean ignorable) {

    /** Rejects a weight that a scheduler would reject. */
    public ExtenderOptions {
        managedResources = List.copyOf(managedResources);
        if (weight < 1) {
            throw new IllegalArgumentException("weight is %d: must be 1 or more".formatted(weight));
        }
    }

    /** Returns options with all four verbs under their usual names, weight 5, node names only and a limit of 5 s. */
    public static ExtenderOptions of(URI base, List<ManagedResource> managedResources) {
        return new ExtenderOptions(
                base,
                "filter",
                "prioritize",
                Optional.of("bind"),
                Optional.of("preempt"),
                5,
                true,
                managedResources,
                Duration.ofSeconds(5),
                false);
    }

    /** Returns the same options with another limit of one call. */
    public ExtenderOptions withHttpTimeout(Duration timeout) {
        return new ExtenderOptions(
                base,
                filterVerb,
                prioritizeVerb,
                bindVerb,
                preemptVerb,
                weight,
                nodeCacheCapable,
                managedResources,
                timeout,
                ignorable);
    }

    /** Returns the same options without a bind verb. */
    public ExtenderOptions withoutBind() {
        return new ExtenderOptions(
                base,
                filterVerb,
                prioritizeVerb,
                Optional.empty(),
                preemptVerb,
                weight,
                nodeCacheCapable,
                managedResources,
                httpTimeout,
                ignorable);
    }

    /** Returns the same options with whole nodes or node names in requests. */
    public ExtenderOptions withNodeCacheCapable(boolean capable) {
        return new ExtenderOptions(
                base,
                filterVerb,
                prioritizeVerb,
                bindVerb,
                preemptVerb,
                weight,
                capable,
                managedResources,
                httpTimeout,
                ignorable);
    }

    Set<String> ignoredResources() {
        return managedResources.stream()
                .filter(ManagedResource::ignoredByScheduler)
                .map(ManagedResource::name)
                .collect(Collectors.toSet());
    }
}
