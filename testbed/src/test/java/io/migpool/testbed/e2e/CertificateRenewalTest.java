package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.controlplane.Manifests;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two replicas with certificates that live for seconds, behind an API server that trusts only the published
 * authorities.
 */
class CertificateRenewalTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int WRITERS = 3;

    @TempDir
    Path directory;

    private final List<EmbeddedApp> replicas = new CopyOnWriteArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();

    @Test
    void noReviewFailsWhileCertificatesAndTheirAuthorityAreRenewedAndWhileAllBeginsAnew() throws Exception {
        try (ApiServer server = ApiServer.start(
                        ApiServerOptions.defaults().withServices((namespace, name, port) -> nextReplica()));
                KubernetesClient client = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                        .build()) {
            for (String file : List.of("webhook.yaml", "admission-rbac.yaml", "admission-policies.yaml")) {
                try (InputStream objects = Manifests.open("base/" + file)) {
                    client.load(objects).create();
                }
            }
            server.access().enforceRbac();
            try {
                for (String name : List.of("one", "two")) {
                    replicas.add(start(server, name));
                }
                String firstAuthority = newestAuthority(client);
                Set<String> certificates = new HashSet<>(Set.of(certificate(client)));

                Queue<String> failures = new ConcurrentLinkedQueue<>();
                AtomicInteger reviews = new AtomicInteger();
                AtomicBoolean goOn = new AtomicBoolean(true);
                try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
                    for (int i = 0; i < WRITERS; i++) {
                        writers.execute(() -> write(server.uri(), goOn, reviews, failures));
                    }
                    try {
                        await("a new authority whose certificate is served")
                                .atMost(SOON)
                                .until(() -> {
                                    certificates.add(certificate(client));
                                    return !newestAuthority(client).equals(firstAuthority) && certificates.size() >= 3;
                                });
                        beginAnew(client);
                        int before = reviews.get();
                        await("reviews after all began anew").until(() -> reviews.get() >= before + 10 * WRITERS);
                    } finally {
                        goOn.set(false);
                    }
                }

                assertThat(failures).isEmpty();
                assertThat(server.access().refusals()).isEmpty();
                assertThat(server.access().requests().keySet())
                        .as("renewed, and not only issued")
                        .anyMatch(request -> request.resource().equals("secrets")
                                && request.verb().equals("update")
                                && request.user().equals("system:serviceaccount:kube-system:migpool-admission"));
                assertThat(reviews).hasValueGreaterThan(WRITERS);
                assertThat(bundles(client)).as("every webhook trusts the same").hasSize(1);
            } finally {
                for (EmbeddedApp replica : replicas) {
                    replica.close();
                }
            }
        }
    }

    private static void beginAnew(KubernetesClient client) {
        String before = certificate(client);
        var secret = client.secrets().inNamespace("kube-system").withName("migpool-admission-tls");
        secret.delete();
        await("certificates of a new authority")
                .until(() -> secret.get() != null && !certificate(client).equals(before));
    }

    private Optional<InetSocketAddress> nextReplica() {
        EmbeddedApp replica = replicas.get(calls.getAndIncrement() % replicas.size());
        return Optional.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), replica.port()));
    }

    private EmbeddedApp start(ApiServer server, String name) throws IOException {
        Path kubeconfig = Files.writeString(
                directory.resolve(name + ".kubeconfig"), server.kubeconfig("kube-system", "migpool-admission"));
        return EmbeddedApp.start(
                AppKind.ADMISSION,
                name,
                Map.of(
                        "server.host", "127.0.0.1",
                        "server.port", "0",
                        "server.sockets.0.name", "admin",
                        "server.sockets.0.host", "127.0.0.1",
                        "server.sockets.0.port", "0",
                        "migpool.kubernetes.kubeconfig", kubeconfig.toString(),
                        "migpool.admission.tls.mode", "self",
                        "migpool.admission.tls.check-interval", "PT0.2S",
                        "migpool.admission.tls.certificate-life", "PT24S",
                        "migpool.admission.tls.authority-life", "PT30S"),
                directory.resolve(name));
    }

    private static void write(URI server, AtomicBoolean goOn, AtomicInteger reviews, Queue<String> failures) {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/api/v1/namespaces/default/pods?dryRun=All"))
                .timeout(SOON)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"metadata":{"name":"any"},"spec":{"containers":[{"name":"main","image":"i",
                         "resources":{"limits":{"nvidia.com/gpu":"1"}}}]}}"""))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (goOn.get()) {
                HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                reviews.incrementAndGet();
                if (!response.body().contains("hami-scheduler")) {
                    failures.add(response.body());
                }
            }
        } catch (IOException e) {
            failures.add(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String certificate(KubernetesClient client) {
        return String.valueOf(client.secrets()
                .inNamespace("kube-system")
                .withName("migpool-admission-tls")
                .require()
                .getData()
                .get("tls.crt"));
    }

    private static String newestAuthority(KubernetesClient client) {
        String bundle = bundles(client).iterator().next();
        String pem = new String(Base64.getDecoder().decode(bundle), StandardCharsets.UTF_8);
        return pem.substring(0, pem.indexOf("-----END"));
    }

    private static Set<String> bundles(KubernetesClient client) {
        Set<String> bundles = new HashSet<>();
        var admission = client.admissionRegistration().v1();
        for (MutatingWebhook webhook : admission
                .mutatingWebhookConfigurations()
                .withName("migpool-admission")
                .require()
                .getWebhooks()) {
            bundles.add(webhook.getClientConfig().getCaBundle());
        }
        for (ValidatingWebhook webhook : admission
                .validatingWebhookConfigurations()
                .withName("migpool-admission")
                .require()
                .getWebhooks()) {
            bundles.add(webhook.getClientConfig().getCaBundle());
        }
        return bundles;
    }
}
