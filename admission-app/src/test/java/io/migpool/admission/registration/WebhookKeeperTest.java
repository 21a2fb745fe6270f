package io.migpool.admission.registration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.migpool.contracts.request.ResourceNames;
import io.migpool.testbed.apiserver.ApiServer;
import io.migpool.testbed.apiserver.ApiServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several replicas keep one configuration up to date while others write it too. */
class WebhookKeeperTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final Duration NEVER = Duration.ofHours(1);

    private final ApiServer server = ApiServer.start(ApiServerOptions.defaults());
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig()))
            .build();

    private final AtomicReference<WebhookScope> scope = new AtomicReference<>(scope(true));
    private final AtomicBoolean isKnown = new AtomicBoolean(true);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger trustLost = new AtomicInteger();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void replicasThatStartTogetherAddTheWebhookOnce() {
        client.resource(configuration()).create();
        try (WebhookKeeper one = WebhookKeeper.start(client, "ours", this::known, OFTEN, trustLost::incrementAndGet);
                WebhookKeeper two =
                        WebhookKeeper.start(client, "ours", this::known, OFTEN, trustLost::incrementAndGet)) {
            await().atMost(SOON).until(() -> webhooks().size() == 2);
            one.checkNow();
            two.checkNow();

            await().during(Duration.ofMillis(500))
                    .atMost(SOON)
                    .until(() -> webhooks().size() == 2);
        }
        assertThat(webhooks())
                .extracting(MutatingWebhook::getName)
                .containsExactly(WebhookScope.GPU_PODS, WebhookScope.OTHER_PODS);
    }

    @Test
    void whatAnUpgradeWritesAnewIsPutRightWithoutWaitingForTheInterval() {
        try (WebhookKeeper keeper =
                WebhookKeeper.start(client, "ours", this::known, NEVER, trustLost::incrementAndGet)) {
            client.resource(configuration()).create();
            await().atMost(SOON).until(() -> webhooks().size() == 2);

            client.resource(configuration()).update();
            await().atMost(SOON).until(() -> webhooks().size() == 2);

            client.resource(templates()).create();
            await().atMost(SOON).until(() -> conditions().contains(WebhookScope.NAMES_A_RESOURCE));
            client.resource(templates()).update();
            await().atMost(SOON).until(() -> conditions().contains(WebhookScope.NAMES_A_RESOURCE));
            assertThat(keeper).isNotNull();
        }
    }

    private List<String> conditions() {
        return client
                .admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .withName("ours")
                .require()
                .getWebhooks()
                .getFirst()
                .getMatchConditions()
                .stream()
                .map(MatchCondition::getName)
                .toList();
    }

    private static ValidatingWebhookConfiguration templates() {
        return new ValidatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("ours")
                .endMetadata()
                .addNewWebhook()
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withName(WebhookScope.TEMPLATES)
                .withNewClientConfig()
                .withUrl("https://localhost/webhook")
                .endClientConfig()
                .endWebhook()
                .build();
    }

    @Test
    void aLostCaBundleIsReportedWithoutWaitingForTheInterval() {
        client.resource(trusted()).create();
        try (WebhookKeeper keeper =
                WebhookKeeper.start(client, "ours", this::known, NEVER, trustLost::incrementAndGet)) {
            await().atMost(SOON).until(() -> webhooks().size() == 2);
            await().during(Duration.ofMillis(200)).atMost(SOON).until(() -> trustLost.get() == 0);

            client.resource(configuration()).update();

            await().atMost(SOON).until(() -> trustLost.get() > 0);
            assertThat(keeper).isNotNull();
        }
    }

    private static MutatingWebhookConfiguration trusted() {
        return new MutatingWebhookConfigurationBuilder(configuration())
                .editFirstWebhook()
                .editClientConfig()
                .withCaBundle("Zm9yZWlnbg==")
                .endClientConfig()
                .endWebhook()
                .build();
    }

    @Test
    void aChangeOfTheSettingsIsFollowedAtOnce() {
        client.resource(configuration()).create();
        try (WebhookKeeper keeper =
                WebhookKeeper.start(client, "ours", this::known, NEVER, trustLost::incrementAndGet)) {
            await().atMost(SOON).until(() -> webhooks().size() == 2);

            scope.set(scope(false));
            keeper.checkNow();

            await().atMost(SOON).until(() -> webhooks().size() == 1);
        }
    }

    @Test
    void nothingIsWrittenBeforeTheScopeIsKnown() {
        client.resource(configuration()).create();
        List<String> before = versions();
        isKnown.set(false);
        try (WebhookKeeper keeper =
                WebhookKeeper.start(client, "ours", this::known, OFTEN, trustLost::incrementAndGet)) {
            await().atMost(SOON).until(() -> asked.get() > 2);
            assertThat(versions()).isEqualTo(before);

            isKnown.set(true);
            keeper.checkNow();

            await().atMost(SOON).until(() -> webhooks().size() == 2);
        }
    }

    private List<String> versions() {
        return List.of(client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("ours")
                .require()
                .getMetadata()
                .getResourceVersion());
    }

    private Optional<WebhookScope> known() {
        asked.incrementAndGet();
        return Optional.of(scope.get()).filter(any -> isKnown.get());
    }

    private List<MutatingWebhook> webhooks() {
        return client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("ours")
                .require()
                .getWebhooks();
    }

    private static WebhookScope scope(boolean everyPod) {
        return new WebhookScope(ResourceNames.DEFAULT, everyPod, "kube-system");
    }

    private static MutatingWebhookConfiguration configuration() {
        return new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("ours")
                .endMetadata()
                .addNewWebhook()
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withName(WebhookScope.GPU_PODS)
                .withNewClientConfig()
                .withUrl("https://localhost/webhook")
                .endClientConfig()
                .endWebhook()
                .build();
    }
}
