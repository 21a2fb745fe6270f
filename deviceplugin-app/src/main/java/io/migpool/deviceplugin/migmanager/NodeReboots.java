package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.NodeCordon;
import io.migpool.deviceplugin.geometry.Occupant;
import io.migpool.deviceplugin.gpu.GpuDriver;
import io.migpool.deviceplugin.gpu.GpuException;
import io.migpool.deviceplugin.host.Systemd;
import java.io.IOException;
import java.util.List;

/** {@link Reboots} of this node's machine. */
final class NodeReboots implements Reboots {

    private static final String REBOOT = "reboot.target";

    private final boolean allowed;
    private final GpuDriver driver;
    private final NodePods pods;
    private final NodeCordon cordon;
    private final Systemd systemd;

    NodeReboots(boolean allowed, GpuDriver driver, NodePods pods, NodeCordon cordon, Systemd systemd) {
        this.allowed = allowed;
        this.driver = driver;
        this.pods = pods;
        this.cordon = cordon;
        this.systemd = systemd;
    }

    @Override
    public boolean areAllowed() {
        return allowed;
    }

    @Override
    public void requirePossible() throws UnreachableException {
        try {
            if (systemd.unit(REBOOT).loadState().equals("masked")) {
                throw new UnreachableException(REBOOT + " is masked; unmask it with systemctl on the node");
            }
        } catch (IOException e) {
            throw new UnreachableException(e);
        }
    }

    @Override
    public String bootId() throws GpuException {
        return driver.bootId();
    }

    @Override
    public List<Occupant> podsToEnd() throws UnreachableException {
        return pods.living().stream()
                .filter(pod -> !NodePods.belongsToNode(pod))
                .map(pod -> NodePods.occupant(pod, ""))
                .toList();
    }

    @Override
    public boolean isCordoned() throws UnreachableException {
        try {
            return cordon.isSet();
        } catch (ClusterException e) {
            throw new UnreachableException(e);
        }
    }

    @Override
    public void cordon() throws UnreachableException {
        try {
            cordon.set();
        } catch (ClusterException e) {
            throw new UnreachableException(e);
        }
    }

    @Override
    public void uncordon() throws UnreachableException {
        try {
            cordon.lift();
        } catch (ClusterException e) {
            throw new UnreachableException(e);
        }
    }

    @Override
    public void reboot() throws UnreachableException {
        try {
            systemd.reboot();
        } catch (IOException e) {
            throw new UnreachableException(e);
        }
    }
}
