package io.migpool.contracts.extender;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ExtenderJsonTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** As kube-scheduler 1.36 sends it to a node cache capable extender, shortened. */
    private static final String FILTER_REQUEST = """
            {"Pod":{"metadata":{"name":"train-0","generateName":"train-","namespace":"ml","uid":"0b5b6b2e-6d2c-4e5f-9b52-6d3a1d1b7c11",
              "resourceVersion":"4711","creationTimestamp":"2026-09-23T10:00:00Z","annotations":{"nvidia.com/vgpu-mode":"mig"},
              "managedFields":[{"manager":"kubectl","operation":"Update","apiVersion":"v1","time":"2026-09-23T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]},
             "spec":{"initContainers":[{"name":"log","image":"l","restartPolicy":"Always","resources":{}}],
              "containers":[{"name":"main","image":"cuda","resources":{"limits":{"nvidia.com/gpu":"2","nvidia.com/gpumem":"8k"},"requests":{"nvidia.com/gpu":"2","nvidia.com/gpumem":"8k"}}}],
              "schedulerName":"hami-scheduler","newInLaterKubernetes":{"x":[1]}},
             "status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","lastTransitionTime":null}]}},
             "Nodes":null,"NodeNames":["node-a","node-b"],"NewInLaterSchedulers":true}
            """;

    @Test
    void aFilterRequestOfKubeSchedulerIsUnderstood() throws Exception {
        ExtenderArgs args = JSON.readValue(FILTER_REQUEST, ExtenderArgs.class);

        assertThat(args.nodeNames()).containsExactly("node-a", "node-b");
        assertThat(args.nodes()).isNull();
        var pod = Objects.requireNonNull(args.pod());
        assertThat(pod.getMetadata().getUid()).isEqualTo("0b5b6b2e-6d2c-4e5f-9b52-6d3a1d1b7c11");
        assertThat(pod.getSpec().getContainers().getFirst().getResources().getLimits())
                .containsEntry("nvidia.com/gpumem", new Quantity("8k"));
        assertThat(pod.getSpec().getInitContainers().getFirst().getRestartPolicy())
                .isEqualTo("Always");
    }

    @Test
    void aFilterRequestSurvivesARoundTripWithWhatWeDoNotKnowOfThePod() throws Exception {
        ExtenderArgs args = JSON.readValue(FILTER_REQUEST, ExtenderArgs.class);
        String written = JSON.writeValueAsString(args);

        assertThat(JSON.readValue(written, ExtenderArgs.class)).isEqualTo(args);
        assertThat(JSON.readTree(written).fieldNames()).toIterable().containsExactly("Pod", "Nodes", "NodeNames");
        assertThat(written).contains("newInLaterKubernetes").doesNotContain("NewInLaterSchedulers");
    }

    @Test
    void aSchedulerThatSendsWholeNodesIsUnderstood() throws Exception {
        ExtenderArgs args = JSON.readValue(
                "{\"Pod\":{},\"Nodes\":{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"node-a\"}}]},\"NodeNames\":null}",
                ExtenderArgs.class);

        assertThat(args.nodeNames()).isNull();
        assertThat(Objects.requireNonNull(args.nodes())
                        .getItems()
                        .getFirst()
                        .getMetadata()
                        .getName())
                .isEqualTo("node-a");
    }

    @Test
    void anEmptyRequestHasNothing() throws Exception {
        assertThat(JSON.readValue("{}", ExtenderArgs.class)).isEqualTo(new ExtenderArgs(null, null, null));
    }

    @Test
    void aFilterResultHasGosKeysAndNullForWhatIsAbsent() throws Exception {
        FilterResult result =
                new FilterResult(null, List.of("node-a"), Map.of("node-b", "busy"), Map.of("node-c", "full"), "");

        assertThat(JSON.writeValueAsString(result))
                .isEqualTo(
                        "{\"Nodes\":null,\"NodeNames\":[\"node-a\"],\"FailedNodes\":{\"node-b\":\"busy\"},\"FailedAndUnresolvableNodes\":{\"node-c\":\"full\"},\"Error\":\"\"}");
        assertThat(JSON.writeValueAsString(FilterResult.failure("not synchronised")))
                .isEqualTo(
                        "{\"Nodes\":null,\"NodeNames\":null,\"FailedNodes\":{},\"FailedAndUnresolvableNodes\":{},\"Error\":\"not synchronised\"}");
        assertThat(JSON.readValue(JSON.writeValueAsString(result), FilterResult.class))
                .isEqualTo(result);
    }

    @Test
    void prioritiesAreAListOfHostAndScore() throws Exception {
        assertThat(JSON.writeValueAsString(List.of(new HostPriority("node-a", HostPriority.MAX_SCORE))))
                .isEqualTo("[{\"Host\":\"node-a\",\"Score\":10}]");
        assertThat(JSON.readValue("{\"Host\":\"node-a\",\"Score\":7,\"Later\":1}", HostPriority.class))
                .isEqualTo(new HostPriority("node-a", 7));
    }

    @Test
    void bindHasGosKeys() throws Exception {
        String request = "{\"PodName\":\"train-0\",\"PodNamespace\":\"ml\",\"PodUID\":\"u\",\"Node\":\"node-a\"}";
        BindingArgs args = new BindingArgs("train-0", "ml", "u", "node-a");

        assertThat(JSON.readValue(request, BindingArgs.class)).isEqualTo(args);
        assertThat(JSON.writeValueAsString(args)).isEqualTo(request);
        assertThat(JSON.writeValueAsString(BindingResult.bound())).isEqualTo("{\"Error\":\"\"}");
        assertThat(JSON.readValue("{\"Error\":\"node gone\",\"x\":1}", BindingResult.class)
                        .error())
                .isEqualTo("node gone");
    }

    @Test
    void preemptHasGosKeys() throws Exception {
        String request =
                "{\"Pod\":null,\"NodeNameToVictims\":null,\"NodeNameToMetaVictims\":{\"node-a\":{\"Pods\":[{\"UID\":\"u\"}],\"NumPDBViolations\":1}}}";
        PreemptionArgs args = JSON.readValue(request, PreemptionArgs.class);

        assertThat(args.nodeNameToMetaVictims())
                .containsEntry("node-a", new PreemptionArgs.MetaVictims(List.of(new PreemptionArgs.MetaPod("u")), 1));
        assertThat(JSON.writeValueAsString(args)).isEqualTo(request);
        assertThat(JSON.writeValueAsString(new PreemptionResult(Objects.requireNonNull(args.nodeNameToMetaVictims()))))
                .isEqualTo(
                        "{\"NodeNameToMetaVictims\":{\"node-a\":{\"Pods\":[{\"UID\":\"u\"}],\"NumPDBViolations\":1}}}");
        assertThat(JSON.readValue("{\"NodeNameToVictims\":{\"n\":{\"Pods\":null}}}", PreemptionArgs.class)
                        .nodeNameToVictims())
                .containsEntry("n", new PreemptionArgs.Victims(null, 0));
    }
}
