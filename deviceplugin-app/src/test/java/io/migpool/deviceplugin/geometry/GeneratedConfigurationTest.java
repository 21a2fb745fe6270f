package io.migpool.deviceplugin.geometry;

import static io.migpool.deviceplugin.geometry.Boards.counts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.geometry.spec.MigSpecWriter;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratedConfigurationTest {

    @ParameterizedTest
    @CsvSource({
        "NVIDIA A100-SXM4-80GB, all-balanced, 1g.10gb:2 2g.20gb:1 3g.40gb:1",
        "NVIDIA A100-SXM4-80GB, all-1g.10gb, 1g.10gb:7",
        "NVIDIA A100-SXM4-80GB, all-1g.10gb.me, 1g.10gb+me:1",
        "NVIDIA A100-SXM4-80GB, all-1g.20gb, 1g.20gb:4",
        "NVIDIA A100-SXM4-80GB, all-2g.20gb, 2g.20gb:3",
        "NVIDIA A100-SXM4-80GB, all-3g.40gb, 3g.40gb:2",
        "NVIDIA A100-SXM4-80GB, all-4g.40gb, 4g.40gb:1",
        "NVIDIA A100-SXM4-80GB, all-7g.80gb, 7g.80gb:1",
        "NVIDIA A100-SXM4-80GB, all-enabled, ''",
        "NVIDIA A30, all-balanced, 1g.6gb:2 2g.12gb:1",
        "NVIDIA A30, all-1g.6gb, 1g.6gb:4",
        "NVIDIA A30, all-1g.6gb.me, 1g.6gb+me:1",
        "NVIDIA A30, all-2g.12gb, 2g.12gb:2",
        "NVIDIA A30, all-2g.12gb.me, 2g.12gb+me:1",
        "NVIDIA A30, all-4g.24gb, 4g.24gb:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-balanced, 1g.24gb:2 2g.48gb:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-1g.24gb, 1g.24gb:4",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-1g.24gb.me, 1g.24gb+me:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-1g.24gb.gfx, 1g.24gb+gfx:4",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-1g.24gb.me.all, 1g.24gb+me.all:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-1g.24gb-me, 1g.24gb-me:4",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-2g.48gb, 2g.48gb:2",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-2g.48gb.gfx, 2g.48gb+gfx:2",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-2g.48gb.me.all, 2g.48gb+me.all:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-2g.48gb-me, 2g.48gb-me:2",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-4g.96gb, 4g.96gb:1",
        "NVIDIA RTX PRO 6000 Blackwell Server Edition, all-4g.96gb.gfx, 4g.96gb+gfx:1",
    })
    void aBoardAloneNeedsNoFilter(String board, String label, String devices) throws GpuException, MigSpecException {
        MigSpec spec = GeneratedConfiguration.of(Boards.of(board + ":2"));

        assertThat(spec.config(label)).containsExactly(MigSpecEntry.everywhere(counts(devices)));
        assertThat(spec.config("all-disabled")).containsExactly(MigSpecEntry.disabled());
        assertThat(MigSpecReader.read("config.yaml", MigSpecWriter.yaml(spec))).isEqualTo(spec);
    }

    @Test
    void boardsThatHoldTheSameShareAnEntryWithBothFilters() throws GpuException, MigSpecException {
        MigSpec spec = GeneratedConfiguration.of(Boards.of(Boards.H100 + "," + Boards.A100));

        assertThat(spec.config("all-1g.10gb"))
                .containsExactly(
                        MigSpecEntry.everywhere(counts("1g.10gb:7")).on(Boards.filters("0x20B210DE", "0x233010DE")));
        assertThat(spec.configs()).hasSize(10).allSatisfy((label, entries) -> assertThat(entries)
                .as(label)
                .hasSize(label.equals("all-balanced") ? 2 : 1)
                .allSatisfy(entry -> assertThat(entry.filters())
                        .hasSize(
                                switch (label) {
                                    case "all-disabled", "all-enabled" -> 0;
                                    case "all-balanced" -> 1;
                                    default -> 2;
                                })));
        assertThat(spec.config("all-balanced"))
                .extracting(MigSpecEntry::filters)
                .containsExactly(Boards.filters("0x20B210DE"), Boards.filters("0x233010DE"));
    }

    /** mig-parted refuses the whole file for a filter that is a number. */
    @Test
    void filtersAreTextsForEveryReaderOfYaml() throws Exception {
        MigSpec spec = GeneratedConfiguration.of(Boards.of(Boards.H100 + "," + Boards.A100));

        JsonNode written = YAMLMapper.builder().build().readTree(MigSpecWriter.yaml(spec));

        JsonNode one = written.at("/mig-configs/all-balanced/0/device-filter");
        JsonNode several = written.at("/mig-configs/all-1g.10gb/0/device-filter");
        assertThat(one.isTextual()).as(one.toString()).isTrue();
        assertThat(several).hasSize(2).allMatch(JsonNode::isTextual);
    }

    @Test
    void boardsWithDifferentProfilesHaveEntriesOfTheirOwn() throws GpuException, MigSpecException {
        MigSpec spec = GeneratedConfiguration.of(Boards.of(Boards.A100 + "," + Boards.A30));

        assertThat(spec.config("all-1g.10gb"))
                .containsExactly(MigSpecEntry.everywhere(counts("1g.10gb:7")).on(Boards.filters("0x20B210DE")));
        assertThat(spec.config("all-1g.6gb"))
                .containsExactly(MigSpecEntry.everywhere(counts("1g.6gb:4")).on(Boards.filters("0x20B710DE")));
    }

    @Test
    void aProfileOfSeveralCountsHasAnEntryForEachFewestFirst() throws MigSpecException {
        MigSpec spec = GeneratedConfiguration.of(
                List.of(Boards.invented(0x1000_10DE, "1g.10gb:7"), Boards.invented(0x2000_10DE, "1g.10gb:4")));

        assertThat(spec.config("all-1g.10gb"))
                .containsExactly(
                        MigSpecEntry.everywhere(counts("1g.10gb:4")).on(Boards.filters("0x200010DE")),
                        MigSpecEntry.everywhere(counts("1g.10gb:7")).on(Boards.filters("0x100010DE")));
        assertThat(spec.configs()).doesNotContainKey("all-balanced");
    }

    @ParameterizedTest
    @CsvSource({
        "1g.10gb+me:1 2g.20gb+me:1 7g.80gb+me:1",
        "1g.10gb:7 3g.40gb:2 7g.80gb:1",
        "1g.16gb:2 2g.32gb:1",
    })
    void aBoardThatCannotBeBalancedHasNoBalancedConfiguration(String profiles) throws MigSpecException {
        GpuDescription board = Boards.invented(0x1000_10DE, profiles.split(" ", -1));

        assertThat(GeneratedConfiguration.of(List.of(board)).configs()).doesNotContainKey("all-balanced");
    }

    @Test
    void boardsWithoutMigAreNoMatter() throws GpuException, MigSpecException {
        MigSpec spec = GeneratedConfiguration.of(Boards.of("NVIDIA L40S," + Boards.A100));

        assertThat(spec.config("all-7g.80gb")).containsExactly(MigSpecEntry.everywhere(counts("7g.80gb:1")));
    }

    @Test
    void aMachineWithoutMigHasNothingToConfigure() {
        assertThatThrownBy(() -> GeneratedConfiguration.of(Boards.of("NVIDIA L40S")))
                .isInstanceOf(MigSpecException.class)
                .hasMessageContaining("no GPU of this machine supports MIG");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NVIDIA A30",
                "NVIDIA A100-SXM4-40GB",
                "NVIDIA A100-SXM4-80GB",
                "NVIDIA H100 80GB HBM3",
                "NVIDIA H100 PCIe",
                "NVIDIA H100 NVL",
                "NVIDIA H200",
                "NVIDIA RTX PRO 6000 Blackwell Server Edition"
            })
    void whatAnOldDriverDoesNotTellIsKnown(String model) throws GpuException, MigSpecException {
        GpuDescription board = Boards.of(model).getFirst();

        assertThat(GeneratedConfiguration.of(List.of(Boards.untold(board))))
                .isEqualTo(GeneratedConfiguration.of(List.of(board)));
        assertThat(GeneratedConfiguration.isTold(List.of(Boards.untold(board)))).isFalse();
    }

    @Test
    void aBoardOfWhichNothingIsKnownCanBeSwitchedOnAndOff() throws MigSpecException {
        assertThat(GeneratedConfiguration.of(List.of(Boards.invented(0x1000_10DE)))
                        .configs())
                .containsOnlyKeys("all-disabled", "all-enabled");
    }
}
