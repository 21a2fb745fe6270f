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
 * @param model the type that says which fields there are
 * @param shortNames what a person may type at kubectl
 * @param traits what differs between resources
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

    /** What a resource has beyond the common verbs. */
    public enum Trait {
        /** {@code status} is written through its own subresource only. */
        STATUS,
        /** {@code metadata.generation} counts the changes of the desired state. */
        GENERATION,
        /** Labels, annotations and finalizers may be changed together with the status. */
        STATUS_WITH_METADATA,
        /** The status that comes with a creation is kept. */
        KEEPS_STATUS_ON_CREATE,
        /** A PUT must carry a resourceVersion. */
        CONDITIONAL_UPDATE_ONLY,
        /** A deletion answers with the object even when it is gone at once. */
        RETURNS_DELETED,
        /** Listed by {@code kubectl get all}. */
        ALL
    }

    /** Copies the collections. */
    public ResourceKind {
        shortNames = List.copyOf(shortNames);
        traits = Set.copyOf(traits);
    }

    /** Whether the resource has the trait. */
    public boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** Group and version as objects have them. */
    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** The name of one object in discovery. */
    public String singular() {
        return kind.toLowerCase(Locale.ROOT);
    }

    /** The kind of a list of objects. */
    public String listKind() {
        return kind + "List";
    }

    /** The name in error messages: {@code pods}, {@code leases.coordination.k8s.io}. */
    public String qualifiedResource() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    /** Whether this is the resource of that name in the core group. */
    public boolean isCore(String plural) {
        return group.isEmpty() && this.plural.equals(plural);
    }

    /** Whether this is {@code pods}. */
    public boolean isPod() {
        return isCore("pods");
    }
}
