package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The pods of each overlay: what they may, what they are given, and where they are reached. */
@ParameterizedClass(name = "{0}")
@MethodSource("overlays")
class PodTemplatesTest {

    private static final Path OVERLAYS = Repository.ROOT.resolve("manifests", "overlays");

    /** The largest class archive that the startup bench lets pass; the node agent's has 80 MiB. */
    private static final BigDecimal ARCHIVE_BYTES = new BigDecimal(120L * 1024 * 1024);

    private final List<HasMetadata> objects;

    PodTemplatesTest(String overlay) {
        objects = Kustomization.render(OVERLAYS.resolve(overlay)).stream()
                .map(tree -> Serialization.unmarshal(tree.toString(), HasMetadata.class))
                .toList();
    }

    static List<String> overlays() throws IOException {
        return ManifestsTest.overlays();
    }

    @Test
    void deploymentsMeetTheRestrictedPodSecurityLevel() {
        assertThat(all(Deployment.class)).isNotEmpty().allSatisfy(deployment -> assertThat(RestrictedPods.offences(
                        deployment.getSpec().getTemplate().getSpec()))
                .isEmpty());
    }

    @Test
    void whatThatLevelForbidsIsNoticed() {
        assertOffence("hostNetwork", pod -> pod.withHostNetwork(true));
        assertOffence("hostPID", pod -> pod.withHostPID(true));
        assertOffence("hostIPC", pod -> pod.withHostIPC(true));
        assertOffence("volume root", pod -> pod.addNewVolume()
                .withName("root")
                .withNewHostPath()
                .withPath("/")
                .endHostPath()
                .endVolume());
        assertOffence("volume share", pod -> pod.addNewVolume()
                .withName("share")
                .withNewNfs("/", false, "server")
                .endVolume());
        assertOffence(
                "runAsUser", pod -> pod.editSecurityContext().withRunAsUser(0L).endSecurityContext());
        assertOffence("sysctls", pod -> pod.editSecurityContext()
                .addNewSysctl("kernel.shm_rmid_forced", "0")
                .endSecurityContext());
        assertOffence(
                " seccompProfile",
                pod -> pod.editSecurityContext().withSeccompProfile(null).endSecurityContext());
        assertOffence(
                " runAsNonRoot",
                pod -> pod.editSecurityContext().withRunAsNonRoot(null).endSecurityContext());
        assertOffence(
                " capabilities.drop",
                pod -> pod.addNewInitContainer().withName("first").endInitContainer());
        assertOffence(" hostPort", pod -> pod.editFirstContainer()
                .addNewPort()
                .withContainerPort(1)
                .withHostPort(1)
                .endPort()
                .endContainer());
        assertOffence(" capabilities.add", pod -> pod.editFirstContainer()
                .editSecurityContext()
                .editCapabilities()
                .addToAdd("SYS_ADMIN")
                .endCapabilities()
                .endSecurityContext()
                .endContainer());
        assertOffence(" runAsUser", pod -> pod.editFirstContainer()
                .editSecurityContext()
                .withRunAsUser(0L)
                .endSecurityContext()
                .endContainer());
        assertOffence(" runAsNonRoot", pod -> pod.editFirstContainer()
                .editSecurityContext()
                .withRunAsNonRoot(false)
                .endSecurityContext()
                .endContainer());
        assertOffence(" seccompProfile", pod -> pod.editFirstContainer()
                .editSecurityContext()
                .withNewSeccompProfile(null, "Unconfined")
                .endSecurityContext()
                .endContainer());
        assertOffence(" privileged", pod -> pod.editFirstContainer()
                .editSecurityContext()
                .withPrivileged(true)
                .endSecurityContext()
                .endContainer());
    }

    private void assertOffence(String offence, UnaryOperator<PodSpecBuilder> spoiled) {
        PodSpec pod = all(Deployment.class).getFirst().getSpec().getTemplate().getSpec();
        assertThat(RestrictedPods.offences(
                        spoiled.apply(new PodSpecBuilder(pod)).build()))
                .as("offences of a pod with %s", offence)
                .anyMatch(found -> found.endsWith(offence));
    }

    /** Variables of other people's Services would be settings of ours: METRICS_, SERVER_, MIGPOOL_ and more. */
    @Test
    void noPodIsToldOfServicesByVariables() {
        assertThat(templates()).hasSize(3).allSatisfy(template -> assertThat(
                        template.getSpec().getEnableServiceLinks())
                .isFalse());
    }

    @Test
    void theClassArchiveFitsIntoItsVolume() {
        assertThat(templates()).hasSize(3).allSatisfy(template -> assertThat(
                        template.getSpec().getVolumes())
                .filteredOn(volume -> volume.getName().equals("tmp"))
                .singleElement()
                .satisfies(volume -> assertThat(
                                Quantity.getAmountInBytes(volume.getEmptyDir().getSizeLimit()))
                        .isGreaterThan(ARCHIVE_BYTES)));
    }

