package io.migpool.deviceplugin.inject;

import io.migpool.contracts.mig.GpuMode;
import io.migpool.contracts.wire.MigRuntime;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.MigInstance;
import io.migpool.deviceplugin.instance.PodClaim;
import io.migpool.deviceplugin.kubelet.PodKey;
import io.migpool.deviceplugin.kubelet.PodSlots;
import io.migpool.deviceplugin.kubelet.SlotDevices;
import io.migpool.deviceplugin.node.NodePresence;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The devices behind slots, from the pool's claims.
 *
 * @param pool the pool with the pods' instances
 * @param node knows which GPUs are shared whole
 */
public record DevicesBehindSlots(InstancePool pool, NodePresence node) implements SlotDevices {

    @Override
    public Map<String, String> behind(PodSlots pod) {
        Map<String, String> uuids = new TreeMap<>();
        claim(pod.pod()).ifPresent(claim -> SlotAssignment.of(claim, pod)
                .forEach((slot, device) -> uuid(claim, device).ifPresent(uuid -> uuids.put(slot, uuid))));
        return uuids;
    }

    /**
     * Finds the claim of a pod. A pod may still have something while its successor of the same name starts; the one
     * that has everything it needs counts.
     */
    private Optional<PodClaim> claim(PodKey key) {
        return switch (key) {
            case PodKey.ByUid(String uid) -> pool.claim(uid);
            case PodKey.ByName(String namespace, String name) ->
                pool.claims().stream()
                        .filter(claim -> claim.namespace().equals(namespace)
                                && claim.name().equals(name))
                        .filter(pool::isRealised)
                        .findFirst();
        };
    }

    private Optional<String> uuid(PodClaim claim, ClaimedDevice device) {
        return switch (device) {
            case ClaimedDevice.Shared shared -> Optional.of(shared.gpuUuid());
            case ClaimedDevice.Mig mig ->
                pool.instances().stream()
                        .filter(instance -> instance.slice().equals(mig.slice())
                                && instance.pod().equals(Optional.of(claim.uid())))
                        .findFirst()
                        .flatMap(instance -> instance.driverState().identity())
                        .map(MigRuntime::migUuid);
        };
    }

    @Override
    public List<String> all() {
        Stream<String> instances = pool.instances().stream()
                .map(MigInstance::driverState)
                .flatMap(state -> state.identity().stream())
                .map(MigRuntime::migUuid);
        Stream<String> shared = node.inventory().stream()
                .filter(gpu -> gpu.mode() != GpuMode.MIG)
                .map(gpu -> gpu.uuid());
        return Stream.concat(instances, shared).sorted().toList();
    }
}
