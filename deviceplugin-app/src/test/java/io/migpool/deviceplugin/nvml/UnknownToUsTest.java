package io.migpool.deviceplugin.nvml;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.mig.Placement;
import io.migpool.contracts.mig.ProfileCapability;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.gpu.GpuInstance;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What other tools make is seen, whatever it is, and while they take it away. */
@NeedsCompiler
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UnknownToUsTest {

    private FakeDriver fake;

    @BeforeAll
    void compile(@TempDir Path root) throws IOException, InterruptedException {
        fake = FakeDriver.compile(root);
    }

    @Test
    void anInstanceOfAProfileWithoutANameTakesItsPlace() throws GpuException {
        fake.boot(true, "NVIDIA Tomorrow 80GB");
        try (NvmlLab lab = fake.open()) {
            assertThat(fake.hooks().fake_foreign(0, "1n.odd", 3, 1, 0)).isNotNegative();

            assertThat(lab.description().profiles())
                    .extracting(ProfileCapability::profile)
                    .hasToString("[1g.10gb]");
            assertThat(lab.instances()).singleElement().satisfies(instance -> {
                assertThat(instance.placement()).isEqualTo(new Placement(3, 1));
                assertThat(instance.computeInstances()).hasSize(1);
            });
            GpuInstance foreign = lab.instances().getFirst();
            lab.driver()
                    .destroyComputeInstance(foreign, foreign.computeInstances().getFirst());
            lab.driver().destroyGpuInstance(lab.instances().getFirst());
            assertThat(lab.instances()).isEmpty();
        }
    }

    @Test
    void aHandleThatStandsForAnotherInstanceMeanwhileIsReadAgain() throws GpuException {
        fake.boot(true, "NVIDIA A100-SXM4-80GB");
        try (NvmlLab lab = fake.open()) {
            assertThat(fake.hooks().fake_foreign(0, "2g.20gb", 0, 2, 0)).isNotNegative();
            assertThat(fake.hooks().fake_foreign(0, "3g.40gb", 4, 3, 0)).isNotNegative();
            fake.set("strayInfo", 1);

            assertThat(lab.instances())
                    .extracting(instance -> instance.profile() + " at " + instance.placement())
                    .containsExactlyInAnyOrder("2g.20gb at 0:2", "3g.40gb at 4:4");
        }
    }

    @Test
    void whatIsReadOfAnInstanceThatIsTakenAwayMeanwhileIsNotBelievedOfOthers() throws GpuException {
        fake.boot(true, "NVIDIA A100-SXM4-80GB");
        int invalid = ReturnCode.INVALID_ARGUMENT.number();
        try (NvmlLab lab = fake.open()) {
            assertThat(fake.hooks().fake_foreign(0, "2g.20gb", 0, 2, 0)).isNotNegative();
            // Gone after the first of the 16 profiles, and made anew.
            fake.hooks().fake_fail_after("nvmlGpuInstanceGetComputeInstanceProfileInfo", 1, invalid, 15);
            fake.hooks().fake_fail_after("nvmlGpuInstanceGetInfo", 1, invalid, 1);

            assertThat(lab.instances()).singleElement().satisfies(instance -> assertThat(instance.computeInstances())
                    .hasSize(1));
        }
    }
}
