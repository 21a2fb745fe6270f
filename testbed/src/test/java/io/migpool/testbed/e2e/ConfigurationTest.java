package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.testbed.cluster.EmbeddedCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Edits of the two ConfigMaps while everything runs. */
@ExtendWith(SharedCluster.class)
class ConfigurationTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    @AfterEach
    void restore(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG);
        editNodes(workload, SharedCluster.NODE_CONFIG);
    }

    @Test
    void anAllowListHoldsFromTheNextPodOn(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG + """
                  migProfileAllowlist:
                    - models: ["A100-SXM4-80GB", "H100-SXM5-80GB"]
                      profiles: ["3g.40gb"]
                """);

        await("the allow-list to hold").atMost(SOON).untilAsserted(() -> {
            String name = "pod-" + System.nanoTime();
            workload.run(GpuPod.named(name).mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
            String profile = workload.instancesOf(name).getFirst().profile().toString();
            workload.delete(name);
            assertThat(profile).isEqualTo("3g.40gb");
        });
    }

    @Test
    void knownGeometriesInTheFormOfTheDocumentsHold(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG + """
                  knownMigGeometries:
                    - models: ["A100-SXM4-80GB", "H100-SXM5-80GB"]
                      allowedGeometries:
                        -
                          - name: 3g.40gb
                            memory: 40960
                            count: 2
                        -
                          - name: 7g.79gb
                            memory: 80896
                            count: 1
                """);

        await("the geometries to hold").atMost(SOON).untilAsserted(() -> {
            String name = "pod-" + System.nanoTime();
            workload.run(GpuPod.named(name).mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
            String profile = workload.instancesOf(name).getFirst().profile().toString();
            workload.delete(name);
            assertThat(profile).isEqualTo("3g.40gb");
        });
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
                    nvidia: [                                                                                | device-config.yaml | malformed YAML
                    nvidia: {defaultGPUNum: -1}                                                              | defaultGPUNum      | a negative number
                    nvidia: {migProfileAllowlist: [{models: [A30], profiles: [7x.1]}]}                       | 7x.1               | no profile name
                    nvidia: {knownMigGeometries: [{models: [A30], allowedGeometries: [[{name: 1g.6gb, count: 4}]]}, {models: [A30], allowedGeometries: [[{name: 2g.12gb, count: 2}]]}]} | A30 | overlapping geometries
                    """)
    void anInvalidDeviceConfigurationChangesNothingAndSaysSo(
            String document, String named, String what, Workload workload) {
        editDevices(workload, document);

        await("an Event that names " + named).atMost(SOON).untilAsserted(() -> assertThat(
                        eventNotesOn(workload, EmbeddedCluster.DEVICE_CONFIG_MAP))
                .anySatisfy(note -> assertThat(note).contains(named)));
        workload.run(GpuPod.named("still-served").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
    }

    @Test
    void anInvalidNodeConfigurationChangesNothingAndSaysSo(Workload workload) {
        editNodes(workload, "{\"nodeconfig\": [{\"name\": \"mig-node-a\", \"operatingmode\": \"turbo\"}]}");

        await("an Event that names the mode").atMost(SOON).untilAsserted(() -> assertThat(
                        eventNotesOn(workload, EmbeddedCluster.NODE_CONFIG_MAP))
                .anySatisfy(note -> assertThat(note).contains("operatingmode").contains("turbo")));
        workload.run(GpuPod.named("still-served").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));
    }

    private static List<String> eventNotesOn(Workload workload, String configMap) {
        return workload
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .list()
                .getItems()
                .stream()
                .filter(event -> configMap.equals(event.getRegarding().getName()))
                .map(event -> event.getNote())
                .toList();
    }

    private static void editDevices(Workload workload, String document) {
        workload.cluster()
                .editConfigMap(EmbeddedCluster.DEVICE_CONFIG_MAP, EmbeddedCluster.DEVICE_CONFIG_KEY, document);
    }

    private static void editNodes(Workload workload, String document) {
        workload.cluster().editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, document);
    }
}
