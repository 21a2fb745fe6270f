package io.migpool.deviceplugin.node;

import io.migpool.config.NodeDefaults;
import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** This node's GPUs as they are offered now: what the start of a container needs to know of them. */
public interface OfferedGpus {

    /** The node on which the agent runs. */
    String nodeName();

    /** How a GPU is shared now; empty if it is not offered. */
    Optional<GpuMode> modeOf(String gpuUuid);

    /**
     * Whether a GPU has left the mode in which it was promised, for as long as configuration and the board's state stay as they
     * are. Not so while that is undecided, cannot be read, or is about to change by itself.
     *
     * @param promised how it was to be shared
     */
    boolean hasLeft(String gpuUuid, GpuMode promised);

    /** How software-shared GPUs of this node are offered. */
    NodeDefaults sharing();

    /** The driver's index of every GPU of the node by UUID, offered or not: containers number their devices in this order. */
    Map<String, Integer> indices();

    /** The number of every GPU's device node by UUID, offered or not. */
    Map<String, Integer> minors();

    /** The GPUs as they stand on the Node. */
    List<GpuInventory> inventory();

    /** UUIDs of the GPUs that a person took out of use for new pods. */
    Set<String> cordoned();
}
