package io.migpool.deviceplugin.migmanager;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The labels that request a node's layout and report the outcome (NVIDIA MIG Manager). */
final class MigConfigLabels {

    /** The requested layout. */
    static final String CONFIG = "nvidia.com/mig.config";
    /** The outcome, see {@link State}. */
    static final String STATE = "nvidia.com/mig.config.state";

    private static final String DEPLOY = "nvidia.com/gpu.deploy.";
    private static final List<String> CLIENTS =
            List.of("device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm", "nvsm", "client");
    private static final String RUNS = "true";
    private static final String NEVER = "false";
    private static final String PAUSED = "paused-for-mig-change";
    /**
     * Prefix of the value of a client that is paused for another purpose as well, such as
     * {@code paused-for-driver-upgrade}.
     */
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

    /**
     * Returns the paused form of a value. A client that another manager has paused is out already, and comes back when
     * that manager says so.
     */
    static String paused(String value) {
        return value.equals(RUNS) || value.isEmpty() ? PAUSED : value;
    }

    static String restored(String value) {
        return value.equals(NEVER) ? NEVER : RUNS;
    }

    /** Returns the changes that pause clients. A client without a label is not deployed by one, and stays as it is. */
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

    /** Returns the names of paused clients, whoever paused them. */
    static Set<String> paused(Map<String, String> labels) {
        return CLIENTS.stream()
                .filter(client -> labels.getOrDefault(DEPLOY + client, "").startsWith(PAUSED_BY_ANYONE))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the changes that resume clients paused for a change of layout. */
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
