package io.migpool.admission.tls;

import org.eclipse.microprofile.config.Config;

/**
 * Finds out whether there is a cluster: one named by a kubeconfig, or the one in which kubelet started this process.
 */
public final class ClusterAccess {

    static final String KUBECONFIG = "migpool.kubernetes.kubeconfig";
    /** Set by kubelet in every container. */
    private static final String IN_CLUSTER = "KUBERNETES_SERVICE_HOST";

    private ClusterAccess() {}

    /** Returns whether a client would find an API server without further settings. */
    public static boolean isKnown(Config config) {
        return config.getOptionalValue(KUBECONFIG, String.class)
                        .filter(file -> !file.isBlank())
                        .isPresent()
                || config.getOptionalValue(IN_CLUSTER, String.class).isPresent();
    }
}
