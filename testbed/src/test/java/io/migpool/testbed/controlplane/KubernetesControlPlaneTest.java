package io.migpool.testbed.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.migpool.testbed.scheduler.LeaderElection;
import io.migpool.testbed.scheduler.ManagedResource;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting a real control plane, with stand-ins for the real programs. */
class KubernetesControlPlaneTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Path directory;

    @Test
    void withoutTheVariableTheDoubleIsUsedAndSaysSo() throws Exception {
        try (ControlPlane controlPlane = ControlPlane.start(Map.of(), directory)) {
            assertThat(controlPlane.apiServerDouble()).isPresent();
            assertThat(controlPlane.description()).contains("in this JVM", "KUBEBUILDER_ASSETS is not set");
        }
    }

    @Test
    void aDirectoryWithoutTheProgramsIsRefusedByName() throws Exception {
        Path assets = StandIn.install(directory.resolve("assets"), "etcd");

        assertThatThrownBy(() -> ControlPlane.start(environment(assets), directory))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(assets.toString())
                .hasMessageContaining("no executable kube-apiserver");
    }

    @Test
    void whatDoesNotStartTakesWhatWasStartedDownWithIt() throws Exception {
        Path assets = StandIn.install(directory.resolve("assets"), "etcd");
        StandIn.script(assets.resolve("kube-apiserver"), "echo 'unknown flag: --cert-dir' >&2; exit 1");
        Path pid = directory.resolve("etcd.pid");
        Path etcd = assets.resolve("etcd");
        Files.writeString(etcd, Files.readString(etcd).replace("exec ", "echo $$ > " + pid + "\nexec "));

        assertThatThrownBy(() -> ControlPlane.start(environment(assets), directory.resolve("run")))
                .hasMessageContaining("kube-apiserver ended with status 1")
                .hasMessageContaining("unknown flag: --cert-dir");

        assertThat(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())))
                .isNotPresent();
    }

    @Test
    void accountsGetTokensAndOnlyTheAdministratorMayDoEverything() throws Exception {
        Path assets = StandIn.install(directory.resolve("assets"), "etcd", "kube-apiserver");
        try (ControlPlane controlPlane = ControlPlane.start(environment(assets), directory.resolve("run"));
                KubernetesClient administrator = client(controlPlane.kubeconfig())) {
            administrator
                    .resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withNamespace("default")
                            .withName("nobody")
                            .endMetadata()
                            .build())
                    .create();
            String token = administrator
                    .serviceAccounts()
                    .inNamespace("default")
                    .withName("nobody")
                    .tokenRequest()
                    .getStatus()
                    .getToken();

            assertThat(controlPlane.apiServerDouble()).isEmpty();
            controlPlane.compact(7);
            assertThat(controlPlane.description())
                    .matches("kube-apiserver v1\\..* with etcd, and the scheduler of the testbed .*" + assets + "$");
            try (KubernetesClient nobody = client(controlPlane.kubeconfig("default", token))) {
                assertThatThrownBy(() -> nobody.pods().inNamespace("default").list())
                        .isInstanceOfSatisfying(
                                KubernetesClientException.class,
                                refused -> assertThat(refused.getCode()).isEqualTo(403));
            }
        }
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(directory.resolve("run").resolve("tokens.csv"))))
                .isEqualTo("rw-------");
    }

    @Test
    void kubeSchedulerGetsTheConfigurationOfTheManifestsAtOurAddress() throws Exception {
        Path assets = StandIn.install(directory.resolve("assets"), "etcd", "kube-apiserver", "kube-scheduler");
        try (ControlPlane controlPlane = ControlPlane.start(environment(assets), directory.resolve("run"))) {
            RunningScheduler scheduler = controlPlane.startScheduler(new SchedulerSetup(
                    controlPlane.kubeconfig(),
                    URI.create("http://127.0.0.1:1234"),
                    KubeSchedulerConfiguration.ofTheManifests()
                            .withManagedResources(List.of(
                                    new ManagedResource("example.com/gpu", false),
                                    new ManagedResource("nvidia.com/gpumem", true))),
                    Duration.ofMillis(50),
                    Optional.of(LeaderElection.of("one"))));
            try {
                assertThat(controlPlane.description()).contains("kube-scheduler");
            } finally {
                scheduler.close();
            }
        }

        JsonNode configuration = new YAMLMapper()
                .readTree(directory.resolve("run/scheduler-0/config.yaml").toFile());
        JsonNode extender = configuration.path("extenders").path(0);
        assertThat(configuration.path("kind").asText()).isEqualTo("KubeSchedulerConfiguration");
        assertThat(configuration.path("percentageOfNodesToScore").asInt()).isEqualTo(100);
        assertThat(configuration.path("podInitialBackoffSeconds").asInt()).isEqualTo(1);
        assertThat(configuration.path("leaderElection").path("leaseDuration").asText())
                .isEqualTo("15000ms");
        assertThat(configuration.path("profiles").findValuesAsText("schedulerName"))
                .containsExactly("hami-scheduler", "default-scheduler");
        assertThat(extender.path("urlPrefix").asText()).isEqualTo("http://127.0.0.1:1234");
        assertThat(extender.path("nodeCacheCapable").asBoolean()).isTrue();
        assertThat(extender.path("managedResources").findValuesAsText("name"))
                .containsExactly("example.com/gpu", "nvidia.com/gpumem");
        assertThat(Path.of(configuration
                        .path("clientConnection")
                        .path("kubeconfig")
                        .asText()))
                .hasContent(Files.readString(directory.resolve("run/scheduler-0/kubeconfig")));
    }

    @Test
    void theRealEtcdIsStartedCompactedAndStopped() throws Exception {
        Optional<Path> etcd = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry, "etcd"))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(etcd.isPresent(), "no etcd on the PATH; install the package etcd-server");
        int port = Ports.free();

        ServerProcess process = ServerProcess.start(
                Commands.etcd(etcd.orElseThrow(), directory, port, Ports.free()), directory, Duration.ofSeconds(30));
        try (process) {
            process.awaitReady(() -> ServerAddress.plain(port).isOk("/health", ""), LONG);
            ServerAddress address = ServerAddress.plain(port);
            assertThat(address.get("/health", "")).contains("\"health\":\"true\"");
            String read = "{\"key\": \"YQ==\", \"revision\": \"%s\"}";
            for (int change = 0; change < 2; change++) {
                var _ = address.post("/v3/kv/put", "{\"key\": \"YQ==\", \"value\": \"MQ==\"}");
            }
            assertThat(address.post("/v3/kv/range", read.formatted("2"))).contains("\"kvs\"");

            new Etcd(address).compact(3);

            assertThatThrownBy(() -> address.post("/v3/kv/range", read.formatted("2")))
                    .hasMessageContaining("required revision has been compacted");
            assertThat(address.post("/v3/kv/range", read.formatted("3"))).contains("\"kvs\"");
        }
        assertThat(process.isAlive()).isFalse();
    }

    private static Map<String, String> environment(Path assets) {
        return Map.of(ControlPlane.ASSETS_VARIABLE, assets.toString());
    }

    private static KubernetesClient client(String kubeconfig) {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig))
                .build();
    }
}
