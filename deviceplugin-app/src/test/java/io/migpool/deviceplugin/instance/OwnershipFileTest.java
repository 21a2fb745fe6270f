package io.migpool.deviceplugin.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.wire.MigRuntime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is remembered is remembered exactly, or not at all. */
class OwnershipFileTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.123456789Z");

    @TempDir
    Path directory;

    @Test
    void everyKindOfInstanceAndClaimComesBackAsItWas() throws Exception {
        Ownership ownership = sample();
        OwnershipFile file = new OwnershipFile(directory);

        file.save(ownership);

        assertThat(file.load()).contains(ownership);
    }

    @Test
    void aMissingFileIsNothing() throws Exception {
        assertThat(new OwnershipFile(directory.resolve("nowhere")).load()).isEmpty();
    }

    @Test
    void aCrashBetweenTheRemovalOfTheOldFileAndTheNewOnesPlaceLosesNothing() throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(sample());
        Files.move(directory.resolve("ownership.json"), directory.resolve("ownership.json.tmp"));

        assertThat(file.load()).contains(sample());
        assertThat(directory.resolve("ownership.json.tmp"))
                .as("the only copy is not what the next save overwrites")
                .doesNotExist();
        assertThat(file.load()).contains(sample());
    }

    @Test
    void aDraftDoesNotCountBesideAWholeFile() throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(sample());
        Files.copy(directory.resolve("ownership.json"), directory.resolve("ownership.json.tmp"));
        Ownership none = Ownership.none("boot-2");
        new OwnershipFile(directory.resolve("other")).save(none);
        Files.move(
                directory.resolve("other").resolve("ownership.json"),
                directory.resolve("ownership.json"),
                StandardCopyOption.REPLACE_EXISTING);

        assertThat(file.load()).contains(none);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 17, 200, 500})
    void aFirstDraftThatIsTornIsNothing(int length) throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(sample());
        Path path = directory.resolve("ownership.json");
        String whole = Files.readString(path);
        Files.delete(path);
        Files.writeString(directory.resolve("ownership.json.tmp"), whole.substring(0, length));

        assertThat(file.load()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 17, 200, 500})
    void aTornFileIsSetAsideWhereverItWasTorn(int length) throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(sample());
        Path path = directory.resolve("ownership.json");
        String whole = Files.readString(path);
        assertThat(whole.length()).isGreaterThan(length);
        Files.writeString(path, whole.substring(0, length));

        assertThat(file.load()).isEmpty();
        assertThat(directory.resolve("ownership.json.corrupt")).exists();
        assertThat(path).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"uid-a", "1g.10gb", "MIG-1", "ACTIVE"})
    void anEditIsNoticed(String word) throws Exception {
        OwnershipFile file = new OwnershipFile(directory);
        file.save(sample());
        Path path = directory.resolve("ownership.json");
        String whole = Files.readString(path);
        assertThat(whole).contains(word);
        Files.writeString(path, whole.replace(word, word + "0"));

        assertThat(file.load()).isEmpty();
    }

    @Test
    void aFileThatIsNoTextIsSetAside() throws Exception {
        Files.write(directory.resolve("ownership.json"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});

        assertThat(new OwnershipFile(directory).load()).isEmpty();
    }

    @Test
    void aFileThatKnowsNoGracePeriodsIsRead() throws Exception {
        write(OwnershipCodec.encode(sample()), ",\"graceSeconds\":\\d+");

        assertThat(new OwnershipFile(directory).load().orElseThrow().claims())
                .extracting(PodClaim::grace)
                .containsExactly(PodClaim.USUAL_GRACE, PodClaim.USUAL_GRACE);
    }

    @Test
    void aFileThatKnowsNoPodsThatAreLeavingIsRead() throws Exception {
        write(OwnershipCodec.encode(sample()), ",\"leaving\":\\[.*\\]");

        Ownership read = new OwnershipFile(directory).load().orElseThrow();

        assertThat(read.claims()).isEqualTo(sample().claims());
        assertThat(read.leaving()).isEmpty();
    }

    @Test
    void aFileThatKnowsNoPrioritiesIsRead() throws Exception {
        write(OwnershipCodec.encode(sample()), ",\"priority\":\\d+");

        assertThat(new OwnershipFile(directory).load().orElseThrow().claims())
                .flatExtracting(PodClaim::containers)
                .extracting(ContainerClaim::priority)
                .containsExactly(ContainerClaim.USUAL_PRIORITY, ContainerClaim.USUAL_PRIORITY);
    }

    /** Writes the file as an earlier release would have, which did not know what the pattern matches. */
    private void write(String text, String unknown) throws Exception {
        String body = text.substring(text.indexOf("\"body\":") + "\"body\":".length(), text.length() - 1);
        String older = body.replaceAll(unknown, "");
        assertThat(older).isNotEqualTo(body);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(older.getBytes(StandardCharsets.UTF_8));
        Files.writeString(
                directory.resolve("ownership.json"),
                "{\"version\":1,\"sha256\":\"%s\",\"body\":%s}"
                        .formatted(HexFormat.of().formatHex(digest), older));
    }

    private static Ownership sample() {
        Slice one = new Slice("GPU-1", MigProfile.parse("1g.10gb"), new Placement(0, 1));
        Slice two = new Slice("GPU-1", MigProfile.parse("1g.10gb+me"), new Placement(1, 1));
        Slice three = new Slice("GPU-2", MigProfile.parse("3g.40gb"), new Placement(4, 4));
        return new Ownership(
                "boot-1",
                List.of(
                        new MigInstance(
                                one,
                                InstanceState.ACTIVE,
                                new DriverState.Whole(new MigRuntime("MIG-1", 9, 0)),
                                "uid-a",
                                NOW),
                        new MigInstance(two, InstanceState.CREATING, new DriverState.Nothing(), "uid-b", NOW),
                        new MigInstance(
                                three, InstanceState.DESTROYING, new DriverState.GpuInstanceOnly(2), null, NOW)),
                List.of(
                        new PodClaim(
                                "uid-a",
                                "default",
                                "a",
                                List.of(new ContainerClaim(
                                        "main", 1, false, true, List.of(new ClaimedDevice.Mig(one))))),
                        new PodClaim(
                                "uid-c",
                                "other",
                                "c",
                                Duration.ofMinutes(10),
                                List.of(new ContainerClaim(
                                        "init",
                                        0,
                                        true,
                                        false,
                                        0,
                                        List.of(new ClaimedDevice.Shared("GPU-3", 3000, 30)))))),
                List.of(new LeavingClaim(
                        new PodClaim(
                                "uid-d",
                                "other",
                                "d",
                                List.of(new ContainerClaim(
                                        "main", 0, false, true, List.of(new ClaimedDevice.Shared("GPU-3", 1000, 10))))),
                        NOW)));
    }
}
