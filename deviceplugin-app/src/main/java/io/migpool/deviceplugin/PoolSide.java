package io.migpool.deviceplugin;

import io.migpool.deviceplugin.cluster.Cluster;
import io.migpool.deviceplugin.cluster.Pods;
import io.migpool.deviceplugin.health.GpuHealth;
import io.migpool.deviceplugin.inject.AbandonedDirectories;
import io.migpool.deviceplugin.inject.ContainerContents;
import io.migpool.deviceplugin.inject.ContainerStart;
import io.migpool.deviceplugin.inject.SliceRealiser;
import io.migpool.deviceplugin.inject.StartObserver;
import io.migpool.deviceplugin.instance.InstancePool;
import io.migpool.deviceplugin.instance.OwnershipFile;
import io.migpool.deviceplugin.kubelet.SlotOwners;
import io.migpool.deviceplugin.node.LabelDrivenGpus;
import io.migpool.deviceplugin.node.LastSharing;
import io.migpool.deviceplugin.node.LivePlan;
import io.migpool.deviceplugin.node.NodePresence;
import io.migpool.deviceplugin.observe.AgentObservers;
import io.migpool.deviceplugin.reservation.BlockedPods;
import io.migpool.deviceplugin.reservation.ClaimReader;
import io.migpool.deviceplugin.reservation.PoolReconciler;
import io.migpool.deviceplugin.reservation.ReservationRepair;
import io.migpool.deviceplugin.reservation.ReservedSlices;
import io.migpool.deviceplugin.reservation.RuntimeIdentityWriter;
import io.migpool.deviceplugin.settings.AgentSettings;
import io.migpool.deviceplugin.settings.LiveAgentSettings;
import io.migpool.deviceplugin.settings.RememberedNames;
import io.migpool.runtime.Closing;

/** The pool's side of the agent: the instances, which pods have them, and which GPUs this node offers to the pool. */
final class PoolSide {

    private final AgentSettings settings;
    private final AgentPorts ports;
    private final RememberedNames devices;
    private final InstancePool instances;
    private final ClaimReader claims;
    private final LabelDrivenGpus labelDriven;
    private final NodePresence presence;
    private final RuntimeIdentityWriter identityWriter;
    private final ReservationRepair repair;
    private final PoolReconciler reconciler;
    private final BlockedPods blockedPods;
    private final AbandonedDirectories abandoned;

    PoolSide(
            AgentSettings settings,
            LiveAgentSettings live,
            AgentPorts ports,
            KubeletDeviceHolders holders,
            AgentObservers observers) {
        this.settings = settings;
        this.ports = ports;
        this.devices = live.devices();
        Cluster cluster = ports.cluster();
        instances = new InstancePool(
                ports.driver(),
                ports.gpus(),
                new OwnershipFile(settings.stateDirectory()),
                live.idleTtl(),
                ports.clock(),
                observers.pool());
        ReservedSlices slices = new ReservedSlices(ports.gpus(), ports::gpusNow);
        claims = new ClaimReader(settings.nodeName(), devices::current, slices);
        labelDriven =
                new LabelDrivenGpus(instances, cluster.pods(), claims, new CheckpointUse(holders, ports.driver()));
        presence = new NodePresence(
                new LivePlan(
                        settings.nodeName(),
                        devices,
                        live.nodes(),
                        cluster.labels()::current,
                        new LastSharing(settings.stateDirectory())),
                ports.driver(),
                instances,
                labelDriven,
                new GpuHealth(
                        ports.driver()::recoveryAction,
                        instances,
                        settings.health(),
                        cluster.events(),
                        observers.health(),
                        ports.clock()),
                cluster.node(),
                cluster.events(),
                ports.clock());
        identityWriter = new RuntimeIdentityWriter(cluster.pods(), slices);
        repair = new ReservationRepair(
                cluster.pods(), claims, slices, instances, presence, cluster.events(), devices::current, ports.clock());
        reconciler = new PoolReconciler(
                instances,
                cluster.pods(),
                claims,
                identityWriter,
                () -> devices.countName().isPresent(),
                repair::isMoving,
                settings.sweepInterval());
        blockedPods = new BlockedPods(cluster.pods(), instances, cluster.events(), settings::evictAfter, ports.clock());
        abandoned = new AbandonedDirectories(settings.inject(), cluster.pods(), instances);
    }

    /**
     * Returns the listener for the pods bound here.
     *
     * @param afterList called when all of them are known; it must be quick
     */
    Pods.Listener listener(Runnable afterList) {
        return reconciler.listener(() -> {
            identityWriter.retry();
            presence.podsListed();
            afterList.run();
        });
    }

    /** Returns the handler of the pool's container starts. */
    ContainerStart starts(SlotOwners owners, StartObserver observer) {
        Cluster cluster = ports.cluster();
        SliceRealiser realiser = new SliceRealiser(
                instances,
                cluster.pods(),
                presence,
                repair,
                blockedPods,
                cluster.events(),
                settings.inject().startLimit(),
                ports.clock());
        return new ContainerStart(
                owners,
                cluster.pods(),
                claims,
                instances,
                realiser,
                new ContainerContents(presence, cluster.events(), settings.inject()),
                identityWriter,
                observer,
                settings.inject(),
                ports.clock());
    }

    /**
     * Starts following the pods and offering the GPUs. Blocks for driver calls. The instances must have been recovered
     * before.
     */
    void start(Closing closing) {
        closing.start(identityWriter, identityWriter::start);
        closing.start(reconciler, reconciler::start);
        closing.start(blockedPods, blockedPods::start);
        closing.start(abandoned, abandoned::start);
        closing.start(presence, presence::start);
    }

    /**
     * Returns whether the pool offers GPUs or pods have some. kubelet's checkpoint does not count, because it also has
     * the slots of pods that have ended.
     */
    boolean hasGpus() {
        return presence.slots() > 0 || !instances.claims().isEmpty();
    }

    RememberedNames devices() {
        return devices;
    }

    InstancePool instances() {
        return instances;
    }

    LabelDrivenGpus labelDriven() {
        return labelDriven;
    }

    NodePresence presence() {
        return presence;
    }

    RuntimeIdentityWriter identityWriter() {
        return identityWriter;
    }
}
