package io.migpool.deviceplugin.operator;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.cluster.Events;
import io.migpool.deviceplugin.cluster.PodPhase;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.runtime.time.Loop;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reports pods on this node that do the agent's work too: other device plugins, which give the same GPUs away a second
 * time, and NVIDIA's MIG Manager, which cuts them. Each is reported once, as long as it runs. Those that the GPU
 * Operator deploys are turned off, where that is wanted.
 */
public final class ConflictingOperands implements AutoCloseable {

    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(30);
    private static final String PLUGIN = "device-plugin";
    private static final String MIG_MANAGER = "mig-manager";
    private static final String GIVES_AWAY = "gives the GPUs of this node to pods too, so that two may get the same";

    private static final List<Kind> KINDS = List.of(
            new Kind(
                    Map.of(
                            "app", "nvidia-device-plugin-daemonset",
                            "app.kubernetes.io/name", "nvidia-device-plugin",
                            "name", "nvidia-device-plugin-ds"),
                    "RivalDevicePlugin",
                    GIVES_AWAY,
                    PLUGIN),
            new Kind(Map.of("app.kubernetes.io/component", "hami-device-plugin"), "RivalDevicePlugin", GIVES_AWAY, ""),
            new Kind(
                    Map.of("app", "nvidia-mig-manager"),
                    "RivalMigManager",
                    "cuts the GPUs of this node too, and may destroy instances that pods use",
                    MIG_MANAGER));

    /**
     * A rival as its manifests and charts label it.
     *
     * @param labels labels, any of which identifies it
     * @param reason the reason of the Event
     * @param what what it does
     * @param operand what the GPU Operator calls it in its labels; empty if it does not deploy it
     */
    private record Kind(Map<String, String> labels, String reason, String what, String operand) {

        static Optional<Kind> of(Pod pod) {
            Map<String, String> labels =
                    Optional.ofNullable(pod.getMetadata().getLabels()).orElse(Map.of());
            return KINDS.stream()
                    .filter(kind -> kind.labels.entrySet().stream().anyMatch(labels.entrySet()::contains))
                    .findFirst();
        }

        /** Returns whether it is NVIDIA's device plugin, which may be meant to hand out the label's GPUs. */
        boolean isNvidiasPlugin() {
            return operand.equals(PLUGIN);
        }

        String remedy() {
            return operand.isEmpty()
                    ? "uninstall it, or take the node out of the pool: label it gpu=off"
                    : "label the node %s%s=false where the GPU Operator deploys it, else uninstall it here"
                            .formatted(OperandLabels.LABEL, operand);
        }
    }

    private final Pods pods;
    private final Events events;
    private final OperandLabels operands;
    private final Supplier<Optional<Boolean>> pluginIsWelcome;
    private final Set<String> told = new HashSet<>();
    private final Loop loop = Loop.of("rivals", LOOK_INTERVAL, this::look);

    /**
     * @param pods the pods bound to this node
     * @param events where rivals are reported
     * @param operands turns rivals off
     * @param pluginIsWelcome whether NVIDIA's device plugin does not conflict now, because it is to hand out all GPUs
     *     of this node; empty while that is not known
     */
    public ConflictingOperands(
            Pods pods, Events events, OperandLabels operands, Supplier<Optional<Boolean>> pluginIsWelcome) {
        this.pods = pods;
        this.events = events;
        this.operands = operands;
        this.pluginIsWelcome = pluginIsWelcome;
    }

    /** Starts looking. */
    public void start() {
        loop.start();
    }

    /** Reports new rivals. Used from one thread. */
    Loop.Next look() {
        Optional<List<Pod>> all = pods.all();
        Optional<Boolean> welcome = pluginIsWelcome.get();
        boolean off = operands.turnOff(
                welcome.equals(Optional.of(false)) ? Set.of(PLUGIN, MIG_MANAGER) : Set.of(MIG_MANAGER));
        boolean said = off && all.isPresent();
        Set<String> here = new HashSet<>();
        for (Pod pod : all.orElse(List.of())) {
            Optional<Kind> kind = PodPhase.hasEnded(pod) ? Optional.empty() : Kind.of(pod);
            if (kind.isPresent()) {
                here.add(pod.getMetadata().getUid());
                boolean plugin = kind.get().isNvidiasPlugin();
                if (!plugin || welcome.equals(Optional.of(false))) {
                    tell(kind.get(), pod);
                }
                said &= !plugin || welcome.isPresent();
            }
        }
        if (all.isPresent()) {
            told.retainAll(here);
        }
        return said ? Loop.Next.AFTER_PAUSE : Loop.Next.RETRY_SOON;
    }

    private void tell(Kind kind, Pod pod) {
        if (told.add(pod.getMetadata().getUid())) {
            events.warnNode(
                    kind.reason,
                    "pod %s/%s %s; %s"
                            .formatted(
                                    pod.getMetadata().getNamespace(),
                                    pod.getMetadata().getName(),
                                    kind.what,
                                    kind.remedy()));
        }
    }

    @Override
    public void close() {
        loop.close();
    }
}
