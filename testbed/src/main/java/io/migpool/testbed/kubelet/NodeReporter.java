package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/** Keeps the Node object up to date: labels, conditions, and what the device plugins announce. */
final class NodeReporter {

    private static final Logger LOG = System.getLogger(NodeReporter.class.getName());
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    /** Keeps the conditions of others. */
    private static final PatchContext STRATEGIC_MERGE = PatchContext.of(PatchType.STRATEGIC_MERGE);

    private static final Duration RETRY = Duration.ofMillis(500);

    private final KubeletOptions options;
    private final KubernetesClient client;
    private final NodeTime time;
    private final DevicePlugins plugins;

    // Orders the writes, so that the newest counts are the ones that stay. Guards bootId.
    private final ReentrantLock writing = new ReentrantLock();
    private final String readySince;
    private String bootId = UUID.randomUUID().toString();
    /** As the API server gave it last. */
    private volatile Node known;

    NodeReporter(KubeletOptions options, NodeTime time, DevicePlugins plugins) {
        this.options = options;
        this.client = options.client();
        this.time = time;
        this.plugins = plugins;
        this.readySince = now();
        this.known = new NodeBuilder()
                .withNewMetadata()
                .withName(options.nodeName())
                .withLabels(labels(options))
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
    }

    private static Map<String, String> labels(KubeletOptions options) {
        var labels = new TreeMap<>(options.labels());
        labels.put("kubernetes.io/hostname", options.nodeName());
        labels.put("kubernetes.io/os", "linux");
        labels.put("kubernetes.io/arch", "amd64");
        return labels;
    }

    /** Creates the Node, or takes over an existing one. */
    void register() {
        try {
            known = client.nodes().resource(known).create();
        } catch (KubernetesClientException refused) {
            if (refused.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw refused;
            }
            known = client.nodes()
                    .withName(options.nodeName())
                    .patch(MERGE, json(Map.of("metadata", Map.of("labels", labels(options)))));
        }
        writeStatus();
    }

    /** Reads the Node, which others may have labelled; returns it as last known if the API server is unavailable. */
    Node read() {
        try {
            var node = client.nodes().withName(options.nodeName()).get();
            if (node != null) {
                known = node;
            }
        } catch (KubernetesClientException unavailable) {
            LOG.log(Level.DEBUG, "Node {0} is judged as last known: {1}", options.nodeName(), unavailable);
        }
        return known;
    }

    /** Writes the counts; retries a little later if the API server is unavailable. */
    void refresh() {
        try {
            writeStatus();
        } catch (KubernetesClientException unavailable) {
            LOG.log(Level.DEBUG, "Status of node {0} is written later: {1}", options.nodeName(), unavailable);
            time.after(RETRY, () -> Thread.ofVirtual().start(this::refresh));
        }
    }

    /** Gives the node a new boot id, as a reboot does. */
    void rebooted() {
        writing.lock();
        try {
            bootId = UUID.randomUUID().toString();
        } finally {
            writing.unlock();
        }
    }

    private void writeStatus() {
        writing.lock();
        try {
            // As kubelet does, without reading it first, which the client does unless it has the object.
            client.nodes()
                    .resource(new NodeBuilder()
                            .withNewMetadata()
                            .withName(options.nodeName())
                            .endMetadata()
                            .build())
                    .subresource("status")
                    .patch(STRATEGIC_MERGE, json(Map.of("status", status())));
        } finally {
            writing.unlock();
        }
    }

    private Object status() {
        Map<String, Quantity> capacity = new HashMap<>(options.capacity());
        Map<String, Quantity> allocatable = new HashMap<>(options.capacity());
        for (var resource : plugins.removed()) {
            // With 0, for a resource that is absent counts as one that no node has to offer.
            capacity.put(resource, count(0));
            allocatable.put(resource, count(0));
        }
        for (var endpoint : plugins.endpoints()) {
            capacity.put(endpoint.resource(), count(endpoint.devices().size()));
            allocatable.put(endpoint.resource(), count(endpoint.healthyIds().size()));
        }
        Node node = new NodeBuilder()
                .withNewStatus()
                .withCapacity(capacity)
                .withAllocatable(allocatable)
                .addNewAddress(options.hostIp(), "InternalIP")
                .addNewAddress(options.nodeName(), "Hostname")
                .withConditions(
                        condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "memory is available"),
                        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "the disk has room"),
                        condition("PIDPressure", "False", "KubeletHasSufficientPID", "process ids are available"),
                        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
                .withNewNodeInfo()
                .withArchitecture("amd64")
                .withOperatingSystem("linux")
                .withBootID(bootId)
                .withMachineID(options.nodeName())
                .withSystemUUID(options.nodeName())
                .withKernelVersion("6.1.0")
                .withOsImage("MigPool testbed")
                .withContainerRuntimeVersion("containerd://2.1.9")
                .withKubeletVersion("v1.36.2")
                .withKubeProxyVersion("")
                .endNodeInfo()
                .endStatus()
                .build();
        return node.getStatus();
    }

    private NodeCondition condition(String type, String status, String reason, String message) {
        return new NodeConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastHeartbeatTime(now())
                .withLastTransitionTime(readySince)
                .build();
    }

    private String now() {
        return time.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Quantity count(int devices) {
        return new Quantity(Integer.toString(devices));
    }

    private String json(Object patch) {
        return client.getKubernetesSerialization().asJson(patch);
    }
}
