package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpec;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.docs.Repository;
import java.util.HashMap;
import java.util.Map;

/**
 * An application as described by a pod template.
 *
 * @param pod the template
 * @param container the application's
 */
record DescribedApp(PodSpec pod, Container container) {

    /** Returns the path of a directory of manifests, for kubectl. */
    static String manifests(String path) {
        return Repository.ROOT.resolve("manifests").resolve(path).toString();
    }

    /** Returns what a Deployment in the cluster asks for. */
    static DeploymentSpec deployed(EmbeddedCluster cluster, String name) {
        return cluster.client()
                .apps()
                .deployments()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(name)
                .require()
                .getSpec();
    }

    static DescribedApp ofDeployment(EmbeddedCluster cluster, String name, String container) {
        return of(deployed(cluster, name).getTemplate().getSpec(), container);
    }

    static DescribedApp of(PodSpec pod, String name) {
        Container container = pod.getContainers().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow();
        assertThat(container.getCommand()).as("its image says what to start").isEmpty();
        assertThat(container.getArgs()).isEmpty();
        assertThat(container.getEnvFrom()).isEmpty();
        assertThat(container.getReadinessProbe().getHttpGet().getPath())
                .as("what tests wait for")
                .isEqualTo("/health/ready");
        return new DescribedApp(pod, container);
    }

    String account() {
        return pod.getServiceAccountName();
    }

    Map<String, String> nodeSelector() {
        return pod.getNodeSelector();
    }

    /** Returns the environment that kubelet would set, but for a port: all pods are at one address here. */
    Map<String, String> environment(String node) {
        Map<String, String> fields =
                Map.of("spec.nodeName", node, "metadata.namespace", EmbeddedCluster.SYSTEM_NAMESPACE);
        Map<String, String> environment = new HashMap<>();
        for (EnvVar variable : container.getEnv()) {
            if (variable.getValueFrom() == null) {
                environment.put(variable.getName(), variable.getValue());
            } else {
                String path = variable.getValueFrom().getFieldRef().getFieldPath();
                assertThat(fields).containsKey(path);
                environment.put(variable.getName(), fields.getOrDefault(path, ""));
            }
        }
        environment.replace("PROBES_PORT", "0");
        return environment;
    }
}
