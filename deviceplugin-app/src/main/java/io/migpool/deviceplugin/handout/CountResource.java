package io.migpool.deviceplugin.handout;

import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The resource by which pods ask the pool for GPUs. Where the pool has GPUs on this node the name is the pool's; else
 * label-driven devices may have it, and pods are told from the pool's by a label.
 *
 * @param name of the resource; asked anew at each use
 * @param poolHasGpus whether the pool has any on this node
 */
public record CountResource(Supplier<String> name, BooleanSupplier poolHasGpus) {

    /** Whether a resource is the pool's on this node. */
    boolean isPools(String resource) {
        return resource.equals(name.get()) && poolHasGpus.getAsBoolean();
    }

    /** What stands in the way of offering label-driven devices under these names, if anything does. */
    Optional<String> collision(Set<String> wanted) {
        return wanted.stream()
                .filter(this::isPools)
                .findFirst()
                .map(
                        "label-driven devices cannot be offered as %s: on this node that is the count resource of the pool; set migstrategy mixed and cut all label-driven GPUs, give all GPUs of the node to the label, or call the count resource otherwise (resourceCountName)"
                                ::formatted);
    }

    /** What pods need to be given a label-driven device of one of these names, if that is more than its name. */
    Optional<String> condition(Set<String> offered) {
        return offered.stream()
                .filter(resource -> resource.equals(name.get()) && !poolHasGpus.getAsBoolean())
                .findFirst()
                .map(
                        "label-driven devices are offered as %s, by which pods ask the pool for a whole GPU: a pod gets one of them only with the label hami.io/webhook: ignore and a node selector; or set migstrategy mixed and cut all label-driven GPUs, or call the count resource otherwise (resourceCountName)"
                                ::formatted);
    }
}
