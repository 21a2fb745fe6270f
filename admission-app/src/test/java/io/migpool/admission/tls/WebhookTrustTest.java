package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the API server trusts while replicas do not have the same authorities, or not yet. */
class WebhookTrustTest {

    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

    private final X509Certificate older = authority("older", Duration.ofDays(100));
    private final X509Certificate newer = authority("newer", Duration.ofDays(100));

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();
    private volatile Instant now = START;
    private final WebhookTrust ahead = replica();
    private final WebhookTrust behind = replica();

    @BeforeEach
    void createWebhooks() {
        client.resource(webhooks("", Map.of())).create();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void noReplicaTakesAwayWhatAnotherServesWith() throws IOException {
        assertThat(ahead.publish(List.of(older))).as("known before").isFalse();
        assertThat(behind.publish(List.of(older))).isTrue();

        assertThat(ahead.publish(List.of(newer))).isFalse();
        assertThat(trusted()).containsExactlyInAnyOrder(older, newer);
        String version = version();
        assertThat(behind.publish(List.of(older))).isTrue();
        assertThat(ahead.publish(List.of(newer))).isTrue();

        assertThat(version()).as("nothing is written back and forth").isEqualTo(version);
        assertThat(behind.publish(List.of(newer))).as("the last one to follow").isTrue();
    }

    @Test
    void whatNobodyServesWithAnyLongerIsTrustedForTenMinutesMore() throws IOException {
        ahead.publish(List.of(older));
        now = now.plus(Duration.ofDays(1));
        ahead.publish(List.of(newer));

        now = now.plus(Duration.ofMinutes(10)).minusSeconds(1);
        ahead.publish(List.of(newer));
        assertThat(trusted()).containsExactlyInAnyOrder(older, newer);

        now = now.plusSeconds(1);
        ahead.publish(List.of(newer));
        assertThat(trusted()).containsExactly(newer);

        behind.publish(List.of(older));
        ahead.publish(List.of(newer));
        assertThat(trusted()).as("it is in use after all").containsExactlyInAnyOrder(older, newer);
    }

    @Test
    void otherAuthoritiesStayUntilReplicasThatSeldomCheckHaveFollowed() throws IOException {
        WebhookTrust slow = replica(Duration.ofMinutes(15));
        slow.publish(List.of(older));
        slow.publish(List.of(newer));

        now = now.plus(Duration.ofMinutes(45)).minusSeconds(1);
        slow.publish(List.of(newer));
        assertThat(trusted()).containsExactlyInAnyOrder(older, newer);

        now = now.plusSeconds(1);
        slow.publish(List.of(newer));
        assertThat(trusted()).containsExactly(newer);
    }

    @Test
    void whatHasRunOutOrCannotBeReadIsNotKept() throws IOException {
        X509Certificate brief = authority("brief", Duration.ofMinutes(1));
        ahead.publish(List.of(brief));
        now = now.plus(Duration.ofMinutes(1));
        ahead.publish(List.of(newer));
        assertThat(trusted()).containsExactly(newer);

        client.resource(webhooks("Zm9yZWlnbg==", Map.of())).update();
        assertThat(ahead.publish(List.of(newer))).isFalse();
        assertThat(trusted()).containsExactly(newer);
    }

    @Test
    void aBundleThatCertManagerKeepsIsLeftToItWhereTheCertificateIsGiven() throws IOException {
        client.resource(webhooks("Zm9yZWlnbg==", Map.of("cert-manager.io/inject-ca-from", "pool/webhook")))
                .update();

        assertThat(ahead.publishUnlessInjected(List.of(newer))).isTrue();
        assertThat(bundle()).isEqualTo("Zm9yZWlnbg==");

        ahead.publish(List.of(newer));
        assertThat(trusted()).containsExactly(newer);
    }

    private WebhookTrust replica() {
        return replica(Duration.ofSeconds(10));
    }

    private WebhookTrust replica(Duration checkInterval) {
        return new WebhookTrust(client, "webhook", checkInterval, () -> now);
    }

    private static X509Certificate authority(String name, Duration life) {
        return CertificateAuthority.create(name, START, life).certificate();
    }

    private List<X509Certificate> trusted() throws IOException {
        return Pem.certificates(new String(Base64.getDecoder().decode(bundle()), StandardCharsets.UTF_8));
    }

    private String bundle() {
        return present().getWebhooks().getFirst().getClientConfig().getCaBundle();
    }

    private String version() {
        return present().getMetadata().getResourceVersion();
    }

    private MutatingWebhookConfiguration present() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("webhook")
                .require();
    }

    private static MutatingWebhookConfiguration webhooks(String caBundle, Map<String, String> annotations) {
        return new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("webhook")
                .withAnnotations(annotations)
                .endMetadata()
                .addNewWebhook()
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withName("vgpu.hami.io")
                .withNewClientConfig()
                .withCaBundle(caBundle)
                .withUrl("https://localhost/webhook")
                .endClientConfig()
                .endWebhook()
                .build();
    }
}
