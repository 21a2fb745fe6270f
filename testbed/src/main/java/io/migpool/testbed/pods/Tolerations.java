package io.migpool.testbed.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Objects;

/**
 * The taints that a pod puts up with.
 *
 * @param all its tolerations
 */
public record Tolerations(List<Toleration> all) {

    /** Copies the tolerations. */
    public Tolerations {
        all = List.copyOf(all);
    }

    /** Returns the tolerations of a pod. */
    public static Tolerations of(Pod pod) {
        return new Tolerations(pod.getSpec().getTolerations());
    }

    /** Returns whether one of them covers the taint. */
    public boolean cover(Taint taint) {
        return all.stream().anyMatch(toleration -> covers(toleration, taint));
    }

    private static boolean covers(Toleration toleration, Taint taint) {
        if (!isEmpty(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (!isEmpty(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
            return false;
        }
        if ("Exists".equals(toleration.getOperator())) {
            return true;
        }
        return !isEmpty(toleration.getKey())
                && Objects.requireNonNullElse(toleration.getValue(), "")
                        .equals(Objects.requireNonNullElse(taint.getValue(), ""));
    }

    private static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }
}
