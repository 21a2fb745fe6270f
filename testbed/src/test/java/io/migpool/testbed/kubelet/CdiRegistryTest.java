package io.migpool.testbed.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.kubelet.CdiRegistry.Resolution.Resolved;
import io.migpool.testbed.kubelet.CdiRegistry.Resolution.Unresolvable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CdiRegistryTest {

    private static final String SLOT = "migpool.io/slot=";

    @TempDir
    private Path host;

    @TempDir
    private Path directory;

    private CdiRegistry registry;

    @BeforeEach
    void open() {
        registry = new CdiRegistry(List.of(host, directory));
    }

    @Test
    void editsOfSeveralDevicesAreConcatenatedInTheOrderOfTheNames() throws IOException {
        write("a.json", device("mp-1", "X=1", "A=1"));
        write("b.json", device("mp-2", "X=2"));

        assertThat(registry.resolve(List.of(SLOT + "mp-2", SLOT + "mp-1")))
                .isEqualTo(new Resolved(new CdiEdits(List.of("X=2", "X=1", "A=1"), List.of(), List.of(), List.of())));
    }

    @Test
    void mountsDeviceNodesAndHooksAreKept() throws IOException {
        write("a.json", """
                {"cdiVersion":"0.6.0","kind":"migpool.io/slot","devices":[{"name":"mp-1","containerEdits":{
                  "mounts":[{"hostPath":"/h","containerPath":"/c","options":["ro","rbind"]}],
                  "deviceNodes":[{"path":"/dev/nvidia0"}],
                  "hooks":[{"hookName":"createContainer","path":"/hook","args":["hook","update-ldcache"]}]}}]}
                """);

        assertThat(registry.resolve(List.of(SLOT + "mp-1")))
                .isEqualTo(new Resolved(new CdiEdits(
                        List.of(),
                        List.of(new ContainerMount("/h", "/c", List.of("ro", "rbind"))),
                        List.of(new DeviceNode("/dev/nvidia0", "/dev/nvidia0", "rw")),
                        List.of(new ContainerHook("createContainer", "/hook", List.of("hook", "update-ldcache"))))));
    }

    @Test
    void whatFilesHaveInCommonIsThereOnceButTheirHooksRunForEach() throws IOException {
        for (var name : List.of("mp-1", "mp-2")) {
            write(name + ".json", """
                    {"cdiVersion":"0.5.0","kind":"migpool.io/slot",
                     "devices":[{"name":"%s","containerEdits":{"deviceNodes":[{"path":"/dev/nvidia0"}]}}],
                     "containerEdits":{
                       "mounts":[{"hostPath":"/of/%s","containerPath":"/c","options":["ro"]}],
                       "deviceNodes":[{"path":"/dev/nvidiactl"}],
                       "hooks":[{"hookName":"createContainer","path":"/hook","args":[]}]}}
                    """.formatted(name, name));
        }

        var hook = new ContainerHook("createContainer", "/hook", List.of());
        assertThat(registry.resolve(List.of(SLOT + "mp-1", SLOT + "mp-2")))
                .isEqualTo(new Resolved(new CdiEdits(
                        List.of(),
                        List.of(new ContainerMount("/of/mp-2", "/c", List.of("ro"))),
                        List.of(
                                new DeviceNode("/dev/nvidiactl", "/dev/nvidiactl", "rw"),
                                new DeviceNode("/dev/nvidia0", "/dev/nvidia0", "rw")),
                        List.of(hook, hook))));
    }

    @Test
    void aNameThatTwoFilesDefineMeansNoDevice() throws IOException {
        write("a.json", device("mp-1", "X=1"));
        write("b.json", device("mp-1", "X=2"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isEqualTo(new Unresolvable(List.of(SLOT + "mp-1")));
    }

    @Test
    void devicesOfBothDirectoriesAreFoundAndThatOfTheLaterOneCounts() throws IOException {
        Files.writeString(host.resolve("a.json"), device("mp-1", "X=host"));
        Files.writeString(host.resolve("b.json"), device("mp-2", "X=host"));
        write("a.json", device("mp-1", "X=run"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1", SLOT + "mp-2")))
                .isEqualTo(new Resolved(new CdiEdits(List.of("X=run", "X=host"), List.of(), List.of(), List.of())));
    }

    @Test
    void aNameThatTwoFilesOfOneDirectoryDefineMeansNoDeviceEvenIfTheLaterDirectoryHasIt() throws IOException {
        Files.writeString(host.resolve("a.json"), device("mp-1", "X=1"));
        Files.writeString(host.resolve("b.yaml"), device("mp-1", "X=2"));
        write("a.json", device("mp-1", "X=run"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isEqualTo(new Unresolvable(List.of(SLOT + "mp-1")));
    }

    @Test
    void yamlIsReadLikeJsonAndItsScalarsAreTexts() throws IOException {
        write("a.yaml", """
                ---
                cdiVersion: 0.5.0
                kind: nvidia.com/gpu
                devices:
                - name: 0
                  containerEdits:
                    deviceNodes:
                    - path: /dev/nvidia0
                containerEdits:
                  env:
                  - NVIDIA_VISIBLE_DEVICES=void
                """);
        write("b.yml", device("mp-1", "X=1"));

        assertThat(registry.resolve(List.of("nvidia.com/gpu=0")))
                .isEqualTo(new Resolved(new CdiEdits(
                        List.of("NVIDIA_VISIBLE_DEVICES=void"),
                        List.of(),
                        List.of(new DeviceNode("/dev/nvidia0", "/dev/nvidia0", "rw")),
                        List.of())));
        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isInstanceOf(Unresolvable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "yaml"})
    void aFieldThatIsThereTwiceMakesAFileWrong(String extension) throws IOException {
        write("a." + extension, device("mp-1", "X=1").replace("{\"cdi", "{\"kind\":\"migpool.io/slot\",\"cdi"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isInstanceOf(Unresolvable.class);
    }

    @Test
    void allMissingNamesAreTold() throws IOException {
        write("a.json", device("mp-1", "X=1"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1", SLOT + "mp-2", "mp-3")))
                .isEqualTo(new Unresolvable(List.of(SLOT + "mp-2", "mp-3")));
    }

    @Test
    void aFileThatIsNoSpecCountsForNothing() throws IOException {
        write("broken.json", "{\"cdiVersion\":");
        write("nameless.json", "{\"cdiVersion\":\"0.6.0\",\"devices\":[]}");
        write("wrong-env.json", device("mp-9", "NOT_A_PAIR"));
        write("ignored.json.tmp", device("mp-1", "X=3"));
        write("good.json", device("mp-1", "X=1"));

        assertThat(registry.resolve(List.of(SLOT + "mp-1")))
                .isEqualTo(new Resolved(new CdiEdits(List.of("X=1"), List.of(), List.of(), List.of())));
        assertThat(registry.resolve(List.of(SLOT + "mp-9"))).isInstanceOf(Unresolvable.class);
    }

    /** Each replaces a part of something right. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            0.5.0           | 0.5               | an unknown version
            0.5.0           | 0.4.0             | the hostPath of a device node is newer
            migpool.io      | 1migpool.io       | a vendor starts with a letter
            /slot           | /slot_            | a class ends with a letter or digit
            /slot           | /a.slot           | a dot in a class is newer
            mp-1            | -mp               | a device's name starts with a letter or digit
            mp-1            | m/p               | a device's name has no slash
            {"env"          | {"enw"            | an unknown field
            "X=1"           | "=1"              | a variable has a name
            "/dev/x"        | ""                | a device node has a path
            "rw"            | "rwx"             | permissions of a file are no permissions of a device
            "/h"            | ""                | a mount comes from somewhere
            createContainer | createcontainer   | an unknown hook
            "/hook"         | ""                | a hook is a program
            "mounts":       | "type": "x", "mounts": | an unknown field among the edits
            """)
    void aWrongSpecCountsForNothing(String right, String wrong, String why) throws IOException {
        var spec = """
                {"cdiVersion": "0.5.0", "kind": "migpool.io/slot", "devices": [{"name": "mp-1", "containerEdits": \
                {"env": ["X=1"], "deviceNodes": [{"path": "/dev/x", "hostPath": "/dev/y", "permissions": "rw"}], \
                "mounts": [{"hostPath": "/h", "containerPath": "/c"}], \
                "hooks": [{"hookName": "createContainer", "path": "/hook"}]}}]}\
                """;
        write("slot.json", spec);
        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isInstanceOf(Resolved.class);

        assertThat(spec).contains(right);
        var kindAndName = "migpool.io/slot=mp-1";
        write("slot.json", spec.replace(right, wrong));

        assertThat(registry.resolve(List.of(kindAndName.replace(right, wrong))))
                .as(why)
                .isInstanceOf(Unresolvable.class);
    }

    @Test
    void aDeviceWithoutEditsCountsForNothing() throws IOException {
        write("slot.json", """
                {"cdiVersion": "0.5.0", "kind": "migpool.io/slot", "devices": [{"name": "mp-1", "containerEdits": {"env": []}}]}
                """);

        assertThat(registry.resolve(List.of(SLOT + "mp-1"))).isInstanceOf(Unresolvable.class);
    }

    @Test
    void aDirectoryThatDoesNotExistHoldsNoDevices() throws IOException {
        var absent = new CdiRegistry(List.of(directory.resolve("absent")));

        assertThat(absent.resolve(List.of(SLOT + "mp-1"))).isInstanceOf(Unresolvable.class);
        assertThat(absent.resolve(List.of())).isInstanceOf(Resolved.class);
    }

    private void write(String file, String content) throws IOException {
        Files.writeString(directory.resolve(file), content);
    }

    private static String device(String name, String... environment) {
        return """
                {"cdiVersion":"0.6.0","kind":"migpool.io/slot","devices":[{"name":"%s","containerEdits":{"env":["%s"]}}]}
                """.formatted(name, String.join("\",\"", environment));
    }
}
