package io.migpool.testbed.controlplane;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.Kubeconfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * etcd, kube-apiserver and kube-scheduler as processes on 127.0.0.1. There is no controller manager: what a controller
 * does in a cluster (accounts of namespaces, taints of nodes) is switched off or done by the testbed.
 */
final class KubernetesControlPlane implements ControlPlane {

    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);
    private static final String SCHEDULER_HEALTH = "/healthz";
    private static final int TOKEN_BYTES = 32;

    private final Programs programs;
    private final Path directory;
    private final ServerProcess etcd;
    private final Etcd store;
    private final ServerProcess apiServer;
    private final ServerAddress address;
    private final String token;
    private final String version;
    private final AtomicInteger schedulers = new AtomicInteger();

    private KubernetesControlPlane(
            Programs programs,
            Path directory,
            ServerProcess etcd,
            Etcd store,
            ServerProcess apiServer,
            ServerAddress address,
            String token)
            throws IOException, InterruptedException {
        this.programs = programs;
        this.directory = directory;
        this.etcd = etcd;
        this.store = store;
        this.apiServer = apiServer;
        this.address = address;
        this.token = token;
        this.version = JsonMapper.builder()
                .build()
                .readTree(address.get("/version", token))
                .path("gitVersion")
                .asText("of unknown version");
    }

    /** Starts etcd and the API server and waits until they serve. */
    static KubernetesControlPlane start(Programs programs, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int etcdPort = Ports.free();
        ServerProcess etcd = ServerProcess.start(
                Commands.etcd(programs.etcd(), directory, etcdPort, Ports.free()), directory, STOP_LIMIT);
        try {
            ServerAddress store = ServerAddress.plain(etcdPort);
            etcd.awaitReady(() -> store.isOk("/health", ""), READY_LIMIT);
            return withStore(programs, directory, etcd, etcdPort);
        } catch (IOException | InterruptedException | RuntimeException e) {
            etcd.close();
            throw e;
        }
    }

    private static KubernetesControlPlane withStore(Programs programs, Path directory, ServerProcess etcd, int etcdPort)
            throws IOException, InterruptedException {
        ServiceAccountKey key = ServiceAccountKey.create(directory);
        String token = randomToken();
        Path tokens = directory.resolve("tokens.csv");
        Files.createFile(tokens, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(tokens, token + ",kubernetes-admin,kubernetes-admin,\"system:masters\"\n");
        int port = Ports.free();
        ServerProcess apiServer = ServerProcess.start(
                Commands.kubeApiServer(programs.kubeApiServer(), directory, port, etcdPort, tokens, key),
                directory,
                STOP_LIMIT);
        try {
            ServerAddress address = ServerAddress.secured(port, Commands.certificate(directory));
            apiServer.awaitReady(() -> address.isOk("/readyz", token), READY_LIMIT);
            Etcd store = new Etcd(ServerAddress.plain(etcdPort));
            return new KubernetesControlPlane(programs, directory, etcd, store, apiServer, address, token);
        } catch (IOException | InterruptedException | RuntimeException e) {
            apiServer.close();
            throw e;
        }
    }

    private static String randomToken() {
        byte[] token = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(token);
        return HexFormat.of().formatHex(token);
    }

    @Override
    public String description() {
        String scheduler = programs.kubeScheduler().isPresent()
                ? "kube-scheduler"
                : "the scheduler of the testbed (there is no kube-scheduler)";
        return "kube-apiserver %s with etcd, and %s, from %s"
                .formatted(version, scheduler, programs.kubeApiServer().getParent());
    }

    @Override
    public String kubeconfig() {
        return kubeconfig("default", token);
    }

    @Override
    public String kubeconfig(String namespace, String accountToken) {
        try {
            String authority = Base64.getEncoder().encodeToString(Files.readAllBytes(Commands.certificate(directory)));
            return Kubeconfig.trusting(address.uri(), authority, namespace, accountToken);
        } catch (IOException e) {
            throw new UncheckedIOException("the API server's certificate cannot be read", e);
        }
    }

    @Override
    public Optional<ApiServer> apiServerDouble() {
        return Optional.empty();
    }

    @Override
    public void compact(long revision) throws IOException, InterruptedException {
        store.compact(revision);
    }

    @Override
    public RunningScheduler startScheduler(SchedulerSetup setup) throws IOException, InterruptedException {
        if (programs.kubeScheduler().isEmpty()) {
            return EmbeddedControlPlane.standIn(setup);
        }
        Path home = Files.createDirectories(directory.resolve("scheduler-" + schedulers.getAndIncrement()));
        Path kubeconfig = Files.writeString(home.resolve("kubeconfig"), setup.kubeconfig());
        Path configuration =
                Files.writeString(home.resolve("config.yaml"), KubeSchedulerConfiguration.yaml(setup, kubeconfig));
        int port = Ports.free();
        ServerProcess scheduler = ServerProcess.start(
                Commands.kubeScheduler(programs.kubeScheduler().get(), home, configuration, port), home, STOP_LIMIT);
        try {
            ServerAddress health = ServerAddress.secured(port, Commands.schedulerCertificate(home));
            scheduler.awaitReady(() -> health.isOk(SCHEDULER_HEALTH, ""), READY_LIMIT);
            return new KubeScheduler(scheduler);
        } catch (IOException | InterruptedException | RuntimeException e) {
            scheduler.close();
            throw e;
        }
    }

    private record KubeScheduler(ServerProcess process) implements RunningScheduler {

        @Override
        public void kill() {
            process.kill();
        }

        @Override
        public void close() {
            process.close();
        }
    }

    @Override
    public void close() {
        apiServer.close();
        etcd.close();
    }
}
