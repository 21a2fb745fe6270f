package io.migpool.testbed.bench.extender;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.contracts.extender.BindingArgs;
import io.migpool.testbed.app.AppJvm;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.bench.extender.InProcessExtender.Sampled;
import io.migpool.testbed.bench.load.Board;
import io.migpool.testbed.bench.load.ClusterSize;
import io.migpool.testbed.bench.load.GeneratedCluster;
import io.migpool.testbed.bench.load.PodTexts;
import io.migpool.testbed.bench.load.RequestedProfile;
import io.migpool.testbed.bench.load.WorkerPods;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The real application over a generated cluster, called over HTTP as the scheduler does. It is a separate process, so
 * that its memory is its own; what calls it and the API server's stand-in are in this one.
 */
final class HttpExtender implements AutoCloseable {

    private static final long SEED = 1;
    private static final Duration LONGEST_LOADING = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofMillis(200);

    /** Number of pods that are filtered repeatedly; each gives up its previous hold when it is filtered again. */
    private static final int FILTERED = 64;

    private static final int CONNECTIONS = 8;

    /** Number of other pods per second that are created, bound, and replace another one while a load is measured. */
    private static final int CHURN_PER_SECOND = 50;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final GeneratedCluster cluster;
    private final PodTexts texts = new PodTexts();
    private final GeneratedApi api;
    private final int port;
    private final AppProcess app;
    private final AtomicInteger next;
    private final AtomicInteger leaving = new AtomicInteger();

    /** Starts the application as a process. */
    interface Launch {

        /**
         * Returns immediately.
         *
         * @param settings MicroProfile properties that win over everything else
         * @param portKey the property that takes the port of health and metrics
         * @param directory directory for what it writes; created if absent
         */
        AppProcess start(Map<String, String> settings, String portKey, Path directory) throws IOException;
    }

    /** Starts the application and waits until it has read the whole cluster. */
    HttpExtender(ClusterSize size, Path directory, Launch launch) throws IOException, InterruptedException {
        this.cluster = new GeneratedCluster(size, SEED);
        this.next = new AtomicInteger(size.pods());
        this.port = AppProcess.freePort();
        this.api = new GeneratedApi(cluster, texts);
        try {
            this.app = start(directory, launch);
        } catch (IOException | RuntimeException e) {
            api.close();
            throw e;
        }
        try {
            app.awaitReady(LONGEST_LOADING);
        } catch (IOException | InterruptedException e) {
            close();
            throw e;
        }
    }

    private AppProcess start(Path directory, Launch launch) throws IOException {
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
        return launch.start(
                Map.of(
                        "migpool.extender.host", GeneratedApi.SCHEDULER_HOST,
                        "server.host", "127.0.0.1",
                        "server.port", Integer.toString(port),
                        "server.sockets.0.name", "admin",
                        "server.sockets.0.host", "127.0.0.1",
                        "migpool.config.source", "none",
                        "migpool.kubernetes.kubeconfig", kubeconfig.toString()),
                "server.sockets.0.port",
                directory.resolve("extender"));
    }

    /** Returns the heap of the application after a collection, in MiB. */
    double heapMiB() throws IOException, InterruptedException {
        return app.jvm().heapAfterCollection() / (double) (1 << 20);
    }

    /** Returns what the application has allocated so far. */
    AppJvm.Allocated allocated() throws IOException, InterruptedException {
        return app.jvm().allocated();
    }

