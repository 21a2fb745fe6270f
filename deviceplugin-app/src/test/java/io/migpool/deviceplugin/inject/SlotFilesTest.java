package io.migpool.deviceplugin.inject;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotFilesTest {

    private static final String SLOT = "mp-000";

    @TempDir
    Path directory;

    private SlotFiles files;

    @BeforeEach
    void open() {
        files = new SlotFiles(new CdiDirectory(directory));
    }

    @Test
    void aTenantWritesAsOftenAsItStarts() throws Exception {
        files.begin(SLOT);
        long tenancy = files.tenancy(SLOT);

        assertThat(files.write(SLOT, tenancy, seeing("MIG-a"))).isTrue();
        assertThat(files.write(SLOT, tenancy, seeing("MIG-b"))).isTrue();

        assertThat(file()).content().contains("MIG-b").doesNotContain("MIG-a");
    }

    @Test
    void whatALastTenantWritesIsRefusedAndWhatItWroteIsGone() throws Exception {
        files.begin(SLOT);
        long last = files.tenancy(SLOT);
        assertThat(files.write(SLOT, last, seeing("MIG-a"))).isTrue();

        files.begin(SLOT);

        assertThat(file()).doesNotExist();
        assertThat(files.write(SLOT, last, seeing("MIG-a"))).isFalse();
        assertThat(file()).doesNotExist();
        assertThat(files.write(SLOT, files.tenancy(SLOT), seeing("MIG-b"))).isTrue();
        assertThat(file()).content().contains("MIG-b");
    }

    @Test
    void afterARestartOfTheAgentTheTenantStartsAgain() throws Exception {
        assertThat(files.write(SLOT, files.tenancy(SLOT), seeing("MIG-a"))).isTrue();
    }

    private Path file() {
        return directory.resolve("migpool.io-gpu-" + SLOT + ".json");
    }

    private static ContainerEdits seeing(String device) {
        return ContainerEdits.NONE.seeing(List.of(device), InjectSettings.DeviceList.ENVIRONMENT);
    }
}
