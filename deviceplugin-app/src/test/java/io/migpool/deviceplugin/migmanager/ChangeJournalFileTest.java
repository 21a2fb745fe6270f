package io.migpool.deviceplugin.migmanager;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The record of an unfinished change, in a file that agents of other versions read and write, too. */
class ChangeJournalFileTest {

    private static final UnfinishedChange EVERYTHING = new UnfinishedChange(
            "all-7g.80gb",
            new UnfinishedChange.SteppedAside(true, List.of("nvidia-dcgm.service", "nvsm.service"), true),
            new UnfinishedChange.Reboot("boot-2", "boot-1"),
            "{}",
            new UnfinishedChange.Specification(true, false));

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("mig-manager.json");
    }

    private UnfinishedChange read(String text) throws IOException {
        Files.writeString(file(), text);
        return new ChangeJournalFile(directory).load();
    }

    @Test
    void everyEntryHasANameThatTellsWhatItIs() throws Exception {
        new ChangeJournalFile(directory).save(EVERYTHING);

        assertThat(file()).hasContent("""
                {"value":"all-7g.80gb","clientsPaused":true,\
                "stoppedServices":["nvidia-dcgm.service","nvsm.service"],"cordoned":true,"rebootedFrom":"boot-2",\
                "layoutBefore":"{}","askedInVain":"boot-1","specificationDue":true,"clientsHaveFormer":false}""");
        assertThat(new ChangeJournalFile(directory).load()).isEqualTo(EVERYTHING);
    }

    @Test
    void aRecordThatLacksTheLatestEntriesHasNothingOfThem() throws Exception {
        UnfinishedChange read = read("""
                {"value":"all-7g.80gb","clientsPaused":true,"stoppedServices":["nvsm.service"],"cordoned":true,
                 "rebootedFrom":"boot-2"}
                """);

        assertThat(read)
                .isEqualTo(new UnfinishedChange(
                        "all-7g.80gb",
                        new UnfinishedChange.SteppedAside(true, List.of("nvsm.service"), true),
                        new UnfinishedChange.Reboot("boot-2", ""),
                        "",
                        new UnfinishedChange.Specification(false, false)));
    }

    @Test
    void aRecordFromBeforeItHadTheClientsSaysWhatTheyHave() throws Exception {
        UnfinishedChange read = read("""
                {"value":"all-7g.80gb","clientsPaused":false,"stoppedServices":[],"cordoned":false,
                 "rebootedFrom":"","specificationDue":true}
                """);

        assertThat(read.withSpecificationDue(false).isForClientsToStartAgain()).isTrue();
    }

    @Test
    void aRecordOfANewerAgentIsUndoneAsFarAsItIsUnderstood() throws Exception {
        UnfinishedChange read = read("""
                {"value":"all-7g.80gb","stoppedServices":["nvsm.service"],"cordoned":true,"notKnownYet":{"a":[1]}}
                """);

        assertThat(read.aside()).isEqualTo(new UnfinishedChange.SteppedAside(false, List.of("nvsm.service"), true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"stoppedServices\": null}"})
    void whatIsNoRecordLeavesNothingToUndo(String text) throws Exception {
        assertThat(read(text)).isEqualTo(UnfinishedChange.NOTHING);
    }

    @Test
    void withoutAFileThereIsNothingToUndo() {
        assertThat(new ChangeJournalFile(directory).load()).isEqualTo(UnfinishedChange.NOTHING);
    }
}
