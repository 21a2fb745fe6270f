package io.migpool.testbed.bench.admission;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.runtime.time.Loop;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.bench.load.GeneratedCluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Measures how long the real admission application takes to answer reviews over verified TLS, with a large pool and
 * while the usage of a quota changes. Requests are sent at a steady rate whether or not earlier ones are answered, and
 * each is timed from the moment at which it was due, so that the delay that a slow answer causes for others is counted.
 */
public final class AdmissionBench {

    private static final String NAME = "migpool-admission";
    private static final String NAMESPACE = "default";
    private static final String QUOTA = "team";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_START = Duration.ofMinutes(1);
    private static final int WARM_UP = 4_000;
    private static final int RATE_PER_SECOND = 200;
    /** An API server keeps a few connections to a webhook; without a limit a slow start would open one per request. */
    private static final int CONNECTIONS = 16;

    private static final double NANOS_PER_MILLI = 1e6;
    private static final int OK = 200;

    private static final ClusterSize POOL = new ClusterSize(1_000, 8, 0);

    /** How often the status of a quota changes: with each pod of its namespace, whatever the pod asks for. */
    private static final Duration QUOTA_CHANGES = Duration.ofMillis(50);

    private final PrintStream out;

    /** @param out receives progress, the table and, as the last line, JSON */
    public AdmissionBench(PrintStream out) {
        this.out = out;
    }

    /**
     * Measures and prints; the last line is JSON.
     *
     * @param requests number of measured requests
     * @throws IOException if the application does not start or does not answer
     * @throws InterruptedException if the thread is interrupted
     */
    public void run(int requests) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("migpool-bench");
        try (ApiServer server = ApiServer.start(ApiServerOptions.defaults());
                KubernetesClient cluster = new KubernetesClientBuilder()
                        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
                        .build()) {
            register(cluster);
            fill(cluster);
            Path kubeconfig =
                    Files.writeString(directory.resolve("kubeconfig"), server.kubeconfig("kube-system", NAME));
            try (EmbeddedApp app =
                    EmbeddedApp.start(AppKind.ADMISSION, "admission", settings(kubeconfig), directory.resolve("app"))) {
                URI webhook = URI.create("https://127.0.0.1:" + app.port() + "/webhook");
                try (HttpClient client = HttpClient.newBuilder()
                                .sslContext(trusting(authority(cluster)))
                                .build();
                        Loop quota = Loop.of("quota", QUOTA_CHANGES, usage(cluster))) {
                    quota.start();
                    measure(client, webhook, WARM_UP);
                    report(measure(client, webhook, requests));
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException("the webhook's authority cannot be trusted", e);
        }
    }

    private static void register(KubernetesClient cluster) {
        cluster.resource(new MutatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .addNewWebhook()
                        .withName("vgpu.hami.io")
                        .withSideEffects("None")
                        .withAdmissionReviewVersions("v1")
                        .withNewClientConfig()
                        .withUrl("https://127.0.0.1/webhook")
                        .endClientConfig()
                        .endWebhook()
                        .build())
                .create();
    }

    /** Creates nodes that have registered their GPUs, and a quota that the pods stay within. */
    private static void fill(KubernetesClient cluster) {
        GeneratedCluster generated = new GeneratedCluster(POOL, 1);
        IntStream.range(0, POOL.nodes()).forEach(number -> cluster.resource(new NodeBuilder(generated.node(number))
                        .editMetadata()
                        .withResourceVersion(null)
                        .endMetadata()
                        .build())
                .create());
        cluster.resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(NAMESPACE)
                        .withName(QUOTA)
                        .endMetadata()
                        .withNewSpec()
                        .addToHard("limits.nvidia.com/gpumem", new Quantity("1000000"))
                        .addToHard("pods", new Quantity("1000"))
                        .endSpec()
                        .build())
                .create();
    }

    private static Loop.Step usage(KubernetesClient cluster) {
        AtomicLong pods = new AtomicLong();
        return () -> {
            var _ = cluster.resourceQuotas()
                    .inNamespace(NAMESPACE)
                    .withName(QUOTA)
                    .editStatus(quota -> new ResourceQuotaBuilder(quota)
                            .editOrNewStatus()
                            .addToUsed("pods", new Quantity(Long.toString(pods.incrementAndGet())))
                            .endStatus()
                            .build());
            return Loop.Next.AFTER_PAUSE;
        };
    }

