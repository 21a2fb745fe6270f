package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.kubelet.PreparationException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;

/**
 * Devices that kubelet knows by their UUIDs: the answer to Allocate already names what a container may see. The file of
 * a CDI device is written at every start, because its directory does not survive a reboot, while kubelet's answers do,
 * and the driver may change in between.
 */
public final class NamedDevices implements AllocationHandler {

    private static final System.Logger LOG = System.getLogger(NamedDevices.class.getName());

    private final Desk desk;
    private final InjectSettings settings;
    private final NamedDeviceFiles files;

    /** Knows which devices exist. */
    public interface Desk {

        /**
         * Records that a container is given these devices.
         *
         * @throws IOException if it cannot have them; the message says why and what to do
         */
        void give(Set<String> uuids) throws IOException;

        /**
         * Returns the devices with which a container starts, in the order of the UUIDs.
         *
         * @throws PreparationException if one of them is gone
         */
        List<VisibleDevice> requirePresent(NavigableSet<String> uuids) throws PreparationException;
    }

    /**
     * @param files the files of all such devices of the node
     */
    public NamedDevices(Desk desk, InjectSettings settings, NamedDeviceFiles files) {
        this.desk = desk;
        this.settings = settings;
        this.files = files;
    }

    @Override
    public Answer reserve(NavigableSet<String> uuids) throws IOException {
        desk.give(uuids);
        return switch (settings.strategy()) {
            case CDI_CRI -> {
                files.clear(uuids);
                yield new Answer(List.of(NamedDeviceFiles.deviceName(uuids)), Map.of(), List.of());
            }
            case ENVIRONMENT -> {
                ContainerEdits edits = ContainerEdits.NONE.seeing(List.copyOf(uuids), settings.deviceList());
                yield new Answer(List.of(), edits.environment(), edits.mounts());
            }
        };
    }

    @Override
    public void prepare(NavigableSet<String> uuids) throws PreparationException {
        try {
            List<VisibleDevice> devices = desk.requirePresent(uuids);
            if (settings.strategy() == InjectSettings.Strategy.CDI_CRI) {
                files.write(uuids, devices);
            }
        } catch (PreparationException e) {
            LOG.log(Level.WARNING, "{0}: {1} (devices {2})", e.reason(), e.getMessage(), uuids);
            throw e;
        }
    }
}
