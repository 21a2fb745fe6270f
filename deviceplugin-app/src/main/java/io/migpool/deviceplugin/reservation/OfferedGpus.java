package io.migpool.deviceplugin.reservation;

import io.migpool.contracts.mig.GpuInventory;
import io.migpool.contracts.mig.GpuMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** This node's GPUs as currently offered, with what the start of a container needs. */
public interface OfferedGpus {

    /** Returns the name of the agent's node. */
    String nodeName();

    /** Returns the present mode of a GPU; empty if it is not offered. */
    Optional<GpuMode> modeOf(String gpuUuid);

    /**
     * Returns whether a GPU has left the mode in which it was reserved, for as long as configuration and the board's
     * state do not change. False while that is undecided, cannot be read, or is about to change by itself.
     *
     * @param promised the mode in the reservation
     */
    boolean hasLeft(String gpuUuid, GpuMode promised);

    /**
     * Returns how software-shared GPUs of this node are offered. While configuration is not known, as it was when it
     * was known last, perhaps in an earlier run of the agent.
     */
    SharingSettings sharing();

    /**
     * Returns the driver's index of every GPU of the node by UUID, offered or not; containers number their devices in
     * this order.
     */
    Map<String, Integer> indices();

    /** Returns the number of every GPU's device node by UUID, offered or not. */
    Map<String, Integer> minors();

    /** Returns the GPUs as registered on the Node. */
    List<GpuInventory> inventory();

    /** Returns the UUIDs of cordoned GPUs. */
    Set<String> cordoned();
}
