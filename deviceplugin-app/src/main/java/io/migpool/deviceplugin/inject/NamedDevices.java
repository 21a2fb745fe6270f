package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.kubelet.AllocationHandler;
import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Devices that kubelet knows by their UUIDs: the answer to Allocate already names what a container may see. The file of
 * a CDI device is written again at every start, because its directory does not survive a reboot, while kubelet's
 * answers do.
 */
public final class NamedDevices implements AllocationHandler {

    private static final System.Logger LOG = System.getLogger(NamedDevices.class.getName());
    private static final char BEFORE_DIGEST = '_';
    private static final Pattern UUIDS = Pattern.compile("(?:MIG|GPU)-[0-9A-Za-z-]+");

    private final Desk desk;
    private final InjectSettings settings;
    private final CdiDirectory cdi;

    /** Knows which devices exist. */
    public interface Desk {

        /**
         * Records that a container is given these devices.
         *
         * @throws IOException if it cannot have them; the message says why and what to do
         */
        void give(Set<String> uuids) throws IOException;

        /**
         * Checks the devices with which a container starts.
         *
         * @throws PreparationException if one of them is gone
         */
        void requirePresent(Set<String> uuids) throws PreparationException;
    }

    public NamedDevices(Desk desk, InjectSettings settings) {
        this.desk = desk;
        this.settings = settings;
        this.cdi = new CdiDirectory(settings.cdiDirectory());
    }

    @Override
    public Answer reserve(NavigableSet<String> uuids) throws IOException {
        desk.give(uuids);
        return switch (settings.strategy()) {
            case CDI_CRI -> {
                write(uuids);
                yield new Answer(List.of(CdiDirectory.deviceName(name(uuids))), Map.of(), List.of());
            }
            case ENVIRONMENT -> {
                ContainerEdits edits = edits(uuids);
                yield new Answer(List.of(), edits.environment(), edits.mounts());
            }
        };
    }

    @Override
    public void prepare(NavigableSet<String> uuids) throws PreparationException {
        try {
            desk.requirePresent(uuids);
            if (settings.strategy() == InjectSettings.Strategy.CDI_CRI) {
                rewrite(uuids);
            }
        } catch (PreparationException e) {
            LOG.log(Level.WARNING, "{0}: {1} (devices {2})", e.reason(), e.getMessage(), uuids);
            throw e;
        }
    }

    private void rewrite(NavigableSet<String> uuids) throws PreparationException {
        try {
            write(uuids);
        } catch (IOException e) {
            throw new PreparationException(StartFailure.CDI_FILE_NOT_WRITTEN, String.valueOf(e.getMessage()), e);
        }
    }

    private void write(NavigableSet<String> uuids) throws IOException {
        try {
            cdi.write(name(uuids), edits(uuids));
        } catch (IOException e) {
            throw new IOException(
                    "cannot write the CDI file in %s (%s); make the directory writable for the node agent"
                            .formatted(settings.cdiDirectory(), e.getMessage()),
                    e);
        }
    }

    private ContainerEdits edits(NavigableSet<String> uuids) {
        return ContainerEdits.NONE.seeing(List.copyOf(uuids), settings.deviceList());
    }

    /** Returns one name per set of devices, because containers of one pod may share some of them. */
    private static String name(NavigableSet<String> uuids) {
        return uuids.size() == 1
                ? uuids.first()
                : uuids.first()
                        + BEFORE_DIGEST
                        + UUID.nameUUIDFromBytes(String.join(",", uuids).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Removes files that name a device which no longer exists.
     *
     * @param settings the settings with the directory of the files
     * @param present UUIDs of existing devices
     */
    public static void sweep(InjectSettings settings, Set<String> present) throws IOException {
        new CdiDirectory(settings.cdiDirectory())
                .removeAll(name -> UUIDS.matcher(name).lookingAt(), text -> UUIDS.matcher(text)
                        .results()
                        .map(MatchResult::group)
                        .anyMatch(uuid -> !present.contains(uuid)));
    }
}
