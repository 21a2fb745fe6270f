package io.migpool.extender.cluster;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import org.jspecify.annotations.Nullable;

/**
 * Identifies one pod; a pod recreated under the same name is another one.
 *
 * @param uid unique over all time
 */
public record PodKey(String uid, String namespace, String name) {

    /** Returns the key of an object; missing parts are empty. */
    public static PodKey of(ObjectMeta metadata) {
        return new PodKey(orEmpty(metadata.getUid()), orEmpty(metadata.getNamespace()), orEmpty(metadata.getName()));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** Returns the usual notation, {@code namespace/name}. */
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
