package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.MigProfile;
import io.migpool.deviceplugin.gpu.GpuFeatures;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileDiscoveryTest {

    private static MigCalls.ProfileInfo info(String name, int slices, long memoryMiB) {
        return new MigCalls.ProfileInfo(
                new ProfileId(9), name, slices, 1, 14, memoryMiB, new GpuFeatures.Engines(1, 0, 0, 0, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "2, MIG 3g.40gb, 3g.40gb",
        "7, MIG 1g.10gb+me, 1g.10gb+me",
        "13, MIG 1g.24gb-me, 1g.24gb-me",
        "15, 1g.24gb+me.all, 1g.24gb+me.all",
        "31, MIG 5g.60gb+new, 5g.60gb+new"
    })
    void theDriversNameIsTaken(int number, String told, String name) {
        assertThat(ProfileDiscovery.name(new ProfileEnum(number), info(told, 1, 9_728), 81_920))
                .contains(MigProfile.parse(name));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, 4864, 40960, 1g.5gb",
        "7, 1, 4864, 40960, 1g.5gb+me",
        "8, 2, 11968, 24576, 2g.12gb+me",
        "9, 1, 19968, 81920, 1g.20gb",
        "2, 3, 71168, 143771, 3g.71gb",
        "4, 7, 182784, 183359, 7g.180gb",
        "10, 1, 24192, 97887, 1g.24gb+gfx",
        "12, 4, 97408, 97887, 4g.96gb+gfx",
        "14, 2, 48512, 97887, 2g.48gb-me",
        "16, 2, 48512, 97887, 2g.48gb+me.all",
        "17, 3, 48512, 97887, 3g.48gb+gfx"
    })
    void withoutANameItIsComputed(int number, int slices, long memoryMiB, long boardMiB, String name) {
        assertThat(ProfileDiscovery.name(new ProfileEnum(number), info("", slices, memoryMiB), boardMiB))
                .contains(MigProfile.parse(name));
        assertThat(ProfileDiscovery.name(new ProfileEnum(number), info("MIG whatever", slices, memoryMiB), boardMiB))
                .contains(MigProfile.parse(name));
    }

    @Test
    void aProfileThatNobodyCanNameHasNoName() {
        assertThat(ProfileDiscovery.name(new ProfileEnum(0x12), info("", 1, 9_728), 81_920))
                .isEmpty();
        assertThat(ProfileDiscovery.name(new ProfileEnum(0), info("", 1, 9_728), 0))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"14, 98, 15", "98, 98, 100", "16, 132, 13", "26, 132, 20", "60, 132, 46", "0, 0, 0"})
    void coresAreASharesOfTheLargestProfileRoundedUp(int multiprocessors, int all, int percent) {
        assertThat(ProfileDiscovery.corePercent(multiprocessors, all)).isEqualTo(percent);
    }

    @Test
    void profilesOfNewerHeadersAreAskedForToo() {
        assertThat(ProfileEnum.all())
                .startsWith(new ProfileEnum(0))
                .hasSize(0x20)
                .extracting(ProfileEnum::isKnown)
                .containsExactlyElementsOf(
                        IntStream.range(0, 0x20).mapToObj(n -> n < 0x12).toList());
    }
}
