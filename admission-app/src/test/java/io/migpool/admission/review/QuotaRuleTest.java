package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.contracts.request.QuotaLimits;
import io.migpool.contracts.request.RequestDefaults;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods that on their own exceed what their namespace may have. */
class QuotaRuleTest {
    private static final Pool QUOTA =
            Pools.withQuota("team", "gpus", new QuotaLimits(OptionalLong.of(1_000), OptionalLong.of(100)));

    private final Rule rule = new QuotaRule();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''      | 1024    | 1 | false
                    ''      | 1024    | 2 | false
                    ''      | 400     | 2 | true
                    ''      | 500,500 | 1 | true
                    ''      | 500,501 | 1 | false
                    800,800 | 500     | 1 | true
                    800     | 500,500 | 1 | false
                    1500    | 100     | 1 | false
                    """)
    void memoryCountsByWhatEachDeviceMustServe(String init, String app, int devices, boolean allowed) throws Exception {
        Opinion opinion = opinion(
                rule,
                json("{'spec': {'initContainers': [%s], 'containers': [%s]}}"
                        .formatted(containers(init, devices), containers(app, devices))),
                Pools.policy(QUOTA));

        assertThat(opinion.denials().isEmpty()).isEqualTo(allowed);
    }

    @Test
    void theRefusalNamesTheQuotaTheLimitAndTheRequest() throws Exception {
        Opinion opinion =
                opinion(rule, pod("{'nvidia.com/gpumem': '2000', 'nvidia.com/gpu': '2'}"), Pools.policy(QUOTA));

        assertThat(opinion.denials())
                .containsExactly(
                        new Denial(
                                Denial.Code.FORBIDDEN,
                                "ResourceQuota gpus allows 1000 MiB of limits.nvidia.com/gpumem, but the pod alone asks for 4000 MiB; ask for less"));
    }

    @Test
    void computeCountsInPercentOfAGpu() throws Exception {
        assertThat(opinion(rule, pod("{'nvidia.com/gpucores': '60', 'nvidia.com/gpu': '2'}"), Pools.policy(QUOTA))
                        .denials())
                .singleElement()
                .satisfies(denial -> assertThat(denial.message()).contains("gpucores", "100 %", "120 %"));
    }

    @Test
    void sizesThatDependOnTheGpuAndOtherNamespacesAreLeftToTheScheduler() throws Exception {
        Pool elsewhere = Pools.withQuota("other", "gpus", new QuotaLimits(OptionalLong.of(0), OptionalLong.empty()));

        assertThat(opinion(rule, pod("{'nvidia.com/gpu': '8'}"), Pools.policy(QUOTA)))
                .isEqualTo(Opinion.NONE);
        assertThat(opinion(rule, pod("{'nvidia.com/gpumem': '2000'}"), Pools.policy(elsewhere)))
                .isEqualTo(Opinion.NONE);
    }

    @Test
    void whatAProfileHasLessThanItsNameSaysIsNotCounted() throws Exception {
        Pool pool = new Pool(
                Set.of(Map.of(Pools.A100, 1)),
                Set.of(),
                Map.of("team", Map.of("gpus", new QuotaLimits(OptionalLong.of(4_864), OptionalLong.empty()))),
                Pool.LARGEST_BOARD_MIB);

        assertThat(opinion(rule, pod("{'nvidia.com/gpumem': '5120'}"), Pools.policy(pool)))
                .isEqualTo(Opinion.NONE);
        assertThat(opinion(rule, pod("{'nvidia.com/gpumem': '5121'}"), Pools.policy(pool))
                        .denials())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"7, 15, 100, 0", "1, 15, 14, 0", "1, 15, 13, 1", "7, 15, 97, 1", "1, 58, 57, 0", "1, 58, 56, 1"})
    void theComputeOfInstancesCountsAsTheSchedulerChargesIt(int devices, int cores, int limit, int denials)
            throws Exception {
        Pool pool = new Pool(
                Set.of(Map.of(Pools.A100, 1)),
                Set.of(),
                Map.of("team", Map.of("gpus", new QuotaLimits(OptionalLong.empty(), OptionalLong.of(limit)))),
                Pool.LARGEST_BOARD_MIB);
        JsonNode pod = pod("{'nvidia.com/gpu': '%d', 'nvidia.com/gpumem': '4000', 'nvidia.com/gpucores': '%d'}"
                .formatted(devices, cores));

        assertThat(opinion(rule, pod, Pools.policy(pool)).denials()).hasSize(denials);
    }

    @ParameterizedTest
    @CsvSource({"true, 8000, 1", "true, 0, 0", "false, 8000, 0"})
    void aDefaultOfComputeCountsOnlyWhereGpusAreSharedInSoftware(boolean shared, int memoryMiB, int denials)
            throws Exception {
        GpuKind kind = shared ? Pools.SHARED : Pools.A100;
        Pool pool = new Pool(
                Set.of(Map.of(kind, 1)),
                Set.of(),
                Map.of("team", Map.of("gpus", new QuotaLimits(OptionalLong.empty(), OptionalLong.of(15)))),
                Pool.LARGEST_BOARD_MIB);

        assertThat(opinion(
                                rule,
                                pod("{'nvidia.com/gpu': '1', 'nvidia.com/gpumem': '%d'}".formatted(memoryMiB)),
                                Pools.policy(pool, new RequestDefaults(0, 20, 1, 1)))
                        .denials())
                .hasSize(denials);
    }

    private static JsonNode pod(String limits) throws Exception {
        return ReviewFixtures.podWithLimits(limits);
    }

    private static String containers(String sizes, int devices) {
        return List.of(sizes.split(",", -1)).stream()
                .filter(size -> !size.isEmpty())
                .map(size ->
                        "{'name': 'c', 'resources': {'limits': {'nvidia.com/gpu': '%d', 'nvidia.com/gpumem': '%s'}}}"
                                .formatted(devices, size))
                .collect(Collectors.joining(","));
    }
}
