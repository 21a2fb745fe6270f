package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.patch;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceCountRuleTest {

    private final Rule rule = new DeviceCountRule();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'nvidia.com/gpumem': '8k'}",
                "{'nvidia.com/gpumem-percentage': '50'}",
                "{'nvidia.com/gpucores': '30'}"
            })
    void aSizeWithoutACountGetsTheDefaultCount(String limits) throws Exception {
        assertThat(patch(rule, podWithLimits(limits)))
                .isEqualTo(
                        json(
                                "[{'op': 'add', 'path': '/spec/containers/0/resources/limits/nvidia.com~1gpu', 'value': '1'}]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{'nvidia.com/gpu': '2', 'nvidia.com/gpumem': '8k'}", "{'nvidia.com/gpu': '1'}", "{'cpu': '1'}"})
    void aCountThatIsThereOrNotNeededStays(String limits) throws Exception {
        assertThat(patch(rule, podWithLimits(limits))).isEmpty();
    }

    @Test
    void limitsAreCreatedWhereOnlyRequestsAreGiven() throws Exception {
        var pod = json(
                "{'spec': {'containers': [{'name': 'c', 'resources': {'requests': {'nvidia.com/gpumem': '8k'}}}]}}");

        assertThat(patch(rule, pod))
                .isEqualTo(
                        json(
                                "[{'op': 'add', 'path': '/spec/containers/0/resources/limits', 'value': {'nvidia.com/gpu': '1'}}]"));
    }

    @Test
    void eachContainerIsCompletedByItself() throws Exception {
        var pod = json("""
                {'spec': {'initContainers': [{'name': 'warm-up', 'resources': {'limits': {'nvidia.com/gpumem': '1k'}}}],
                          'containers': [{'name': 'web'},
                                         {'name': 'cuda', 'resources': {'limits': {'nvidia.com/gpumem': '8k'}}}]}}
                """);

        assertThat(patch(rule, pod).findValuesAsText("path"))
                .containsExactly(
                        "/spec/initContainers/0/resources/limits/nvidia.com~1gpu",
                        "/spec/containers/1/resources/limits/nvidia.com~1gpu");
    }

    @Test
    void theConfiguredDefaultCountIsUsedAndZeroMeansNone() throws Exception {
        var pod = podWithLimits("{'nvidia.com/gpumem': '8k'}");

        assertThat(patch(rule, pod, defaultCount(3)).at("/0/value").asText()).isEqualTo("3");
        assertThat(patch(rule, pod, defaultCount(0))).isEmpty();
    }

    private static ReviewPolicy defaultCount(int devices) {
        return new ReviewPolicy(
                ResourceNames.DEFAULT,
                new RequestDefaults(0, 0, devices, 1),
                "hami-scheduler",
                true,
                false,
                "",
                CorePolicy.DEFAULT,
                Pool.UNKNOWN);
    }
}
