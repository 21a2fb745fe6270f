package io.migpool.deviceplugin.inject;

import io.migpool.deviceplugin.kubelet.PreparationException;
import io.migpool.deviceplugin.kubelet.StartFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The CDI files of devices that kubelet knows by their UUIDs: one for each set of devices that a container has, because
 * containers of one pod may share some of them.
 */
public final class NamedDeviceFiles {

    private static final char BEFORE_DIGEST = '_';
    private static final Pattern UUID_START = Pattern.compile("(?:MIG|GPU)-");

    private final InjectSettings settings;
    private final CdiDirectory cdi;
    private final DeviceAccess access;
    /**
     * The devices of each file by its name, which names only the first of several. It lacks files of a former agent:
     * those of several devices go with the first {@link #sweep}, and a start writes them again.
     */
    private final ConcurrentHashMap<String, Set<String>> devices = new ConcurrentHashMap<>();

    /**
     * @param minors minor number of each GPU's device node by UUID
     */
    public NamedDeviceFiles(InjectSettings settings, Supplier<Map<String, Integer>> minors) {
        this.settings = settings;
        this.cdi = new CdiDirectory(settings.cdiDirectory());
        this.access = new DeviceAccess(settings, minors);
    }

    /** Reads ahead what the first container would have to wait for. */
    public void getReady() {
        if (settings.strategy() == InjectSettings.Strategy.CDI_CRI) {
            access.getReady();
        }
    }

    /** Returns the fully qualified name of the CDI device for these devices. */
    static String deviceName(NavigableSet<String> uuids) {
        return CdiDirectory.deviceName(name(uuids));
    }

    private static String name(NavigableSet<String> uuids) {
        return uuids.size() == 1
                ? uuids.first()
                : uuids.first()
                        + BEFORE_DIGEST
                        + UUID.nameUUIDFromBytes(String.join(",", uuids).getBytes(StandardCharsets.UTF_8));
    }

    /** Removes the files of earlier containers that had some of these devices. */
    void clear(Set<String> uuids) throws IOException {
        try {
            removeIf(held -> !Collections.disjoint(held, uuids));
        } catch (IOException e) {
            throw new IOException(
                    "cannot remove the CDI files of the last owner: %s; make the CDI directory writable"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /**
     * Writes the file of a container that has these devices.
     *
     * @throws PreparationException if it cannot be written, or the host does not describe what they need
     */
    void write(NavigableSet<String> uuids, List<VisibleDevice> visible) throws PreparationException {
        ContainerEdits edits = access.give(ContainerEdits.NONE, visible);
        devices.put(name(uuids), Set.copyOf(uuids));
        try {
            cdi.write(name(uuids), edits);
        } catch (IOException e) {
            throw new PreparationException(
                    StartFailure.CDI_FILE_NOT_WRITTEN,
                    "cannot write the CDI file in %s (%s); make the directory writable for the node agent"
                            .formatted(settings.cdiDirectory(), e.getMessage()),
                    e);
        }
    }

    /**
     * Removes files with a device that no longer exists.
     *
     * @param present UUIDs of existing devices
     */
    public void sweep(Set<String> present) throws IOException {
        removeIf(held -> !present.containsAll(held));
    }

    private void removeIf(Predicate<Set<String>> outdated) throws IOException {
        cdi.removeAll(name ->
                UUID_START.matcher(name).lookingAt() && outdated.test(devices.getOrDefault(name, Set.of(name))));
        devices.values().removeIf(outdated);
    }
}
