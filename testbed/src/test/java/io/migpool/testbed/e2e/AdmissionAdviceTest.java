package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.migpool.testbed.cluster.EmbeddedCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Warnings that users get, and which objects are sent for review while the settings change. */
@ExtendWith(SharedCluster.class)
class AdmissionAdviceTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String WEBHOOKS = "migpool-admission";
    private static final String PODS = "/api/v1/namespaces/default/pods?dryRun=All";

    @AfterEach
    void restore(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG);
    }

    @Test
    void aPodThatIsDoubtfulInThisPoolIsAdmittedWithAWarning(Workload workload) {
        await("the pool to be known").atMost(SOON).untilAsserted(() -> assertThat(
                        post(workload, PODS, pod("'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '200000'")))
                .satisfies(AdmissionAdviceTest::isCreated)
                .satisfies(response -> assertThat(warnings(response))
                        .anySatisfy(warning -> assertThat(warning).contains("200000 MiB", "the pod will wait"))));
    }

    @Test
    void theCountResourceOfAnotherDistributionIsAdmittedWithAWarning(Workload workload) {
        await("the pool to be known").atMost(SOON).untilAsserted(() -> assertThat(
                        post(workload, PODS, pod("'nvidia.com/gpualloc': '1', 'nvidia.com/gpumem': '8000'")))
                .satisfies(AdmissionAdviceTest::isCreated)
                .satisfies(response -> assertThat(warnings(response))
                        .anySatisfy(warning -> assertThat(warning).contains("no node has nvidia.com/gpualloc"))));
    }

    @Test
    void aSizeThatNoBoardInTheWorldHasIsRefused(Workload workload) throws Exception {
        HttpResponse<String> response =
                post(workload, PODS, pod("'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '900000'"));

        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.body()).contains("vgpu.hami.io", "no known board has more than");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            apps/v1  | Deployment  | deployments  | {'selector': {'matchLabels': {'a': 'b'}}, 'template': %s}
            apps/v1  | StatefulSet | statefulsets | {'serviceName': 's', 'selector': {'matchLabels': {'a': 'b'}}, 'template': %s}
            apps/v1  | DaemonSet   | daemonsets   | {'selector': {'matchLabels': {'a': 'b'}}, 'template': %s}
            batch/v1 | Job         | jobs         | {'template': %s}
            batch/v1 | CronJob     | cronjobs     | {'schedule': '0 0 * * *', 'jobTemplate': {'spec': {'template': %s}}}
            """)
    void whatCreatesGpuPodsIsAcceptedWithTheirRefusalAsAWarning(
            String version, String kind, String resource, String spec, Workload workload) throws Exception {
        String template = """
                {'metadata': {'labels': {'a': 'b'}}, 'spec': {'restartPolicy': '%s', 'containers': [{'name': 'cuda',
                 'image': 'i', 'resources': {'limits': {'nvidia.com/gpu': '1', 'nvidia.com/gpumem-percentage': '140'}}}]}}""".formatted(version.startsWith("batch") ? "Never" : "Always");
        String object = "{'apiVersion': '%s', 'kind': '%s', 'metadata': {'name': 'advised'}, 'spec': %s}"
                .formatted(version, kind, spec.replace("%s", template))
                .replace('\'', '"');

        HttpResponse<String> response =
                post(workload, "/apis/%s/namespaces/default/%s?dryRun=All".formatted(version, resource), object);

        assertThat(response).satisfies(AdmissionAdviceTest::isCreated);
        assertThat(warnings(response)).anySatisfy(warning -> assertThat(warning)
                .contains("its pods will be refused", "gpumem-percentage is 140"));
    }

    @Test
    void gpusAreHiddenFromOtherPodsAsLongAsTheSettingsSaySo(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG + "  overwriteEnv: true\n");
        await("GPUs to be hidden").atMost(SOON).until(() -> isHidden(workload));

        editDevices(workload, SharedCluster.DEVICE_CONFIG);
        await("GPUs to be visible again").atMost(SOON).until(() -> !isHidden(workload));
    }

    @Test
    void theConditionKeepsToTheResourceNamesOfTheStartAndComesBackAfterAnUpgrade(Workload workload) {
        editDevices(
                workload,
                SharedCluster.DEVICE_CONFIG.replace("nvidia.com/gpumem", "acme.com/memory") + "  overwriteEnv: true\n");
        await("the edit to be in force").until(() -> webhooks(workload).size() == 2);
        assertThat(webhooks(workload)).allSatisfy(AdmissionAdviceTest::namesTheResources);

        var configurations = workload.client().admissionRegistration().v1();
        var upgraded = configurations
                .mutatingWebhookConfigurations()
                .withName(WEBHOOKS)
                .edit(webhooks -> {
                    webhooks.getWebhooks()
                            .getFirst()
                            .getMatchConditions()
                            .getFirst()
                            .setExpression("false");
                    return webhooks;
                });
        assertThat(upgraded).isNotNull();

        await("the condition to be back")
                .untilAsserted(() ->
                        assertThat(webhooks(workload)).hasSize(2).allSatisfy(AdmissionAdviceTest::namesTheResources));
    }

    private static List<MutatingWebhook> webhooks(Workload workload) {
        return workload.client()
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(WEBHOOKS)
                .require()
                .getWebhooks();
    }

    private static void namesTheResources(MutatingWebhook webhook) {
        assertThat(webhook.getMatchConditions().getFirst().getExpression())
                .contains("\"nvidia.com/gpumem\"")
                .doesNotContain("acme.com");
    }

    private static boolean isHidden(Workload workload) {
        Pod pod = workload.client()
                .resource(GpuPod.named("plain").container("main").build())
                .inNamespace("default")
                .dryRun()
                .create();
        return pod.getSpec().getContainers().getFirst().getEnv().stream()
                .anyMatch(variable ->
                        "NVIDIA_VISIBLE_DEVICES".equals(variable.getName()) && "none".equals(variable.getValue()));
    }

    private static void isCreated(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
    }

    private static List<String> warnings(HttpResponse<String> response) {
        return response.headers().allValues("Warning");
    }

    private static String pod(String limits) {
        return ("{'metadata': {'name': 'advised'}, 'spec': {'containers': [{'name': 'cuda', 'image': 'i', 'resources':"
                        + " {'limits': {%s}}}]}}")
                .formatted(limits)
                .replace('\'', '"');
    }

    private static HttpResponse<String> post(Workload workload, String path, String body)
            throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create(workload.apiServerDouble().uri() + path))
                    .header("Content-Type", "application/json")
                    .timeout(SOON)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private static void editDevices(Workload workload, String document) {
        workload.cluster()
                .editConfigMap(EmbeddedCluster.DEVICE_CONFIG_MAP, EmbeddedCluster.DEVICE_CONFIG_KEY, document);
    }
}
