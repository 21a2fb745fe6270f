package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.migpool.testbed.cluster.EmbeddedCluster;
import io.migpool.testbed.docs.Markdown;
import io.migpool.testbed.docs.Repository;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Edits of the two ConfigMaps while everything runs. */
@ExtendWith(SharedCluster.class)
class ConfigurationTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration AIM = Duration.ofSeconds(1);

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
                    nvidia: [                                                                                | while parsing a flow | malformed YAML
                    nvidia: {defaultGPUNum: -1}                                                              | defaultGPUNum      | a negative number
                    nvidia: {migProfileAllowlist: [{models: [A30], profiles: [7x.1]}]}                       | 7x.1               | no profile name
                    nvidia: {knownMigGeometries: [{models: [A30], allowedGeometries: []}]}                   | lists no allowedGeometries | no geometry
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

    @Test
    void otherNamesOfResourcesWaitForARestartAndTheOldOnesServeOn(Workload workload) {
        editDevices(
                workload,
                SharedCluster.DEVICE_CONFIG.replace("nvidia.com/gpu\n", "nvidia.com/gpualloc\n")
                        + "  defaultCores: 13\n");
        awaitEverywhere(
                workload,
                "/config",
                "\"value\":\"13\"",
                "\"device-config.nvidia.resourceCountName\",\"value\":\"nvidia.com/gpu\"",
                "resourceCountName stays nvidia.com/gpu, not nvidia.com/gpualloc");
        await("an Event about the names")
                .untilAsserted(() -> assertThat(eventNotesOn(workload, EmbeddedCluster.DEVICE_CONFIG_MAP))
                        .anySatisfy(note -> assertThat(note).contains("stays nvidia.com/gpu", "managedResources")));

        workload.run(GpuPod.named("still-served").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));

        assertThat(workload.devicesSeenBy("still-served", "main")).hasSize(1);
    }

    @Test
    void everyApplicationTellsWhatIsInForceAndWhetherThatIsTheLatestEdit(Workload workload) {
        editDevices(workload, SharedCluster.DEVICE_CONFIG + "  defaultCores: 12\n");
        awaitEverywhere(workload, "/config", "\"value\":\"12\",\"source\":\"device-config.yaml line");
        awaitEverywhere(workload, "/metrics", "migpool_config_valid{document=\"device-config\"", "} 1.0");

        editDevices(workload, SharedCluster.DEVICE_CONFIG + "  defaultCores: 1200\n");
        awaitEverywhere(workload, "/config", "\"INVALID\"", "\"value\":\"12\",\"source\":\"device-config.yaml line");
        awaitEverywhere(workload, "/metrics", "} 0.0");
        awaitEverywhere(workload, "/health/ready", "\"UP\"");
    }

    /**
     * Measures the shortest of several edits, each written when the previous one is in force, because machines are busy
     * at times.
     */
    @Test
    void anEditOfEitherConfigMapIsInForceEverywhereWithinASecond(Workload workload) {
        assertFollowed(cores -> {
            editDevices(workload, SharedCluster.DEVICE_CONFIG + "  defaultCores: %d\n".formatted(cores));
            awaitEverywhere(
                    workload, "/config", "\"value\":\"%d\",\"source\":\"device-config.yaml line".formatted(cores));
        });
        assertFollowed(number -> {
            editNodes(
                    workload,
                    SharedCluster.NODE_CONFIG.replace(
                            "\"nodeconfig\": [", "\"nodeconfig\": [{\"name\": \"nobody-%d\"},".formatted(number)));
            awaitEverywhere(
                    workload, "/config", "\"value\":\"nobody-%d\",\"source\":\"config.json line".formatted(number));
        });
    }

    private static void assertFollowed(IntConsumer edit) {
        List<Duration> took = new ArrayList<>();
        for (int number = 41; number < 52 && took.stream().noneMatch(one -> one.compareTo(AIM) < 0); number++) {
            long start = System.nanoTime();
            edit.accept(number);
            took.add(Duration.ofNanos(System.nanoTime() - start));
        }
        assertThat(took).as("from edit to effect").anyMatch(one -> one.compareTo(AIM) < 0);
    }

    private static void awaitEverywhere(Workload workload, String path, String... parts) {
        EmbeddedCluster cluster = workload.cluster();
        List<Integer> ports = List.of(
                cluster.extender().port("admin"),
                cluster.admission().port("admin"),
                cluster.node(SharedCluster.MIG_NODE).agent().port());
        await(path + " to tell of " + List.of(parts)).atMost(SOON).untilAsserted(() -> {
            for (int port : ports) {
                assertThat(get(port, path)).contains(parts);
            }
        });
    }

    /** Returns an application's answer; of the metrics only the relevant one. */
    private static String get(int port, String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(SOON)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> !path.equals("/metrics")
                            || line.startsWith("migpool_config_valid{document=\"device-config\""))
                    .collect(Collectors.joining("\n"));
        }
    }

    private static List<String> eventNotesOn(Workload workload, String configMap) {
        return eventsOn(workload, configMap).map(Event::getNote).toList();
    }

    private static void forgetEvents(Workload workload, String configMap) {
        eventsOn(workload, configMap)
                .forEach(event -> workload.client().resource(event).delete());
    }

    /** Returns the Events that {@code kubectl describe} shows, which selects them by UID. */
    private static Stream<Event> eventsOn(Workload workload, String configMap) {
        String uid = workload.client()
                .configMaps()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .withName(configMap)
                .require()
                .getMetadata()
                .getUid();
        return workload
                .client()
                .events()
                .v1()
                .events()
                .inNamespace(EmbeddedCluster.SYSTEM_NAMESPACE)
                .list()
                .getItems()
                .stream()
                .filter(event -> uid.equals(event.getRegarding().getUid()));
    }

    @ParameterizedTest
    @CsvSource({"Extender, extender", "Admission, admission", "Node agent, agent"})
    void everyApplicationTellsEveryKeyOfTheReference(String section, String application, Workload workload)
            throws Exception {
        EmbeddedCluster cluster = workload.cluster();
        int port =
                switch (application) {
                    case "extender" -> cluster.extender().port("admin");
                    case "admission" -> cluster.admission().port("admin");
                    default -> cluster.node(SharedCluster.MIG_NODE).agent().port();
                };
        String reference = Repository.text(Repository.ROOT.resolve("docs/configuration.md"));
        List<String> keys = Stream.of("Every application", section)
                .flatMap(heading -> Markdown.codeInFirstCells(Markdown.section(reference, heading)).stream())
                // Settings of the simulation do not apply to an agent with real GPUs.
                .filter(key -> !key.startsWith("migpool.simulated."))
                .map(key -> "\"key\":\"" + key + "\"")
                .toList();

        List<String> ofEverySocket = Markdown.codeInFirstCells(Markdown.section(reference, "Connections")).stream()
                .map(key -> "." + key + "\"")
                .toList();
        String told = get(port, "/config");

        assertThat(keys).hasSizeGreaterThan(15);
        assertThat(ofEverySocket).hasSizeGreaterThan(3);
        assertThat(told).contains(keys);
        assertThat(told).contains(ofEverySocket);
    }

    /** Edits the settings of devices, after removing Events about earlier edits. */
    private static void editDevices(Workload workload, String document) {
        forgetEvents(workload, EmbeddedCluster.DEVICE_CONFIG_MAP);
        workload.cluster()
                .editConfigMap(EmbeddedCluster.DEVICE_CONFIG_MAP, EmbeddedCluster.DEVICE_CONFIG_KEY, document);
    }

    private static void editNodes(Workload workload, String document) {
        forgetEvents(workload, EmbeddedCluster.NODE_CONFIG_MAP);
        workload.cluster().editConfigMap(EmbeddedCluster.NODE_CONFIG_MAP, EmbeddedCluster.NODE_CONFIG_KEY, document);
    }
}
