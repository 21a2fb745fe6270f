package io.migpool.extender.apiserver;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.migpool.config.DeviceSettings;
import io.migpool.contracts.policy.PolicyChoice;
import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.PodEntry;
import io.migpool.extender.cluster.PodKey;
import io.migpool.extender.cluster.PodPhase;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events and lists mean the same though most of their content is skipped. */
class ApiServerSerializationTest {

    private static final String METADATA = """
            "metadata":{"name":"p","generateName":"p-","namespace":"ns","uid":"u","resourceVersion":"7",
              "creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":"2026-01-02T00:00:00Z",
              "labels":{"app":"x"},"annotations":{"hami.io/gpu-scheduler-policy":"spread","other":"kept"},
              "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"ru","controller":true}],
              "managedFields":[%s{"manager":"m","operation":"Update","fieldsV1":{"f:spec":{"f:containers":{}}}}]}
            """.formatted(
            "{\"manager\":\"kubelet\",\"fieldsV1\":{\"f:status\":{\"f:phase\":{},\"f:podIP\":{}}}},".repeat(20));

    /** A container; {@code kind} is part of fields that are skipped too. */
    private static final String CONTAINER = """
            {"name":"%s","image":"i","restartPolicy":"Always","livenessProbe":{"httpGet":{"port":80}},
             "env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"B","value":"b"}],
             "resources":{"limits":{"nvidia.com/gpu":"1","nvidia.com/gpumem":"8k"},"requests":{"cpu":"4"},"later":1},
             "volumeMounts":[{"name":"v","mountPath":"/v"}],"later":{"kind":"Node"}}
            """;

    private static final String BODY =
            METADATA + """
            ,"spec":{"nodeName":"n","schedulerName":"s","initContainers":[%s],"containers":[%s],"later":[{}],
              "volumes":[{"name":"v","projected":{"sources":[{"configMap":{"name":"c"}}]}}],"tolerations":[{"operator":"Exists"}]},
             "status":{"phase":"Running","nominatedNodeName":"m","conditions":[{"type":"Ready","status":"True"}],
              "containerStatuses":[{"name":"a","ready":true,"restartCount":0,"image":"i","imageID":"x"}]},"later":true
            """.formatted(CONTAINER.formatted("side"), CONTAINER.formatted("main"));

