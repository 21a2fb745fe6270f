package io.migpool.admission.review;

import static io.migpool.admission.review.ReviewFixtures.json;
import static io.migpool.admission.review.ReviewFixtures.opinion;
import static io.migpool.admission.review.ReviewFixtures.patch;
import static io.migpool.admission.review.ReviewFixtures.podWithLimits;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.migpool.contracts.policy.CorePolicy;
import io.migpool.contracts.request.RequestDefaults;
import io.migpool.contracts.request.ResourceNames;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentRulesTest {

    private static final String TWO_CONTAINERS = """
            {'spec': {'containers': [{'name': 'cuda', 'resources': {'limits': {'nvidia.com/gpu': '1'}}}, {'name': 'web'}]}}
            """;

    @Test
    void priorityReachesTheLimiterOfItsContainer() throws Exception {
        var pod = podWithLimits("{'nvidia.com/gpu': '1', 'nvidia.com/priority': '1'}");

        assertThat(patch(new TaskPriorityRule(), pod))
                .isEqualTo(
                        json(
                                "[{'op': 'add', 'path': '/spec/containers/0/env', 'value': [{'name': 'CUDA_TASK_PRIORITY', 'value': '1'}]}]"));
    }

    @Test
    void aPriorityIsHandedOnAsANumberHoweverKubernetesWritesIt() throws Exception {
        var pod = podWithLimits("{'nvidia.com/gpu': '1', 'nvidia.com/priority': '2k'}");

        assertThat(patch(new TaskPriorityRule(), pod).at("/0/value/0/value").asText())
                .isEqualTo("2000");
    }

    @Test
    void priorityWithoutAGpuIsNotOurs() throws Exception {
        assertThat(opinion(new TaskPriorityRule(), podWithLimits("{'nvidia.com/priority': '1'}")))
                .isEqualTo(Opinion.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1500m", "high", "1e99999999"})
    void aPriorityWithoutAMeaningIsRefused(String priority) throws Exception {
        var pod = podWithLimits("{'nvidia.com/gpu': '1', 'nvidia.com/priority': '%s'}".formatted(priority));

        assertThat(opinion(new TaskPriorityRule(), pod).denials())
                .singleElement()
                .extracting(Denial::message)
                .asString()
                .startsWith("container cuda: nvidia.com/priority is " + priority + ";");
    }

    @Test
    void theLimitersOwnPolicyNeedsNoWord() throws Exception {
        assertThat(opinion(new CorePolicyRule(), json(TWO_CONTAINERS), policy("", CorePolicy.DEFAULT, false)))
                .isEqualTo(Opinion.NONE);
    }

    @Test
    void anotherPolicyReachesGpuContainersOnly() throws Exception {
        assertThat(patch(new CorePolicyRule(), json(TWO_CONTAINERS), policy("", CorePolicy.FORCE, false)))
                .isEqualTo(
                        json(
                                "[{'op': 'add', 'path': '/spec/containers/0/env', 'value': [{'name': 'GPU_CORE_UTILIZATION_POLICY', 'value': 'force'}]}]"));
    }

    @Test
    void gpusAreHiddenFromContainersThatAskForNoneIfConfigured() throws Exception {
        assertThat(patch(new HiddenGpusRule(), json(TWO_CONTAINERS), policy("", CorePolicy.DEFAULT, true)))
                .isEqualTo(
                        json(
                                "[{'op': 'add', 'path': '/spec/containers/1/env', 'value': [{'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'none'}]}]"));
        assertThat(opinion(new HiddenGpusRule(), json(TWO_CONTAINERS))).isEqualTo(Opinion.NONE);
    }

    @Test
    void podsWithoutAnyGpuHaveThemHiddenTooAndNothingElseDone() throws Exception {
        Decision decision = PodReviewer.review(
                json("{'spec': {'nodeName': 'n1', 'containers': [{'name': 'web'}]}}"),
                "team",
                policy("nvidia", CorePolicy.FORCE, true));

        assertThat(decision).isInstanceOfSatisfying(Decision.Admitted.class, admitted -> assertThat(admitted.patch())
                .hasSize(1));
    }

    @Test
    void aVariableThatIsThereIsReplacedWhereItStands() throws Exception {
        assertThat(hidden("[{'name': 'A', 'value': '1'}, {'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'all'}]"))
                .isEqualTo(
                        json(
                                "[{'op': 'replace', 'path': '/spec/containers/0/env/1', 'value': {'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'none'}}]"));
        assertThat(hidden("[{'name': 'A', 'value': '1'}]").at("/0/path").asText())
                .isEqualTo("/spec/containers/0/env/-");
        assertThat(hidden("[{'name': 'NVIDIA_VISIBLE_DEVICES', 'value': 'none'}]"))
                .isEmpty();
        assertThat(hidden("null").at("/0/path").asText()).isEqualTo("/spec/containers/0/env");
    }

    @Test
    void severalVariablesOfOneContainerShareOneNewList() throws Exception {
        var pod = podWithLimits("{'nvidia.com/gpu': '1', 'nvidia.com/priority': '0'}");
        Rule both = Rule.all(java.util.List.of(new TaskPriorityRule(), new CorePolicyRule()));

        assertThat(patch(both, pod, policy("", CorePolicy.DISABLE, false)).findValuesAsText("path"))
                .containsExactly("/spec/containers/0/env", "/spec/containers/0/env/-");
    }

    @Test
    void theRuntimeClassIsSetUnlessThePodNamesOne() throws Exception {
        ReviewPolicy policy = policy("nvidia", CorePolicy.DEFAULT, false);

        assertThat(patch(new RuntimeClassRule(), json(TWO_CONTAINERS), policy))
                .isEqualTo(json("[{'op': 'add', 'path': '/spec/runtimeClassName', 'value': 'nvidia'}]"));
        assertThat(patch(new RuntimeClassRule(), json("{'spec': {'runtimeClassName': 'kata'}}"), policy))
                .isEmpty();
        assertThat(patch(new RuntimeClassRule(), json(TWO_CONTAINERS))).isEmpty();
    }

    /** Volcano's device plugin, for one, serves containers by the same variable. */
    @Test
    void gpusAreNotHiddenFromPodsOfAnotherScheduler() throws Exception {
        String pod = "{'spec': {'schedulerName': '%s', 'containers': [{'name': 'web'}]}}";

        assertThat(PodReviewer.review(json(pod.formatted("volcano")), "team", policy("", CorePolicy.DEFAULT, true)))
                .isInstanceOf(Decision.Untouched.class);
        assertThat(PodReviewer.review(
                        json(pod.formatted("default-scheduler")), "team", policy("", CorePolicy.DEFAULT, true)))
                .isInstanceOf(Decision.Admitted.class);
    }

    private static JsonNode hidden(String environment) throws IOException, UnreadablePodException {
        return patch(
                new HiddenGpusRule(),
                json("{'spec': {'containers': [{'name': 'web', 'env': %s}]}}".formatted(environment)),
                policy("", CorePolicy.DEFAULT, true));
    }

    private static ReviewPolicy policy(String runtimeClass, CorePolicy corePolicy, boolean overwriteEnv) {
        return new ReviewPolicy(
                ResourceNames.DEFAULT,
                RequestDefaults.NONE,
                "hami-scheduler",
                true,
                overwriteEnv,
                runtimeClass,
                corePolicy,
                Pool.UNKNOWN);
    }
}
