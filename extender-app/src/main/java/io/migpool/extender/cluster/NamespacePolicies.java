package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.Namespace;
import io.migpool.contracts.policy.PolicyChoice;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The scheduling policies that namespaces set for those of their pods that name none, under the keys that pods use. */
final class NamespacePolicies {

    private static final System.Logger LOG = System.getLogger(NamespacePolicies.class.getName());

    private final Map<String, PolicyChoice> choices = new ConcurrentHashMap<>();

    /** Takes a namespace in, and returns whether its policies have changed. */
    boolean changed(Namespace namespace) {
        String name = namespace.getMetadata().getName();
        PolicyChoice choice = PolicyChoice.ofNamespace(
                Optional.ofNullable(namespace.getMetadata().getAnnotations()).orElse(Map.of()));
        if (choice.equals(of(name))) {
            return false;
        }
        choice.ignored().forEach(why -> LOG.log(Level.WARNING, "namespace {0}: {1}", name, why));
        choice.misunderstood().ifPresent(why -> LOG.log(Level.WARNING, "namespace {0}: {1}", name, why));
        choices.put(name, choice);
        return true;
    }

    void gone(String name) {
        choices.remove(name);
    }

    PolicyChoice of(String name) {
        return choices.getOrDefault(name, PolicyChoice.NONE);
    }
}
