package io.migpool.deviceplugin.migmanager;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The labels by which a node is told its layout and tells what came of it (NVIDIA MIG Manager). */
final class MigConfigLabels {

    /** The layout that is wanted. */
    static final String CONFIG = "nvidia.com/mig.config";
    /** What came of it, see {@link State}. */
    static final String STATE = "nvidia.com/mig.config.state";

    private static final String DEPLOY = "nvidia.com/gpu.deploy.";
    private static final List<String> CLIENTS =
            List.of("device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm", "nvsm", "client");
    private static final String RUNS = "true";
    private static final String NEVER = "false";
    private static final String PAUSED = "paused-for-mig-change";
    /** So begins the value of a client that is paused for another purpose as well, such as {@code paused-for-driver-upgrade}. */
    private static final String PAUSED_BY_ANYONE = "paused-for-";

    private MigConfigLabels() {}

    /** Values of {@link #STATE}. */
    enum State {
        PENDING,
        REBOOTING,
        SUCCESS,
        FAILED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One that another manager has paused is out already, and comes back when that one says so. */
    static String paused(String value) {
        return value.equals(RUNS) || value.isEmpty() ? PAUSED : value;
    }

    static String restored(String value) {
        return value.equals(NEVER) ? NEVER : RUNS;
    }

    /** What to change so that clients step aside. A client without a label is not deployed by one, and stays as it is. */
    static Map<String, String> pausing(Map<String, String> labels) {
        Map<String, String> changes = new TreeMap<>();
        for (String client : CLIENTS) {
            String value = labels.get(DEPLOY + client);
            if (value != null && !paused(value).equals(value)) {
                changes.put(DEPLOY + client, paused(value));
            }
        }
        return changes;
    }

    /** Names of the clients that are paused, by whomever. */
    static Set<String> paused(Map<String, String> labels) {
        return CLIENTS.stream()
                .filter(client -> labels.getOrDefault(DEPLOY + client, "").startsWith(PAUSED_BY_ANYONE))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** What to change so that paused clients come back. */
    static Map<String, String> restoring(Map<String, String> labels) {
        Map<String, String> changes = new TreeMap<>();
        for (String client : CLIENTS) {
            if (PAUSED.equals(labels.get(DEPLOY + client))) {
                changes.put(DEPLOY + client, restored(PAUSED));
            }
        }
        return changes;
    }
}
