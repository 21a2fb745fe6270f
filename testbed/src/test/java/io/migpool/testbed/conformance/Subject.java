package io.migpool.testbed.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.migpool.testbed.controlplane.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The control plane under test, with a namespace of its own for every test.
 *
 * @param controlPlane the double or the real one
 * @param release its minor version, such as 36 of 1.36.2
 * @param client its administrator's client, which does not retry
 * @param namespace the test's namespace
 */
record Subject(ControlPlane controlPlane, int release, KubernetesClient client, String namespace)
        implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Subject.class.getName());

    /** A pod with one container {@code main} that has these limits. */
    PodBuilder pod(String name, Map<String, String> limits) {
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withName(name)
                        .withNamespace(namespace)
                        .build())
                .withNewSpec()
                .addNewContainer()
                .withName("main")
                .withImage("busybox:1")
                .withNewResources()
                .withLimits(limits.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, limit -> new Quantity(limit.getValue()))))
                .endResources()
                .endContainer()
                .endSpec();
    }

    /** Skips the test on a control plane older than 1.{@code minor}, for {@code what} is not there or differs. */
    void needs(int minor, String what) {
        assumeTrue(release >= minor, "%s needs Kubernetes 1.%d or later, this is 1.%d".formatted(what, minor, release));
    }

    Pod create(PodBuilder pod) {
        return client.resource(pod.build()).create();
    }

    PodResource at(String pod) {
        return client.pods().inNamespace(namespace).withName(pod);
    }

    /** The pod {@code p} as it is now. */
    Pod read() {
        return at("p").require();
    }

    /** Patches the pod {@code p}. */
    void patch(PatchType type, String patch) {
        at("p").patch(PatchContext.of(type), patch);
    }

    /** The limits of a pod's first container, as they are written. */
    static Map<String, String> limits(Pod pod) {
        return pod.getSpec().getContainers().getFirst().getResources().getLimits().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, limit -> limit.getValue().toString()));
    }

    /** Creates a service account, which may do only what roles allow, and returns a client of it. */
    KubernetesClient account(String name) {
        // The double allows everything until RBAC is enforced; the real one never does.
        controlPlane.apiServerDouble().ifPresent(server -> server.access().enforceRbac());
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        String token = client.serviceAccounts()
                .inNamespace(namespace)
                .withName(name)
                .tokenRequest()
                .getStatus()
                .getToken();
        Config config = new ConfigBuilder(Config.fromKubeconfig(controlPlane.kubeconfig(namespace, token)))
                .withRequestRetryBackoffLimit(0)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Leaves no pod behind that a scheduler of a later test would take for its own. */
    @Override
    public void close() {
        client.pods().inNamespace(namespace).withGracePeriod(0).delete();
    }

    /** Starts one control plane for all tests that ask for it. */
    static final class Provider implements ParameterResolver {

        private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(Subject.class);

        private record Running(ControlPlane controlPlane, int release, KubernetesClient client, Path directory)
                implements AutoCloseable {

            static Running start() {
                try {
                    Path directory = Files.createTempDirectory("conformance");
                    ControlPlane controlPlane = ControlPlane.start(System.getenv(), directory);
                    LOG.log(System.Logger.Level.INFO, "conformance of: {0}", controlPlane.description());
                    Config config = new ConfigBuilder(Config.fromKubeconfig(controlPlane.kubeconfig()))
                            .withRequestRetryBackoffLimit(0)
                            .build();
                    KubernetesClient client =
                            new KubernetesClientBuilder().withConfig(config).build();
                    // Some distributions write "36+".
                    int release = Integer.parseInt(
                            client.getKubernetesVersion().getMinor().replaceAll("\\D", ""));
                    return new Running(controlPlane, release, client, directory);
                } catch (IOException e) {
                    throw new IllegalStateException("there is no control plane", e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("there is no control plane", e);
                }
            }

            @Override
            public void close() throws IOException {
                client.close();
                controlPlane.close();
                try (var files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Subject.class;
        }

        @Override
        public Subject resolveParameter(ParameterContext parameter, ExtensionContext context) {
            Running running = context.getRoot()
                    .getStore(STORE)
                    .computeIfAbsent(Running.class, key -> Running.start(), Running.class);
            // The same for all methods of a test, and closed at its end.
            return context.getStore(STORE).computeIfAbsent(Subject.class, key -> subject(running), Subject.class);
        }

        private static Subject subject(Running running) {
            String namespace = "conformance-" + UUID.randomUUID();
            running.client()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .create();
            return new Subject(running.controlPlane(), running.release(), running.client(), namespace);
        }
    }
}
