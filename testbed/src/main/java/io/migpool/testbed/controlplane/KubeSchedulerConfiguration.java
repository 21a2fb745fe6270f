package io.migpool.testbed.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.scheduler.ExtenderOptions;
import io.migpool.testbed.scheduler.LeaderElection;
import io.migpool.testbed.scheduler.ManagedResource;
import io.migpool.testbed.scheduler.ScorePlugin;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * kube-scheduler's configuration, as the manifests ship it or as it is installed in a cluster. Both the real scheduler and
 * the stand-in follow it, but for the address of the extender, the delays and the election.
 */
public final class KubeSchedulerConfiguration {

    private static final String MANIFEST = "base/scheduler-config.yaml";
    private static final String KEY = "config.yaml";
    /** kube-scheduler refuses a configuration with any other field. */
    private static final Set<String> FIELDS_OF_AN_EXTENDER = Set.of(
            "urlPrefix",
            "filterVerb",
            "preemptVerb",
            "prioritizeVerb",
            "weight",
            "bindVerb",
            "enableHTTPS",
            "tlsConfig",
            "httpTimeout",
            "nodeCacheCapable",
            "managedResources",
            "ignorable");

    private final ObjectNode document;

    private KubeSchedulerConfiguration(ObjectNode document) {
        this.document = document;
    }

    /** Returns the configuration that the manifests ship. */
    public static KubeSchedulerConfiguration ofTheManifests() throws IOException {
        try (InputStream manifest = Manifests.open(MANIFEST);
                MappingIterator<JsonNode> documents =
                        new YAMLMapper().readerFor(JsonNode.class).readValues(manifest)) {
            while (documents.hasNext()) {
                String text = documents.next().path("data").path(KEY).asText("");
                if (!text.isEmpty()) {
                    return parse(text, "manifests/" + MANIFEST);
                }
            }
        }
        throw new IOException("manifests/" + MANIFEST + " has no ConfigMap with the key " + KEY);
    }

    /** Returns the configuration that is installed in a cluster. */
    public static KubeSchedulerConfiguration installed(KubernetesClient client, String namespace) throws IOException {
        String name = "migpool-scheduler";
        return parse(
                client.configMaps()
                        .inNamespace(namespace)
                        .withName(name)
                        .require()
                        .getData()
                        .getOrDefault(KEY, ""),
                "ConfigMap " + namespace + "/" + name);
    }

