package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.controlplane.Manifests;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Installs MigPool's objects in a cluster that has none yet. */
@FunctionalInterface
public interface Installation {

    /** Installs the essential objects: permissions, policies, the webhook, the scheduler's configuration; no workloads. */
    Installation PARTS = (_, client) -> {
        for (String file : List.of(
                "base/webhook.yaml",
                "base/scheduler-config.yaml",
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
     * Installs the objects. Afterwards there are accounts, permissions, the webhook and the scheduler's configuration;
     * the two ConfigMaps that users edit are optional.
     *
     * @param kubeconfig an administrator's kubeconfig, as YAML
     * @param client an administrator's client
     */
    void into(String kubeconfig, KubernetesClient client) throws IOException, InterruptedException;
}