    /**
     * Waits until a pod first gets its nodes: before that the extender lists what another replica may have bound.
     *
     * @return the time it took
     */
    Duration firstDecision() throws IOException {
        long start = System.nanoTime();
        byte[] body =
                body(WorkerPods.waiting(Integer.MAX_VALUE, Board.A100.profiles().getLast()), cluster.someNodes(1));
        try (LoadConnection connection = new LoadConnection(port)) {
            while (JSON.readTree(connection.post("/filter", body))
                    .path("NodeNames")
                    .isEmpty()) {
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** The result of a load: individual calls, and calls per second. */
    record Load(Samples samples, double perSecond) {}

    /**
     * Filters at a steady rate. A call is timed from when it was due, so that waiting for others counts too.
     *
     * @param perSecond calls per second
     */
    Load paced(int nodeNames, int perSecond, Duration time) throws InterruptedException {
        long pause = Duration.ofSeconds(1).toNanos() / perSecond;
        long start = System.nanoTime();
        AtomicLong calls = new AtomicLong();
        return load(nodeNames, () -> start + calls.getAndIncrement() * pause, start + time.toNanos());
    }

    /** Filters as fast as possible. */
    Load saturated(int nodeNames, Duration time) throws InterruptedException {
        return load(nodeNames, System::nanoTime, System.nanoTime() + time.toNanos());
    }

    private Load load(int nodeNames, LongSupplier due, long end) throws InterruptedException {
        List<byte[]> bodies = new ArrayList<>();
        List<RequestedProfile> profiles = Board.A100.profiles();
        for (int pod = 0; pod < FILTERED; pod++) {
            bodies.add(body(
                    WorkerPods.waiting(Integer.MAX_VALUE - 1 - pod, profiles.get(pod % profiles.size())),
                    cluster.someNodes(nodeNames)));
        }
        long start = System.nanoTime();
        Samples all = new Samples();
        ExecutorService workers = Executors.newFixedThreadPool(
                CONNECTIONS + 1, Thread.ofPlatform().daemon().name("load-", 0).factory());
        try {
            Future<?> churn = workers.submit(() -> churn(end));
            List<Future<Samples>> running = new ArrayList<>();
            for (int worker = 0; worker < CONNECTIONS; worker++) {
                int first = worker;
                running.add(workers.submit(() -> filter(bodies, first, due, end)));
            }
            for (Future<Samples> worker : running) {
                all.addAll(worker.get());
            }
            churn.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the load ended early", e.getCause());
        } finally {
            workers.shutdownNow();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Load(all, all.count() / seconds);
    }

    private Samples filter(List<byte[]> bodies, int first, LongSupplier due, long end) throws IOException {
        Samples samples = new Samples();
        try (LoadConnection connection = new LoadConnection(port)) {
            for (int call = first; ; call += CONNECTIONS) {
                long at = due.getAsLong();
                if (at >= end) {
                    return samples;
                }
                for (long wait = at - System.nanoTime(); wait > 0; wait = at - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                connection.post("/filter", bodies.get(call % bodies.size()));
                samples.add(System.nanoTime() - at, 0);
            }
        }
    }

    private Sampled churn(long end) throws IOException {
        long pause = Duration.ofSeconds(1).toNanos() / CHURN_PER_SECOND;
        Sampled sampled = new Sampled();
        try (LoadConnection connection = new LoadConnection(port)) {
            for (long due = System.nanoTime(); due < end; due += pause) {
                LockSupport.parkNanos(due - System.nanoTime());
                turn(connection, cluster.someNodes(1), sampled);
            }
        }
        return sampled;
    }

    /** Scrapes all metrics repeatedly. */
    Scrapes scrapes(int times) throws IOException {
        Samples samples = new Samples();
        int bytes = 0;
        try (LoadConnection connection = new LoadConnection(app.port())) {
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                bytes = connection.get("/metrics");
                samples.add(System.nanoTime() - start, 0);
            }
        }
        return new Scrapes(cluster.size(), samples, bytes);
    }

    /** Creates pods, filters, scores and binds them, and removes others, one after another. */
    Sampled turns(int nodeNames, Duration time) throws IOException {
        Sampled sampled = new Sampled();
        long end = System.nanoTime() + time.toNanos();
        try (LoadConnection connection = new LoadConnection(port)) {
            do {
                turn(connection, cluster.someNodes(nodeNames), sampled);
            } while (System.nanoTime() < end);
        }
        return sampled;
    }

    private void turn(LoadConnection connection, List<String> nodeNames, Sampled sampled) throws IOException {
        int number = next.getAndIncrement();
        Pod pod = WorkerPods.waiting(number, cluster.randomProfile());
        api.create(pod);
        JsonNode filtered = timed(sampled.filter(), connection, "/filter", body(pod, nodeNames));
        List<String> fitting = new ArrayList<>();
        filtered.path("NodeNames").forEach(name -> fitting.add(name.asText()));
        if (fitting.isEmpty()) {
            api.delete(pod);
            return;
        }
        timed(sampled.prioritize(), connection, "/prioritize", body(pod, fitting));
        JsonNode bound = timed(
                sampled.bind(),
                connection,
                "/bind",
                json(new BindingArgs(
                        pod.getMetadata().getName(),
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getUid(),
                        fitting.getFirst())));
        if (!bound.path("Error").asText().isEmpty()) {
            throw new IOException("a pod was not bound: " + bound.path("Error").asText());
        }
        api.delete(cluster.placedPod(leaving.getAndIncrement() % cluster.size().pods()));
    }

    private static JsonNode timed(Samples samples, LoadConnection connection, String path, byte[] body)
            throws IOException {
        long start = System.nanoTime();
        byte[] answer = connection.post(path, body);
        samples.add(System.nanoTime() - start, 0);
        return JSON.readTree(answer);
    }

    private byte[] body(Pod pod, List<String> nodeNames) {
        String names = nodeNames.stream().collect(Collectors.joining("\",\"", "[\"", "\"]"));
        return "{\"Pod\":%s,\"Nodes\":null,\"NodeNames\":%s}"
                .formatted(texts.of(pod), names)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a request cannot be written", e);
        }
    }

    /** Kills it: in an orderly end it would write a class archive, for which there is no later start. */
    @Override
    public void close() throws InterruptedException {
        try (app;
                api) {
            app.kill();
        }
    }
}
