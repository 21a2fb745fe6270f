package io.migpool.deviceplugin.handout;

import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The resource with which pods request GPUs from the pool. If the pool has GPUs on this node, the name belongs to the
 * pool; otherwise label-driven devices may use it, and a label distinguishes their pods from the pool's.
 *
 * @param name name of the resource, read at each use
 * @param poolHasGpus whether the pool has any on this node
 */
public record CountResource(Supplier<String> name, BooleanSupplier poolHasGpus) {

    /** Returns whether a resource belongs to the pool on this node. */
    boolean isPools(String resource) {
        return resource.equals(name.get()) && poolHasGpus.getAsBoolean();
    }

    /** Returns what prevents offering label-driven devices under these names, if anything. */
    Optional<String> collision(Set<String> wanted) {
        return wanted.stream()
                .filter(this::isPools)
                .findFirst()
                .map(
                        "label-driven devices cannot be offered as %s: on this node that is the count resource of the pool; set migstrategy mixed and cut all label-driven GPUs, give all GPUs of the node to the label, or call the count resource otherwise (resourceCountName)"
                                ::formatted);
    }

    /**
     * Returns what pods need, apart from the resource's name, to be given a label-driven device under one of these
     * names.
     */
    Optional<String> condition(Set<String> offered) {
        return offered.stream()
                .filter(resource -> resource.equals(name.get()) && !poolHasGpus.getAsBoolean())
                .findFirst()
                .map(
                        "label-driven devices are offered as %s, by which pods ask the pool for a whole GPU: a pod gets one of them only with the label hami.io/webhook: ignore and a node selector; or set migstrategy mixed and cut all label-driven GPUs, or call the count resource otherwise (resourceCountName)"
                                ::formatted);
    }
}
