package io.migpool.testbed.bench.load;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pods of usual size with one container that requests a slice. Pods of the same slice share their containers and
 * volumes, because builders would take most of the time in which a large cluster is generated; nobody may change them.
 */
public final class WorkerPods {

    /** The namespace of all pods. */
    public static final String NAMESPACE = "team-a";

    private static final int ENVIRONMENT = 8;

    private static final Map<RequestedProfile, Pod> TEMPLATES = Arrays.stream(RequestedProfile.values())
            .collect(Collectors.toMap(
                    Function.identity(),
                    WorkerPods::template,
                    (one, other) -> one,
                    () -> new EnumMap<>(RequestedProfile.class)));

    private WorkerPods() {}

    /**
     * Returns a pod that waits for a slice.
     *
     * @param number determines name and uid
     * @param profile the requested profile
     */
    public static Pod waiting(int number, RequestedProfile profile) {
        Pod template = Objects.requireNonNull(TEMPLATES.get(profile));
        ObjectMeta metadata = copy(template.getMetadata());
        metadata.setName("worker-%07d".formatted(number));
        metadata.setUid("7d1f0000-0000-4000-8000-%012d".formatted(number));
        metadata.setResourceVersion("1");
        return pod(template, metadata, template.getSpec());
    }

    /**
     * Returns a pod as it is once it is bound.
     *
     * @param pod the waiting pod
     * @param node the node to which it is bound
     * @param annotations the annotations of the binding
     */
    public static Pod bound(Pod pod, String node, Map<String, String> annotations) {
        ObjectMeta metadata = copy(pod.getMetadata());
        metadata.setAnnotations(annotations);
        metadata.setResourceVersion("2");
        PodSpec spec = copy(pod.getSpec());
        spec.setNodeName(node);
        return pod(pod, metadata, spec);
    }

    private static Pod pod(Pod other, ObjectMeta metadata, PodSpec spec) {
        Pod pod = new Pod();
        pod.setMetadata(metadata);
        pod.setSpec(spec);
        pod.setStatus(other.getStatus());
        return pod;
    }

    private static ObjectMeta copy(ObjectMeta other) {
        ObjectMeta metadata = new ObjectMeta();
        metadata.setNamespace(other.getNamespace());
        metadata.setName(other.getName());
        metadata.setUid(other.getUid());
        metadata.setLabels(other.getLabels());
        metadata.setOwnerReferences(other.getOwnerReferences());
        return metadata;
    }

    private static PodSpec copy(PodSpec other) {
        PodSpec spec = new PodSpec();
        spec.setSchedulerName(other.getSchedulerName());
        spec.setServiceAccountName(other.getServiceAccountName());
        spec.setTolerations(other.getTolerations());
        spec.setVolumes(other.getVolumes());
        spec.setContainers(other.getContainers());
        return spec;
    }

    private static Pod template(RequestedProfile profile) {
        Map<String, Quantity> limits = limits(profile);
        return new PodBuilder()
                .withMetadata(new ObjectMetaBuilder()
                        .withNamespace(NAMESPACE)
                        .addToLabels("app", "worker")
                        .addToLabels("pod-template-hash", "5d4f9c7b8")
                        .addNewOwnerReference()
                        .withApiVersion("apps/v1")
                        .withKind("ReplicaSet")
                        .withName("worker-5d4f9c7b8")
                        .withUid("0b7c8a54-9a5f-4c43-8d6c-6f2d8b1f3e11")
                        .withController(true)
                        .endOwnerReference()
                        .build())
                .withNewSpec()
                .withSchedulerName("hami-scheduler")
                .withServiceAccountName("default")
                .addNewToleration()
                .withKey("node.kubernetes.io/not-ready")
                .withOperator("Exists")
                .withEffect("NoExecute")
                .withTolerationSeconds(300L)
                .endToleration()
                .addNewVolume()
                .withName("kube-api-access")
                .withNewProjected()
                .withDefaultMode(420)
                .endProjected()
                .endVolume()
                .addNewContainer()
                .withName("main")
                .withImage("registry.example/team-a/worker:1.4.2")
                .withEnv(environment())
                .withNewResources()
                .withLimits(limits)
                .withRequests(limits)
                .endResources()
                .addNewVolumeMount()
                .withName("kube-api-access")
                .withMountPath("/var/run/secrets/kubernetes.io/serviceaccount")
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Pending")
                .endStatus()
                .build();
    }

    private static Map<String, Quantity> limits(RequestedProfile profile) {
        Map<String, Quantity> limits = new TreeMap<>();
        limits.put("cpu", new Quantity("4"));
        limits.put("memory", new Quantity("16Gi"));
        limits.put("nvidia.com/gpu", new Quantity("1"));
        if (profile.index() > 0) {
            limits.put("nvidia.com/gpumem", new Quantity(Integer.toString(profile.memoryMiB())));
            limits.put("nvidia.com/gpucores", new Quantity(Integer.toString(profile.cores())));
        }
        return limits;
    }

    private static List<EnvVar> environment() {
        return IntStream.range(0, ENVIRONMENT)
                .mapToObj(i -> new EnvVarBuilder()
                        .withName("SETTING_" + i)
                        .withValue("value-of-setting-" + i)
                        .build())
                .toList();
    }
}
