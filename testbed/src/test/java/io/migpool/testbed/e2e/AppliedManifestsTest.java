package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.Kubectl;
import io.migpool.testbed.app.AppProcess;
import io.migpool.testbed.cluster.ClusterSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.cluster.NodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The objects that {@code kubectl apply -k} creates run a pool: every application is started as its object describes
 * it.
 */
class AppliedManifestsTest {

    private static final String NODE = "mig-node-a";
    private static final String MIG = """
            {"nodeconfig": [{"name": "mig-node-a", "operatingmode": "mig"}]}
            """;

    @TempDir
    private Path directory;

    /** The second overlay is applied over the first, as when cert-manager takes over in a running cluster. */
    @Test
    void theDefaultOverlayRunsAPodAndThenCertManagerKeepsTheCertificate() throws Exception {
        try (EmbeddedCluster cluster = EmbeddedCluster.start(
                        ClusterSpec.fast(
                                List.of(NodeSpec.shared(NODE, "NVIDIA H100 80GB HBM3")),
                                SharedCluster.DEVICE_CONFIG,
                                MIG),
                        System.getenv(),
                        (kubeconfig, _) -> {
                            Kubectl kubectl = Kubectl.orSkip(kubeconfig, directory);
                            kubectl.run("create", "-k", DescribedApp.manifests("config"));
                            kubectl.run("apply", "-k", DescribedApp.manifests("overlays/default"));
                        });
                Workload workload = Workload.inNewNamespace(cluster)) {
            DescribedApp agent = DescribedApp.of(
                    cluster.client()
                            .apps()
                            .daemonSets()
                            .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                            .withName("migpool-device-plugin")
                            .require()
                            .getSpec()
                            .getTemplate()
                            .getSpec(),
                    "device-plugin");
            DescribedApp extender = DescribedApp.ofDeployment(cluster, "migpool-scheduler", "extender");
            assertThat(labels(cluster)).as("the DaemonSet runs there").containsAllEntriesOf(agent.nodeSelector());

            try (AppProcess agentProcess = cluster.startAgentProcess(NODE, agent.account(), agent.environment(NODE));
                    AppProcess extenderProcess =
                            cluster.startExtenderProcess(extender.account(), extender.environment(NODE))) {
                agentProcess.awaitReady();
                extenderProcess.awaitReady();
                runAPod(cluster, workload, "first", Map.of());

                Kubectl.orSkip(cluster.kubeconfig(), directory)
                        .run("apply", "-k", DescribedApp.manifests("overlays/cert-manager"));
                GivenCertificate given = GivenCertificate.create(directory, "migpool-admission.kube-system.svc");
                issueAsCertManagerDoes(cluster.client(), given);
                Workload.apiServerDouble(cluster).access().forgetRequests();
                runAPod(cluster, workload, "second", mounts(cluster));

                assertThat(Workload.apiServerDouble(cluster).access().requests().keySet())
                        .filteredOn(request -> request.user().endsWith(":migpool-admission"))
                        .isNotEmpty()
                        .noneMatch(request -> request.resource().equals("secrets"));
                assertThat(caBundles(cluster.client()))
                        .containsOnly(given.data().get("ca.crt"));
            }
        }
    }

    /** Runs a pod that the webhook, started as its object describes it, has reviewed. */
    private static void runAPod(EmbeddedCluster cluster, Workload workload, String name, Map<String, String> mounts)
            throws IOException, InterruptedException {
        DescribedApp admission = DescribedApp.ofDeployment(cluster, "migpool-admission", "admission");
        Map<String, String> environment = admission.environment(NODE);
        environment.putAll(mounts);
        try (AppProcess process = cluster.startAdmissionProcess(admission.account(), environment)) {
            process.awaitReady();
            workload.run(GpuPod.named(name).container("main", "gpu", "1", "gpumem", "8000"));

            assertThat(workload.migUuidsOf(name)).isEqualTo(workload.devicesSeenBy(name, "main"));
            assertThat(Workload.apiServerDouble(cluster).access().refusals()).isEmpty();
        }
    }

    /** Writes what cert-manager issues beside what is in the Secret, and the authority into the webhooks. */
    private static void issueAsCertManagerDoes(KubernetesClient client, GivenCertificate given) {
        client.secrets()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName("migpool-admission-tls")
                .edit(secret ->
                        new SecretBuilder(secret).addToData(given.data()).build());
        String authority = given.data().get("ca.crt");
        var configurations = client.admissionRegistration().v1();
        configurations
                .mutatingWebhookConfigurations()
                .withName("migpool-admission")
                .edit(hooks -> {
                    hooks.getWebhooks().forEach(hook -> hook.getClientConfig().setCaBundle(authority));
                    return hooks;
                });
        configurations
                .validatingWebhookConfigurations()
                .withName("migpool-admission")
                .edit(hooks -> {
                    hooks.getWebhooks().forEach(hook -> hook.getClientConfig().setCaBundle(authority));
                    return hooks;
                });
    }

    private static List<String> caBundles(KubernetesClient client) {
        return client
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("migpool-admission")
                .require()
                .getWebhooks()
                .stream()
                .map(hook -> hook.getClientConfig().getCaBundle())
                .toList();
    }

    /** Writes the Secret that the object mounts to a directory, and returns the variable that names it instead. */
    private Map<String, String> mounts(EmbeddedCluster cluster) throws IOException {
        PodSpec pod = DescribedApp.ofDeployment(cluster, "migpool-admission", "admission")
                .pod();
        Volume volume = pod.getVolumes().stream()
                .filter(each -> each.getSecret() != null)
                .findFirst()
                .orElseThrow();
        assertThat(pod.getContainers().getFirst().getVolumeMounts())
                .filteredOn(mount -> mount.getName().equals(volume.getName()))
                .extracting(VolumeMount::getMountPath)
                .containsExactly("/etc/migpool/tls");
        Path mounted = Files.createDirectory(directory.resolve("mounted"));
        Map<String, String> data = cluster.client()
                .secrets()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(volume.getSecret().getSecretName())
                .require()
                .getData();
        for (Map.Entry<String, String> file : data.entrySet()) {
            Files.write(mounted.resolve(file.getKey()), Base64.getDecoder().decode(file.getValue()));
        }
        return Map.of("MIGPOOL_ADMISSION_TLS_DIRECTORY", mounted.toString());
    }

    private static Map<String, String> labels(EmbeddedCluster cluster) {
        return cluster.client().nodes().withName(NODE).require().getMetadata().getLabels();
    }
}
