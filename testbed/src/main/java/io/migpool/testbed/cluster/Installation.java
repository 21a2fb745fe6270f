package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.controlplane.Manifests;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Puts MigPool's objects into a cluster that has none yet. */
@FunctionalInterface
public interface Installation {

    /** The objects without which nothing works: permissions, policies, the webhook; no workloads. */
    Installation PARTS = (_, client) -> {
        for (String file : List.of(
                "base/webhook.yaml",
                "base/admission-policies.yaml",
                "base/node-agent-policies.yaml",
                "base/admission-rbac.yaml",
                "base/scheduler-rbac.yaml",
                "base/device-plugin-rbac.yaml")) {
            try (InputStream objects = Manifests.open(file)) {
                client.load(objects).create();
            }
        }
    };

    /**
     * Does it. Accounts and permissions are there afterwards, and the webhook; the two ConfigMaps may be.
     *
     * @param kubeconfig an administrator's, as YAML
     * @param client an administrator's
     */
    void into(String kubeconfig, KubernetesClient client) throws IOException, InterruptedException;
}
