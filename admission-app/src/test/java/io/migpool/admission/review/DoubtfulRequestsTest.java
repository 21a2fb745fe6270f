package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are legal but probably not intended, or that will not work in this cluster. */
class DoubtfulRequestsTest {
    private static final Pool MIG = Pools.of(Map.of(Pools.A100, 2));
    private static final Pool BOTH = Pools.of(Map.of(Pools.A100, 1, Pools.SHARED, 1));

    @Nested
    class Oversized {
        private final Rule rule = new OversizedSliceRule();

        @Test
        void aSizeThatJustMissesAProfileIsToldWhatWouldFit() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '11000'}", MIG))
                    .containsExactly(
                            "container cuda: 11000 MiB takes a 3g.20gb of 20480 MiB; 10240 MiB would fit 2g.10gb");
        }

        @Test
        void theSmallestProfileHasNoSmallerOneToOffer() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '1000'}", MIG))
                    .containsExactly("container cuda: 1000 MiB takes a 1g.5gb of 5120 MiB");
        }

        @Test
        void computeIsNamedWhereItIsTheReason() throws Exception {
            assertThat(String.join(
                            " ",
                            warnings(
                                    rule,
                                    "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '5000', 'nvidia.com/gpucores': '40'}",
                                    MIG)))
                    .isEqualTo("container cuda: 5000 MiB takes a 3g.20gb of 20480 MiB because of"
                            + " nvidia.com/gpucores: 40; up to 15 would fit 1g.5gb");
        }

        @Test
        void aSmallerProfileWithTooLittleComputeIsNotOffered() throws Exception {
            assertThat(warnings(
                            rule,
                            "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '11000', 'nvidia.com/gpucores': '30'}",
                            MIG))
                    .containsExactly("container cuda: 11000 MiB takes a 3g.20gb of 20480 MiB");
        }

        @Test
        void aPercentageIsToldWhatItTakesToo() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpumem-percentage': '51'}", MIG))
                    .containsExactly("container cuda: 51 % takes a 7g.40gb of 100 %; 50 % would fit 3g.20gb");
            assertThat(String.join(
                            " ",
                            warnings(rule, "{'nvidia.com/gpumem-percentage': '50', 'nvidia.com/gpucores': '60'}", MIG)))
                    .isEqualTo("container cuda: 50 % takes a 7g.40gb of 100 % because of nvidia.com/gpucores: 60;"
                            + " up to 43 would fit 3g.20gb");
        }

        /** Of two profiles of a size, a request gets the one with less compute. */
        @ParameterizedTest
        @ValueSource(strings = {"'nvidia.com/gpumem': '21000'", "'nvidia.com/gpumem-percentage': '26'"})
        void theProfileThatIsNamedIsTheOneThatTheSmallerRequestWouldGet(String memory) throws Exception {
            GpuKind board = Pools.mig(
                    81_920,
                    List.of(
                            Pools.profile("1g.20gb", 19_968, 15, 1, 2, 0, 2, 4, 6),
                            Pools.profile("2g.20gb", 19_968, 29, 2, 2, 0, 2, 4),
                            Pools.profile("3g.40gb", 40_192, 43, 3, 4, 0, 4),
                            Pools.profile("7g.80gb", 80_896, 100, 7, 8, 0)));
            Pool pool = Pools.of(Map.of(board, 1));

            assertThat(warnings(rule, "{%s}".formatted(memory), pool))
                    .singleElement()
                    .asString()
                    .endsWith("would fit 1g.20gb");
            assertThat(warnings(rule, "{%s, 'nvidia.com/gpucores': '20'}".formatted(memory), pool))
                    .singleElement()
                    .asString()
                    .endsWith("would fit 2g.20gb");
        }

        @Test
        void whatIsAllowedWithAttributesIsAsGoodAsAPlainProfile() throws Exception {
            GpuKind engines = Pools.allowing(Pools.A100, "1g.5gb+me", "2g.10gb", "7g.40gb");

            assertThat(warnings(
                            rule, "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '3000'}", Pools.of(Map.of(engines, 1))))
                    .containsExactly("container cuda: 3000 MiB takes a 1g.5gb+me of 5120 MiB");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '8000'}",
                    "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '20480'}",
                    "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem-percentage': '20'}",
                    "{'nvidia.com/gpu': '1'}"
                })
        void aSizeThatFitsWellAndSizesWithoutANumberPass(String limits) throws Exception {
            assertThat(warnings(rule, limits, MIG)).isEmpty();
        }

        @Test
        void aSharedGpuGivesExactlyWhatIsAskedToAPodThatWillHaveNoSlice() throws Exception {
            assertThat(String.join(" ", warnings(rule, "{'nvidia.com/gpumem': '11000'}", BOTH)))
                    .isEqualTo("container cuda: 11000 MiB takes a 3g.20gb of 20480 MiB; 10240 MiB would fit 2g.10gb;"
                            + " with nvidia.com/vgpu-mode: hami-core it takes exactly that");
            assertThat(opinion(rule, pinned("hami-core", "{'nvidia.com/gpumem': '11000'}"), Pools.policy(BOTH))
                            .warnings())
                    .isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '30000'}", BOTH)).isEmpty();
            assertThat(opinion(rule, pinned("mig", "{'nvidia.com/gpumem': '11000'}"), Pools.policy(BOTH))
                            .warnings())
                    .singleElement()
                    .asString()
                    .doesNotContain("hami-core");
        }
    }

    @Nested
    class LessThanNamed {
        private final Rule rule = new ShortSliceRule();

        @Test
        void aSizeThatASliceHasOnlyByItsNameIsToldWhatItReallyHas() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '18000'}", Pools.of(Map.of(Pools.H200, 1))))
                    .containsExactly("container cuda: 18000 MiB takes a 1g.18gb, which really has 16384 MiB");
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '18432'}", Pools.of(Map.of(Pools.H200, 1))))
                    .isNotEmpty();
        }

        @Test
        void theUsualRoundingOfNamesAndSizesThatSomeGpuHasPass() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '5120'}", MIG)).isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '17000'}", Pools.of(Map.of(Pools.H200, 1))))
                    .as("16384 MiB are less than a twentieth below")
                    .isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '16384'}", Pools.of(Map.of(Pools.H200, 1))))
                    .isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '18000'}", Pools.of(Map.of(Pools.H200, 1, Pools.A100, 1))))
                    .as("the A100 has 3g.20gb")
                    .isEmpty();
            assertThat(warnings(
                            rule, "{'nvidia.com/gpumem': '18000'}", Pools.of(Map.of(Pools.H200, 1, Pools.SHARED, 1))))
                    .isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '400000'}", MIG)).isEmpty();
        }
    }

    @Nested
    class SeveralSlices {
        private final Rule rule = new SeveralSlicesRule();

        @Test
        void oneProcessSeesOneOfThem() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpu': '2', 'nvidia.com/gpumem': '8000'}", BOTH))
                    .containsExactly("container cuda: on MIG GPUs one CUDA process sees only 1 of its 2 slices");
        }

        @Test
        void aProcessSeesAllSharedGpus() throws Exception {
            assertThat(opinion(rule, pinned("hami-core", "{'nvidia.com/gpu': '2'}"), Pools.policy(BOTH)))
                    .isEqualTo(Opinion.NONE);
            assertThat(warnings(rule, "{'nvidia.com/gpu': '2'}", Pools.of(Map.of(Pools.SHARED, 2))))
                    .isEmpty();
            assertThat(warnings(rule, "{'nvidia.com/gpu': '1'}", MIG)).isEmpty();
        }
    }

    @Nested
    class Unserved {
        private final Rule rule = new UnservedSizeRule();

        @Test
        void moreThanAnyGpuHereHasIsAdmittedWithAWarning() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '60000'}", BOTH))
                    .containsExactly(
                            "container cuda: asks for 60000 MiB, but the largest GPU it may use has 40960 MiB; the pod will wait");
        }

        @ParameterizedTest
        @CsvSource({"40, 5000", "8, 5000", "2, 30000", "1000, 100"})
        void moreDevicesThanAnyNodeHasIsAdmittedWithAWarning(int devices, long memoryMiB) throws Exception {
            assertThat(warnings(
                            rule,
                            "{'nvidia.com/gpu': '%d', 'nvidia.com/gpumem': '%d'}".formatted(devices, memoryMiB),
                            BOTH))
                    .singleElement()
                    .asString()
                    .contains("no node has " + devices + " devices");
        }

        @Test
        void aPodThatIsPinnedIsMeasuredByTheGpusItMayUse() throws Exception {
            assertThat(opinion(rule, pinned("HAMi-core", "{'nvidia.com/gpumem': '30000'}"), Pools.policy(BOTH))
                            .warnings())
                    .containsExactly(
                            "container cuda: asks for 30000 MiB, but the largest GPU it may use has 24576 MiB; the pod will wait");
        }

        @Test
        void moreThanAnyKnownBoardHasIsRefused() throws Exception {
            assertThat(denials(rule, "{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '500000'}", BOTH))
                    .singleElement()
                    .asString()
                    .contains("nvidia.com/gpumem", "500000", "294912");
        }

        @Test
        void aGpuThatOffersMoreThanAnyKnownBoardIsBelieved() throws Exception {
            GpuKind future = Pools.shared(600_000);

            assertThat(opinion(
                            rule,
                            podWithLimits("{'nvidia.com/gpumem': '500000'}"),
                            Pools.policy(Pools.of(Map.of(future, 1)))))
                    .isEqualTo(Opinion.NONE);
        }

        @Test
        void nothingIsSaidAboutAPoolThatIsNotKnown() throws Exception {
            assertThat(warnings(rule, "{'nvidia.com/gpumem': '60000'}", Pool.UNKNOWN))
                    .isEmpty();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{'nvidia.com/gpu': '14', 'nvidia.com/gpumem': '5000'}",
                    "{'nvidia.com/gpu': '2'}",
                    "{'nvidia.com/gpumem-percentage': '50', 'nvidia.com/gpu': '4'}"
                })
        void whatAnEmptyNodeCouldHoldPasses(String limits) throws Exception {
            assertThat(warnings(rule, limits, MIG)).isEmpty();
        }
    }

    @Nested
    class Unknown {
        private final Rule rule = new UnknownResourceRule();

        @Test
        void theCountOfAnotherDistributionBesideASizeIsToldTheNamesOfThePool() throws Exception {
            assertThat(String.join(
                            " ",
                            warnings(
                                    rule,
                                    "{'nvidia.com/gpualloc': '1', 'nvidia.com/gpumem': '8000'}",
                                    Pools.offering("nvidia.com/gpu"))))
                    .isEqualTo("container cuda: no node has nvidia.com/gpualloc, the pod will wait; the pool has"
                            + " nvidia.com/gpu, nvidia.com/gpumem, nvidia.com/gpumem-percentage, nvidia.com/gpucores,"
                            + " nvidia.com/priority");
        }

        @Test
        void aContainerWithoutAGpuKeepsThePodWaitingToo() throws Exception {
            JsonNode pod = json("{'spec': {'initContainers': [{'name': 'first', 'resources': {'requests':"
                    + " {'nvidia.com/gpumemory': 100}}}], 'containers': [{'name': 'cuda', 'resources': {'limits':"
                    + " {'nvidia.com/gpu': '1'}}}]}}");

            assertThat(opinion(rule, pod, Pools.policy(Pools.offering("nvidia.com/gpu")))
                            .warnings()
                            .getFirst())
                    .startsWith("container first: no node has nvidia.com/gpumemory");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "nvidia.com/gpumem",
                    "nvidia.com/priority",
                    "nvidia.com/mig-1g.10gb",
                    "nvidia.com/gpu.shared",
                    "nvidia.com/hostdev",
                    "rdma/hca_shared_devices_a",
                    "acme.com/gpualloc",
                    "cpu",
                    "hugepages-2Mi"
                })
        void whatThePoolOrANodeHasOrWhatIsOfAnotherDomainPasses(String resource) throws Exception {
            Pool pool = Pools.offering(
                    "nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "nvidia.com/gpu.shared", "nvidia.com/hostdev");

            assertThat(warnings(rule, "{'nvidia.com/gpu': '1', '%s': '1'}".formatted(resource), pool))
                    .isEmpty();
        }

        @Test
        void nothingIsSaidOfAnAmountOfZeroOrWhileNoNodeOffersThePool() throws Exception {
            assertThat(warnings(
                            rule,
                            "{'nvidia.com/gpu': '1', 'nvidia.com/gpualloc': 0}",
                            Pools.offering("nvidia.com/gpu")))
                    .isEmpty();
            assertThat(warnings(
                            rule,
                            "{'nvidia.com/gpu': '1', 'nvidia.com/gpualloc': '1'}",
                            Pools.offering("acme.com/nic")))
                    .isEmpty();
        }
    }

    @Test
    void everyWarningIsShortEnough() throws Exception {
        JsonNode pod = json("{'spec': {'containers': [{'name': '%s', 'resources': {'limits': {'nvidia.com/gpu': '9',"
                        .formatted("c".repeat(63))
                + " 'nvidia.com/gpumem': '11000', 'nvidia.com/gpucores': '12'}}}]}}");

        for (Rule rule : List.of(new OversizedSliceRule(), new SeveralSlicesRule(), new UnservedSizeRule())) {
            assertThat(opinion(rule, pod, Pools.policy(MIG)).warnings())
                    .isNotEmpty()
                    .allSatisfy(warning -> assertThat(warning).hasSizeLessThanOrEqualTo(120));
        }
    }

    private static List<String> warnings(Rule rule, String limits, Pool pool) throws Exception {
        Opinion opinion = opinion(rule, podWithLimits(limits), Pools.policy(pool));
        assertThat(opinion.denials()).isEmpty();
        return opinion.warnings();
    }

    private static List<String> denials(Rule rule, String limits, Pool pool) throws Exception {
        return opinion(rule, podWithLimits(limits), Pools.policy(pool)).denials().stream()
                .map(Denial::message)
                .toList();
    }

    private static JsonNode pinned(String mode, String limits) throws Exception {
        return json(
                "{'metadata': {'annotations': {'nvidia.com/vgpu-mode': '%s'}}, 'spec': {'containers': [{'name': 'cuda', 'resources': {'limits': %s}}]}}"
                        .formatted(mode, limits));
    }
}
