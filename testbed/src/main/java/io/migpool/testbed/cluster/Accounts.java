package io.migpool.testbed.cluster;

import io.migpool.testbed.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes kubeconfigs, so that every application speaks to the API server with the account of its manifest.
 *
 * @param apiServer who hands out the tokens
 * @param directory where the files go
 */
record Accounts(ApiServer apiServer, Path directory) {

    Path kubeconfig(String serviceAccount) throws IOException {
        return Files.writeString(
                directory.resolve(serviceAccount + ".kubeconfig"),
                apiServer.kubeconfig(EmbeddedCluster.SYSTEM_NAMESPACE, serviceAccount));
    }

    /** As a pod on that node has it: the API server tells policies the node. */
    Path kubeconfig(String serviceAccount, String node) throws IOException {
        return Files.writeString(
                directory.resolve(serviceAccount + "." + node + ".kubeconfig"),
                apiServer.kubeconfig(EmbeddedCluster.SYSTEM_NAMESPACE, serviceAccount, node));
    }
}
