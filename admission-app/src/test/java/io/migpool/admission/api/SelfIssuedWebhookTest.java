package io.migpool.admission.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.helidon.microprofile.testing.AddConfig;
import io.helidon.microprofile.testing.AddConfigSource;
import io.helidon.microprofile.testing.junit5.HelidonTest;
import io.migpool.admission.tls.TestCertificates;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Certificates and their authority live for seconds here: both are renewed while reviews continue. */
@HelidonTest
@AddConfig(key = "server.port", value = "0")
@AddConfig(key = "server.sockets.0.port", value = "0")
@AddConfig(key = "migpool.config.source", value = "none")
@AddConfig(key = "migpool.admission.tls.mode", value = "self")
@AddConfig(key = "migpool.admission.tls.check-interval", value = "PT0.1S")
@AddConfig(key = "migpool.admission.tls.certificate-life", value = "PT6S")
@AddConfig(key = "migpool.admission.tls.authority-life", value = "PT9S")
@AddConfig(key = "migpool.admission.tls.additional-names", value = "localhost,127.0.0.1")
class SelfIssuedWebhookTest {

    private static final ApiServer API_SERVER = ApiServer.start(ApiServerOptions.defaults());

    @AddConfigSource
    static ConfigSource apiServer() throws IOException {
        try (KubernetesClient client = client()) {
            client.resource(new MutatingWebhookConfigurationBuilder()
                            .withNewMetadata()
                            .withName("migpool-admission")
                            .endMetadata()
                            .addNewWebhook()
                            .withAdmissionReviewVersions("v1")
                            .withSideEffects("None")
                            .withName("vgpu.hami.io")
                            .withNewClientConfig()
                            .withUrl("https://localhost/webhook")
                            .endClientConfig()
                            .endWebhook()
                            .build())
                    .create();
        }
        Path kubeconfig = Files.createTempFile(Path.of("target"), "kubeconfig", ".yaml");
        Files.writeString(kubeconfig, API_SERVER.kubeconfig());
        return new FixedSource(Map.of("migpool.kubernetes.kubeconfig", kubeconfig.toString()));
    }

    private static KubernetesClient client() {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(API_SERVER.kubeconfig()))
                .build();
    }

    @AfterAll
    static void stop() {
        API_SERVER.close();
    }

    @Test
    void whoeverTrustsTheWebhooksBundleIsServedUntilANewAuthoritySigns() throws Exception {
        await().atMost(Duration.ofSeconds(60)).until(() -> !bundle().isEmpty());
        String firstAuthority = TestCertificates.first(bundle());

        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    String bundle = bundle();
                    String newest = TestCertificates.first(bundle);
                    assertThat(isServed(bundle) || !bundle.equals(bundle()))
                            .as("served with the bundle of the moment")
                            .isTrue();
                    return !newest.equals(firstAuthority) && isServed(newest);
                });
    }

    private static boolean isServed(String trusted) throws Exception {
        try (HttpClient client = RunningWebhook.client(TestCertificates.trusting(trusted))) {
            return RunningWebhook.review(client, "{}".getBytes(StandardCharsets.UTF_8))
                            .statusCode()
                    == 400;
        } catch (SSLHandshakeException e) {
            return false;
        }
    }

    /** Returns what the API server would trust, as PEM; empty if there is nothing yet. */
    private static String bundle() {
        try (KubernetesClient client = client()) {
            MutatingWebhookConfiguration webhooks = client.admissionRegistration()
                    .v1()
                    .mutatingWebhookConfigurations()
                    .withName("migpool-admission")
                    .get();
            String bundle = webhooks.getWebhooks().getFirst().getClientConfig().getCaBundle();
            return bundle == null ? "" : new String(Base64.getDecoder().decode(bundle), StandardCharsets.UTF_8);
        }
    }
}
