package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.Kubectl;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.app.AppKind;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.app.EmbeddedApp;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The overlay {@code ha} as it is applied, with each replica a process as its object describes it. */
class HighAvailabilityTest {

    private static final String NODE = "mig-node-a";
    private static final String BINDS = "migpool_bind_seconds_count";

    @TempDir
    private Path directory;

    @Test
    void podsAreReviewedAndRunAfterTheLeaderAndTheWebhookInUseHaveDied() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(
                        ClusterSpec.fast(
                                        List.of(NodeSpec.mig(NODE, "NVIDIA A100-SXM4-80GB:1")),
                                        SharedCluster.DEVICE_CONFIG,
                                        SharedCluster.NODE_CONFIG)
                                .withTwoReplicas(),
                        System.getenv(),
                        (kubeconfig, _) -> {
                            Kubectl kubectl = Kubectl.orSkip(kubeconfig, directory);
                            kubectl.run("create", "-k", DescribedApp.manifests("config"));
                            kubectl.run("apply", "-k", DescribedApp.manifests("overlays/ha"));
                        });
                Workload workload = Workload.inNewNamespace(cluster)) {
            ApiServer apiServer = Workload.apiServerDouble(cluster);
            assertThat(DescribedApp.deployed(cluster, "migpool-scheduler").getReplicas())
                    .isEqualTo(2);
            assertThat(DescribedApp.deployed(cluster, "migpool-admission").getReplicas())
                    .isEqualTo(2);
            DescribedApp extender = DescribedApp.ofDeployment(cluster, "migpool-scheduler", "extender");
            DescribedApp admission = DescribedApp.ofDeployment(cluster, "migpool-admission", "admission");
            EmbeddedApp second = cluster.extenders().getLast();
            second.close();
            int sparePort = freePort();

            try (AppProcess leader = cluster.startExtenderProcess(extender.account(), inPod(extender, "scheduler-0"));
                    AppProcess follower = start(AppKind.EXTENDER, apiServer, second.port(), extender, "scheduler-1");
                    AppProcess webhook =
                            cluster.startAdmissionProcess(admission.account(), inPod(admission, "admission-0"));
                    AppProcess spare = start(AppKind.ADMISSION, apiServer, sparePort, admission, "admission-1")) {
                for (AppProcess app : List.of(leader, follower, webhook, spare)) {
                    app.awaitReady();
                }
                workload.run(GpuPod.named("before").container("main", "gpu", "1", "gpumem", "8000"));
                assertThat(leader.metric(BINDS)).isEqualTo(1);
                assertThat(follower.metric(BINDS)).isZero();

                cluster.failOver();
                leader.kill();
                webhook.kill();
                sendReviewsTo(cluster.client(), sparePort);
                workload.run(GpuPod.named("after").container("main", "gpu", "1", "gpumem", "8000"));

                assertThat(follower.metric(BINDS)).isEqualTo(1);
                assertThat(workload.devicesSeenBy("after", "main"))
                        .isEqualTo(workload.migUuidsOf("after"))
                        .isNotEqualTo(workload.devicesSeenBy("before", "main"));
                assertThat(apiServer.access().refusals()).isEmpty();
            }
        }
    }

    /** Returns the environment of a pod's container, in which kubelet sets the pod's name. */
    private static Map<String, String> inPod(DescribedApp app, String pod) {
        Map<String, String> environment = app.environment(NODE);
        environment.put("HOSTNAME", pod);
        return environment;
    }

    private AppProcess start(AppKind kind, ApiServer apiServer, int port, DescribedApp app, String pod)
            throws IOException {
        Path kubeconfig = Files.writeString(
                directory.resolve(pod + ".kubeconfig"),
                apiServer.kubeconfig(EmbeddedCluster.SYSTEM_NAMESPACE, app.account()));
        Map<String, String> settings = Map.of(
                "server.host",
                "127.0.0.1",
                "server.port",
                Integer.toString(port),
                "server.sockets.0.host",
                "127.0.0.1",
                "migpool.kubernetes.kubeconfig",
                kubeconfig.toString());
        return AppProcess.start(kind, settings, "server.sockets.0.port", inPod(app, pod), directory.resolve(pod));
    }

    /** Does what the Service does when one of its pods is left. */
    private static void sendReviewsTo(KubernetesClient client, int port) {
        var configurations = client.admissionRegistration().v1();
        configurations
                .mutatingWebhookConfigurations()
                .withName("migpool-admission")
                .edit(hooks -> {
                    hooks.getWebhooks()
                            .forEach(hook -> hook.getClientConfig().getService().setPort(port));
                    return hooks;
                });
        configurations
                .validatingWebhookConfigurations()
                .withName("migpool-admission")
                .edit(hooks -> {
                    hooks.getWebhooks()
                            .forEach(hook -> hook.getClientConfig().getService().setPort(port));
                    return hooks;
                });
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
