package io.migpool.admission.review;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.contracts.request.ResourceNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Warns about resources of the pool's domain that no node offers, such as another distribution's count resource. The
 * scheduler does not ask the extender about a pod with such a resource, so that no Event would name the cause. Nothing
 * is said while the pool itself is not offered.
 */
final class UnknownResourceRule implements Rule {

    /** Enough for what a person writes; a hostile pod has thousands. */
    private static final int MOST_WARNINGS = 8;

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        Set<String> offered = policy.pool().resources();
        List<String> ours = names(policy.resources());
        if (!offered.contains(policy.resources().count())) {
            return Opinion.NONE;
        }
        Set<String> domains = ours.stream().map(UnknownResourceRule::domain).collect(Collectors.toSet());
        return pod.containers().stream()
                .flatMap(container -> requested(container)
                        .filter(name -> domains.contains(domain(name)))
                        .filter(name -> !ours.contains(name) && !offered.contains(name))
                        .map(name -> Opinion.warn("container %s: no node has %s, the pod will wait; the pool has %s"
                                .formatted(container.name(), name, String.join(", ", ours)))))
                .limit(MOST_WARNINGS)
                .reduce(Opinion.NONE, Opinion::and);
    }

    private static List<String> names(ResourceNames resources) {
        return Stream.concat(resources.requesting().stream(), Stream.of(resources.priority()))
                .toList();
    }

    /** Returns the names of the resources that a container asks for; the scheduler ignores an amount of zero. */
    private static Stream<String> requested(PodContainer container) {
        Map<String, JsonNode> amounts = new HashMap<>();
        for (String kind : List.of("requests", "limits")) {
            container
                    .json()
                    .path("resources")
                    .path(kind)
                    .properties()
                    .forEach(entry -> amounts.put(entry.getKey(), entry.getValue()));
        }
        return amounts.entrySet().stream()
                .filter(entry -> !entry.getValue().asText().equals("0"))
                .map(Map.Entry::getKey)
                .sorted();
    }

    /** Returns what precedes the slash; empty if there is none. */
    private static String domain(String resource) {
        return resource.substring(0, Math.max(0, resource.indexOf('/')));
    }
}