    /** {@code nvidia} is not always the default runtime, and not every cluster has a RuntimeClass of that name. */
    @Test
    void theAgentFindsTheDriversLibraryWhateverRuntimeRunsIt() {
        assertThat(all(DaemonSet.class)).singleElement().satisfies(agent -> {
            PodSpec pod = agent.getSpec().getTemplate().getSpec();
            assertThat(pod.getRuntimeClassName()).isNull();
            assertThat(pod.getContainers()).singleElement().satisfies(container -> assertThat(
                            container.getVolumeMounts())
                    .extracting(VolumeMount::getMountPath)
                    .anyMatch(path -> path.startsWith("/driver-root/")));
        });
    }

    /**
     * A container runtime refuses propagation from a private mount, which is what / is on hosts without systemd. The
     * Operator's driver container needs it.
     */
    @Test
    void theAgentStartsWhereTheHostsMountsArePrivate() {
        assertThat(all(DaemonSet.class)).singleElement().satisfies(agent -> assertThat(
                        agent.getSpec().getTemplate().getSpec().getContainers())
                .flatExtracting(Container::getVolumeMounts)
                .filteredOn(mount -> !mount.getMountPath().equals("/run/nvidia/driver"))
                .isNotEmpty()
                .extracting(VolumeMount::getMountPropagation)
                .containsOnlyNulls());
    }

    /** Whoever fills a socket that a Service leads to must not make kubelet restart the application. */
    @Test
    void kubeletsProbesHaveASocketThatNoServiceLeadsTo() {
        List<Container> ours = templates()
                .flatMap(template -> template.getSpec().getContainers().stream())
                .filter(container -> container.getImage().startsWith("migpool/"))
                .toList();
        assertThat(ours).hasSize(3).allSatisfy(container -> {
            assertThat(List.of(
                            container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe()))
                    .allMatch(probe ->
                            "probes".equals(probe.getHttpGet().getPort().getStrVal()));
            String port = container.getPorts().stream()
                    .filter(candidate -> candidate.getName().equals("probes"))
                    .map(candidate -> candidate.getContainerPort().toString())
                    .findFirst()
                    .orElseThrow();
            assertThat(container.getEnv())
                    .filteredOn(variable -> variable.getName().equals("PROBES_PORT"))
                    .singleElement()
                    .satisfies(variable -> assertThat(variable.getValue()).isEqualTo(port));
        });
        assertThat(all(Service.class))
                .flatExtracting(service -> service.getSpec().getPorts())
                .noneMatch(port -> "probes".equals(port.getTargetPort().getStrVal()));
    }

    /** HAMi's ports and names, which its dashboards and monitors use. */
    @Test
    void theFiguresAreAtTheNodePortsOfHami() {
        assertFigures("hami-scheduler", "hami-scheduler", "monitor", 31993, 9395);
        assertFigures("hami-device-plugin-monitor", "hami-device-plugin", "monitorport", 31992, 9394);
        assertThat(service("hami-device-plugin-monitor").getSpec().getExternalTrafficPolicy())
                .as("a node's own agent answers")
                .isEqualTo("Local");
    }

    private void assertFigures(String name, String component, String portName, int nodePort, int containerPort) {
        Service service = service(name);
        assertThat(service.getSpec().getType()).isEqualTo("NodePort");
        assertThat(service.getMetadata().getLabels())
                .containsEntry("app.kubernetes.io/component", component)
                .containsEntry("app.kubernetes.io/instance", "hami");
        assertThat(service.getSpec().getPorts()).singleElement().satisfies(port -> {
            assertThat(port.getName()).isEqualTo(portName);
            assertThat(port.getNodePort()).isEqualTo(nodePort);
            assertThat(port.getPort()).as("what scrapes HAMi's Service").isEqualTo(nodePort);
            assertThat(templates()
                            .filter(template -> template.getMetadata()
                                    .getLabels()
                                    .entrySet()
                                    .containsAll(service.getSpec().getSelector().entrySet()))
                            .flatMap(template -> template.getSpec().getContainers().stream())
                            .flatMap(container -> container.getPorts().stream())
                            .filter(open ->
                                    open.getName().equals(port.getTargetPort().getStrVal()))
                            .map(ContainerPort::getContainerPort))
                    .containsExactly(containerPort);
        });
    }

    private Service service(String name) {
        return all(Service.class).stream()
                .filter(service -> service.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Stream<PodTemplateSpec> templates() {
        return Stream.concat(
                all(Deployment.class).stream()
                        .map(deployment -> deployment.getSpec().getTemplate()),
                all(DaemonSet.class).stream().map(set -> set.getSpec().getTemplate()));
    }

    private <T extends HasMetadata> List<T> all(Class<T> kind) {
        return objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
