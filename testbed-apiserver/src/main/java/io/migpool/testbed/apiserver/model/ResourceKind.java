package io.migpool.testbed.apiserver.model;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One served resource.
 *
 * @param group API group, empty for core
 * @param version API version
 * @param plural name in paths
 * @param kind name in objects
 * @param namespaced whether its objects live in a namespace
 * @param model the type that defines its fields
 * @param shortNames abbreviations for kubectl
 */
public record ResourceKind(
        String group,
        String version,
        String plural,
        String kind,
        boolean namespaced,
        Class<? extends HasMetadata> model,
        List<String> shortNames,
        Set<Trait> traits) {

    /** How a resource differs from others. */
    public enum Trait {
        /** {@code status} is written through its own subresource only. */
        STATUS,
        /** {@code metadata.generation} counts the changes of the desired state. */
        GENERATION,
        /** Labels, annotations and finalizers may be changed together with the status. */
        STATUS_WITH_METADATA,
        /** The status in a creation is kept. */
        KEEPS_STATUS_ON_CREATE,
        /** A PUT must carry a resourceVersion. */
        CONDITIONAL_UPDATE_ONLY,
        /** A deletion returns the object even if it is gone at once. */
        RETURNS_DELETED,
        /** Listed by {@code kubectl get all}. */
        ALL
    }

    /** Copies the collections. */
    public ResourceKind {
        shortNames = List.copyOf(shortNames);
        traits = Set.copyOf(traits);
    }

    /** Returns whether the resource has the trait. */
    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** Returns group and version as objects have them. */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** Returns the singular name in discovery. */
    public String singular() {
        return kind.toLowerCase(Locale.ROOT);
    }

    /** Returns the kind of a list of objects. */
    public String listKind() {
        return kind + "List";
    }

    /** Returns the name in error messages: {@code pods}, {@code leases.coordination.k8s.io}. */
    public String qualifiedResource() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /** Returns whether this is the resource of that name in the core group. */
    public boolean isCore(String plural) {
        return group.isEmpty() && this.plural.equals(plural);
    }

    /** Returns whether this is {@code pods}. */
    public boolean isPod() {
        return isCore("pods");
    }
}
