package io.migpool.testbed.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.testbed.scheduler.LeaderElection;
import io.migpool.testbed.scheduler.ManagedResource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;

/**
 * kube-scheduler's configuration from the manifests, with another address and other delays.
 *
 * @param document the {@code KubeSchedulerConfiguration}
 */
record KubeSchedulerConfiguration(ObjectNode document) {

    private static final String MANIFEST = "base/scheduler-config.yaml";
    private static final String KEY = "config.yaml";

    static KubeSchedulerConfiguration of(SchedulerSetup setup, Path kubeconfig) throws IOException {
        ObjectNode document = ofTheManifests();
        document.putObject("clientConnection").put("kubeconfig", kubeconfig.toString());
        elect(document.withObject("/leaderElection"), setup);
        long first = wholeSeconds(setup.backOff());
        document.put("podInitialBackoffSeconds", first)
                .put(
                        "podMaxBackoffSeconds",
                        Math.max(first, wholeSeconds(setup.backOff().multipliedBy(SchedulerSetup.LONGEST_TO_FIRST))));
        // Pods without a GPU keep the default scheduler's name, and there is no other scheduler here.
        document.withArray("/profiles").addObject().put("schedulerName", "default-scheduler");
        ObjectNode extender = (ObjectNode) document.withArray("/extenders").get(0);
        extender.put("urlPrefix", setup.extender().toString());
        ArrayNode managed = extender.putArray("managedResources");
        for (ManagedResource resource : setup.managedResources()) {
            managed.addObject().put("name", resource.name()).put("ignoredByScheduler", resource.ignoredByScheduler());
        }
        return new KubeSchedulerConfiguration(document);
    }

    private static void elect(ObjectNode election, SchedulerSetup setup) {
        election.put("leaderElect", setup.election().isPresent());
        if (setup.election().isPresent()) {
            LeaderElection chosen = setup.election().get();
            election.put("resourceNamespace", chosen.namespace())
                    .put("resourceName", chosen.lease())
                    .put("leaseDuration", chosen.leaseDuration().toMillis() + "ms")
                    .put("renewDeadline", chosen.renewDeadline().toMillis() + "ms")
                    .put("retryPeriod", chosen.retryPeriod().toMillis() + "ms");
        }
    }

    private static ObjectNode ofTheManifests() throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        try (InputStream manifest = Manifests.open(MANIFEST);
                MappingIterator<JsonNode> documents =
                        yaml.readerFor(JsonNode.class).readValues(manifest)) {
            while (documents.hasNext()) {
                String text = documents.next().path("data").path(KEY).asText("");
                if (!text.isEmpty() && yaml.readTree(text) instanceof ObjectNode configuration) {
                    return configuration;
                }
            }
        }
        throw new IOException("manifests/" + MANIFEST + " has no ConfigMap with the key " + KEY);
    }

    private static long wholeSeconds(Duration time) {
        return Math.max(1, Math.ceilDiv(time.toMillis(), 1000L));
    }

    String yaml() throws IOException {
        return new YAMLMapper().writeValueAsString(document);
    }
}
