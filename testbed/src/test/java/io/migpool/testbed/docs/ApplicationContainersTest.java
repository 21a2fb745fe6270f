package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.migpool.testbed.app.AppKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the manifests start, probe and end the containers of the applications. */
class ApplicationContainersTest {

    private static final String PART_OF = "app.kubernetes.io/part-of";
    private static final Pattern INIT_TIMEOUT = Pattern.compile("\\| `migpool\\.nvml\\.init-timeout` \\| `(\\S+)` \\|");

    /** For the JVM, and for what the agent does before and after it asks the driver. */
    private static final Duration BESIDE_THE_DRIVER = Duration.ofSeconds(30);

    private final List<HasMetadata> objects =
            Kustomization.render(Repository.ROOT.resolve("manifests/overlays/default")).stream()
                    .map(tree -> Serialization.unmarshal(tree.toString(), HasMetadata.class))
                    .toList();

    @Test
    void theAgentHasTheTimeToSayThatTheDriverDoesNotCome() {
        Matcher documented = INIT_TIMEOUT.matcher(Repository.text(Repository.ROOT.resolve("docs/configuration.md")));
        assertThat(documented.find()).isTrue();
        Duration needed = Duration.parse(documented.group(1)).plus(BESIDE_THE_DRIVER);

        assertThat(containers()).hasEntrySatisfying("device-plugin", agent -> {
            Probe startup = agent.getStartupProbe();
            assertThat(Duration.ofSeconds((long) startup.getPeriodSeconds() * startup.getFailureThreshold()))
                    .isGreaterThan(needed);
        });
    }

    /** A JVM on a busy node may not answer for seconds; an agent that is killed for that lets no GPU container start meanwhile. */
    @Test
    void noContainerIsEndedForAShortSilence() {
        assertThat(containers().values()).hasSize(4).allSatisfy(container -> {
            Probe liveness = container.getLivenessProbe();
            assertThat(liveness.getTimeoutSeconds()).isGreaterThanOrEqualTo(5);
            assertThat(liveness.getFailureThreshold()).isGreaterThanOrEqualTo(6);
        });
    }

    @Test
    void everyApplicationIsToldItsNamespace() {
        assertThat(containers()).hasSize(4).allSatisfy((name, container) -> {
            if (container.getImage().startsWith("migpool/")) {
                assertThat(container.getEnv())
                        .filteredOn(variable -> variable.getName().equals("POD_NAMESPACE"))
                        .extracting(EnvVar::getValueFrom)
                        .singleElement()
                        .satisfies(from ->
                                assertThat(from.getFieldRef().getFieldPath()).isEqualTo("metadata.namespace"));
            }
        });
    }

    /** The images are trained, and the processes of the testbed run, with a heap of that size. */
    @ParameterizedTest
    @CsvSource({"ADMISSION, admission", "EXTENDER, extender", "DEVICE_PLUGIN, device-plugin"})
    void everyApplicationMayUseTheMemoryThatItIsTestedWith(AppKind kind, String name) {
        assertThat(containers()).hasEntrySatisfying(name, container -> assertThat(
                        container.getResources().getLimits())
                .containsEntry("memory", new Quantity(kind.containerMiB() + "Mi")));
    }

    /** An endpoint that is removed is still asked for a moment, and the webhook fails closed. */
    @Test
    void theWebhookAnswersUntilNobodyAsksAnyMore() {
        PodSpec pod = templates().stream()
                .map(PodTemplateSpec::getSpec)
                .filter(spec -> spec.getServiceAccountName().equals("migpool-admission"))
                .findFirst()
                .orElseThrow();

        assertThat(pod.getContainers())
                .singleElement()
                .extracting(container ->
                        container.getLifecycle().getPreStop().getSleep().getSeconds())
                .isEqualTo(5L);
        assertThat(pod.getTerminationGracePeriodSeconds()).as("30 s unless set").isNull();
    }

    @Test
    void everythingSaysWhatItIsPartOf() {
        assertThat(objects).isNotEmpty().allSatisfy(object -> assertThat(
                        object.getMetadata().getLabels())
                .containsEntry(PART_OF, "migpool"));
        assertThat(templates()).hasSize(3).allSatisfy(template -> assertThat(
                        template.getMetadata().getLabels())
                .containsEntry(PART_OF, "migpool"));
    }

    private Map<String, Container> containers() {
        return templates().stream()
                .flatMap(template -> template.getSpec().getContainers().stream())
                .collect(Collectors.toMap(Container::getName, container -> container));
    }

    private List<PodTemplateSpec> templates() {
        return objects.stream()
                .<PodTemplateSpec>mapMulti((object, templates) -> {
                    switch (object) {
                        case Deployment deployment ->
                            templates.accept(deployment.getSpec().getTemplate());
                        case DaemonSet set -> templates.accept(set.getSpec().getTemplate());
                        default -> {}
                    }
                })
                .toList();
    }
}