    static KubeSchedulerConfiguration parse(String yaml, String place) throws IOException {
        if (!(new YAMLMapper().readTree(yaml) instanceof ObjectNode document)) {
            throw new IOException(place + ": " + KEY + " is not a mapping");
        }
        for (String field : names(document.at("/extenders/0"))) {
            if (!FIELDS_OF_AN_EXTENDER.contains(field)) {
                throw new IOException("%s: unknown field extenders[0].%s".formatted(place, field));
            }
        }
        return new KubeSchedulerConfiguration(document);
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Returns the same configuration with other resources whose pods the extender sees. */
    public KubeSchedulerConfiguration withManagedResources(List<ManagedResource> resources) {
        ObjectNode changed = document.deepCopy();
        ArrayNode managed = extenderOf(changed).putArray("managedResources");
        for (ManagedResource resource : resources) {
            managed.addObject().put("name", resource.name()).put("ignoredByScheduler", resource.ignoredByScheduler());
        }
        return new KubeSchedulerConfiguration(changed);
    }

    /** Returns the same configuration with another percentage of nodes at which a search ends. */
    public KubeSchedulerConfiguration withPercentageOfNodesToScore(int percentage) {
        return new KubeSchedulerConfiguration(document.deepCopy().put("percentageOfNodesToScore", percentage));
    }

    /** Returns the same configuration with whole nodes or only their names in requests to the extender. */
    public KubeSchedulerConfiguration withNodeCacheCapable(boolean capable) {
        ObjectNode changed = document.deepCopy();
        extenderOf(changed).put("nodeCacheCapable", capable);
        return new KubeSchedulerConfiguration(changed);
    }

    /** Returns how the stand-in speaks to the extender at that address. */
    ExtenderOptions extender(URI address) {
        JsonNode extender = extenderOf(document);
        List<ManagedResource> managed = new ArrayList<>();
        for (JsonNode resource : extender.path("managedResources")) {
            managed.add(new ManagedResource(
                    resource.path("name").asText(),
                    resource.path("ignoredByScheduler").asBoolean()));
        }
        return new ExtenderOptions(
                address,
                extender.path("filterVerb").asText(),
                extender.path("prioritizeVerb").asText(),
                optional(extender, "bindVerb"),
                optional(extender, "preemptVerb"),
                extender.path("weight").asInt(),
                extender.path("nodeCacheCapable").asBoolean(),
                managed,
                Duration.parse("PT" + extender.path("httpTimeout").asText("5s").toUpperCase(Locale.ROOT)),
                extender.path("ignorable").asBoolean());
    }

    private static Optional<String> optional(JsonNode object, String field) {
        return Optional.of(object.path(field).asText("")).filter(text -> !text.isEmpty());
    }

    /** Returns the percentage of all nodes at which a search ends, 0 if it depends on their number. */
    int percentageOfNodesToScore() {
        return document.path("percentageOfNodesToScore").asInt();
    }

    /**
     * Returns the schedulers that pods may name, with the plugins that score nodes for them and are not disabled.
     *
     * @throws IllegalStateException if a profile sets anything else, which the stand-in does not follow
     */
    Map<String, Set<ScorePlugin>> scores() {
        Map<String, Set<ScorePlugin>> scores = new TreeMap<>();
        int index = 0;
        for (JsonNode profile : withDefaultScheduler(document.deepCopy()).path("profiles")) {
            String field = "profiles[" + index++ + "]";
            requireOnly(field, profile, Set.of("schedulerName", "plugins"));
            requireOnly(field + ".plugins", profile.path("plugins"), Set.of("score"));
            requireOnly(field + ".plugins.score", profile.at("/plugins/score"), Set.of("disabled"));
            List<String> disabled = profile.at("/plugins/score/disabled").findValuesAsText("name");
            scores.put(
                    profile.path("schedulerName").asText(),
                    Arrays.stream(ScorePlugin.values())
                            .filter(plugin -> !disabled.contains(plugin.configuredName()) && !disabled.contains("*"))
                            .collect(Collectors.toSet()));
        }
        return scores;
    }

    private static void requireOnly(String field, JsonNode object, Set<String> followed) {
        for (String name : names(object)) {
            if (!followed.contains(name)) {
                throw new IllegalStateException("%s.%s is not followed by this scheduler double, which knows only %s"
                        .formatted(field, name, new TreeSet<>(followed)));
            }
        }
    }

    /** Pods without a GPU keep the default scheduler's name, and there is no other scheduler here. */
    private static ObjectNode withDefaultScheduler(ObjectNode document) {
        document.withArray("/profiles").addObject().put("schedulerName", "default-scheduler");
        return document;
    }

    /**
     * Returns the configuration of a kube-scheduler in a process of its own, as YAML.
     *
     * @param kubeconfig path of its kubeconfig
     */
    static String yaml(SchedulerSetup setup, Path kubeconfig) throws IOException {
        ObjectNode document = setup.configuration().document.deepCopy();
        document.putObject("clientConnection").put("kubeconfig", kubeconfig.toString());
        elect(document.withObject("/leaderElection"), setup);
        long first = wholeSeconds(setup.backOff());
        document.put("podInitialBackoffSeconds", first)
                .put(
                        "podMaxBackoffSeconds",
                        Math.max(first, wholeSeconds(setup.backOff().multipliedBy(SchedulerSetup.LONGEST_TO_FIRST))));
        withDefaultScheduler(document);
        extenderOf(document).put("urlPrefix", setup.extender().toString());
        return new YAMLMapper().writeValueAsString(document);
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

    private static ObjectNode extenderOf(ObjectNode document) {
        return (ObjectNode) document.withArray("/extenders").get(0);
    }

    private static long wholeSeconds(Duration time) {
        return Math.max(1, Math.ceilDiv(time.toMillis(), 1000L));
    }
}
