package io.migpool.admission.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelfIssuedSourceTest {

    private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
    private static final Duration CHECK_INTERVAL = Duration.ofMinutes(1);
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();

    @BeforeEach
    void createNamespace() {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("pool")
                        .endMetadata()
                        .build())
                .create();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void theFirstReplicaWritesTheSecretAndTheNextReadsIt() throws Exception {
        ServingCertificate first = source(START).load().certificate();
        ServingCertificate second = source(START).load().certificate();

        assertThat(second).isEqualTo(first);
        assertThat(secret().getType()).isEqualTo("kubernetes.io/tls");
        assertThat(secret().getData()).containsOnlyKeys("ca.crt", "ca.key", "tls.crt", "tls.key");
    }

    @Test
    void replicasThatStartTogetherAgree() throws Exception {
        int replicas = 8;
        CyclicBarrier together = new CyclicBarrier(replicas);
        List<Future<ServingCertificate>> loaded = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < replicas; i++) {
                Callable<ServingCertificate> start = () -> {
                    together.await();
                    return source(START).load().certificate();
                };
                loaded.add(threads.submit(start));
            }
        }

        ServingCertificate agreed =
                IssuedCertificates.fromSecretData(secret().getData()).serving();
        for (Future<ServingCertificate> certificate : loaded) {
            assertThat(certificate.get()).isEqualTo(agreed);
        }
    }

    @Test
    void aRenewalOfOneReplicaIsTakenByTheOthers() throws Exception {
        ServingCertificate old = source(START).load().certificate();
        Instant due = START.plus(Duration.ofDays(70));

        ServingCertificate renewed = source(due).load().certificate();

        assertThat(renewed).isNotEqualTo(old);
        assertThat(source(due).load().certificate()).isEqualTo(renewed);
    }

    @Test
    void theWebhookIsToldWhomToTrust() throws Exception {
        client.resource(webhooks("")).create();

        source(START).load();

        String bundle = secret().getData().get("ca.crt");
        assertThat(webhooks().getWebhooks()).hasSize(2).allSatisfy(webhook -> assertThat(
                        webhook.getClientConfig().getCaBundle())
                .isEqualTo(bundle));
        assertThat(webhooks()
                        .getWebhooks()
                        .getFirst()
                        .getClientConfig()
                        .getService()
                        .getPath())
                .isEqualTo("/webhook");
    }

    @Test
    void aBundleThatSomebodyOverwroteIsPutRight() throws Exception {
        source(START).load();
        client.resource(webhooks("Zm9yZWlnbg==")).create();

        source(START).load();

        assertThat(webhooks().getWebhooks().getFirst().getClientConfig().getCaBundle())
                .isEqualTo(secret().getData().get("ca.crt"));
    }

    @Test
    void nothingIsWrittenWhenAllIsWell() throws Exception {
        client.resource(webhooks("")).create();
        source(START).load();
        long before = requests();

        source(START).load();

        assertThat(requests() - before).as("three reads").isEqualTo(3);
    }

    @Test
    void replicasThatDoNotKnowYetThatAllBeganAnewStayTrusted() throws Exception {
        client.resource(webhooks("")).create();
        List<X509Certificate> before = authorities(source(START));
        client.resource(secret()).delete();

        CertificateSource.Offer anew = source(START.plusSeconds(1)).load();

        List<X509Certificate> after =
                IssuedCertificates.fromSecretData(secret().getData()).authorities();
        assertThat(after).hasSize(1).doesNotContainAnyElementsOf(before);
        assertThat(anew.known()).as("the API server was told just now").isFalse();
        assertThat(trusted()).containsExactlyInAnyOrderElementsOf(concat(after, before));
        assertThat(source(START.plusSeconds(2)).load().known())
                .as("another replica told it a second ago")
                .isFalse();
        assertThat(source(START.plusSeconds(1).plus(CHECK_INTERVAL)).load().known())
                .isTrue();
    }

    @Test
    void aSecretOfOursThatCannotBeReadIsReplaced() throws Exception {
        client.resource(secret(Map.of(MANAGED_BY, "webhook"), Map.of("tls.crt", "bm90IGEgY2VydGlmaWNhdGU=")))
                .create();

        ServingCertificate certificate = source(START).load().certificate();

        assertThat(IssuedCertificates.fromSecretData(secret().getData()).serving())
                .isEqualTo(certificate);
    }

    @Test
    void soIsOneThatLostItsCertificate() throws Exception {
        source(START).load();
        client.secrets().inNamespace("pool").withName("webhook-tls").edit(ours -> new SecretBuilder(ours)
                .addToData("tls.crt", base64("not a certificate"))
                .build());

        ServingCertificate certificate = source(START).load().certificate();

        assertThat(IssuedCertificates.fromSecretData(secret().getData()).serving())
                .isEqualTo(certificate);
    }

    @Test
    void nothingIsSignedInTheNameOfAnAuthorityWhoseKeyIsMissing() throws Exception {
        source(START).load();
        client.secrets().inNamespace("pool").withName("webhook-tls").edit(ours -> new SecretBuilder(ours)
                .addToData("ca.crt", base64(Pem.write(List.of(foreignAuthority().certificate()))))
                .build());

        ServingCertificate certificate =
                source(START.plus(Duration.ofDays(70))).load().certificate();

        X509Certificate published = IssuedCertificates.fromSecretData(secret().getData())
                .authorities()
                .getFirst();
        assertThatCode(() -> certificate.leaf().verify(published.getPublicKey()))
                .doesNotThrowAnyException();
    }

    @Test
    void aSecretOfCertManagerStaysAsItIs() throws Exception {
        source(START).load();
        client.secrets().inNamespace("pool").withName("webhook-tls").edit(ours -> new SecretBuilder(ours)
                .editMetadata()
                .addToAnnotations("cert-manager.io/certificate-name", "migpool-admission")
                .endMetadata()
                .build());
        Secret before = secret();

        assertThatThrownBy(() -> source(START.plus(Duration.ofDays(70))).load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining("Secret pool/webhook-tls is maintained by cert-manager")
                .hasMessageContaining("migpool.admission.tls.mode");
        assertThat(secret()).isEqualTo(before);
    }

    @Test
    void aSecretThatSomebodyGaveStaysAsItIs() {
        ServingCertificate given = foreignAuthority().issue(List.of("webhook.pool.svc"), START, Duration.ofDays(365));
        client.resource(secret(
                        Map.of(),
                        Map.of("tls.crt", base64(Pem.write(given.chain())), "tls.key", base64(Pem.write(given.key())))))
                .create();
        Secret before = secret();

        assertThatThrownBy(() -> source(START).load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining("was not written by this application (ca.crt is missing)");
        assertThat(secret()).isEqualTo(before);
    }

    /** With {@code kubectl apply}: what the manifest does not name stays, so the label does, and {@code ca.key}. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCertificateThatSomebodyAppliedOverOursStaysAsItIs(boolean withItsAuthority) throws Exception {
        source(START).load();
        CertificateAuthority authority = foreignAuthority();
        ServingCertificate given = authority.issue(List.of("webhook.pool.svc"), START, Duration.ofDays(365));
        Map<String, String> applied = new HashMap<>(
                Map.of("tls.crt", base64(Pem.write(given.chain())), "tls.key", base64(Pem.write(given.key()))));
        if (withItsAuthority) {
            applied.put("ca.crt", base64(Pem.write(List.of(authority.certificate()))));
        }
        client.secrets().inNamespace("pool").withName("webhook-tls").edit(ours -> new SecretBuilder(ours)
                .addToData(applied)
                .build());
        Secret before = secret();

        assertThatThrownBy(() -> source(START.plus(Duration.ofDays(70))).load())
                .isInstanceOf(CertificateUnavailableException.class)
                .hasMessageContaining("has a certificate that this application did not write and stays as it is");
        assertThat(secret()).isEqualTo(before);
    }

    @Test
    void anEmptySecretIsFilled() throws Exception {
        client.resource(secret(Map.of(), Map.of())).create();

        ServingCertificate certificate = source(START).load().certificate();

        assertThat(source(START).load().certificate()).isEqualTo(certificate);
    }

    private static CertificateAuthority foreignAuthority() {
        return CertificateAuthority.create("foreign", START, Duration.ofDays(365));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Secret secret(Map<String, String> labels, Map<String, String> data) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace("pool")
                .withName("webhook-tls")
                .withLabels(labels)
                .endMetadata()
                .withData(data)
                .build();
    }

    @Test
    void withoutTheApiServerThereIsNoCertificateAndTheReasonIsTold() {
        Config nobody = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:1")
                .withRequestRetryBackoffLimit(0)
                .build();
        try (KubernetesClient unreachable =
                new KubernetesClientBuilder().withConfig(nobody).build()) {
            assertThatThrownBy(() -> source(unreachable, START).load())
                    .isInstanceOf(CertificateUnavailableException.class)
                    .hasMessageContaining("Secret pool/webhook-tls")
                    .hasMessageContaining("Connect");
        }
    }

    private List<X509Certificate> authorities(SelfIssuedSource source) throws Exception {
        source.load();
        return IssuedCertificates.fromSecretData(secret().getData()).authorities();
    }

    private List<X509Certificate> trusted() throws IOException {
        String bundle = webhooks().getWebhooks().getFirst().getClientConfig().getCaBundle();
        return Pem.certificates(new String(Base64.getDecoder().decode(bundle), StandardCharsets.UTF_8));
    }

    private static <E> List<E> concat(List<E> some, List<E> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    private long requests() {
        return server.access().requests().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private SelfIssuedSource source(Instant now) {
        return source(client, now);
    }

    private static SelfIssuedSource source(KubernetesClient client, Instant now) {
        TlsSettings settings = new TlsSettings(
                TlsSettings.Mode.SELF,
                Path.of("unused"),
                CHECK_INTERVAL,
                "pool",
                "webhook",
                "webhook-tls",
                "webhook",
                List.of(),
                Duration.ofDays(90),
                Duration.ofDays(1000));
        return new SelfIssuedSource(client, settings, Clock.fixed(now, ZoneOffset.UTC));
    }

    private Secret secret() {
        return client.secrets().inNamespace("pool").withName("webhook-tls").get();
    }

    private MutatingWebhookConfiguration webhooks() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("webhook")
                .get();
    }

    private static MutatingWebhookConfiguration webhooks(String caBundle) {
        return new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("webhook")
                .endMetadata()
                .addNewWebhook()
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withName("vgpu.hami.io")
                .withNewClientConfig()
                .withCaBundle(caBundle)
                .withNewService()
                .withName("webhook")
                .withNamespace("pool")
                .withPath("/webhook")
                .endService()
                .endClientConfig()
                .endWebhook()
                .addNewWebhook()
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withName("second.migpool.io")
                .withNewClientConfig()
                .withUrl("https://localhost/webhook")
                .endClientConfig()
                .endWebhook()
                .build();
    }
}