    private static final String POD = "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"," + BODY + "}";

    private final KubernetesSerialization whole = new KubernetesSerialization();
    private final KubernetesSerialization needed = new ApiServerSerialization();

    private static String event(String object) {
        return "{\"type\":\"MODIFIED\",\"object\":%s,\"later\":1}".formatted(object);
    }

    private Object watched(String object) {
        WatchEvent event = needed.unmarshal(event(object), WatchEvent.class);
        assertThat(event.getType()).isEqualTo("MODIFIED");
        return event.getObject();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",BODY}", "{BODY,\"apiVersion\":\"v1\",\"kind\":\"Pod\"}"
            })
    void aPodMeansTheSameForSchedulingWithoutWhatIsSkipped(String form) {
        Pod read = (Pod) watched(form.replace("BODY", BODY));

        PodEntry entry = entry(read);
        assertThat(entry).usingRecursiveComparison().isEqualTo(entry(whole.unmarshal(POD, Pod.class)));
        assertThat(entry.key()).isEqualTo(new PodKey("u", "ns", "p"));
        assertThat(entry.terminating()).isTrue();
        assertThat(requireNonNull(entry.demand()).policies()).isNotEqualTo(PolicyChoice.NONE);
        assertThat(read.getMetadata().getResourceVersion()).isEqualTo("7");
        assertThat(read.getStatus().getNominatedNodeName()).isEqualTo("m");
        assertThat(read.getMetadata().getManagedFields()).isEmpty();
        assertThat(read.getSpec().getContainers().getFirst().getEnv()).isEmpty();
        assertThat(read.getSpec().getAdditionalProperties()).isEmpty();
    }

    private static PodEntry entry(Pod pod) {
        ClusterState state = new ClusterState(DeviceSettings.DEFAULT);
        state.podChanged(pod);
        return state.pod(pod.getMetadata().getUid()).orElseThrow();
    }

    @Test
    void whatIsSkippedMayBeMalformed() {
        Pod read = (Pod) watched("""
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","labels":[1],"managedFields":{"a":"b"}},
                 "spec":{"nodeName":"n","volumes":"many","containers":[{"name":"c","env":{"A":1},"livenessProbe":true}]},
                 "status":{"phase":"Failed","conditions":3}}
                """);
        assertThat(read.getSpec().getNodeName()).isEqualTo("n");
        assertThat(read.getSpec().getContainers().getFirst().getName()).isEqualTo("c");
        assertThat(PodPhase.hasEnded(read)).isTrue();
    }

    @Test
    void podsOfAListAreReadLikeThoseOfAWatch() {
        PodList list = needed.unmarshal(
                "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"more\"},\"items\":[{%s}]}"
                        .formatted(BODY),
                PodList.class);
        assertThat(list.getMetadata().getResourceVersion()).isEqualTo("9");
        assertThat(list.getMetadata().getContinue()).isEqualTo("more");
        assertThat(list.getItems()).containsExactly((Pod) watched(POD));
    }

    @Test
    void aNodeKeepsWhatItOffersAndReports() {
        Node node = (Node) watched("""
                {"kind":"Node","apiVersion":"v1",%s,"spec":{"providerID":"p","unschedulable":true,"taints":[{"key":"k","effect":"NoSchedule"}]},
                 "status":{"capacity":{"cpu":"8"},"allocatable":{"nvidia.com/gpu":"10"},"images":[{"names":["i"],"sizeBytes":1}],
                  "conditions":[{"type":"Ready","status":"True"}]}}
                """.formatted(METADATA));
        assertThat(node.getMetadata().getAnnotations()).containsEntry("other", "kept");
        assertThat(node.getStatus().getAllocatable()).containsOnlyKeys("nvidia.com/gpu");
        assertThat(node.getStatus().getConditions().getFirst().getType()).isEqualTo("Ready");
        assertThat(node.getStatus().getImages()).isEmpty();
        assertThat(node.getSpec().getUnschedulable()).isTrue();
        assertThat(node.getSpec().getTaints()).isEmpty();
        assertThat(node.getSpec().getAdditionalProperties()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":410,\"reason\":\"Expired\"}",
                "{\"apiVersion\":\"v1\",\"code\":410,\"kind\":\"Status\"}",
                "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"12\"},\"spec\":{\"containers\":null},\"status\":{}}",
                "{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"spec\":{\"holderIdentity\":\"h\"}}",
                "{\"kind\":{\"kind\":\"Pod\"},\"other\":1}",
                "{\"without\":\"kind\"}",
                "{}",
                "null"
            })
    void otherEventsAreReadAsUsual(String object) {
        assertThat(watched(object))
                .isEqualTo(whole.unmarshal(event(object), WatchEvent.class).getObject());
    }

    @Test
    void nothingIsMissingFromWhatIsWritten() {
        Pod pod = whole.unmarshal(POD, Pod.class);
        assertThat(needed.asJson(pod)).isEqualTo(whole.asJson(pod));
    }

    /** An event costs the text of the message twice, once as bytes and once in a buffer, and the pod. */
    @Test
    void aPodTakesASmallPartOfTheMemoryThatReadingAllOfItTakes() {
        String event = event(POD);
        assertThat(allocatedBy(() -> needed.unmarshal(event, WatchEvent.class)))
                .isLessThan(allocatedBy(() -> whole.unmarshal(event, WatchEvent.class)) / 3);
    }

    private static long allocatedBy(Supplier<?> reading) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            var _ = reading.get();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
