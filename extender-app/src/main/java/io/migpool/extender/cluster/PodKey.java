package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import org.jspecify.annotations.Nullable;

/**
 * One life of a pod.
 *
 * @param uid unique over all time
 * @param namespace its namespace
 * @param name its name
 */
public record PodKey(String uid, String namespace, String name) {

    /** The key of an object; what is missing is empty. */
    public static PodKey of(ObjectMeta metadata) {
        return new PodKey(orEmpty(metadata.getUid()), orEmpty(metadata.getNamespace()), orEmpty(metadata.getName()));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** As people write it: {@code namespace/name}. */
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
