package io.migpool.deviceplugin.migmanager;

import io.fabric8.kubernetes.api.model.Pod;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.geometry.Outcome;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.node.AllocationGate;
import io.migpool.deviceplugin.node.DeviceHolders;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@link GpuScope} of this node: the GPUs that the pool has left, and the pods to which kubelet has given devices. */
final class NodeGpuScope implements GpuScope {

    private final LabelDrivenGpus gpus;
    private final DeviceHolders holders;
    private final AllocationGate gate;
    private final NodePods pods;
    private final boolean drains;

    /**
     * @param gate the gate through which pods get devices
     * @param drains whether pods may be evicted
     */
    NodeGpuScope(LabelDrivenGpus gpus, DeviceHolders holders, AllocationGate gate, NodePods pods, boolean drains) {
        this.gpus = gpus;
        this.holders = holders;
        this.gate = gate;
        this.pods = pods;
        this.drains = drains;
    }

    @Override
    public boolean isDecided() {
        return gpus.areDecided();
    }

    @Override
    public boolean isInUse() {
        return !gpus.free().isEmpty() || !gpus.awaited().isEmpty();
    }

    @Override
    public Set<String> free() {
        return gpus.free();
    }

    @Override
    public List<Occupant> awaited() {
        List<Occupant> awaited = new ArrayList<>();
        for (String gpu : gpus.awaited()) {
            List<PodClaim> claims = gpus.podsOn(gpu).orElse(List.of());
            claims.forEach(claim -> awaited.add(
                    new Occupant(NodePods.name(claim.namespace(), claim.name()), Optional.of(claim.uid()), gpu)));
            if (claims.isEmpty()) {
                awaited.add(new Occupant("the pool", Optional.empty(), gpu));
            }
        }
        return awaited;
    }

    @Override
    public List<Occupant> occupants() throws UnreachableException {
        List<Occupant> occupants = new ArrayList<>();
        List<DeviceHolders.Holder> told = present();
        gate.untold(told)
                .forEach(id -> occupants.add(new Occupant("a pod that was just given " + id, Optional.empty(), id)));
        for (DeviceHolders.Holder holder : told) {
            String id = holder.device();
            if (id.startsWith("MIG-") || id.startsWith("GPU-")) {
                occupants.add(pods.find(holder.namespace(), holder.pod())
                        .map(pod -> NodePods.occupant(pod, id))
                        .orElseGet(() ->
                                new Occupant(NodePods.name(holder.namespace(), holder.pod()), Optional.empty(), id)));
            }
        }
        return occupants;
    }

    private List<DeviceHolders.Holder> present() throws UnreachableException {
        try {
            return holders.present();
        } catch (IOException e) {
            throw new UnreachableException(
                    "nothing is changed while kubelet does not report which pod has which device: " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnreachableException("the node agent is stopping", e);
        }
    }

    @Override
    public boolean areRefilled() {
        return drains && !gate.isInControl();
    }

    @Override
    public List<String> askToLeave(List<Occupant> occupants) throws UnreachableException {
        List<Pod> asked = occupants.stream()
                .flatMap(occupant -> occupant.podUid().stream())
                .distinct()
                .flatMap(uid -> pods.watched(uid).stream())
                .toList();
        if (asked.isEmpty()) {
            return List.of();
        }
        return drains
                ? pods.evict(asked, "the GPUs of its node are being repartitioned")
                : List.of("pods are evicted for this only with migpool.mig-manager.drain=true");
    }

    @Override
    public void shut() {
        gate.shut();
    }

    @Override
    public void open(Set<String> gpuUuids) {
        gate.open(gpuUuids);
    }

    @Override
    public Outcome alone(Change change) throws GpuException, UnreachableException {
        try (AllocationGate.Pause _ = gate.pause()) {
            return change.make(occupants());
        }
    }
}
