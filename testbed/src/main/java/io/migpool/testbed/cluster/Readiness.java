package io.migpool.testbed.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.contracts.wire.Annotations;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.kubelet.Kubelet;
import io.migpool.testbed.scheduler.LeaderElection;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Waits until applications and nodes are ready.
 *
 * @param client an administrator's client
 * @param countResource the resource that nodes advertise
 */
record Readiness(KubernetesClient client, String countResource) {

    private static final int OK = 200;
    private static final Duration LONGEST = Duration.ofMinutes(2);
    private static final Duration STEP = Duration.ofMillis(20);

    /** A condition to wait for. */
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Waits until every application reports that it is ready. */
    void awaitReady(Collection<EmbeddedApp> apps) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (EmbeddedApp app : apps) {
                URI uri = URI.create("http://127.0.0.1:" + app.port("admin") + "/health/ready");
                HttpRequest request =
                        HttpRequest.newBuilder(uri).timeout(LONGEST).build();
                await(
                        app.name() + " to be ready",
                        () -> http.send(request, HttpResponse.BodyHandlers.discarding())
                                        .statusCode()
                                == OK);
            }
        }
    }

    /** Waits until every node has registered its GPUs and advertises slots. */
    void awaitServing(Collection<String> nodes) throws IOException, InterruptedException {
        for (String name : nodes) {
            await(
                    "node " + name + " to take GPU pods",
                    () -> serves(client.nodes().withName(name).get()));
        }
    }

    /** Waits until some scheduler holds the Lease. */
    void awaitLeader(LeaderElection election) throws IOException, InterruptedException {
        await("a leader of " + election.lease(), () -> {
            Lease lease = client.leases()
                    .inNamespace(election.namespace())
                    .withName(election.lease())
                    .get();
            return lease != null
                    && lease.getSpec().getHolderIdentity() != null
                    && !lease.getSpec().getHolderIdentity().isEmpty();
        });
    }

    /** Waits until a device plugin of the resource is connected to the kubelet. */
    void awaitRegistration(Kubelet kubelet) throws IOException, InterruptedException {
        await("the agent of " + kubelet.nodeName() + " to register", () -> kubelet.resources()
                .contains(countResource));
    }

    private boolean serves(@org.jspecify.annotations.Nullable Node node) {
        if (node == null || node.getMetadata().getAnnotations() == null) {
            return false;
        }
        Map<String, String> annotations = node.getMetadata().getAnnotations();
        Quantity slots = node.getStatus().getAllocatable().get(countResource);
        return annotations.containsKey(Annotations.NODE_REGISTER)
                && "serving".equals(annotations.get(Annotations.NODE_STATE))
                && slots != null
                && slots.getNumericalAmount().compareTo(BigDecimal.ZERO) > 0;
    }

    private static void await(String what, Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        CountDownLatch never = new CountDownLatch(1);
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("waited " + LONGEST.toSeconds() + " s for " + what);
            }
            never.await(STEP.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
