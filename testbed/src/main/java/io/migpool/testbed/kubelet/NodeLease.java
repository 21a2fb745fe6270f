package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/**
 * Renews the node's Lease, from which a cluster sees that a kubelet is alive. Its time is the real one, even where tests
 * put forward that of the node: it has nothing to do with pods.
 */
final class NodeLease implements AutoCloseable {

    private static final Logger LOG = System.getLogger(NodeLease.class.getName());
    private static final String NAMESPACE = "kube-node-lease";
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static final int LEASE_SECONDS = 40;
    private static final Duration RENEWAL = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final String node;
    private final NodeTime time;

    NodeLease(KubernetesClient client, String node) {
        this.client = client;
        this.node = node;
        this.time = new SystemTime(node + "-lease");
    }

    /** Writes the Lease now and every ten seconds, whether or not the API server takes it. */
    void renew() {
        var lease = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(node)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(node)
                .withLeaseDurationSeconds(LEASE_SECONDS)
                .withRenewTime(ZonedDateTime.ofInstant(time.instant(), ZoneOffset.UTC))
                .endSpec()
                .build();
        try {
            write(lease);
        } catch (KubernetesClientException refused) {
            LOG.log(Level.DEBUG, "The Lease of node {0} is renewed later: {1}", node, refused.getMessage());
        }
        time.after(RENEWAL, () -> Thread.ofVirtual().start(this::renew));
    }

    private void write(Lease lease) {
        var resource = client.leases().inNamespace(NAMESPACE).resource(lease);
        try {
            resource.patch(MERGE, client.getKubernetesSerialization().asJson(lease));
        } catch (KubernetesClientException refused) {
            if (refused.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw refused;
            }
            resource.create();
        }
    }

    @Override
    public void close() {
        time.close();
    }
}
