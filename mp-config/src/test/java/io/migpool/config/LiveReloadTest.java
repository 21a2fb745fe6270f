package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.migpool.config.SettingsStatus.State;
import io.migpool.config.source.ConfigMapRef;
import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.request.ResourceNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edits of mounted ConfigMaps, as kubelet delivers them. */
class LiveReloadTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private MountedConfigMap devices;
    private MountedConfigMap nodes;
    private PoolSettings settings;

    @BeforeEach
    void mount() throws IOException {
        devices = new MountedConfigMap(directory.resolve("hami-scheduler-device"), "device-config.yaml");
        nodes = new MountedConfigMap(directory.resolve("hami-device-plugin"), "config.json");
        devices.write("nvidia: {defaultCores: 10}");
        nodes.write(Documents.text("nodes-brief.json"));
        settings = PoolSettings.open(TestConfigs.discovered(TestConfigs.overrides(
                Map.of("migpool.config.directory", directory.toString(), "migpool.config.namespace", "gpu"))));
    }

    @AfterEach
    void close() {
        settings.close();
    }

    private DeviceSettings current() {
        return settings.devices().current();
    }

    private SettingsStatus status() {
        return settings.devices().status();
    }

    @Test
    void aValidEditTakesEffectAndIsTold() throws IOException {
        List<DeviceSettings> told = new CopyOnWriteArrayList<>();
        settings.devices().onChange(told::add);

        devices.write("nvidia: {defaultCores: 20}");

        await().untilAsserted(() -> assertThat(told).hasSize(1));
        assertThat(told.getFirst().defaults().cores()).isEqualTo(20);
        assertThat(current()).isEqualTo(told.getFirst());
    }

    @Test
    void everySwapIsSeenNotOnlyTheFirst() throws IOException {
        for (int cores = 1; cores <= 5; cores++) {
            int expected = cores;
            devices.write("nvidia: {defaultCores: " + cores + "}");
            await().atMost(SOON).until(() -> current().defaults().cores() == expected);
        }
    }

    /** The pause between two readings without a watch is five times as long. */
    @Test
    void anEditOfEitherConfigMapIsInForceWithinASecond() throws IOException {
        LatestEdit.assertInForceWithinASecond(
                cores -> devices.write("nvidia: {defaultCores: %d}".formatted(cores)),
                cores -> current().defaults().cores() == cores);
        LatestEdit.assertInForceWithinASecond(
                number -> nodes.write("{\"nodeconfig\": [{\"name\": \"n%d\"}]}".formatted(number)),
                number -> settings.nodes()
                        .current()
                        .forNode("n" + number, Map.of())
                        .isPresent());
    }

    @Test
    void eachDocumentIsFollowedByItself() throws IOException {
        List<Object> told = new CopyOnWriteArrayList<>();
        settings.devices().onChange(told::add);

        nodes.write("{\"nodeconfig\": [{\"name\": \"n\", \"operatingmode\": \"mig\"}]}");

        await().atMost(SOON)
                .until(() -> settings.nodes().current().forNode("n", Map.of()).isPresent());
        assertThat(settings.nodes().current().nodes()).containsExactly(NodeConfig.of("n", GpuMode.MIG));
        assertThat(told).isEmpty();
    }

    @Test
    void anInvalidEditKeepsTheLastGoodSettingsUntilItIsMended() throws IOException {
        List<SettingsStatus> told = new CopyOnWriteArrayList<>();
        List<DeviceSettings> changes = new CopyOnWriteArrayList<>();
        settings.devices().onStatus(told::add);
        settings.devices().onChange(changes::add);

        devices.write("nvidia:\n  defaultCores: 200\n");
        await().atMost(SOON).until(() -> told.size() == 1);

        assertThat(told.getFirst().state()).isEqualTo(State.INVALID);
        assertThat(settings.devices().isKnown()).isTrue();
        assertThat(told.getFirst().problems())
                .containsExactly(
                        "device-config.yaml line 2, column 3: nvidia.defaultCores '200' is out of range; expected a"
                                + " whole number from 0 to 100");
        assertThat(told.getFirst().document())
                .contains(ConfigMapRef.unseen("gpu", "hami-scheduler-device", "device-config.yaml"));
        assertThat(current().defaults().cores()).isEqualTo(10);

        devices.write("nvidia: {defaultCores: 30");
        await().atMost(SOON).until(() -> told.size() == 2);

        assertThat(told.get(1).message()).startsWith("device-config.yaml line 1, column ");
        assertThat(told.get(1).since()).isAfterOrEqualTo(told.getFirst().since());
        assertThat(current().defaults().cores()).isEqualTo(10);
        assertThat(changes).isEmpty();

        devices.write("nvidia: {defaultCores: 30}");
        await().atMost(SOON).until(() -> told.size() == 3);

        assertThat(status().state()).isEqualTo(State.VALID);
        assertThat(current().defaults().cores()).isEqualTo(30);
    }

    @Test
    void aDeletedDocumentStaysInForceAndIsReported() throws IOException {
        devices.delete();

        await().atMost(SOON).until(() -> !status().isValid());
        assertThat(status().message()).endsWith("is gone; its last content stays in force until it is created again");
        assertThat(current().defaults().cores()).isEqualTo(10);

        devices.write("nvidia: {defaultCores: 10}");
        await().atMost(SOON).until(() -> status().isValid());
    }

    @Test
    void aFileThatIsNoTextIsReported() throws IOException {
        Files.write(
                directory.resolve("hami-scheduler-device").resolve("..data").resolve("device-config.yaml"),
                new byte[] {(byte) 0xff, (byte) 0xfe});

        // An edit in place, unlike kubelet's swap, raises no event in the watched directory: the next periodic read
        // finds it.
        await().atMost(SOON).until(() -> !status().isValid());
        assertThat(status().message()).contains("cannot be read").endsWith("expected a readable UTF-8 file");
        assertThat(current().defaults().cores()).isEqualTo(10);
    }

    @Test
    void aListenerThatFailsStopsNeitherTheOthersNorTheNextEdit() throws IOException {
        List<Integer> told = new CopyOnWriteArrayList<>();
        settings.devices().onChange(changed -> {
            throw new IllegalStateException("a listener that fails on purpose");
        });
        settings.devices().onChange(changed -> {
            throw new NoClassDefFoundError("a listener that lacks a class");
        });
        settings.devices().onChange(changed -> told.add(changed.defaults().cores()));

        devices.write("nvidia: {defaultCores: 20}");
        await().atMost(SOON).until(() -> told.equals(List.of(20)));
        devices.write("nvidia: {defaultCores: 30}");
        await().atMost(SOON).until(() -> told.equals(List.of(20, 30)));
    }

    @Test
    void aListenerThatUnsubscribedIsCalledNoMore() throws IOException {
        List<DeviceSettings> first = new CopyOnWriteArrayList<>();
        List<DeviceSettings> second = new CopyOnWriteArrayList<>();
        Subscription subscription = settings.devices().onChange(first::add);
        settings.devices().onChange(second::add);

        subscription.close();
        subscription.close();
        devices.write("nvidia: {defaultCores: 20}");

        await().atMost(SOON).until(() -> second.size() == 1);
        assertThat(first).isEmpty();
    }

    @Test
    void anEditOfACommentChangesNothingAndTellsNobody() throws IOException {
        List<Object> told = new CopyOnWriteArrayList<>();
        settings.devices().onChange(told::add);
        settings.devices().onStatus(told::add);

        devices.write("# a comment\nnvidia: {defaultCores: 10}");
        nodes.write("{}");

        await().atMost(SOON).until(() -> settings.nodes().current().nodes().isEmpty());
        assertThat(told).isEmpty();
    }

    @Test
    void resourceNamesStayThoseOfTheStartAndTheWarningSaysWhatToDo() throws IOException {
        List<String> told = new CopyOnWriteArrayList<>();
        settings.devices().onChange(changed -> told.add(changed.resources().count()));

        devices.write("nvidia: {resourceCountName: nvidia.com/gpualloc, defaultCores: 20}");

        await().until(() -> !status().warnings().isEmpty());
        assertThat(status().state()).isEqualTo(State.VALID);
        assertThat(status().warnings())
                .containsExactly("device-config.yaml nvidia.resourceCountName stays nvidia.com/gpu, not"
                        + " nvidia.com/gpualloc: kubelets and the scheduler's configuration use these names too;"
                        + " change managedResources as well, and restart scheduler, webhook and agents");
        assertThat(current().resources()).isEqualTo(ResourceNames.DEFAULT);
        assertThat(current().defaults().cores()).as("the rest is in force").isEqualTo(20);
        await().untilAsserted(() -> assertThat(told).containsExactly("nvidia.com/gpu"));
        assertThat(settings.effective().settings())
                .contains(
                        new EffectiveSetting(
                                "device-config.nvidia.resourceCountName", "nvidia.com/gpu", "default, at start"),
                        new EffectiveSetting(
                                "device-config.nvidia.defaultCores", "20", "device-config.yaml line 1, column 50"));

        devices.write("nvidia: {defaultCores: 20}");

        await().until(() -> status().warnings().isEmpty());
        assertThat(settings.effective().settings())
                .contains(new EffectiveSetting("device-config.nvidia.resourceCountName", "nvidia.com/gpu", "default"));
    }

    @Test
    void resourceNamesAreThoseOfTheFirstValidDocumentNotOfTheDefaultsBeforeIt() throws IOException {
        devices.write("nvidia: {resourceCountName: nvidia.com/gpualloc, defaultCores: 200}");
        try (PoolSettings late = PoolSettings.open(TestConfigs.discovered(
                TestConfigs.overrides(Map.of("migpool.config.directory", directory.toString()))))) {
            assertThat(late.devices().current().resources()).isEqualTo(ResourceNames.DEFAULT);

            devices.write("nvidia: {resourceCountName: nvidia.com/gpualloc}");
            await().until(() -> late.devices().isKnown());
            assertThat(late.devices().status().warnings()).isEmpty();
            assertThat(late.devices().current().resources().count()).isEqualTo("nvidia.com/gpualloc");

            devices.write("nvidia: {defaultCores: 20}");
            await().until(() -> late.devices().current().defaults().cores() == 20);
            assertThat(late.devices().current().resources().count()).isEqualTo("nvidia.com/gpualloc");
        }
    }

    @Test
    void resourceNamesAreThoseOfTheFirstDocumentNotOfItsAbsence() throws IOException {
        devices.delete();
        try (PoolSettings early = PoolSettings.open(TestConfigs.discovered(
                TestConfigs.overrides(Map.of("migpool.config.directory", directory.toString()))))) {
            assertThat(early.devices().isKnown()).isTrue();
            assertThat(early.devices().current().resources()).isEqualTo(ResourceNames.DEFAULT);

            devices.write("nvidia: {resourceCountName: nvidia.com/gpualloc, defaultCores: 200}");
            await().until(() -> !early.devices().status().isValid());
            assertThat(early.devices().isKnown()).isTrue();
            assertThat(early.devices().current().resources()).isEqualTo(ResourceNames.DEFAULT);

            devices.write("nvidia: {resourceCountName: nvidia.com/gpualloc}");
            await().until(() -> early.devices().status().isValid());
            assertThat(early.devices().status().warnings()).isEmpty();
            assertThat(early.devices().current().resources().count()).isEqualTo("nvidia.com/gpualloc");

            devices.write("nvidia: {defaultCores: 20}");
            await().until(() -> early.devices().current().defaults().cores() == 20);
            assertThat(early.devices().current().resources().count()).isEqualTo("nvidia.com/gpualloc");
        }
    }

    @Test
    void afterCloseEditsAreNotFollowed() throws IOException {
        settings.close();
        settings.close();

        devices.write("nvidia: {defaultCores: 20}");

        await().during(Duration.ofMillis(200))
                .atMost(SOON)
                .until(() -> current().defaults().cores() == 10);
    }
}
