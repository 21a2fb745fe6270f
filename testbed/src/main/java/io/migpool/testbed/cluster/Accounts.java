package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.controlplane.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Writes kubeconfigs, so that every application uses the API server with the account from its manifest.
 *
 * @param controlPlane the control plane whose API server issues the tokens
 * @param client an administrator's client
 * @param directory directory for the files
 */
record Accounts(ControlPlane controlPlane, KubernetesClient client, Path directory) {

    private static final long VALID_SECONDS = Duration.ofDays(1).toSeconds();

    /** Writes a kubeconfig for an account of the system namespace. */
    Path kubeconfig(String serviceAccount) throws IOException {
        return Files.writeString(directory.resolve(serviceAccount + ".kubeconfig"), kubeconfigText(serviceAccount));
    }

    /** Writes a kubeconfig as a pod on this node has it: the API server passes the node to policies. */
    Path kubeconfig(String serviceAccount, String node) throws IOException {
        TokenRequest request = request()
                .editSpec()
                .withNewBoundObjectRef("v1", "Node", node, null)
                .endSpec()
                .build();
        return Files.writeString(
                directory.resolve(serviceAccount + "." + node + ".kubeconfig"), text(serviceAccount, request));
    }

    /** Returns what {@link #kubeconfig(String)} writes. */
    String kubeconfigText(String serviceAccount) {
        return text(serviceAccount, request().build());
    }

    private static TokenRequestBuilder request() {
        return new TokenRequestBuilder()
                .withNewSpec()
                .withExpirationSeconds(VALID_SECONDS)
                .endSpec();
    }

    private String text(String serviceAccount, TokenRequest request) {
        String token = client.serviceAccounts()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(serviceAccount)
                .tokenRequest(request)
                .getStatus()
                .getToken();
        return controlPlane.kubeconfig(EmbeddedCluster.SYSTEM_NAMESPACE, token);
    }
}