    private static Map<String, String> settings(Path kubeconfig) {
        return Map.of(
                "server.host", "127.0.0.1",
                "server.port", "0",
                "server.sockets.0.name", "admin",
                "server.sockets.0.host", "127.0.0.1",
                "server.sockets.0.port", "0",
                "migpool.kubernetes.kubeconfig", kubeconfig.toString(),
                "migpool.admission.tls.mode", "self",
                "migpool.admission.tls.additional-names", "127.0.0.1");
    }

    /** Returns the authority in the webhook configuration. */
    private static byte[] authority(KubernetesClient cluster) {
        String bundle = await("the application has published its authority")
                .atMost(LONGEST_START)
                .until(
                        () -> cluster.admissionRegistration()
                                .v1()
                                .mutatingWebhookConfigurations()
                                .withName(NAME)
                                .require()
                                .getWebhooks()
                                .getFirst()
                                .getClientConfig()
                                .getCaBundle(),
                        Objects::nonNull);
        return Base64.getDecoder().decode(bundle);
    }

    private static SSLContext trusting(byte[] authority) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "authority",
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(authority)));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /** Returns the milliseconds of every request, sorted. */
    private static double[] measure(HttpClient client, URI webhook, int requests)
            throws IOException, InterruptedException {
        double[] millis = new double[requests];
        AtomicLong failures = new AtomicLong();
        AtomicReference<String> failure = new AtomicReference<>("");
        long interval = Duration.ofSeconds(1).toNanos() / RATE_PER_SECOND;
        Semaphore connections = new Semaphore(CONNECTIONS);
        long begin = System.nanoTime();
        try (ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < requests; i++) {
                int number = i;
                long due = begin + i * interval;
                LockSupport.parkNanos(due - System.nanoTime());
                connections.acquire();
                var _ = senders.submit(() -> {
                    try {
                        HttpResponse<String> answer = client.send(request(webhook, number), BodyHandlers.ofString());
                        millis[number] = (System.nanoTime() - due) / NANOS_PER_MILLI;
                        if (answer.statusCode() != OK || !answer.body().contains("JSONPatch")) {
                            failures.incrementAndGet();
                            failure.set(answer.statusCode() + " " + answer.body());
                        }
                    } catch (IOException e) {
                        failures.incrementAndGet();
                        failure.set(e.toString());
                    } finally {
                        connections.release();
                    }
                    return number;
                });
            }
        }
        if (failures.get() > 0) {
            throw new IOException(failures + " of " + requests + " reviews failed, the last with " + failure);
        }
        Arrays.sort(millis);
        return millis;
    }

    private void report(double[] millis) {
        out.printf(
                Locale.ROOT,
                "%d reviews over TLS at %d/s, %s: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, longest %.2f ms%n",
                millis.length,
                RATE_PER_SECOND,
                POOL.text(),
                percentile(millis, 50),
                percentile(millis, 90),
                percentile(millis, 99),
                millis[millis.length - 1]);
        out.println();
        out.printf(
                Locale.ROOT,
                "{\"bench\":\"admission\",\"reviews\":%d,\"perSecond\":%d,\"p50Ms\":%.3f,\"p90Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f}%n",
                millis.length,
                RATE_PER_SECOND,
                percentile(millis, 50),
                percentile(millis, 90),
                percentile(millis, 99),
                millis[millis.length - 1]);
    }

    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private static HttpRequest request(URI webhook, int number) {
        return HttpRequest.newBuilder(webhook)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(review(number), StandardCharsets.UTF_8))
                .build();
    }

    /** Returns a review of a pod of usual size: two containers, some environment, one slice. */
    private static String review(int number) {
        String environment = IntStream.range(0, 20)
                .mapToObj(i -> "{\"name\":\"VARIABLE_%d\",\"value\":\"value of variable %d\"}".formatted(i, i))
                .collect(Collectors.joining(","));
        return """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-%1$d","operation":"CREATE",
                "namespace":"default","kind":{"group":"","version":"v1","kind":"Pod"},"object":{"apiVersion":"v1","kind":"Pod",
                "metadata":{"name":"pod-%1$d","namespace":"default","labels":{"app":"bench"}},"spec":{"schedulerName":"default-scheduler",
                "containers":[{"name":"cuda","image":"nvidia/cuda","env":[%2$s],"resources":{"limits":{"nvidia.com/gpumem":"8k"}}},
                {"name":"web","image":"nginx","env":[%2$s]}]}}}}""".formatted(number, environment);
    }
}
